"""A line is explained: from its amount to its tiers, its days and the events, and worked out again to prove it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from farthing.core.billing import frozen_plan
from farthing.core.invoicing.invoice import Invoice
from farthing.core.metering.meter import Measurement, Meter
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.period import Period
from farthing.core.pricing.plan import Price
from farthing.core.rating.line import Line, round_line
from farthing.core.refused import Unknown
from farthing.usecases.ports import DayOfUsage, KeptEvent, SellerStore
from farthing.usecases.show_invoices import find_invoice
from farthing.usecases.show_usage import local_days


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that a line rests on. `holds` says whether measuring and pricing it again gives the same to the digit."""

    customer: Customer
    invoice: Invoice
    line_number: int
    line: Line
    price: Price
    meter: Meter | None
    measured_again: Measurement | None
    days: Sequence[DayOfUsage]
    holds: bool


def explain_line(
    store: SellerStore, number_or_id: str | UUID, line_number: int, *, person: Person | None
) -> Explanation:
    """Explain the n-th line of an invoice (the first is 1)."""
    with store.transaction():
        invoice, line, price = _find_line(store, number_or_id, line_number, person=person)
        customer = store.customer(invoice.draft.customer_id)
        assert customer is not None, f"{invoice.number} has a customer"
        measured: Measurement | None = None
        days: list[DayOfUsage] = []
        if line.slice is not None:
            assert price.meter is not None, f"{invoice.number} line {line_number} is usage"
            measured = store.measure(
                price.meter, customer_id=customer.customer_id, period=line.period, to_position=line.slice.to
            )
            days = store.measure_by_day(
                price.meter,
                customer_id=customer.customer_id,
                days=local_days(line.period, in_zone=invoice.draft.frozen["zone"]),
                to_position=line.slice.to,
            )
    return Explanation(
        customer=customer,
        invoice=invoice,
        line_number=line_number,
        line=line,
        price=price,
        meter=price.meter,
        measured_again=measured,
        days=days,
        holds=_holds(invoice, line, price, measured),
    )


def line_events(
    store: SellerStore,
    number_or_id: str | UUID,
    line_number: int,
    *,
    person: Person | None,
    day: date | None = None,
    after_position: int = 0,
    limit: int = 20,
) -> list[KeptEvent]:
    """A page of the events behind a line, or of one local day of it, by position; empty for a fee."""
    with store.transaction():
        invoice, line, price = _find_line(store, number_or_id, line_number, person=person)
        if line.slice is None or price.meter is None:
            return []
        period: Period | None = line.period
        if day is not None:
            period = dict(local_days(line.period, in_zone=invoice.draft.frozen["zone"])).get(day)
        if period is None:
            raise Unknown(f"{day} is not a day of that line; choose one of its days.", field="day")
        return store.events(
            customer_id=invoice.draft.customer_id,
            event_type=price.meter.event_type,
            period=period,
            to_position=line.slice.to,
            after_position=after_position,
            limit=limit,
        )


def _find_line(
    store: SellerStore, number_or_id: str | UUID, line_number: int, *, person: Person | None
) -> tuple[Invoice, Line, Price]:
    invoice = find_invoice(store, number_or_id, person=person)
    lines = invoice.draft.lines
    if not 1 <= line_number <= len(lines):
        raise Unknown(f"{invoice.number} has lines 1 to {len(lines)}; there is no line {line_number}.", field="line")
    line = lines[line_number - 1]
    price = next(price for price in frozen_plan(invoice.draft).prices if price.key == line.price_key)
    return invoice, line, price


def _holds(invoice: Invoice, line: Line, price: Price, measured: Measurement | None) -> bool:
    if line.slice is not None:
        assert measured is not None, "usage is measured again"
        if (measured.quantity, measured.events) != (line.slice.quantity, line.slice.events):
            return False
    steps = price.shape.steps(line.quantity)
    amount, _ = round_line(steps, line.share, in_currency=invoice.draft.currency)
    return steps == line.steps and amount == line.amount
