"""From what was measured to what is priced, in words: conversion, included units, what came before, packages."""

from __future__ import annotations

from decimal import Decimal

from farthing.core.exact import ZERO, Exact, Rounding, add, divide, multiply, subtract
from farthing.core.metering.percentile import Percentile
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
from farthing.core.rating.written import PLAIN, Climbed, Rests, Row, Writing
from farthing.core.saying import message


def conversion_in_words(conversion: Conversion, writing: Writing = PLAIN) -> str:
    """What a conversion does.

    >>> conversion_in_words(Conversion(Decimal(1000), rounding=Rounding.CEIL))
    'divided by 1,000, rounded up to a whole number'
    """
    by = message("divided by {factor}") if conversion.divides else message("multiplied by {factor}")
    factor = writing.digits(conversion.factor)
    done = [] if conversion.factor == 1 else [writing.words.say(by, factor=factor)]
    rounding = rounding_in_words(conversion, writing)
    return ", ".join([*done, rounding] if rounding else done)


def rounding_in_words(conversion: Conversion, writing: Writing = PLAIN) -> str:
    """How a conversion rounds; empty when it does not."""
    say = writing.words.say
    if conversion.precision > 0:
        number = conversion.precision
        to = writing.words.several("{number} decimal", "{number} decimals", number, number=number)
    elif conversion.precision == 0:
        to = say("a whole number")
    else:
        to = say("a multiple of {number}", number=writing.digits(Decimal(10**-conversion.precision)))
    match conversion.rounding:
        case Rounding.NONE:
            return ""
        case Rounding.CEIL:
            return say("rounded up to {to}", to=to)
        case Rounding.FLOOR:
            return say("rounded down to {to}", to=to)
        case Rounding.HALF_UP:
            return say("rounded to {to}, halves away from 0", to=to)
    raise AssertionError(conversion.rounding)


class QuantityWords:
    """The words for the quantities of one line's cells."""

    def __init__(self, line: Line, rests: Rests, writing: Writing) -> None:
        self._line, self._price = line, rests.price
        self._writing, self._number, self._times = writing, writing.number, f" {writing.times} "
        self._digits, self._words = writing.digits, writing.words

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
            return [*rows, Row(self._words.say("All groups together"), "", climbed.all_together)]
        if climbed is not None and reached:
            so_far = f"{self._of_whom(reached, climbed)} + {self._number(cell.quantity)}"
            rows.append(Row(self._words.say("Priced so far"), so_far, add(reached, cell.quantity)))
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
        rank, number = meter.measure.rank(cell.events), self._digits(Decimal(cell.events))
        place = self._words.place(self._digits(Decimal(rank)))
        said = self._words.say("The {place} of {number} values in order", place=place, number=number)
        return [Row(said, "", cell.measured)]

    def _on_top(self, price: Price, cell: Cell, climbed: Climbed, *, reached: Exact) -> list[Row]:
        """What of all that is measured so far comes on top of what was priced already."""
        say = self._words.say
        so_far = say(
            "{so_far} so far - {before} before",
            so_far=self._number(add(reached, cell.quantity)),
            before=self._number(reached),
        )
        if climbed.measured is None:
            return [Row(say("On top"), so_far, cell.quantity)]
        together = add(climbed.measured, cell.measured)
        if not climbed.measured:
            return self._transform(price, together)
        measured = f"{self._of_whom(climbed.measured, climbed)} + {self._number(cell.measured)}"
        transformed = self._transform(price, climbed.measured)
        before = (Row(say("{what} before", what=row.who), row.sum, row.equals) for row in transformed)
        return [
            Row(say("Measured so far"), measured, together),
            *self._transform(price, together),
            *before,
            Row(say("On top"), so_far, cell.quantity),
        ]

    def _of_whom(self, quantity: Exact, climbed: Climbed) -> str:
        number = self._number(quantity)
        return f"{number} {self._words.say(climbed.whose)}"

    def _transform(self, price: Price, quantity: Exact) -> list[Row]:
        rows, transform, say = [], price.transform, self._words.say
        if transform.conversion is not None:
            converted = transform.conversion.apply(quantity)
            rows.append(Row(say("Converted"), self._conversion(transform.conversion, quantity), converted))
            quantity = converted
        if transform.included and quantity >= 0:
            part = self._line.part if price.prorate_included and self._line.share is None else None
            included = transform.included if part is None else multiply(transform.included, part.exact)
            said = self._number(transform.included)
            said += "" if part is None else f"{self._times}{self._writing.share(part)}"
            if quantity > included:
                left = subtract(quantity, included)
                used = say("{quantity} - {included} included", quantity=self._number(quantity), included=said)
                rows.append(Row(say("Included"), used, left))
            else:
                rows.append(Row(say("Included"), self._all_within(self._number(quantity), said), ZERO))
        return rows

    def _all_within(self, quantity: str, included: str) -> str:
        return self._words.say("{quantity}, all of it within {included} included", quantity=quantity, included=included)

    def _conversion(self, conversion: Conversion, quantity: Exact) -> str:
        said, rounding = self._number(quantity), rounding_in_words(conversion, self._writing)
        if conversion.factor != 1:
            does, sign = (divide, " / ") if conversion.divides else (multiply, self._times)
            said += f"{sign}{self._digits(conversion.factor)}"
            if rounding:
                said += f" = {self._number(does(quantity, conversion.factor))}"
        return f"{said}, {rounding}" if rounding else said

    def _packages(self, shape: Package, cell: Cell, on_ladder: Exact) -> list[Row]:
        """How many packages are begun, less those that were begun before."""
        together, say = add(on_ladder, cell.quantity), self._words.say
        if together <= 0:
            return []
        if on_ladder <= 0:
            return [self._packages_of(shape, together, say("Packages begun"))[0]]
        row, number = self._packages_of(shape, together, say("Packages begun so far"))
        row_before, number_before = self._packages_of(shape, on_ladder, say("Packages begun before"))
        more = f"{self._digits(number)} - {self._digits(number_before)}"
        return [row, row_before, Row(say("Packages on top"), more, subtract(number, number_before))]

    def _packages_of(self, shape: Package, quantity: Exact, who: str) -> tuple[Row, Exact]:
        units = self._number(quantity)
        if quantity <= shape.included:
            return Row(who, self._all_within(units, self._digits(shape.included)), ZERO), ZERO
        said = units
        if shape.included:
            included = self._digits(shape.included)
            said = self._words.say("({quantity} - {included} included)", quantity=units, included=included)
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
        who = self._words.say("Blocks of {tier}", tier=lowered(tier_in_words(step, shape, self._writing)))
        return [Row(who, self._begun(self._number(within), within, size), started(within, size))]

    def _begun(self, said: str, quantity: Exact, size: Decimal) -> str:
        """So many units in parts of this size, of which a rest begins one more."""
        parts = divide(quantity, size)
        said = f"{said} / {self._digits(size)}"
        if parts == started(quantity, size):
            return said
        return self._words.say("{sum} = {parts}, each begun one whole", sum=said, parts=self._number(parts))
