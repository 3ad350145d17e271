"""How the bodies of the drop-ins are described in the OpenAPI document."""

from __future__ import annotations

from typing import Any

CLOUD_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "A CloudEvent 1.0; `subject` is the customer's key.",
    "required": ["id", "source", "type", "subject"],
    "properties": {name: {"type": "string", "maxLength": 256} for name in ("id", "source", "type", "subject")}
    | {
        "specversion": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
LAGO_EXAMPLE: dict[str, Any] = {
    "transaction_id": "req-8c1f",
    "external_subscription_id": "acme",
    "code": "completion",
    "timestamp": 1767607200,
    "properties": {"input_tokens": 812, "output_tokens": 64},
}
_LAGO_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "`transaction_id` makes it one event for ever; `external_subscription_id` is the customer's key.",
    "required": ["transaction_id", "external_subscription_id", "code"],
    "properties": {
        "transaction_id": {"type": "string", "maxLength": 256},
        "external_subscription_id": {"type": "string", "maxLength": 256},
        "code": {"type": "string", "maxLength": 256, "description": "The event type that a meter counts."},
        "timestamp": {
            "type": ["integer", "number", "string", "null"],
            "description": "Seconds since 1970, with a fraction where it is finer.",
        },
        "precise_total_amount_cents": {"type": ["string", "null"]},
        "properties": {"type": ["object", "null"]},
    },
}
LAGO_BODY: dict[str, Any] = {"type": "object", "required": ["event"], "properties": {"event": _LAGO_EVENT}}
LAGO_BATCH: dict[str, Any] = {
    "type": "object",
    "required": ["events"],
    "properties": {"events": {"type": "array", "items": _LAGO_EVENT, "maxItems": 10_000}},
}
LAGO_EVENT_GIVEN: dict[str, Any] = {
    "type": "object",
    "required": ["lago_id", "transaction_id", "external_subscription_id", "code", "timestamp"],
    "properties": {
        "lago_id": {"type": "string", "format": "uuid", "description": "The event's key here."},
        "transaction_id": {"type": "string"},
        "external_subscription_id": {"type": "string"},
        "code": {"type": "string"},
        "timestamp": {"type": "string"},
        "precise_total_amount_cents": {"type": ["string", "null"]},
        "created_at": {"type": "string"},
        "farthing": {
            "type": "object",
            "description": "Of an event that was kept apart: why.",
            "properties": {"outcome": {"type": "string"}, "reason": {"type": "string"}},
        },
    },
}
