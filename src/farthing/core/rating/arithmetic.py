"""A line's arithmetic, row by row and in words, so that a pocket calculator can redo it from what is printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from farthing.core.exact import ONE, ZERO, Exact, add
from farthing.core.metering.meter import Measurement
from farthing.core.money import Money
from farthing.core.pricing.modifiers import Modification, ModificationKind
from farthing.core.pricing.plan import Accumulate, Ladder, Price
from farthing.core.pricing.step import StepKind
from farthing.core.pricing.volume import Volume
from farthing.core.rating.line import Line, added, exact_amount
from farthing.core.rating.quantity_words import QuantityWords
from farthing.core.rating.step_words import StepWords
from farthing.core.rating.written import PLAIN, Climbed, Rests, Row, Writing, cell_name, digits
from farthing.core.saying import message

Group = tuple[tuple[str, str | None], ...]

__all__ = ["Arithmetic", "CellRows", "Rests", "Row", "Writing", "arithmetic", "digits"]


@dataclass(frozen=True, slots=True)
class CellRows:
    """One group of a line: from what was measured to what is priced (`quantities`), and what that costs (`steps`).

    `modified` is what a discount, minimum or maximum of the group's own adds; `exact` is what comes of all of it.
    """

    of: str
    measured: Exact
    quantity: Exact
    events: int
    quantities: tuple[Row, ...]
    steps: tuple[Row, ...]
    modified: tuple[Row, ...]
    exact: Exact

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of them, one below the other."""
        return (*self.quantities, *self.steps, *self.modified)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A line's cells from the `first` on, as many as were asked for, and what is done to all of them together.

    `others` is what the cells that are left out come to. All rows count in `counted_in`, which is the currency or
    the custom unit; where it is a unit, the last row of `after` says what it is worth.
    """

    cells: tuple[CellRows, ...]
    first: int
    of_cells: int
    others: Exact
    after: tuple[Row, ...]
    counted_in: str
    exact: Exact

    @property
    def left_out(self) -> int:
        """How many cells are not shown."""
        return self.of_cells - len(self.cells)

    @property
    def parted(self) -> bool:
        """Whether the line has groups, which have names."""
        return self.of_cells != 1 or bool(self.cells and self.cells[0].of)


def arithmetic(
    line: Line, rests: Rests, *, first: int = 0, most: int | None = None, writing: Writing = PLAIN
) -> Arithmetic:
    """The rows of a line; of its cells `most`, from the `first` on.

    >>> from decimal import Decimal
    >>> from farthing.core.money import USD
    >>> from farthing.core.period import Cycle
    >>> from farthing.core.pricing.flat import Flat
    >>> from farthing.core.pricing.plan import Price
    >>> from farthing.core.rating.rate import rate_fee
    >>> from datetime import datetime
    >>> cycle = Cycle.monthly(anchor_day=1, in_zone="UTC")
    >>> fee = Price("fee", "Platform fee", Flat(Decimal(49)))
    >>> january = cycle.period_holding(datetime.fromisoformat("2026-01-09T00:00:00Z"))
    >>> line = rate_fee(fee, january, cycle, in_currency=USD)
    >>> [(row.who, row.sum) for row in arithmetic(line, Rests(fee)).cells[0].steps]
    [('Fee', '49 x 31 / 31 days')]
    """
    last = len(line.cells) if most is None else min(len(line.cells), first + most)
    words = _Words(line, rests, writing)
    shown = [words.cell(number) for number in range(min(first, last), last)]
    left_out = (*range(min(first, last)), *range(last, len(line.cells)))
    return Arithmetic(
        cells=tuple(shown),
        first=first,
        of_cells=len(line.cells),
        others=added(words.comes_to(number) for number in left_out),
        after=tuple(words.after()),
        counted_in=line.amount.currency.code if line.rate is None else line.rate.key,
        exact=line.exact if line.whole is line else line.amount.amount,
    )


class _Words:
    """The words for one line."""

    def __init__(self, line: Line, rests: Rests, writing: Writing) -> None:
        self._line, self._rests, self._writing = line, rests, writing
        self._quantities, self._steps = QuantityWords(line, rests, writing), StepWords(line, rests, writing)
        self._climbed = list(_climbed(line, rests))
        self._done: dict[Group, list[tuple[Modification, Money]]] = {}
        whole = line.whole
        for done, part in zip(whole.modifications, whole.modification_amounts, strict=True):
            self._done.setdefault(done.of, []).append((done, part))

    def cell(self, number: int) -> CellRows:
        """The rows of one cell."""
        cell, price = self._line.cells[number], self._rests.price
        shape = None if price is None else price.shape_of([value for _, value in cell.of])
        steps = zip(cell.steps, cell.amounts, strict=True)
        return CellRows(
            of=cell_name(cell.of, self._writing.words),
            measured=cell.measured,
            quantity=cell.quantity,
            events=cell.events,
            quantities=tuple(self._quantities.rows(cell, shape, self._climbed[number])),
            steps=tuple(self._steps.row(step, part, cell, shape) for step, part in steps),
            modified=tuple(self._modified(cell.of, exact_amount(cell.steps, self._line.share))) if cell.of else (),
            exact=self.comes_to(number),
        )

    def comes_to(self, number: int) -> Exact:
        """What a cell comes to, after what is done to it alone."""
        cell = self._line.cells[number]
        alone = [done.exact for done, _ in (self._done.get(cell.of, ()) if cell.of else ())]
        return added([exact_amount(cell.steps, self._line.share), *alone])

    def after(self) -> list[Row]:
        """What is done to all cells together: their sum, the modifiers, and the worth of a custom unit."""
        line, rows, say = self._line, list[Row](), self._writing.words.say
        alone = [done for done in line.modifications if done.of]
        changed = added([exact_amount(line.steps, line.share), *(done.exact for done in alone)])
        parts = sum(len(cell.steps) for cell in line.cells) + len(alone)
        if parts != 1:
            rows.append(Row(say("Sum"), "", changed) if parts else Row(say("Nothing to charge"), "", ZERO))
        modified = self._modified((), changed)
        rows += modified
        changed = added([changed, *(row.equals for row in modified if row.equals is not None)])
        if modified:
            rows.append(Row(say("Together"), "", changed))
        if line.rate is not None:
            writing = self._writing
            worth = f"{writing.number(changed)} {line.rate.key} {writing.times} {writing.price(line.rate.rate)}"
            in_words = say("In {currency}", currency=line.amount.currency.code)
            rows.append(Row(in_words, worth, line.whole.exact))
        if line.whole is not line:
            before = line.billed_before
            rows.append(Row(say("All so far, rounded"), "", line.whole.amount.amount))
            rows.append(Row(say("Billed before"), "", (-before).amount, -before))
        return rows

    def _modified(self, of: Group, before: Exact) -> list[Row]:
        """What the modifiers of a group, or of all together, add to what there was before them."""
        rows = []
        for done, part in self._done.get(of, ()):
            rows.append(self._modification(done, part, before))
            before = add(before, done.exact)
        return rows

    def _modification(self, done: Modification, part: Money, before: Exact) -> Row:
        modifiers = None if self._rests.price is None else self._rests.price.modifiers
        counted, of_part, say = self._writing.number(before), self._steps.of_part, self._writing.words.say
        if done.kind is ModificationKind.DISCOUNT:
            discount, said = None if modifiers is None else modifiers.discount, ""
            if discount is not None and discount.percent is not None:
                said = say("-{percent} % of {whole}", percent=self._writing.digits(discount.percent), whole=counted)
            elif discount is not None and discount.amount is not None:
                said = f"-{of_part(discount.amount)}"
                if add(before, done.exact) == 0:
                    said = say("{discount}, at most the {amount} there is", discount=said, amount=counted)
            return Row(say("Discount"), said, done.exact, part)
        is_minimum = done.kind is ModificationKind.MINIMUM
        bound = None if modifiers is None else modifiers.minimum if is_minimum else modifiers.maximum
        who = say("Raised to the minimum") if is_minimum else say("Lowered to the maximum")
        return Row(who, "" if bound is None else f"{of_part(bound)} - {counted}", done.exact, part)


def _climbed(line: Line, rests: Rests) -> Iterator[Climbed | None]:
    """Where each cell begins on the tiers."""
    price, earlier = rests.price, rests.earlier
    if price is not None and price.ladder is Ladder.SHARED:
        yield from _on_one_ladder(line, price, earlier)
        return
    before = {} if earlier is None else {each.of: each.quantity for each in earlier.cells}
    converts = price is None or not price.transform.changes_nothing
    for cell in line.cells:
        if cell.before is None:
            yield None
        else:
            measured = before.get(tuple(value for _, value in cell.of), None if converts else cell.before)
            yield Climbed(measured, cell.before, message("before"))


def _on_one_ladder(line: Line, price: Price, earlier: Measurement | None) -> Iterator[Climbed]:
    """The groups climb one after the other; what all of them measured before stands there first."""
    shapes = [price.shape_of([value for _, value in cell.of]) for cell in line.cells]
    begins_at_nothing = not line.cells or line.cells[0].steps == shapes[0].steps(line.cells[0].quantity)
    if earlier is None and price.accumulate is not Accumulate.PERIOD and not begins_at_nothing:
        yield from (Climbed(None, None, message("before")) for _ in line.cells)
        return
    prorated = price.prorate_included and line.part is not None and line.share is None
    allowance = line.part.exact if prorated and line.part is not None else ONE
    climbed = ZERO if earlier is None else earlier.quantity
    reached = price.transform.apply(climbed, allowance)
    whole = add(reached, added(cell.quantity for cell in line.cells))
    whose = message("by the groups above") if earlier is None else message("before")
    for cell, shape in zip(line.cells, shapes, strict=True):
        of_the_whole = isinstance(shape, Volume) and all(step.kind is StepKind.WHOLE for step in cell.steps)
        yield Climbed(climbed, reached, whose, whole if of_the_whole and earlier is None else None)
        climbed, reached = add(climbed, cell.measured), add(reached, cell.quantity)
        whose = message("by the groups above") if earlier is None else message("before and by the groups above")
