"""What came late to an issued line: all of it at the frozen price, less what was billed (billing-rules, Usage 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from farthing.core.exact import ONE, ZERO, Exact, add, subtract
from farthing.core.money import Currency, Money, total
from farthing.core.pricing.step import Step, StepKind
from farthing.core.rating.line import Cell, Line, LineKind, Origin, Slice, round_parts
from farthing.core.rating.slicing import BilledBefore


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A line as it was invoiced, with the adjustments made since, oldest first, and what was credited of it.

    What a commitment asks for by now and did not ask for then has no `line`; it stands with the line of `origin` that
    brought it about. `credited` is what credit notes that correct it gave back; goodwill gives nothing of it back.
    `before` is what slices billed of it before the line did.
    """

    origin: Origin
    line: Line | None
    adjustments: tuple[Line, ...] = ()
    credited: Money | None = None
    before: BilledBefore | None = None

    def amount(self, *, in_currency: Currency) -> Money:
        """What was billed of it so far."""
        billed = total([line.amount for line in self.lines], in_currency=in_currency)
        billed = billed if self.before is None else billed + self.before.amount
        return billed if self.credited is None else billed - self.credited

    @property
    def lines(self) -> list[Line]:
        """All that was billed of it, in order."""
        return [*(() if self.line is None else (self.line,)), *self.adjustments]

    @property
    def quantity(self) -> Exact:
        """How much of it was billed."""
        quantity = ZERO if self._earlier is None else self._earlier.quantity
        for each in self.lines:
            quantity = add(quantity, each.quantity)
        return quantity

    @property
    def events(self) -> int:
        """How many events made it up."""
        earlier = 0 if self._earlier is None else self._earlier.events
        return earlier + sum(line.slice.events for line in self.lines if line.slice is not None)

    @property
    def _earlier(self) -> BilledBefore | None:
        """The slices before the line in its own revision, which begins at 0."""
        own = None if self.line is None else self.line.slice
        return self.before if own is not None and own.after else None


def adjustment(billed: BilledLine, again: Line | None, *, note: str, touched: bool) -> Line | None:
    """The line that brings what was billed to what it comes to by now; None when nothing has to be said.

    `again` is the whole line again as of a later position; None where a commitment asks for nothing any more. Where
    usage was `touched` and comes to the same, a line of nothing moves the charge's chain on, so that what came late is
    billed (INV-21).
    """
    shown = again or billed.lines[0]
    in_currency = shown.amount.currency
    comes_to = total([] if again is None else [again.amount], in_currency=in_currency)
    before = billed.amount(in_currency=in_currency)
    piece = None if again is None else _piece(billed, again)
    if not (touched or comes_to != before or (piece is not None and piece.quantity)):
        return None
    steps = (
        Step(ONE, comes_to.amount, kind=StepKind.SO_FAR),
        Step(Decimal(-1), before.amount, kind=StepKind.BILLED),
    )
    amount, amounts = round_parts([step.exact for step in steps], in_currency=in_currency)
    quantity = ONE if piece is None else piece.quantity
    cell = Cell((), quantity, quantity, 0 if piece is None else piece.events, steps, amounts)
    return Line(
        price_key=shown.price_key,
        name=shown.name,
        period=shown.period,
        quantity=quantity,
        unit=shown.unit,
        cells=(cell,),
        amount=amount,
        kind=LineKind.ADJUSTMENT,
        slice=piece,
        origin=billed.origin,
        note=note,
        tax_category=shown.tax_category,
    )


def _piece(billed: BilledLine, again: Line) -> Slice | None:
    """The next piece of the charge's chain; None for what no event makes."""
    slices = [line.slice for line in billed.lines if line.slice is not None]
    if not slices:
        return None
    assert again.slice is not None, f"{again.price_key} is usage"
    return Slice(
        charge_id=slices[-1].charge_id,
        revision=slices[-1].revision,
        after=slices[-1].to,
        to=again.slice.to,
        quantity=subtract(again.quantity, billed.quantity),
        events=again.slice.events - billed.events,
        event_type=slices[-1].event_type,
    )


def net_of(lines: Sequence[Line]) -> Money:
    """What adjustments of one invoice come to together."""
    assert lines, "there is something to adjust"
    return total([line.amount for line in lines], in_currency=lines[0].amount.currency)
