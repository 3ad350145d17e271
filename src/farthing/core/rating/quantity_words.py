"""From what was measured to what is priced, in words: conversion, included units, what came before, packages."""

from __future__ import annotations

from decimal import Decimal

from farthing.core.exact import ZERO, Exact, Rounding, add, divide, multiply, subtract
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.words import ordinal
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.ladder import started
from farthing.core.pricing.package import Package
from farthing.core.pricing.plan import Price
from farthing.core.pricing.shapes import Shape
from farthing.core.pricing.step import Step
from farthing.core.pricing.transform import Conversion
from farthing.core.pricing.volume import Volume
from farthing.core.rating.line import Cell, Line
from farthing.core.rating.step_words import lowered, tier_in_words
from farthing.core.rating.written import Climbed, Rests, Row, Writing, digits, share_in_words


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

    def rows(self, cell: Cell, shape: Shape | None, climbed: Climbed | None) -> list[Row]:
        """What becomes of what was measured; `climbed` is None where the tiers begin with this cell."""
        price, rows = self._price, self._nearest_rank(cell)
        reached = ZERO if climbed is None else climbed.reached
        if reached is None:
            return rows
        if price is not None and not price.transform.changes_nothing:
            if climbed is None:
                rows += self._transform(price, cell.measured)
            else:
                rows += self._on_top(price, cell, climbed, reached=reached)
        if climbed is not None and climbed.all_together is not None:
            return [*rows, Row("All groups together", "", climbed.all_together)]
        if climbed is not None and reached:
            so_far = f"{self._number(reached)} {climbed.whose} + {self._number(cell.quantity)}"
            rows.append(Row("Priced so far", so_far, add(reached, cell.quantity)))
        if isinstance(shape, Package):
            rows += self._packages(shape, cell, reached)
        if isinstance(shape, Graduated | Volume) and not reached:
            rows += [row for step in cell.steps for row in self._blocks(step, shape, cell.quantity)]
        return rows

    def _nearest_rank(self, cell: Cell) -> list[Row]:
        """Which of the values a percentile is; nothing for other measures, and where no events were measured."""
        meter = None if self._price is None else self._price.meter
        if meter is None or not isinstance(meter.measure, Percentile) or self._line.slice is None or not cell.events:
            return []
        place = ordinal(f"{meter.measure.rank(cell.events):,}")
        return [Row(f"The {place} of {cell.events:,} values in order", "", cell.measured)]

    def _on_top(self, price: Price, cell: Cell, climbed: Climbed, *, reached: Exact) -> list[Row]:
        """What of all that is measured so far comes on top of what was priced already."""
        so_far = f"{self._number(add(reached, cell.quantity))} so far - {self._number(reached)} before"
        if climbed.measured is None:
            return [Row("On top", so_far, cell.quantity)]
        together = add(climbed.measured, cell.measured)
        if not climbed.measured:
            return self._transform(price, together)
        measured = f"{self._number(climbed.measured)} {climbed.whose} + {self._number(cell.measured)}"
        before = (Row(f"{row.who} before", row.sum, row.equals) for row in self._transform(price, climbed.measured))
        return [
            Row("Measured so far", measured, together),
            *self._transform(price, together),
            *before,
            Row("On top", so_far, cell.quantity),
        ]

    def _transform(self, price: Price, quantity: Exact) -> list[Row]:
        rows, transform = [], price.transform
        if transform.conversion is not None:
            converted = transform.conversion.apply(quantity)
            rows.append(Row("Converted", self._conversion(transform.conversion, quantity), converted))
            quantity = converted
        if transform.included and quantity >= 0:
            part = self._line.part if price.prorate_included and self._line.share is None else None
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
        if on_ladder <= 0:
            return [self._packages_of(shape, together, "Packages begun")[0]]
        row, number = self._packages_of(shape, together, "Packages begun so far")
        row_before, number_before = self._packages_of(shape, on_ladder, "Packages begun before")
        on_top = Row("Packages on top", f"{digits(number)} - {digits(number_before)}", subtract(number, number_before))
        return [row, row_before, on_top]

    def _packages_of(self, shape: Package, quantity: Exact, who: str) -> tuple[Row, Exact]:
        units = self._number(quantity)
        if quantity <= shape.included:
            return Row(who, f"{units}, all of it within {digits(shape.included)} included", ZERO), ZERO
        said = f"({units} - {digits(shape.included)} included)" if shape.included else units
        number = started(subtract(quantity, shape.included), shape.size)
        return Row(who, self._begun(said, subtract(quantity, shape.included), shape.size), number), number

    def _blocks(self, step: Step, shape: Graduated | Volume, quantity: Exact) -> list[Row]:
        """How many blocks of a tier the units in it begin."""
        size = next((tier.block for tier in shape.tiers if tier.up_to == step.up_to), None)
        if size is None or quantity <= 0:
            return []
        above, within = step.above or ZERO, quantity
        if isinstance(shape, Graduated):
            within = subtract(quantity if step.up_to is None else min(quantity, step.up_to), above)
        who = f"Blocks of {lowered(tier_in_words(step, shape))}"
        return [Row(who, self._begun(self._number(within), within, size), started(within, size))]

    def _begun(self, said: str, quantity: Exact, size: Decimal) -> str:
        """So many units in parts of this size, of which a rest begins one more."""
        parts = divide(quantity, size)
        said = f"{said} / {digits(size)}"
        return said if parts == started(quantity, size) else f"{said} = {self._number(parts)}, each begun one whole"
