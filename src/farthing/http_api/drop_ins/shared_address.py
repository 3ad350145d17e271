"""OpenMeter's and Lago's clients send to one address; what the body looks like tells them apart."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from farthing.http_api.access import Sending
from farthing.http_api.bodies import BATCH, PLAIN, SINGLE, Form, events_in, form_of, opened_body
from farthing.http_api.decode import NotJson
from farthing.http_api.drop_ins import lago, openmeter
from farthing.http_api.drop_ins.answers import COUNTS, kept, telling
from farthing.http_api.drop_ins.described import CLOUD_EVENT, LAGO_BATCH, LAGO_BODY, LAGO_EVENT_GIVEN, LAGO_EXAMPLE
from farthing.http_api.problems import Told, responses
from farthing.http_api.sent import Sent, decoded_sent, sent_in

router = APIRouter(tags=["drop-ins"], route_class=telling(lago.tell))

_GIVEN = {"headers": COUNTS, "description": "Kept, as Lago's client expects it."}
_ONE = {"schema": {"type": "object", "required": ["event"], "properties": {"event": LAGO_EVENT_GIVEN}}}
_MANY = {
    "schema": {
        "type": "object",
        "required": ["events"],
        "properties": {"events": {"type": "array", "items": LAGO_EVENT_GIVEN}},
    }
}
_EVENTS_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            SINGLE: {"schema": CLOUD_EVENT},
            BATCH: {"schema": {"type": "array", "items": CLOUD_EVENT}},
            PLAIN: {
                "schema": {"anyOf": [LAGO_BODY, CLOUD_EVENT, {"type": "array", "items": CLOUD_EVENT}]},
                "example": {"event": LAGO_EXAMPLE},
            },
        },
    }
}
_BATCH_BODY = {
    "requestBody": {
        "required": True,
        "content": {PLAIN: {"schema": LAGO_BATCH, "example": {"events": [LAGO_EXAMPLE]}}},
    }
}


@router.post(
    "/api/v1/events",
    summary="Send usage with OpenMeter's or Lago's client",
    status_code=204,
    response_class=Response,
    responses={
        **responses(400, 413, 415, 429, 503),
        200: {**_GIVEN, "content": {"application/json": _ONE}},
        204: {"headers": COUNTS, "description": "Kept, as OpenMeter's client expects it."},
    },
    openapi_extra=_EVENTS_BODY,
)
async def post_events(request: Request, asking: Sending) -> Response:
    """CloudEvents as OpenMeter takes them (answered 204), or one event as Lago takes it (answered 200)."""
    form, body = _form(request), await request.body()
    sent = await run_in_threadpool(_sent_in, body, form)
    if isinstance(sent, lago.Batch):
        return sent.answer_one(await kept(request, asking, sent.sent), now=asking.now)
    return openmeter.answer(await kept(request, asking, sent))


@router.post(
    "/api/v1/events/batch",
    summary="Send a batch of usage with Lago's client",
    response_class=Response,
    responses={**responses(400, 413, 415, 429, 503), 200: {**_GIVEN, "content": {"application/json": _MANY}}},
    openapi_extra=_BATCH_BODY,
)
async def post_batch(request: Request, asking: Sending) -> Response:
    """Up to 10,000 events. Those that can be kept are, even where others of the batch cannot."""
    form, body = _form(request), await request.body()
    batch = await run_in_threadpool(_batch_in, body, form)
    told = await kept(request, asking, batch.sent)
    return await run_in_threadpool(batch.answer_batch, told, now=asking.now)


def _form(request: Request) -> Form:
    form = form_of(request)
    if form.is_lines:
        raise Told(415, "media_type", "Lines of JSON go to POST /v1/events; here JSON is read as a whole.")
    return form


def _sent_in(body: bytes, form: Form) -> Sent | lago.Batch:
    """One event as Lago has it, or CloudEvents."""
    if form.media_type != PLAIN:
        return sent_in(body, form)
    opened = opened_body(body, form)
    events = events_in(opened, form)
    try:
        of_lago = lago.events_of(events[0]) if len(events) == 1 else []
    except NotJson as fault:
        raise Told(400, "not_json", f"The body {fault}") from None
    return lago.Batch(of_lago, opened) if of_lago else decoded_sent(events, opened)


def _batch_in(body: bytes, form: Form) -> lago.Batch:
    opened = opened_body(body, form)
    return lago.Batch(events_in(opened, form), opened)
