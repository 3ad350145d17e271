"""Issued lines that usage says something else about by now: what each was billed, and what it would be today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, takewhile

from farthing.core.billing import FrozenPrice, FrozenPrices, commitments_of, frozen_cycle, measured_again
from farthing.core.invoicing.invoice import Invoice
from farthing.core.money import Money, total, zero
from farthing.core.parties import Customer
from farthing.core.pricing.price import Accumulate
from farthing.core.rating.adjusting import BilledLine, adjustment
from farthing.core.rating.line import Line, LineKind, Origin
from farthing.core.rating.rate import rate_usage
from farthing.core.rating.slicing import BilledBefore, billed_before
from farthing.core.refused import Refused
from farthing.usecases.agreed import agreement_of
from farthing.usecases.correction_ports import TouchedLine
from farthing.usecases.customers import find_customer
from farthing.usecases.payment_ports import Corrected
from farthing.usecases.ports import SellerStore

_OF_COMMITMENTS = (LineKind.TRUE_UP, LineKind.OVERAGE)


@dataclass(frozen=True, slots=True)
class OwedLine:
    """A line as it was billed so far and as its frozen price has it today; the line itself stays true.

    `late` events came after it was billed, and `corrected` ones were amended or voided since. What a commitment makes
    of the difference is a line of its own, and is None today where it asks for nothing any more.
    """

    customer: Customer
    invoice: Invoice
    line_number: int
    billed: BilledLine
    today: Line | None
    late: int
    corrected: int

    @property
    def line(self) -> Line:
        """What is shown of it: the line of the invoice, or what a commitment asks for by now."""
        shown = self.billed.line or self.today or next(iter(self.billed.adjustments), None)
        assert shown is not None, f"something of line {self.line_number} of {self.invoice.number} is known"
        return shown

    @property
    def rests_on(self) -> Line:
        """The line of the invoice whose part it belongs to."""
        return self.invoice.draft.lines[self.line_number - 1]

    @property
    def so_far(self) -> Money:
        """What was billed of it."""
        return self.billed.amount(in_currency=self.invoice.draft.currency)

    @property
    def comes_to(self) -> Money:
        """What it comes to today."""
        return zero(self.invoice.draft.currency) if self.today is None else self.today.amount

    @property
    def difference(self) -> Money:
        """What is owed on top; below zero what is to be given back."""
        return self.comes_to - self.so_far

    @property
    def touched(self) -> bool:
        """Whether something was said about its own period since it was billed."""
        return bool(self.late or self.corrected)

    @property
    def differs(self) -> bool:
        """Whether it comes to something else, in money, in quantity, or in how that falls into groups."""
        if self.difference or self.today is None or self.today.quantity != self.billed.quantity:
            return True
        return not self.billed.adjustments and _measured(self.today) != _measured(self.line)

    def adjusted(self) -> Line | None:
        """The line that sets it right; None where nothing has to be said."""
        note = f"What came late or was corrected after line {self.line_number} of {self.invoice.number}."
        return adjustment(self.billed, self.today, note=note, touched=self.touched)


def find_owed(store: SellerStore, *, customer_key: str | None = None) -> list[OwedLine]:
    """The issued lines whose measure differs today, of one customer or of all, in order of issue."""
    with store.transaction():
        customer = None if customer_key is None else find_customer(store, customer_key, person=None)
        return [one for one in owed_in(store, customer=customer, to_position=store.last_position()) if one.differs]


def owed_in(store: SellerStore, *, customer: Customer | None, to_position: int) -> list[OwedLine]:
    """The same as of a position, and those that come to the same though something was said; in a transaction."""
    touched = store.touched_lines(customer_id=None if customer is None else customer.customer_id)
    owed: list[OwedLine] = []
    for invoice_id, lines in groupby(touched, key=lambda line: line.invoice_id):
        invoice = store.invoice(invoice_id)
        assert invoice is not None, f"invoice {invoice_id} has lines"
        owed += _owed_on(store, invoice, list(lines), to_position=to_position)
    return owed


def _owed_on(
    store: SellerStore, invoice: Invoice, touched: Sequence[TouchedLine], *, to_position: int
) -> Iterator[OwedLine]:
    adjustments = store.adjustments_of(invoice.invoice_id)
    customer = store.customer(invoice.draft.customer_id)
    assert customer is not None, f"{invoice.number} has a customer"
    prices = FrozenPrices(invoice.draft)
    corrected = store.corrected_on(invoice.invoice_id)
    today: dict[int, Line] = {}
    for one in touched:
        line = invoice.draft.lines[one.line_number - 1]
        place = _place(invoice, line)
        since = tuple(each for each in adjustments if each.slice is not None and _place(invoice, each) == place)
        credited = _credited(corrected, line.in_part, line.price_key, starts_at=line.period.start)
        origin = Origin(invoice.invoice_id, one.line_number)
        billed = BilledLine(origin, line, since, credited, before=_billed_before(store, line, origin))
        again = _today(store, invoice, one, billed, prices.of(line), to_position=to_position)
        if again is None:
            continue
        owed = OwedLine(customer, invoice, one.line_number, billed, again, one.late, one.corrected)
        if owed.touched or owed.difference or again.quantity != billed.quantity:
            today[one.line_number] = again
            yield owed
    for in_part in dict.fromkeys(invoice.draft.lines[number - 1].in_part for number in today):
        yield from _commitments_on(store, invoice, in_part, today, adjustments, customer, corrected)


def _today(
    store: SellerStore,
    invoice: Invoice,
    touched: TouchedLine,
    billed: BilledLine,
    frozen: FrozenPrice | None,
    *,
    to_position: int,
) -> Line | None:
    """The whole line again; None where it cannot have changed."""
    line, last = billed.lines[0], billed.lines[-1].slice
    assert frozen is not None, f"line {touched.line_number} of {invoice.number} has a price"
    assert line.slice is not None, f"line {touched.line_number} of {invoice.number} is usage"
    assert last is not None, f"line {touched.line_number} of {invoice.number} is usage"
    # What adjusted it last may be voided.
    is_billed = last.to >= to_position and not billed.credited
    if is_billed or not (touched.late or touched.corrected or _looks_back(frozen)):
        return None
    asked = replace(line, slice=replace(line.slice, to=to_position))
    try:
        part = invoice.draft.part_of(line)
        used = measured_again(store, part, asked, frozen)
    except Refused:
        # The meter of that time cannot measure what came since, so it stays late, and nobody's bill waits for it.
        return None
    return rate_usage(
        frozen.price,
        used,
        frozen_cycle(part),
        subscription_id=part.subscribed,
        in_currency=invoice.draft.currency,
    )


def _commitments_on(
    store: SellerStore,
    invoice: Invoice,
    in_part: int,
    today: Mapping[int, Line],
    adjustments: Sequence[Line],
    customer: Customer,
    corrected: Sequence[Corrected],
) -> Iterator[OwedLine]:
    """What the commitments of the period ask for with what its usage comes to today, where that is something else."""
    draft, part = invoice.draft, invoice.draft.all_parts[in_part - 1]
    subscription = next(
        each
        for each in store.subscriptions(customer_id=part.customer_id)
        if each.subscription_id == part.subscription_id
    )
    period = subscription.period_at(part.at - timedelta(microseconds=1))
    if period is None:
        return
    numbered = [(number, line) for number, line in enumerate(draft.lines, start=1) if line.in_part == in_part]
    first = min(number for number in today if draft.lines[number - 1].in_part == in_part)
    said = {line.price_key: number for number, line in numbered if line.kind in _OF_COMMITMENTS}
    charged = [
        today.get(number, line.whole)
        for number, line in numbered
        if line.kind not in _OF_COMMITMENTS and line.origin is None and line.kind is not LineKind.ITEM
    ]
    asked = {line.price_key: line for line in commitments_of(agreement_of(store, subscription), period, charged)}
    since = [line for line in adjustments if line.slice is None and _part_of(invoice, line) == in_part]
    for key in dict.fromkeys([*said, *asked, *(line.price_key for line in since)]):
        number = said.get(key, first)
        line = draft.lines[number - 1] if key in said else None
        of_key = tuple(line for line in since if line.price_key == key)
        credited = _credited(corrected, in_part, key)
        billed = BilledLine(Origin(invoice.invoice_id, number), line, of_key, credited)
        owed = OwedLine(customer, invoice, number, billed, asked.get(key), 0, 0)
        if owed.difference:
            yield owed


def _billed_before(store: SellerStore, line: Line, origin: Origin) -> BilledBefore | None:
    """What slices billed of a line's charge before it did."""
    if line.slice is None or line.whole is line:
        return None
    slices = store.slices_of([line.slice.charge_id])[line.slice.charge_id]
    return billed_before(list(takewhile(lambda each: each.line != origin, slices)))


def _credited(
    corrected: Sequence[Corrected], in_part: int, price_key: str, *, starts_at: datetime | None = None
) -> Money | None:
    """What is credited of a price's charge, from when it starts where it has several; it counts as not billed."""
    of_charge = [
        one.amount
        for one in corrected
        if (one.in_part, one.price_key) == (in_part, price_key) and starts_at in (None, one.starts_at)
    ]
    return total(of_charge, in_currency=of_charge[0].currency) if of_charge else None


def _place(invoice: Invoice, line: Line) -> Sequence[object]:
    return _part_of(invoice, line), line.price_key, line.period.start


def _part_of(invoice: Invoice, line: Line) -> int:
    """The part of the invoice that a line of it belongs to, or that a line that adjusts it sets right."""
    return line.in_part if line.origin is None else invoice.draft.lines[line.origin.line_number - 1].in_part


def _looks_back(frozen: FrozenPrice) -> bool:
    """Whether what happened before the line's period matters to it."""
    price = frozen.price
    assert price.meter is not None, f"{price.key} prices usage"
    return price.meter.measure.reaches_back or price.accumulate is not Accumulate.PERIOD


def _measured(line: Line) -> Sequence[object]:
    return [(cell.of, cell.measured) for cell in line.cells]
