"""A line's arithmetic, row by row and in words, so that a pocket calculator can redo it from what is printed."""

from __future__ import annotations

from dataclasses import dataclass

from farthing.core.exact import ZERO, Exact, add
from farthing.core.money import Money
from farthing.core.pricing.modifiers import Modification, ModificationKind
from farthing.core.pricing.plan import Ladder
from farthing.core.rating.line import Cell, Line, added, exact_amount
from farthing.core.rating.quantity_words import QuantityWords
from farthing.core.rating.step_words import StepWords
from farthing.core.rating.written import PLAIN, Rests, Row, Writing, cell_name, digits

__all__ = ["Arithmetic", "CellRows", "Rests", "Row", "Writing", "arithmetic", "digits"]


@dataclass(frozen=True, slots=True)
class CellRows:
    """One group of a line: from what was measured to what is priced (`quantities`), and what that costs (`steps`)."""

    of: str
    measured: Exact
    quantity: Exact
    events: int
    quantities: tuple[Row, ...]
    steps: tuple[Row, ...]
    exact: Exact


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
    >>> cycle = Cycle(anchor_day=1, in_zone="UTC")
    >>> fee = Price("fee", "Platform fee", Flat(Decimal(49)))
    >>> january = cycle.period_holding(datetime.fromisoformat("2026-01-09T00:00:00Z"))
    >>> line = rate_fee(fee, january, cycle, in_currency=USD)
    >>> [(row.who, row.sum) for row in arithmetic(line, Rests(fee)).cells[0].steps]
    [('Fee', '49 x 31 / 31 days')]
    """
    last = len(line.cells) if most is None else min(len(line.cells), first + most)
    quantities, steps = QuantityWords(line, rests, writing), StepWords(line, rests, writing)
    ladder: Exact | None = ZERO if rests.price is not None and rests.price.ladder is Ladder.SHARED else None
    shown: list[CellRows] = []
    for number, cell in enumerate(line.cells[:last]):
        if number >= first:
            shown.append(_cell(line, cell, rests, quantities, steps, on_ladder=ladder))
        if ladder is not None:
            ladder = add(ladder, cell.quantity)
    return Arithmetic(
        cells=tuple(shown),
        first=first,
        of_cells=len(line.cells),
        others=added(exact_amount(cell.steps, line.share) for cell in (*line.cells[:first], *line.cells[last:])),
        after=tuple(_after(line, rests, steps, writing)),
        counted_in=line.amount.currency.code if line.rate is None else line.rate.key,
        exact=line.exact,
    )


def _cell(
    line: Line, cell: Cell, rests: Rests, quantities: QuantityWords, steps: StepWords, *, on_ladder: Exact | None
) -> CellRows:
    """`on_ladder` is what the cells before it took of a ladder that all share."""
    shape = None if rests.price is None else rests.price.shape_of([value for _, value in cell.of])
    already = (cell.before or ZERO) if on_ladder is None else on_ladder
    return CellRows(
        of=cell_name(cell.of),
        measured=cell.measured,
        quantity=cell.quantity,
        events=cell.events,
        quantities=tuple(quantities.rows(cell, shape, on_ladder=already)),
        steps=tuple(
            steps.row(step, part, cell, shape, on_ladder=already)
            for step, part in zip(cell.steps, cell.amounts, strict=True)
        ),
        exact=exact_amount(cell.steps, line.share),
    )


def _after(line: Line, rests: Rests, steps: StepWords, writing: Writing) -> list[Row]:
    """What is done to all cells together: their sum, the modifiers, and the worth of a custom unit."""
    number_of = sum(len(cell.steps) for cell in line.cells)
    changed = exact_amount(line.steps, line.share)
    rows: list[Row] = []
    if number_of != 1:
        rows.append(Row("Sum", "", changed) if number_of else Row("Nothing to charge", "", ZERO))
    for done, part in zip(line.modifications, line.modification_amounts, strict=True):
        rows.append(_modified(done, part, changed, rests, steps, writing))
        changed = add(changed, done.exact)
    if line.modifications:
        rows.append(Row("Together", "", changed))
    if line.rate is not None:
        worth = f"{writing.number(changed)} {line.rate.key} {writing.times} {writing.price(line.rate.rate)}"
        rows.append(Row(f"In {line.amount.currency.code}", worth, line.exact))
    return rows


def _modified(done: Modification, part: Money, before: Exact, rests: Rests, steps: StepWords, writing: Writing) -> Row:
    modifiers, counted = None if rests.price is None else rests.price.modifiers, writing.number(before)
    if done.kind is ModificationKind.DISCOUNT:
        discount, said = None if modifiers is None else modifiers.discount, ""
        if discount is not None and discount.percent is not None:
            said = f"-{digits(discount.percent)} % of {counted}"
        elif discount is not None and discount.amount is not None:
            at_most = f", at most the {counted} there is" if add(before, done.exact) == 0 else ""
            said = f"-{steps.of_part(discount.amount)}{at_most}"
        return Row("Discount", said, done.exact, part)
    is_minimum = done.kind is ModificationKind.MINIMUM
    bound = None if modifiers is None else modifiers.minimum if is_minimum else modifiers.maximum
    who = "Raised to the minimum" if is_minimum else "Lowered to the maximum"
    return Row(who, "" if bound is None else f"{steps.of_part(bound)} - {counted}", done.exact, part)
