"""Events come in over HTTP as CloudEvents or plain JSON, and each sender is told what became of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from farthing.core.refused import Refused
from farthing.http_api.access import Sending
from farthing.http_api.bodies import BATCH, LINES, MOST_EVENTS, PLAIN, SINGLE, form_of
from farthing.http_api.ingestion import Ingestion
from farthing.http_api.lines import Lines, Part
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.problems import responses
from farthing.http_api.sent import Sent, sent_in
from farthing.http_api.tally import EventsTold, Tally

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
        "reservation": {
            "type": "string",
            "maxLength": 256,
            "description": "The id of a reservation of this customer, which the event uses and ends. It is no part of "
            "what the event says: sent again without it, it is the same.",
        },
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
    responses=responses(400, 413, 415, 429, 503),
    openapi_extra=_BODY,
)
async def post_events(request: Request, asking: Sending) -> EventsTold:
    """Everything is durable before the answer: whatever is told accepted stays, and may be sent again safely.

    Each event carries its own identity, its `source` and `id`, and counts once however often it is sent; an
    `Idempotency-Key` is not needed, and not looked at. A body may be compressed (`Content-Encoding: gzip` or
    `zstd`). One event on each line is kept a thousand at a time as it arrives: when the connection breaks, what was
    kept by then stays, and sending all of it again is safe. When more arrives than can be kept, the answer is 429 with
    `Retry-After`, and nothing of the request was kept (of lines: what the answer says); `RateLimit` tells how many
    events may wait.
    """
    form = form_of(request)
    ingestion: Ingestion = request.app.state.ingestion
    seller_id = asking.store.seller_id
    if not form.is_lines:
        body = await request.body()
        sent = await run_in_threadpool(sent_in, body, form)
        tally = Tally()
        await _keep(ingestion, seller_id, sent, tally, first=0)
        return tally.told()
    lines = Lines(form.coding)
    try:
        async for arrived in request.stream():
            await _keep_parts(ingestion, seller_id, lines.take(arrived), lines.tally)
        await _keep_parts(ingestion, seller_id, lines.finish(), lines.tally)
    except ClientDisconnect:
        raise ToldProblem(400, "broken_off", "The connection broke; send everything again.") from None
    except ToldProblem as told:
        raise lines.so_far(told) from None
    except Refused as refusal:
        raise lines.so_far(ToldProblem.of(refusal)) from None
    return lines.tally.told()


async def _keep_parts(ingestion: Ingestion, seller_id: UUID, parts: Iterator[Part], tally: Tally) -> None:
    # Each part is read in a thread and kept before the next is read, so that memory stays bounded.
    while (part := await run_in_threadpool(next, parts, None)) is not None:
        await _keep(ingestion, seller_id, part.sent, tally, first=part.first)


async def _keep(ingestion: Ingestion, seller_id: UUID, sent: Sent, tally: Tally, *, first: int) -> None:
    """Keep what was sent and count it; its first event has this index in the whole."""
    told = sent.refused | dict(await ingestion.keep(seller_id, sent.plain, sent.others, size_bytes=sent.size_bytes))
    tally.add_accepted(len(sent.plain) - len(told))
    for index in sorted(told):
        tally.add(first + index, told[index].outcome, told[index].reason)
