"""Issued lines that usage says something else about by now: what each was billed, and what it would be today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from farthing.core.billing import FrozenPrice, FrozenPrices, frozen_cycle, measured_again
from farthing.core.invoicing.invoice import Invoice
from farthing.core.money import Money
from farthing.core.parties import Customer
from farthing.core.pricing.price import Accumulate
from farthing.core.rating.line import Line
from farthing.core.rating.rate import rate_usage
from farthing.usecases.correction_ports import TouchedLine
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore


@dataclass(frozen=True, slots=True)
class OwedLine:
    """A line as it was billed and as its frozen price has it today; the line itself stays true.

    `late` events came after it was billed, and `corrected` ones were amended or voided since. What commitments and
    other shared terms make of the difference is not in it.
    """

    customer: Customer
    invoice: Invoice
    line_number: int
    line: Line
    today: Line
    late: int
    corrected: int

    @property
    def difference(self) -> Money:
        """What is owed on top; below zero what is to be given back."""
        return self.today.amount - self.line.amount


def find_owed(store: SellerStore, *, customer_key: str | None = None) -> list[OwedLine]:
    """The issued lines whose measure differs today, of one customer or of all, in order of issue."""
    with store.transaction():
        customer = None if customer_key is None else find_customer(store, customer_key, person=None)
        return owed_in(store, customer=customer, to_position=store.last_position())


def owed_in(store: SellerStore, *, customer: Customer | None, to_position: int) -> list[OwedLine]:
    """The same as of a position, to be called in a transaction."""
    touched = store.touched_lines(customer_id=None if customer is None else customer.customer_id)
    owed: list[OwedLine] = []
    for one in touched:
        found = _owed(store, one, to_position=to_position)
        if found is not None:
            owed.append(found)
    return owed


def _owed(store: SellerStore, touched: TouchedLine, *, to_position: int) -> OwedLine | None:
    invoice = store.invoice(touched.invoice_id)
    assert invoice is not None, f"invoice {touched.invoice_id} has a line {touched.line_number}"
    line = invoice.draft.lines[touched.line_number - 1]
    frozen = FrozenPrices(invoice.draft).of(line)
    assert frozen is not None, f"line {touched.line_number} of {invoice.number} has a price"
    assert line.slice is not None, f"line {touched.line_number} of {invoice.number} is usage"
    if line.slice.to >= to_position or not (touched.late or touched.corrected or _looks_back(frozen)):
        return None
    asked = replace(line, slice=replace(line.slice, to=to_position))
    today = rate_usage(
        frozen.price,
        measured_again(store, invoice, asked, frozen),
        frozen_cycle(invoice.draft),
        subscription_id=invoice.draft.subscribed,
        in_currency=invoice.draft.currency,
    )
    if _measured(today) == _measured(line) and today.amount == line.amount:
        return None
    customer = store.customer(invoice.draft.customer_id)
    assert customer is not None, f"{invoice.number} has a customer"
    return OwedLine(customer, invoice, touched.line_number, line, today, late=touched.late, corrected=touched.corrected)


def _looks_back(frozen: FrozenPrice) -> bool:
    """Whether what happened before the line's period matters to it."""
    price = frozen.price
    assert price.meter is not None, f"{price.key} prices usage"
    return price.meter.measure.reaches_back or price.accumulate is not Accumulate.PERIOD


def _measured(line: Line) -> Sequence[object]:
    return [line.quantity, *((cell.of, cell.measured) for cell in line.cells)]
