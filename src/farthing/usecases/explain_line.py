"""A line is explained: from its amount to its tiers, its days and the events, and worked out again to prove it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from farthing.core.billing import (
    FrozenPrice,
    FrozenPrices,
    exact_number,
    frozen_cycle,
    frozen_zone,
    measured_again,
    wanted_again,
)
from farthing.core.explaining import Explainer, behind, held_before
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.part import Part
from farthing.core.metering.filter import Filter
from farthing.core.metering.meter import Measurement, Meter
from farthing.core.money import Currency
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.period import Period
from farthing.core.pricing.plan import Price
from farthing.core.rating.line import Line, LineKind, round_parts
from farthing.core.rating.rate import Used, rate_fee, rate_usage
from farthing.core.refused import Unknown
from farthing.core.saying import message
from farthing.usecases.ports import DayOfUsage, KeptEvent, SellerStore
from farthing.usecases.show_invoices import find_invoice
from farthing.usecases.show_usage import local_days


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that a line rests on. `holds` says whether measuring and pricing it again gives the same to the digit.

    A commitment's line has no price: its steps say what was committed and charged. `where` is which of the meter's
    events are the price's own. `held` is what there was already when the period began, of a measure that carries on.
    """

    customer: Customer
    invoice: Invoice
    line_number: int
    line: Line
    price: Price | None
    where: Filter | None
    meter: Meter | None
    used: Used | None
    days: Sequence[DayOfUsage]
    holds: bool
    held: Measurement | None = None

    @property
    def held_in_words(self) -> str:
        """What there was already when the period began; empty where nothing is carried on."""
        return "" if self.held is None else self.explainer.held_sentence(self.line, self.held)

    @property
    def explainer(self) -> Explainer:
        """What tells of the invoice's lines, and most of this one."""
        used = {} if self.used is None else {(self.line.key_on_invoice, self.line.period.start): self.used}
        return Explainer(self.invoice.draft, used)


def explain_line(
    store: SellerStore, number_or_id: str | UUID, line_number: int, *, person: Person | None
) -> Explanation:
    """Explain the n-th line of an invoice (the first is 1)."""
    with store.transaction():
        invoice, rests_on, line, frozen = _find_line(store, number_or_id, line_number, person=person)
        customer = store.customer(invoice.draft.customer_id)
        assert customer is not None, f"{invoice.number} has a customer"
        used: Used | None = None
        held: Measurement | None = None
        days: list[DayOfUsage] = []
        if line.slice is not None:
            assert frozen is not None, f"{invoice.number} line {line_number} has a price"
            assert frozen.price.meter is not None, f"{invoice.number} line {line_number} is usage"
            used = measured_again(store, rests_on, line, frozen)
            asked = held_before(used.this.reading)
            if asked is not None:
                held = store.measure(asked, customer_id=rests_on.customer_id, to_position=line.slice.to)
            days = store.measure_by_day(
                frozen.price.meter,
                customer_id=rests_on.customer_id,
                days=local_days(line.period, in_zone=frozen_zone(rests_on, line)),
                to_position=line.slice.to,
                where=frozen.where,
                in_zone=frozen_zone(rests_on, line),
            )
    return Explanation(
        customer=customer,
        invoice=invoice,
        line_number=line_number,
        line=line,
        price=None if frozen is None else frozen.price,
        where=None if frozen is None else frozen.where,
        meter=None if frozen is None else frozen.price.meter,
        used=used,
        days=days,
        holds=_holds(rests_on, line, frozen, used, in_currency=invoice.draft.currency),
        held=held,
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
    """A page of the events behind a line, or of one local day of it, by position; empty for a fee.

    Of seats, levels and last values that carry on, those before the period are behind the line as well.
    """
    with store.transaction():
        _, rests_on, line, frozen = _find_line(store, number_or_id, line_number, person=person)
        if line.slice is None or frozen is None or frozen.price.meter is None:
            return []
        period: Period | None = behind(wanted_again(rests_on, line, frozen).this)
        if day is not None:
            period = dict(local_days(line.period, in_zone=frozen_zone(rests_on, line))).get(day)
        if period is None:
            raise Unknown(
                message("{day} is not a day of that line; choose one of its days."), field="day", day=str(day)
            )
        return store.events(
            customer_id=rests_on.customer_id,
            event_type=frozen.price.meter.event_type,
            period=period,
            to_position=line.slice.to,
            after_position=after_position,
            limit=limit,
        )


def _find_line(
    store: SellerStore, number_or_id: str | UUID, line_number: int, *, person: Person | None
) -> tuple[Invoice, Part, Line, FrozenPrice | None]:
    """The invoice, the part whose terms its line rests on, the line and its price."""
    invoice = find_invoice(store, number_or_id, person=person)
    lines = invoice.draft.lines
    if not 1 <= line_number <= len(lines):
        raise Unknown(
            message("{invoice} has lines 1 to {last}; there is no line {line}."),
            field="line",
            invoice=invoice.number,
            last=len(lines),
            line=line_number,
        )
    line = lines[line_number - 1]
    if line.origin is None:
        return invoice, invoice.draft.part_of(line), line, FrozenPrices(invoice.draft).of(line)
    earlier = store.invoice(line.origin.invoice_id)
    assert earlier is not None, f"{invoice.number} line {line_number} sets an invoice right"
    of_origin = earlier.draft.lines[line.origin.line_number - 1]
    return invoice, earlier.draft.part_of(of_origin), line, FrozenPrices(earlier.draft).of(of_origin)


def _holds(rests_on: Part, line: Line, frozen: FrozenPrice | None, used: Used | None, *, in_currency: Currency) -> bool:
    if used is not None:
        assert frozen is not None, "usage has a price"
        cycle = frozen_cycle(rests_on)
        again = rate_usage(frozen.price, used, cycle, subscription_id=rests_on.subscribed, in_currency=in_currency)
        if line.kind is LineKind.ADJUSTMENT:
            return line.steps[0].exact == again.amount.amount
        assert line.slice is not None, "usage has a slice"
        measured = line.quantity if not line.slice.after else again.quantity
        if (again.quantity, used.this.events) != (measured, sum(cell.events for cell in line.cells)):
            return False
        line = line.whole
    elif line.kind in (LineKind.FEE, LineKind.ONCE):
        assert frozen is not None, "a fee has a price"
        cycle = frozen_cycle(rests_on)
        again = rate_fee(frozen.price, line.period, cycle, in_currency=in_currency, number=exact_number(line))
    else:
        again = replace(line, amount=round_parts(line.parts, in_currency=in_currency)[0])
    return (again.cells, again.modifications, again.amount) == (line.cells, line.modifications, line.amount)
