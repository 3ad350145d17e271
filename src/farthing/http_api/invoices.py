"""Invoices over HTTP: the list, one of them, what its lines rest on, and its PDF."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import Field

from farthing.core.invoicing.invoice import Invoice
from farthing.core.parties import Customer
from farthing.core.rating.line import Line, exact_amount
from farthing.http_api.access import Looking, number_or_id
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
from farthing.usecases.ports import Documents, KeptEvent
from farthing.usecases.show_invoices import list_invoices, show_invoice

router = APIRouter(tags=["invoices"])
Number = Annotated[Text, Path(description="The invoice's number or id.")]


class LineGiven(Given):
    """One price on one stretch of time. A fee has days, usage has events and the range of positions it bills."""

    line: int
    price: str
    name: str
    period: PeriodGiven
    quantity: DecimalText
    unit: str
    amount: MoneyGiven
    in_advance: bool
    days: int | None
    of_days: int | None
    events: int | None
    after_position: int | None
    to_position: int | None
    steps: list[StepGiven]


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


class InvoiceGiven(SummaryGiven):
    """An invoice, line by line."""

    subscription_id: UUID
    plan: str
    plan_version: int
    lines: list[LineGiven]


class InvoicesGiven(Given):
    """Invoices, newest first."""

    invoices: list[SummaryGiven]


class ExplainedGiven(Given):
    """What a line rests on; `holds` says whether measuring and pricing it again gives the same to the digit."""

    line: LineGiven
    shape: str = Field(examples=["graduated"])
    exact: DecimalText = Field(description="The line's amount before its one rounding.")
    meter: str | None
    event_type: str | None
    days: list[DayGiven]
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
    data: dict[str, object] = Field(description="As it was sent; its numbers as text.")


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
        **_summary(view.customer, view.invoice).model_dump(),
        subscription_id=draft.subscription_id,
        plan=draft.frozen["plan_key"],
        plan_version=draft.frozen["plan_version"],
        lines=[_line(at, line) for at, line in enumerate(draft.lines, start=1)],
    )


@router.get("/v1/invoices/{number}/explanation", summary="Explain an invoice", responses=responses(404))
def get_explanation(
    asking: Looking,
    number: Number,
    line: Annotated[int | None, Query(ge=1, description="Only this line; the first is 1.")] = None,
) -> ExplanationGiven:
    """Each line's tiers, days and proof, worked out again from the events."""
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
        lines=[_explained(explanation) for explanation in explained],
    )


@router.get("/v1/invoices/{number}/lines/{line}/events", summary="See a line's events", responses=responses(404))
def get_events(
    asking: Looking,
    number: Number,
    line: Annotated[int, Path(ge=1)],
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="A position; events behind it follow.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> EventsGiven:
    """A page of the events that a line's quantity was measured from; empty for a fee."""
    events = line_events(asking.store, number_or_id(number), line, person=None, after_position=after, limit=limit)
    return EventsGiven(
        events=[_event(event) for event in events],
        next_after=events[-1].position if len(events) == limit else None,
    )


@router.get(
    "/v1/invoices/{number}/pdf",
    summary="Get an invoice's PDF",
    response_class=Response,
    responses={
        200: {"description": "The PDF.", "content": {"application/pdf": {"schema": {"type": "string"}}}},
        **responses(404),
    },
)
def get_pdf(request: Request, asking: Looking, number: Number) -> Response:
    """The document as it is sent to the customer."""
    documents: Documents = request.app.state.documents
    view = show_invoice(asking.store, number_or_id(number), person=None)
    pdf = documents.invoice_pdf(view.invoice, view.customer, view.seller, view.days)
    name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in view.invoice.number)
    return Response(
        pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"', "X-Content-Type-Options": "nosniff"},
    )


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
    return LineGiven(
        line=at,
        price=line.price_key,
        name=line.name,
        period=period(line.period),
        quantity=number(line.quantity),
        unit=line.unit,
        amount=money(line.amount),
        in_advance=line.advance,
        days=None if line.share is None else line.share.days,
        of_days=None if line.share is None else line.share.of_days,
        events=None if line.slice is None else line.slice.events,
        after_position=None if line.slice is None else line.slice.after,
        to_position=None if line.slice is None else line.slice.to,
        steps=[
            StepGiven(
                units=number(step.units),
                unit_price=number(step.unit_price),
                flat=number(step.flat),
                above=optional_number(step.above),
                up_to=optional_number(step.up_to),
                exact=number(exact_amount([step], line.share)),
                amount=money(amount),
            )
            for step, amount in zip(line.steps, line.step_amounts, strict=True)
        ],
    )


def _explained(explanation: Explanation) -> ExplainedGiven:
    shape = type(explanation.price.shape).__name__
    return ExplainedGiven(
        line=_line(explanation.line_number, explanation.line),
        shape="per_unit" if shape == "PerUnit" else shape.lower(),
        exact=number(explanation.line.exact),
        meter=None if explanation.meter is None else explanation.meter.key,
        event_type=None if explanation.meter is None else explanation.meter.event_type,
        days=[
            DayGiven(day=day.day, quantity=number(day.quantity), events=day.events)
            for day in explanation.days
            if day.events
        ],
        holds=explanation.holds,
    )


def _event(kept: KeptEvent) -> EventGiven:
    return EventGiven(
        position=kept.position,
        source=kept.event.source,
        id=kept.event.id,
        type=kept.event.type,
        subject=kept.event.subject,
        happened_at=kept.happened_at,
        accepted_at=kept.accepted_at,
        data=as_sent(kept.event.data),
    )
