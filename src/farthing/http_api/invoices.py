"""Invoices over HTTP: the list, one of them, and what its lines rest on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field

from farthing.core.invoicing.invoice import Draft, Invoice
from farthing.core.parties import Customer
from farthing.core.pricing.price_terms import price_terms
from farthing.core.rating.arithmetic import CellRows, Row
from farthing.core.rating.line import Cell, Line, exact_parts
from farthing.http_api.access import Looking, number_or_id
from farthing.http_api.parts import PartGiven, parts_given
from farthing.http_api.prices import (
    PricedCellGiven,
    PricedModificationGiven,
    PricedRowGiven,
    PricedStepGiven,
    PricedUnitGiven,
)
from farthing.http_api.problems import responses
from farthing.http_api.shapes import (
    DayGiven,
    DecimalText,
    Given,
    MoneyGiven,
    PeriodGiven,
    StepGiven,
    Text,
    as_sent,
    money,
    number,
    optional_number,
    period,
)
from farthing.usecases.explain_line import Explanation, explain_line, line_events
from farthing.usecases.ports import KeptEvent
from farthing.usecases.show_invoices import list_invoices, show_invoice

router = APIRouter(tags=["invoices"])
Number = Annotated[Text, Path(description="The invoice's number or id.")]


class LineGiven(Given):
    """One price on one stretch of time, or what a commitment asks for.

    Usage has events and the range of positions it bills; days (or seconds) are the share of the period that is charged.
    Its steps, for that share, and its modifications add up to the exact amount.
    """

    line: int
    price: str
    name: str
    kind: str = Field(examples=["usage"], description="fee, once, usage, true_up or overage.")
    part: int = Field(description="Which of the invoice's parts it belongs to, from 1.")
    period: PeriodGiven
    quantity: DecimalText
    unit: str
    amount: MoneyGiven
    in_advance: bool
    days: int | None
    of_days: int | None
    seconds: int | None
    of_seconds: int | None
    events: int | None
    after_position: int | None
    to_position: int | None
    groups: int = Field(description="How many groups its usage is parted into; 1 when it is not.")
    steps: list[StepGiven] = Field(description="The steps of all groups, one group after the other.")
    modifications: list[PricedModificationGiven] = Field(description="Discount, minimum and maximum, in that order.")
    unit_of_account: PricedUnitGiven | None = Field(description="What the price is written in, when it is not money.")


class SummaryGiven(Given):
    """An invoice in a list."""

    number: str = Field(examples=["EX-000042"])
    invoice_id: UUID
    customer: str
    currency: str
    total: MoneyGiven
    issued_at: datetime
    issued_on: date
    due_on: date


class DiscountGiven(Given):
    """What a coupon or promotional credit takes off, and how that is spread over the lines."""

    kind: str = Field(examples=["coupon"], description="coupon or promotional.")
    key: str
    name: str
    amount: MoneyGiven
    by_line: list[MoneyGiven] = Field(description="Off each line, in their order.")


class TaxedLineGiven(Given):
    """A line's part of a tax."""

    line: int
    base: MoneyGiven
    amount: MoneyGiven


class TaxGiven(Given):
    """A tax on the lines of one category, rate and jurisdiction, rounded once."""

    key: str
    name: str
    category: str
    jurisdiction: str
    rate: DecimalText = Field(description="A fraction: 0.2 is 20 %.")
    treatment: str = Field(description="standard, zero, exempt, reverse_charge or outside.")
    reason: str
    reason_code: str
    base: MoneyGiven
    amount: MoneyGiven
    lines: list[TaxedLineGiven]


class CreditGiven(Given):
    """What one grant of prepaid credit paid."""

    grant_id: UUID
    name: str
    amount: MoneyGiven


class InvoiceGiven(SummaryGiven):
    """An invoice, line by line."""

    subscription_id: UUID | None = Field(description="Null for what is billed by itself, and for several moments.")
    parts: list[PartGiven] = Field(description="The moments that it bills, each with what its lines add up to.")
    plan: str | None
    plan_version: int | None
    subtotal: MoneyGiven = Field(description="What the lines add up to.")
    discounts: list[DiscountGiven]
    taxes: list[TaxGiven]
    tax_included: bool = Field(description="Whether the lines' amounts hold the taxes already.")
    credits: list[CreditGiven] = Field(description="Prepaid credit that paid a part of the total.")
    due: MoneyGiven = Field(description="What was left to pay when it was issued.")
    lines: list[LineGiven]


class InvoicesGiven(Given):
    """Invoices, newest first."""

    invoices: list[SummaryGiven]


class ExplainedGiven(Given):
    """What a line rests on; `holds` says whether measuring and pricing it again gives the same to the digit.

    `cells` are its groups, each from what was measured to what it costs; `after` is what is done to all of them. Every
    sum can be redone with a pocket calculator.
    """

    line: LineGiven
    shape: str | None = Field(examples=["graduated"], description="Null for what a commitment asks for.")
    terms: dict[str, object] | None = Field(description="The price as the invoice froze it.")
    exact: DecimalText = Field(description="The line's amount before its one rounding.")
    meter: str | None
    event_type: str | None
    measured: str = Field(
        examples=["Meter tokens, version 1: the sum of data.tokens over events of type “inference”."],
        description="What was measured, in words.",
    )
    held: str = Field(
        examples=["Held when the period began: 4 seats, made by events before it."],
        description="What there was already when the period began, in words; empty where nothing is carried on.",
    )
    counted_in: str = Field(examples=["USD"], description="What the sums are in: the currency, or a custom unit.")
    cells: list[PricedCellGiven]
    next_cell: int | None = Field(description="Ask with first_cell=… for the groups that follow; null at the end.")
    other_cells: DecimalText = Field(description="What the groups that are not listed come to.")
    after: list[PricedRowGiven]
    days: list[DayGiven]
    days_add_up: bool = Field(description="Whether the days' quantities add up to the line's.")
    holds: bool


class ExplanationGiven(Given):
    """An invoice's lines, explained."""

    number: str
    customer: str
    zone: str
    zone_database: str
    rules_version: str
    lines: list[ExplainedGiven]


class EventGiven(Given):
    """An event as it is kept."""

    position: int
    source: str
    id: str
    type: str
    subject: str
    happened_at: datetime
    accepted_at: datetime
    before_period: bool = Field(description="Whether it happened before the period, and what it made was carried on.")
    data: dict[str, object] = Field(description="As it is measured; its numbers as text.")
    rule_version: int | None = Field(description="The version of the rule that changed it before it was measured.")
    sent: dict[str, object] | None = Field(description="The data as it was sent, where a rule changed the event.")


class EventsGiven(Given):
    """A page of the events behind a line, by position."""

    events: list[EventGiven]
    next_after: int | None = Field(description="Ask with after=… for what follows; null at the end.")


@router.get("/v1/invoices", summary="List invoices", responses=responses(404))
def get_invoices(
    asking: Looking,
    customer: Annotated[Text | None, Query(description="Only this customer's.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> InvoicesGiven:
    """Newest first."""
    listed = list_invoices(asking.store, person=None, customer_key=customer, limit=limit)
    return InvoicesGiven(invoices=[_summary(customer, invoice) for customer, invoice in listed])


@router.get("/v1/invoices/{number}", summary="See an invoice", responses=responses(404))
def get_invoice(asking: Looking, number: Number) -> InvoiceGiven:
    """One invoice, line by line."""
    view = show_invoice(asking.store, number_or_id(number), person=None)
    draft = view.invoice.draft
    return InvoiceGiven(
        **dict(_summary(view.customer, view.invoice)),
        subscription_id=draft.subscription_id,
        parts=parts_given(draft),
        plan=draft.frozen.get("plan_key"),
        plan_version=draft.frozen.get("plan_version"),
        **_reckoned(draft),
        lines=[_line(at, line) for at, line in enumerate(draft.lines, start=1)],
    )


@router.get("/v1/invoices/{number}/explanation", summary="Explain an invoice", responses=responses(404))
def get_explanation(
    asking: Looking,
    number: Number,
    line: Annotated[int | None, Query(ge=1, description="Only this line; the first is 1.")] = None,
    cells: Annotated[int, Query(ge=1, le=10_000, description="How many groups of a line.")] = 1000,
    first_cell: Annotated[int, Query(ge=0, le=2**31 - 1, description="The group to begin with; the first is 0.")] = 0,
) -> ExplanationGiven:
    """Each line's groups, sums, days and proof, worked out again from the events."""
    named = number_or_id(number)
    view = show_invoice(asking.store, named, person=None)
    lines = range(1, len(view.invoice.draft.lines) + 1) if line is None else [line]
    explained = [explain_line(asking.store, named, at, person=None) for at in lines]
    frozen = view.invoice.draft.frozen
    return ExplanationGiven(
        number=view.invoice.number,
        customer=view.customer.key,
        zone=frozen["zone"],
        zone_database=frozen["zone_database"],
        rules_version=frozen["rules_version"],
        lines=[_explained(explanation, first=first_cell, most=cells) for explanation in explained],
    )


@router.get("/v1/invoices/{number}/lines/{line}/events", summary="See a line's events", responses=responses(404))
def get_events(
    asking: Looking,
    number: Number,
    line: Annotated[int, Path(ge=1)],
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="A position; events behind it follow.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> EventsGiven:
    """A page of the events that a line's quantity was measured from; empty for a fee.

    Of seats, levels and last values that carry on, those that happened before the period are among them.
    """
    named = number_or_id(number)
    lines = show_invoice(asking.store, named, person=None).invoice.draft.lines
    events = line_events(asking.store, named, line, person=None, after_position=after, limit=limit + 1)
    return EventsGiven(
        events=[_event(event, begins=lines[line - 1].period.start) for event in events[:limit]],
        next_after=events[limit - 1].position if len(events) > limit else None,
    )


def _reckoned(draft: Draft) -> dict[str, Any]:
    reckoning = draft.reckoning
    return {
        "subtotal": money(draft.subtotal),
        "discounts": [
            DiscountGiven(
                kind=discount.kind.value,
                key=discount.key,
                name=discount.name,
                amount=money(discount.amount),
                by_line=[money(amount) for amount in discount.amounts],
            )
            for discount in reckoning.discounts
        ],
        "taxes": [
            TaxGiven(
                key=tax.key,
                name=tax.name,
                category=tax.category,
                jurisdiction=tax.jurisdiction,
                rate=number(tax.rate),
                treatment=tax.treatment.value,
                reason=tax.reason,
                reason_code=tax.reason_code,
                base=money(tax.base),
                amount=money(tax.amount),
                lines=[
                    TaxedLineGiven(line=on.number, base=money(on.base), amount=money(on.amount)) for on in tax.lines
                ],
            )
            for tax in reckoning.taxes
        ],
        "tax_included": reckoning.tax_included,
        "credits": [
            CreditGiven(grant_id=use.grant_id, name=use.name, amount=money(use.amount)) for use in reckoning.credits
        ],
        "due": money(draft.due),
    }


def _summary(customer: Customer, invoice: Invoice) -> SummaryGiven:
    return SummaryGiven(
        number=invoice.number,
        invoice_id=invoice.invoice_id,
        customer=customer.key,
        currency=invoice.total.currency.code,
        total=money(invoice.total),
        issued_at=invoice.issued_at,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
    )


def _line(at: int, line: Line) -> LineGiven:
    share, rate = line.share, line.rate
    in_days = share is not None and share.unit == "days"
    in_seconds = share is not None and share.unit == "seconds"
    exact = line.parts
    return LineGiven(
        line=at,
        price=line.price_key,
        name=line.name,
        kind=line.kind.value,
        part=line.in_part,
        period=period(line.period),
        quantity=number(line.quantity),
        unit=line.unit,
        amount=money(line.amount),
        in_advance=line.advance,
        days=share.days if share is not None and in_days else None,
        of_days=share.of_days if share is not None and in_days else None,
        seconds=share.days if share is not None and in_seconds else None,
        of_seconds=share.of_days if share is not None and in_seconds else None,
        events=None if line.slice is None else line.slice.events,
        after_position=None if line.slice is None else line.slice.after,
        to_position=None if line.slice is None else line.slice.to,
        groups=len(line.cells),
        steps=[
            StepGiven(
                kind=step.kind.value,
                units=number(step.units),
                unit_price=number(step.unit_price),
                flat=number(step.flat),
                above=optional_number(step.above),
                up_to=optional_number(step.up_to),
                exact=number(part),
                amount=money(amount),
            )
            for step, part, amount in zip(line.steps, exact[: len(line.steps)], line.step_amounts, strict=True)
        ],
        modifications=[
            PricedModificationGiven(kind=done.kind.value, group=dict(done.of), exact=number(part), amount=money(amount))
            for done, part, amount in zip(
                line.modifications, exact[len(line.steps) :], line.modification_amounts, strict=True
            )
        ],
        unit_of_account=None if rate is None else PricedUnitGiven(key=rate.key, rate=number(rate.rate)),
    )


def _explained(explanation: Explanation, *, first: int, most: int) -> ExplainedGiven:
    line, price, explainer = explanation.line, explanation.price, explanation.explainer
    sums = explainer.arithmetic_of(line, first=first, most=most)
    shown = line.cells[first : first + len(sums.cells)]
    ends = first + len(sums.cells)
    return ExplainedGiven(
        line=_line(explanation.line_number, line),
        shape=None if price is None else price.shape.kind,
        terms=None if price is None else price_terms(price),
        exact=number(line.exact),
        meter=None if explanation.meter is None else explanation.meter.key,
        event_type=None if explanation.meter is None else explanation.meter.event_type,
        measured=explainer.meter_sentence(line),
        held=explanation.held_in_words,
        counted_in=sums.counted_in,
        cells=[_cell(cell, rows, line) for cell, rows in zip(shown, sums.cells, strict=True)],
        next_cell=ends if ends < sums.of_cells else None,
        other_cells=number(sums.others),
        after=[_row(row) for row in sums.after],
        days=[
            DayGiven(day=day.day, quantity=number(day.quantity), events=day.events)
            for day in explanation.days
            if day.events or day.quantity
        ],
        days_add_up=explainer.days_add_up(line),
        holds=explanation.holds,
    )


def _cell(cell: Cell, rows: CellRows, line: Line) -> PricedCellGiven:
    return PricedCellGiven(
        group=dict(cell.of),
        measured=number(cell.measured),
        quantity=number(cell.quantity),
        before=optional_number(cell.before),
        events=cell.events,
        quantities=[_row(row) for row in rows.quantities],
        steps=[
            PricedStepGiven(
                kind=step.kind.value,
                what=row.who,
                sum=row.sum,
                units=number(step.units),
                unit_price=number(step.unit_price),
                flat=number(step.flat),
                above=optional_number(step.above),
                up_to=optional_number(step.up_to),
                exact=number(exact_parts([step], share=line.share, rate=line.rate)[0]),
                amount=money(amount),
            )
            for step, amount, row in zip(cell.steps, cell.amounts, rows.steps, strict=True)
        ],
        modified=[_row(row) for row in rows.modified],
    )


def _row(row: Row) -> PricedRowGiven:
    return PricedRowGiven(what=row.who, sum=row.sum, equals=optional_number(row.equals))


def _event(kept: KeptEvent, *, begins: datetime) -> EventGiven:
    return EventGiven(
        position=kept.position,
        source=kept.event.source,
        id=kept.event.id,
        type=kept.event.type,
        subject=kept.event.subject,
        happened_at=kept.happened_at,
        accepted_at=kept.accepted_at,
        before_period=kept.happened_at < begins,
        data=as_sent(kept.event.data),
        rule_version=None if kept.mapped is None else kept.mapped.rule_version,
        sent=None if kept.mapped is None else as_sent(kept.mapped.sent.data),
    )
