"""Corrections over HTTP: events are amended and voided, each by a fact of its own, and shown with all that was said."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from farthing.core.ids import id_of
from farthing.core.metering.correction import LONGEST_REASON, CorrectionKind
from farthing.core.refused import Refused
from farthing.http_api.access import Asking, Looking, Sending
from farthing.http_api.decode import NotJson, decode_json
from farthing.http_api.problems import Told, responses
from farthing.http_api.shapes import (
    DecimalText,
    Given,
    MoneyGiven,
    PeriodGiven,
    Text,
    as_sent,
    money,
    number,
    period,
    writable,
)
from farthing.http_api.tally import EventsTold, Tally
from farthing.usecases.correct_usage import correct_usage
from farthing.usecases.owed import find_owed
from farthing.usecases.show_event import EventView, show_event

MOST_BYTES = 10 * 1024 * 1024
MOST_CORRECTIONS = 10_000
router = APIRouter(tags=["usage"])

_OF = {
    "type": "object",
    "description": "The event, by what makes it one for ever.",
    "required": ["source", "id"],
    "properties": {"source": {"type": "string", "maxLength": 256}, "id": {"type": "string", "maxLength": 256}},
}
_EVENT = {
    "type": "object",
    "description": "For an amendment: all that the event says from now on, not only what changes.",
    "required": ["type", "subject"],
    "properties": {
        "type": {"type": "string", "maxLength": 256},
        "subject": {"type": "string", "maxLength": 256},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
_CORRECTION = {
    "type": "object",
    "description": "A fact of its own: its `source` and `id` make it one correction for ever, as with events.",
    "required": ["source", "id", "kind", "of", "reason", "by"],
    "properties": {
        "source": {"type": "string", "maxLength": 256},
        "id": {"type": "string", "maxLength": 256},
        "kind": {"type": "string", "enum": [kind.value for kind in CorrectionKind]},
        "of": _OF,
        "event": _EVENT,
        "reason": {"type": "string", "maxLength": LONGEST_REASON},
        "by": {"type": "string", "maxLength": 256, "description": "Who says so."},
    },
}
_LIST = {"type": "array", "maxItems": MOST_CORRECTIONS, "items": _CORRECTION}
_WRAPPED = {"type": "object", "required": ["corrections"], "properties": {"corrections": _LIST}}
_EXAMPLE = {
    "source": "support",
    "id": "ticket-811",
    "kind": "amend",
    "of": {"source": "/inference/eu-1", "id": "req-8c1f"},
    "event": {
        "type": "completion",
        "subject": "acme",
        "time": "2026-01-05T10:00:00Z",
        "data": {"input_tokens": 812, "output_tokens": 32},
    },
    "reason": "The answer was cut off half-way.",
    "by": "ada",
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"anyOf": [_CORRECTION, _LIST, _WRAPPED]}, "example": _EXAMPLE}},
    }
}


class VersionGiven(Given):
    """What an event said from one position until another."""

    position: int = Field(description="From here on it says this, in the order in which everything was accepted.")
    ended_at: int | None = Field(description="The position of what ended it; null while it counts.")
    type: str
    subject: str
    time: str | None
    data: dict[str, Any] = Field(description="As it was sent; its numbers as text.")
    happened_at: datetime
    accepted_at: datetime
    billed_on: list[str] = Field(description="The invoices whose lines bill this version.", examples=[["AC-000017"]])


class CorrectionGiven(Given):
    """What ended a version of an event."""

    position: int
    kind: CorrectionKind
    source: str | None = Field(description="Its own identity; null when a batch was reverted as a whole.")
    id: str | None
    batch: str | None
    reason: str
    by: str
    accepted_at: datetime


class EventGiven(Given):
    """An accepted event with all that was said of it."""

    key: UUID
    source: str
    id: str
    place: str = Field(description="billed, open, late, unattributed or voided.", examples=["open"])
    standing: str = Field(description="The same in words.")
    is_owed: bool = Field(description="Whether an invoice bills what it does not say any more.")
    batch: str | None
    versions: list[VersionGiven] = Field(description="In order; the last one counts unless it was ended.")
    corrections: list[CorrectionGiven]


class OwedGiven(Given):
    """An issued line of which usage says something else today; the line itself stays as it is."""

    customer: str
    invoice: str = Field(examples=["AC-000017"])
    line: int
    name: str
    period: PeriodGiven
    unit: str
    quantity: DecimalText = Field(description="As it was billed.")
    quantity_today: DecimalText
    amount: MoneyGiven = Field(description="As it was billed.")
    amount_today: MoneyGiven
    difference: MoneyGiven = Field(description="Owed on top; below zero to be given back.")
    late: int = Field(description="Events of its time that were accepted after it was billed.")
    corrected: int = Field(description="Events of its time that were amended or voided after it was billed.")


class OwedListGiven(Given):
    """Issued lines of which usage says something else today."""

    lines: list[OwedGiven]


@router.post(
    "/v1/corrections",
    summary="Amend and void events",
    responses=responses(400, 413, 503),
    openapi_extra=_BODY,
)
async def post_corrections(request: Request, asking: Sending) -> EventsTold:
    """One correction, a list of them, or `{"corrections": [...]}`, in order; the answer comes when they are durable.

    `quarantined` says that it waits: for its event, after which it takes effect by itself, or to be mended like any
    event. `refused` says that nothing was changed, as for an event that was voided before. Sent again it takes effect
    once.
    """
    return await run_in_threadpool(_correct, asking, await request.body())


@router.get("/v1/events", summary="See an event by its source and id", responses=responses(404))
def get_event_named(
    asking: Looking,
    source: Annotated[Text, Query(description="Its source.")],
    id: Annotated[Text, Query(description="Its id.")],
) -> EventGiven:
    """An accepted event with its versions, its corrections, and where it stands."""
    return _given(show_event(asking.store, id_of("event", source, id)))


@router.get("/v1/events/{key}", summary="See an event", responses=responses(404))
def get_event(key: UUID, asking: Looking) -> EventGiven:
    """An accepted event with its versions, its corrections, and where it stands."""
    return _given(show_event(asking.store, key))


@router.get("/v1/owed", summary="See what issued invoices are owed", responses=responses(404))
def get_owed(asking: Looking, customer: Annotated[Text | None, Query(description="Its key.")] = None) -> OwedListGiven:
    """Lines of which late events and corrections make something else today, and what commitments make of that."""
    return OwedListGiven(
        lines=[
            OwedGiven(
                customer=one.customer.key,
                invoice=one.invoice.number,
                line=one.line_number,
                name=one.line.name,
                period=period(one.line.period),
                unit=one.line.unit,
                quantity=number(one.billed.quantity),
                quantity_today=number(one.billed.quantity if one.today is None else one.today.quantity),
                amount=money(one.so_far),
                amount_today=money(one.comes_to),
                difference=money(one.difference),
                late=one.late,
                corrected=one.corrected,
            )
            for one in find_owed(asking.store, customer_key=customer)
        ]
    )


def _correct(asking: Asking, body: bytes) -> EventsTold:
    tally = Tally()
    for told in correct_usage(asking.store, _corrections(body), now=asking.now):
        tally.add(told.index, told.outcome, told.reason)
    return tally.told()


def _corrections(body: bytes) -> list[Any]:
    if len(body) > MOST_BYTES:
        raise Told(413, "too_large", "The body is larger than 10 MB; send it in several requests.")
    try:
        decoded = decode_json(body)
    except NotJson as fault:
        raise Told(400, "not_json", str(fault)) from None
    if isinstance(decoded, dict) and "corrections" in decoded:
        decoded = decoded["corrections"]
        if not isinstance(decoded, list):
            raise Refused("“corrections” must be a list of corrections.", field="corrections")
    if not isinstance(decoded, dict | list):
        raise Refused("The body is neither a correction, nor a list of corrections.")
    corrections = decoded if isinstance(decoded, list) else [decoded]
    if len(corrections) > MOST_CORRECTIONS:
        sentence = f"{len(corrections)} corrections are more than {MOST_CORRECTIONS}; send them in several requests."
        raise Told(413, "too_many", sentence)
    return corrections


def _given(view: EventView) -> EventGiven:
    history = view.history
    return EventGiven(
        key=history.key,
        source=history.source,
        id=history.id,
        place=view.place,
        standing=view.standing,
        is_owed=view.is_owed,
        batch=history.batch,
        versions=[
            VersionGiven(
                position=one.position,
                ended_at=one.ended_at,
                type=one.type,
                subject=one.subject,
                time=one.time,
                data=as_sent(dict(one.data)),
                happened_at=one.happened_at,
                accepted_at=one.accepted_at,
                billed_on=sorted({on.number for on in view.billed_on[one.position]}),
            )
            for one in history.versions
        ],
        corrections=[
            CorrectionGiven(
                position=one.position,
                kind=one.kind,
                source=one.source or None,
                id=one.id or None,
                batch=one.batch,
                reason=writable(one.reason),
                by=writable(one.by),
                accepted_at=one.accepted_at,
            )
            for one in history.corrections
        ],
    )
