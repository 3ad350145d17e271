"""Stripe's client: meter events, each a form of its own, become our events and are answered as its server does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from farthing.core.metering.event import LONGEST_NAME
from farthing.core.parties import Mode
from farthing.core.refused import Refused
from farthing.http_api.access import Asking, Sending
from farthing.http_api.decode import encode_json
from farthing.http_api.drop_ins.answers import COUNTS, counts, kept, telling
from farthing.http_api.drop_ins.epoch import time_of
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.problems import problem, responses
from farthing.http_api.sent import TOO_LARGE, decoded_sent
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import Told

SOURCE = "stripe"
CUSTOMER = "stripe_customer_id"
FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 200
_PAYLOAD = "payload["


def tell(told: ToldProblem) -> Response:
    """A problem as Stripe's client reads it: with an `error` that has a type, and a word on whether to try again."""
    status = 400 if told.status in (409, 415, 422) else told.status
    kind = "api_error" if status >= 500 else "invalid_request_error"
    error = {"type": kind, "code": told.code, "message": told.detail, "param": told.field}
    headers = dict(told.headers or {}) | {"Stripe-Should-Retry": "true" if status in (429, 503) else "false"}
    return problem(status, told.code, told.detail, headers=headers, field=told.field, error=error)


router = APIRouter(tags=["drop-ins"], route_class=telling(tell))

_PARAMETERS: dict[str, Any] = {
    "type": "object",
    "required": ["event_name", f"payload[{CUSTOMER}]"],
    "properties": {
        "event_name": {"type": "string", "maxLength": 256, "description": "The event type that a meter counts."},
        f"payload[{CUSTOMER}]": {"type": "string", "maxLength": 256, "description": "The customer's key."},
        "payload[value]": {"type": "string", "description": "A property of the data, as any other in payload[…]."},
        "identifier": {"type": "string", "maxLength": 256, "description": "Makes it one event for ever."},
        "timestamp": {"type": "integer", "description": "Seconds since 1970."},
    },
}
_EVENT_GIVEN: dict[str, Any] = {
    "type": "object",
    "required": ["object", "created", "event_name", "identifier", "livemode", "payload", "timestamp"],
    "properties": {
        "object": {"type": "string", "examples": ["billing.meter_event"]},
        "created": {"type": "integer"},
        "event_name": {"type": "string"},
        "identifier": {"type": "string"},
        "livemode": {"type": "boolean"},
        "payload": {"type": "object", "additionalProperties": {"type": "string"}},
        "timestamp": {"type": ["integer", "string"]},
        "farthing": {
            "type": "object",
            "description": "Of an event that was kept apart: why.",
            "properties": {"outcome": {"type": "string"}, "reason": {"type": "string"}},
        },
    },
}
_BODY = {"requestBody": {"required": True, "content": {FORM: {"schema": _PARAMETERS}}}}


@router.post(
    "/v1/billing/meter_events",
    summary="Send usage with Stripe's client",
    response_class=Response,
    responses={
        **responses(400, 413, 429, 503),
        200: {
            "headers": COUNTS,
            "description": "Kept, as Stripe's client expects it.",
            "content": {"application/json": {"schema": _EVENT_GIVEN}},
        },
    },
    openapi_extra=_BODY,
)
async def post_meter_event(
    request: Request,
    asking: Sending,
    idempotency_key: Annotated[
        str | None, Header(description="The identity of an event that has no identifier; Stripe's clients send one.")
    ] = None,
) -> Response:
    """One meter event. Its `identifier` is its identity for ever, or else the Idempotency-Key of the request."""
    media_type = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if media_type != FORM:
        raise ToldProblem(415, "media_type", f"The body is sent as “{media_type[:80]}”; send a form, as {FORM}.")
    body = await request.body()
    fields = await run_in_threadpool(_fields, body)
    event = as_event(fields, idempotency_key=idempotency_key)
    (told,) = await kept(request, asking, decoded_sent([event], body))
    return await run_in_threadpool(_answer, asking, fields, event, told)


def as_event(fields: Mapping[str, str], *, idempotency_key: str | None) -> dict[str, Any]:
    """The event of ours: its type is the meter's event name, its subject the Stripe customer, its data the payload.

    >>> as_event({"event_name": "calls", "identifier": "1", "payload[stripe_customer_id]": "cus_1",
    ...           "payload[value]": "25"}, idempotency_key=None)
    {'source': 'stripe', 'id': '1', 'type': 'calls', 'subject': 'cus_1', 'time': None, 'data': {'value': '25'}}
    """
    payload = {
        name.removeprefix(_PAYLOAD)[:-1]: value
        for name, value in fields.items()
        if name.startswith(_PAYLOAD) and name.endswith("]")
    }
    identifier = fields.get("identifier") or idempotency_key
    if not identifier or len(identifier) > LONGEST_NAME:
        raise Refused(
            f"A meter event needs an identifier of at most {LONGEST_NAME} characters, or the header Idempotency-Key, "
            "so that it counts once however often it is sent.",
            field="identifier",
        )
    return {
        "source": SOURCE,
        "id": identifier,
        "type": fields.get("event_name"),
        "subject": payload.pop(CUSTOMER, None),
        "time": time_of(fields["timestamp"]) if fields.get("timestamp") else None,
        "data": payload,
    }


def _answer(asking: Asking, fields: Mapping[str, str], event: dict[str, Any], told: Told) -> Response:
    if told.reason == TOO_LARGE:
        raise ToldProblem(413, "too_large", told.reason, field="payload")
    if told.outcome is Outcome.REFUSED:
        raise ToldProblem(400, "refused", told.reason, field="identifier")
    if told.outcome is Outcome.CONFLICT:
        sentence = (
            f"Another event has the identifier “{event['id']}” and says something else; both are kept for you to "
            "compare, and the first counts."
        )
        raise ToldProblem(400, "resource_already_exists", sentence, field="identifier")
    with asking.store.transaction():
        is_live = asking.store.seller().mode is Mode.LIVE
    now = int(asking.now.timestamp())
    sent_at = fields.get("timestamp")
    shown = {
        "object": "billing.meter_event",
        "created": now,
        "event_name": event["type"] or "",
        "identifier": event["id"],
        "livemode": is_live,
        "payload": event["data"] | ({} if event["subject"] is None else {CUSTOMER: event["subject"]}),
        "timestamp": now if not sent_at else int(sent_at) if sent_at.isdecimal() and len(sent_at) < 18 else sent_at,
    }
    if told.outcome is Outcome.QUARANTINED:
        shown["farthing"] = {"outcome": told.outcome.value, "reason": told.reason}
    return Response(encode_json(shown), media_type="application/json", headers=counts([told]))


def _fields(body: bytes) -> dict[str, str]:
    """The fields of the form, each said once."""
    try:
        # Bytes that are no text become halves of surrogate pairs, which an event may not hold.
        written = parse_qsl(
            body.decode("utf-8", "surrogateescape"),
            keep_blank_values=True,
            errors="surrogateescape",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise Refused(f"The form has more than {_MOST_FIELDS} fields; send one meter event in each.") from None
    fields: dict[str, str] = {}
    for name, value in written:
        is_known = name in ("event_name", "identifier", "timestamp") or name.startswith(("expand", _PAYLOAD))
        if not is_known:
            shown = name[:60].encode("utf-8", "replace").decode()
            raise ToldProblem(400, "parameter_unknown", f"“{shown}” means nothing here; leave it out.", field=shown)
        if name in fields:
            shown = name[:60].encode("utf-8", "replace").decode()
            raise ToldProblem(400, "parameter_twice", f"The form says “{shown}” twice; say it once.", field=shown)
        fields[name] = value
    return fields
