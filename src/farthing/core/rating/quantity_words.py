"""From what was measured to what is priced, in words: conversion, included units, what came before, packages."""

from __future__ import annotations

from decimal import Decimal

from farthing.core.exact import ZERO, Exact, Rounding, add, divide, multiply, subtract
from farthing.core.pricing.ladder import started
from farthing.core.pricing.package import Package
from farthing.core.pricing.plan import Price
from farthing.core.pricing.shapes import Shape
from farthing.core.pricing.transform import Conversion
from farthing.core.rating.line import Cell, Line
from farthing.core.rating.written import Rests, Row, Writing, digits, share_in_words


def conversion_in_words(conversion: Conversion) -> str:
    """What a conversion does.

    >>> conversion_in_words(Conversion(Decimal(1000), rounding=Rounding.CEIL))
    'divided by 1,000, rounded up to a whole number'
    """
    by = "divided by" if conversion.divides else "multiplied by"
    done = [] if conversion.factor == 1 else [f"{by} {digits(conversion.factor)}"]
    rounding = rounding_in_words(conversion)
    return ", ".join([*done, rounding] if rounding else done)


def rounding_in_words(conversion: Conversion) -> str:
    """How a conversion rounds; empty when it does not."""
    if conversion.precision > 0:
        to = "1 decimal" if conversion.precision == 1 else f"{conversion.precision} decimals"
    elif conversion.precision == 0:
        to = "a whole number"
    else:
        to = f"a multiple of {10**-conversion.precision:,}"
    match conversion.rounding:
        case Rounding.NONE:
            return ""
        case Rounding.CEIL:
            return f"rounded up to {to}"
        case Rounding.FLOOR:
            return f"rounded down to {to}"
        case Rounding.HALF_UP:
            return f"rounded to {to}, halves away from 0"
    raise AssertionError(conversion.rounding)


class QuantityWords:
    """The words for the quantities of one line's cells."""

    def __init__(self, line: Line, rests: Rests, writing: Writing) -> None:
        self._line, self._price = line, rests.price
        self._number, self._times = writing.number, f" {writing.times} "
        self._earlier = {} if rests.earlier is None else {each.of: each.quantity for each in rests.earlier.cells}

    def rows(self, cell: Cell, shape: Shape | None, *, on_ladder: Exact) -> list[Row]:
        """What becomes of what was measured; `on_ladder` is what stands on the tiers already."""
        rows: list[Row] = []
        if self._price is not None and not self._price.transform.changes_nothing:
            rows += self._transformed(self._price, cell)
        if on_ladder:
            whose = "by the groups above" if cell.before is None else "before"
            sum_of = f"{self._number(on_ladder)} {whose} + {self._number(cell.quantity)}"
            rows.append(Row("Priced so far", sum_of, add(on_ladder, cell.quantity)))
        if isinstance(shape, Package):
            rows += self._packages(shape, cell, on_ladder)
        return rows

    def _transformed(self, price: Price, cell: Cell) -> list[Row]:
        """All of what was measured, or what comes on top of what was measured before."""
        if cell.before is None:
            return self._transform(price, cell.measured)
        on_top = f"{self._number(add(cell.before, cell.quantity))} so far - {self._number(cell.before)} before"
        earlier = self._earlier.get(tuple(value for _, value in cell.of))
        if earlier is None:
            return [Row("On top", on_top, cell.quantity)]
        together = add(earlier, cell.measured)
        rows = [Row("Measured so far", f"{self._number(earlier)} before + {self._number(cell.measured)}", together)]
        rows += self._transform(price, together)
        rows += [Row(f"{row.who} before", row.sum, row.equals) for row in self._transform(price, earlier)]
        return [*rows, Row("On top", on_top, cell.quantity)]

    def _transform(self, price: Price, quantity: Exact) -> list[Row]:
        rows, transform = [], price.transform
        if transform.conversion is not None:
            converted = transform.conversion.apply(quantity)
            rows.append(Row("Converted", self._conversion(transform.conversion, quantity), converted))
            quantity = converted
        if transform.included and quantity >= 0:
            part = self._line.part if price.prorate_included else None
            included = transform.included if part is None else multiply(transform.included, part.exact)
            said = self._number(transform.included)
            said += "" if part is None else f"{self._times}{share_in_words(part)}"
            if quantity > included:
                left = subtract(quantity, included)
                rows.append(Row("Included", f"{self._number(quantity)} - {said} included", left))
            else:
                rows.append(Row("Included", f"{self._number(quantity)}, all of it within {said} included", ZERO))
        return rows

    def _conversion(self, conversion: Conversion, quantity: Exact) -> str:
        said, rounding = self._number(quantity), rounding_in_words(conversion)
        if conversion.factor != 1:
            does, sign = (divide, " / ") if conversion.divides else (multiply, self._times)
            said += f"{sign}{digits(conversion.factor)}"
            if rounding:
                said += f" = {self._number(does(quantity, conversion.factor))}"
        return f"{said}, {rounding}" if rounding else said

    def _packages(self, shape: Package, cell: Cell, on_ladder: Exact) -> list[Row]:
        """How many packages are begun, less those that were begun before."""
        together = add(on_ladder, cell.quantity)
        if together <= 0:
            return []
        said, number = self._begun(shape, together)
        if on_ladder <= 0:
            return [Row("Packages begun", said, number)]
        before, number_before = self._begun(shape, on_ladder)
        begun = f"{said} begun; {before} begun before"
        return [Row("Packages begun", begun, subtract(number, number_before))]

    def _begun(self, shape: Package, quantity: Exact) -> tuple[str, Decimal]:
        if quantity <= shape.included:
            return f"{self._number(quantity)}, all within {digits(shape.included)} included: 0", ZERO
        beyond, units = subtract(quantity, shape.included), self._number(quantity)
        number = started(beyond, shape.size)
        units = f"({units} - {digits(shape.included)} included)" if shape.included else units
        parts = divide(beyond, shape.size)
        said = f"{units} / {digits(shape.size)} = {self._number(parts)}"
        return said if parts == number else f"{said}, each begun one whole: {digits(number)}", number
