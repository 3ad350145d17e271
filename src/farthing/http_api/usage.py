"""Usage over HTTP: events come in as CloudEvents or plain JSON, and each sender is told what became of each."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from farthing.http_api.access import Asking, Looking, Sending
from farthing.http_api.bodies import BATCH, LINES, MOST_EVENTS, PLAIN, SINGLE, Form, events_in, form_of
from farthing.http_api.lines import Lines
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.problems import responses
from farthing.http_api.shapes import (
    DayGiven,
    DecimalText,
    Given,
    MoneyGiven,
    PeriodGiven,
    Text,
    money,
    number,
    period,
)
from farthing.http_api.tally import EventsTold, Tally
from farthing.usecases.ports import Installation
from farthing.usecases.record_usage import record_usage
from farthing.usecases.show_usage import SubscriptionUsage, UsageView, show_usage

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
            PLAIN: {
                "schema": {"anyOf": [_EVENT_SCHEMA, _LIST_SCHEMA, _WRAPPED_SCHEMA]},
                "example": {"events": [_EVENT]},
            },
            **{lines: {"schema": {"type": "string"}, "example": json.dumps(_EVENT)} for lines in LINES},
        },
    }
}


@router.post(
    "/v1/events",
    summary="Send usage",
    responses=responses(400, 413, 415, 503),
    openapi_extra=_BODY,
)
async def post_events(request: Request, asking: Sending) -> EventsTold:
    """Everything is durable before the answer: whatever is told accepted stays, and may be sent again safely.

    Each event carries its own identity, its `source` and `id`, and counts once however often it is sent; an
    `Idempotency-Key` is not needed, and not looked at. A body may be compressed (`Content-Encoding: gzip` or
    `zstd`). One event on each line is kept a thousand at a time as it arrives: when the connection breaks, what was
    kept by then stays, and sending all of it again is safe.
    """
    form = form_of(request)
    if not form.is_lines:
        return await run_in_threadpool(_record_all, asking, await request.body(), form)
    installation: Installation = request.app.state.installation
    # A stream may take long; each part of it is held against the time at which it came.
    lines = Lines(form.coding, lambda sent: record_usage(asking.store, sent, now=installation.now(asking.store)))
    try:
        async for arrived in request.stream():
            await run_in_threadpool(lines.take, arrived)
        await run_in_threadpool(lines.finish)
    except ClientDisconnect:
        raise ToldProblem(400, "broken_off", "The connection broke; send everything again.") from None
    except ToldProblem as told:
        raise lines.so_far(told) from None
    return lines.tally.told()


def _record_all(asking: Asking, body: bytes, form: Form) -> EventsTold:
    tally = Tally()
    for told in record_usage(asking.store, events_in(body, form), now=asking.now):
        tally.add(told.index, told.outcome, told.reason)
    return tally.told()


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
