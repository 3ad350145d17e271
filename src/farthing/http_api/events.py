"""Events come in over HTTP as CloudEvents or plain JSON, and each sender is told what became of each."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from farthing.http_api.access import Asking, Sending
from farthing.http_api.bodies import BATCH, LINES, MOST_EVENTS, PLAIN, SINGLE, Form, events_in, form_of
from farthing.http_api.lines import Lines
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.problems import responses
from farthing.http_api.tally import EventsTold, Tally
from farthing.usecases.ports import Installation
from farthing.usecases.record_usage import record_usage

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
