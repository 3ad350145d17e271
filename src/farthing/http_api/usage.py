"""Usage over HTTP: events come in as CloudEvents or plain JSON, and each sender is told what became of each."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from farthing.core.refused import Refused
from farthing.http_api.access import Looking, Sending
from farthing.http_api.decode import NotJson, decode_json
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.problems import responses
from farthing.http_api.shapes import (
    DayGiven,
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
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import Told, record_usage
from farthing.usecases.show_usage import SubscriptionUsage, UsageView, show_usage

MOST_EVENTS = 10_000
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
router = APIRouter(tags=["usage"])

_EVENT = {
    "specversion": "1.0",
    "id": "req-8c1f",
    "source": "/inference/eu-1",
    "type": "completion",
    "subject": "acme",
    "time": "2026-01-05T10:00:00Z",
    "data": {"input_tokens": 812, "output_tokens": 64},
}
_EVENT_SCHEMA = {
    "type": "object",
    "description": "A CloudEvent 1.0. `source` and `id` make it one event for ever; `subject` is the customer's key.",
    "required": ["id", "source", "type", "subject"],
    "properties": {
        "specversion": {"type": "string"},
        "id": {"type": "string", "maxLength": 256},
        "source": {"type": "string", "maxLength": 256},
        "type": {"type": "string", "maxLength": 256},
        "subject": {"type": "string", "maxLength": 256},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
_LIST_SCHEMA = {"type": "array", "maxItems": MOST_EVENTS, "items": _EVENT_SCHEMA}
_WRAPPED_SCHEMA = {"type": "object", "required": ["events"], "properties": {"events": _LIST_SCHEMA}}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            SINGLE: {"schema": _EVENT_SCHEMA, "example": _EVENT},
            BATCH: {"schema": _LIST_SCHEMA, "example": [_EVENT]},
            "application/json": {
                "schema": {"anyOf": [_EVENT_SCHEMA, _LIST_SCHEMA, _WRAPPED_SCHEMA]},
                "example": {"events": [_EVENT]},
            },
        },
    }
}


class EventTold(Given):
    """An event that was not simply accepted."""

    index: int = Field(description="Its place in what was sent, from 0.")
    outcome: Outcome
    reason: str = Field(examples=["No customer has the key “acmee”; create the customer and send it again."])


class EventsTold(Given):
    """What became of what was sent; the counts add up to the number of events."""

    accepted: int
    duplicate: int = Field(description="Kept before with the same content; counted once.")
    conflict: int = Field(description="The source and id are taken by an event that says something else.")
    quarantined: int = Field(description="Kept apart with a reason, until it or its cause is mended; not billed.")
    refused: int = Field(description="Has no identity, so nothing was kept.")
    events: list[EventTold] = Field(description="Each event that was not simply accepted.")


@router.post(
    "/v1/events",
    summary="Send usage",
    responses=responses(400, 413, 415, 503),
    openapi_extra=_BODY,
)
async def post_events(request: Request, asking: Sending) -> EventsTold:
    """Everything is durable before the answer: whatever is told accepted stays, and may be sent again safely.

    Each event carries its own identity, its `source` and `id`, and counts once however often it is sent; an
    `Idempotency-Key` is not needed, and not looked at.
    """
    wrapped = _wrapped_as(request)
    body = await request.body()
    return await run_in_threadpool(_record, asking, body, wrapped)


def _wrapped_as(request: Request) -> str:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ToldProblem(415, "compressed", "The body is compressed; send it as it is.")
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type not in (SINGLE, BATCH, "application/json"):
        sentence = f"The body is sent as “{media_type[:80]}”; send JSON, with Content-Type: application/json."
        raise ToldProblem(415, "media_type", sentence)
    return media_type


def _record(asking: Sending, body: bytes, wrapped: str) -> EventsTold:
    try:
        sent = _events(decode_json(body), wrapped)
    except NotJson as fault:
        raise ToldProblem(400, "not_json", str(fault)) from None
    if len(sent) > MOST_EVENTS:
        raise ToldProblem(
            413, "too_many", f"{len(sent)} events are more than {MOST_EVENTS}; send them in several requests."
        )
    return _told(record_usage(asking.store, sent, now=asking.now))


def _events(decoded: Any, wrapped: str) -> list[Any]:
    if wrapped == BATCH and not isinstance(decoded, list):
        raise Refused(f"{BATCH} holds a JSON list of events.")
    if wrapped == SINGLE and not isinstance(decoded, dict):
        raise Refused(f"{SINGLE} holds one JSON object; send lists as {BATCH}.")
    if isinstance(decoded, list):
        return decoded
    if not isinstance(decoded, dict):
        raise Refused("The body is neither an event, nor a list of events.")
    if wrapped == "application/json" and "events" in decoded:
        if not isinstance(decoded["events"], list):
            raise Refused("“events” must be a list of events.", field="events")
        return decoded["events"]
    return [decoded]


def _told(answers: list[Told]) -> EventsTold:
    counts = Counter(answer.outcome for answer in answers)
    return EventsTold(
        accepted=counts[Outcome.ACCEPTED],
        duplicate=counts[Outcome.DUPLICATE],
        conflict=counts[Outcome.CONFLICT],
        quarantined=counts[Outcome.QUARANTINED],
        refused=counts[Outcome.REFUSED],
        events=[
            EventTold(index=answer.index, outcome=answer.outcome, reason=writable(answer.reason))
            for answer in answers
            if answer.outcome is not Outcome.ACCEPTED
        ],
    )


class UsageLineGiven(Given):
    """One line of the next invoice, as it stands."""

    price: str
    name: str
    quantity: DecimalText
    unit: str
    amount: MoneyGiven


class MeterGiven(Given):
    """What one price's meter measured, by the customer's local days."""

    price: str
    meter: str
    unit: str
    days: list[DayGiven]


class RunningGiven(Given):
    """A running subscription: its period and its next invoice, as it stands."""

    subscription_id: UUID
    plan: str
    plan_version: int
    period: PeriodGiven
    total_so_far: MoneyGiven
    lines: list[UsageLineGiven]
    meters: list[MeterGiven]


class UsageGiven(Given):
    """A customer's usage in the running periods."""

    customer: str
    as_of: datetime
    subscriptions: list[RunningGiven]


@router.get("/v1/usage", summary="See usage so far", responses=responses(404))
def get_usage(asking: Looking, customer: Annotated[Text, Query(description="The customer's key.")]) -> UsageGiven:
    """Each running subscription's usage by day, and what the next invoice comes to so far."""
    return _usage(show_usage(asking.store, customer_key=customer, person=None, now=asking.now))


def _usage(view: UsageView) -> UsageGiven:
    return UsageGiven(
        customer=view.customer.key, as_of=view.as_of, subscriptions=[_running(running) for running in view.running]
    )


def _running(running: SubscriptionUsage) -> RunningGiven:
    return RunningGiven(
        subscription_id=running.subscription.subscription_id,
        plan=running.plan.key,
        plan_version=running.plan.version,
        period=period(running.period),
        total_so_far=money(running.draft.total),
        lines=[
            UsageLineGiven(
                price=line.price_key,
                name=line.name,
                quantity=number(line.quantity),
                unit=line.unit,
                amount=money(line.amount),
            )
            for line in running.draft.lines
        ],
        meters=[
            MeterGiven(
                price=meter.price_key,
                meter=meter.meter.key,
                unit=meter.meter.unit,
                days=[
                    DayGiven(day=day.day, quantity=number(day.quantity), events=day.events)
                    for day in meter.days
                    if day.events
                ],
            )
            for meter in running.meters
        ],
    )


class ApartGiven(Given):
    """An event kept apart, and why."""

    received_at: datetime
    reason: str
    event: dict[str, Any] = Field(description="As it was sent; its numbers as text.")


class ApartListGiven(Given):
    """Events kept apart."""

    quarantined: list[ApartGiven]
    conflicts: list[ApartGiven]


@router.get("/v1/quarantine", summary="See events kept apart", responses=responses())
def get_quarantine(asking: Looking, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> ApartListGiven:
    """Events that do not count until they or their cause are mended, and events in conflict with another."""
    with asking.store.transaction():
        quarantined = asking.store.quarantine(limit=limit)
        conflicts = asking.store.conflicts(limit=limit)
    return ApartListGiven(
        quarantined=[
            ApartGiven(received_at=row.received_at, reason=writable(row.reason), event=as_sent(row.event))
            for row in quarantined
        ],
        conflicts=[
            ApartGiven(received_at=row.received_at, reason=writable(row.reason), event=as_sent(row.event))
            for row in conflicts
        ],
    )
