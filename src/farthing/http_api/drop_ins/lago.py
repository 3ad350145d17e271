"""Lago's client: its events, one or a batch, become ours, and are answered as its server answers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from fastapi import Response

from farthing.core.ids import id_of
from farthing.core.metering.event import canonical, read_event
from farthing.core.metering.unclear import Unclear, fault_of, members_of, read_carefully
from farthing.core.refused import Refused
from farthing.http_api.decode import decode_json
from farthing.http_api.drop_ins.answers import counts
from farthing.http_api.drop_ins.epoch import time_of, written_time
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.problems import problem
from farthing.http_api.sent import TOO_LARGE, decoded_sent
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import Told

SOURCE = "lago"
_AMOUNT = "precise_total_amount_cents"
_IDENTITY = ("transaction_id", "external_subscription_id", "code", "timestamp")


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why an event was not taken: Lago's field and word for it, and our sentence."""

    field: str
    code: str
    sentence: str


class Batch:
    """Events as Lago's client sends them: those that are ours to keep, and what is answered when they are kept.

    `raw` are the decoded events of an opened body; `sent` are those that have an identity, as ours.
    """

    def __init__(self, raw: Sequence[Any], opened: bytes) -> None:
        self._many = len(raw)
        self._faults: dict[int, _Fault] = {}
        self._raw: dict[int, Mapping[str, Any]] = {}
        self._events: dict[int, dict[str, Any]] = {}
        sent: list[dict[str, Any] | Unclear] = []
        for index, one in enumerate(raw):
            try:
                said = _said_once(one) if isinstance(one, Unclear) else one
                event = as_event(said)
            except Refused as fault:
                self._faults[index] = _Fault(fault.field or "event", "value_is_invalid", fault.sentence)
            else:
                assert isinstance(said, Mapping), "it is an event"
                self._raw[index], self._events[index] = said, event
                sent.append(_unclear(one, event) or event)
        self.sent = decoded_sent(sent, opened)

    def answer_one(self, told: Sequence[Told], *, now: datetime) -> Response:
        """The one event as it was taken; 422 when it has no identity, or another event has its identity."""
        self._note(told)
        if self._faults:
            return _invalid({self._faults[0].field: [self._faults[0].code]}, self._faults[0].sentence)
        return _answer({"event": self._shown(0, told[0], now)}, told)

    def answer_batch(self, told: Sequence[Told], *, now: datetime) -> Response:
        """The events as they were taken; 422 when some could not be, where the others are kept all the same."""
        if not self._many:
            return _invalid({"events": ["no_events"]}, "The batch holds no events; send at least one.")
        self._note(told)
        if not self._faults:
            return _answer({"events": [self._shown(index, one, now) for index, one in enumerate(told)]}, told)
        index = min(self._faults)
        sentence = (
            f"{len(self._faults)} of {self._many} events were not taken (event {index}: "
            f"{self._faults[index].sentence.rstrip('.')}); what else there was is kept, and sending all of them again "
            "is safe."
        )
        details = {str(index): {fault.field: [fault.code]} for index, fault in sorted(self._faults.items())}
        return _invalid(details, sentence, headers=counts(told))

    def _note(self, told: Sequence[Told]) -> None:
        """What became of the events may be an error for Lago's client."""
        for index, one in zip(self._events, told, strict=True):
            fault = _fault(self._events[index], one)
            if fault is not None:
                self._faults[index] = fault

    def _shown(self, index: int, told: Told, now: datetime) -> dict[str, Any]:
        """The event as Lago shows one that it took, and what became of it where it was kept apart."""
        event, raw = self._events[index], self._raw[index]
        shown = {
            "lago_id": str(id_of("event", SOURCE, event["id"])),
            "transaction_id": event["id"],
            "lago_customer_id": None,
            "lago_subscription_id": None,
            "external_subscription_id": _plain_text(event["subject"]) or "",
            "code": _plain_text(event["type"]) or "",
            "timestamp": event["time"] or written_time(now),
            "precise_total_amount_cents": _plain_text(raw.get(_AMOUNT)),
            "properties": {} if raw.get("properties") is None else raw["properties"],
            "created_at": written_time(now),
        }
        if told.outcome is Outcome.QUARANTINED:
            shown["farthing"] = {"outcome": told.outcome.value, "reason": told.reason}
        return shown


def tell(told: ToldProblem) -> Response:
    """A problem as its client reads it: with `error`, and the seconds to wait where there are too many requests."""
    headers = dict(told.headers or {})
    if told.status == 429 and "Retry-After" in headers:
        headers["X-RateLimit-Reset"] = headers["Retry-After"]
    phrase = {401: "Unauthorized", 422: "Unprocessable Entity"}.get(told.status, told.detail)
    return problem(told.status, told.code, told.detail, headers=headers, field=told.field, error=phrase)


def as_event(sent: object) -> dict[str, Any]:
    """The event of ours: its id is the transaction, its type the metric's code, its subject the subscription.

    >>> as_event({"transaction_id": "t1", "external_subscription_id": "acme", "code": "calls", "timestamp": 1771200000})
    {'source': 'lago', 'id': 't1', 'type': 'calls', 'subject': 'acme', 'time': '2026-02-16T00:00:00Z', 'data': {}}
    """
    if not isinstance(sent, Mapping):
        raise Refused("An event is a JSON object; send it as {“event”: {…}}.", field="event")
    properties = {} if sent.get("properties") is None else sent["properties"]
    amount = sent.get(_AMOUNT)
    if amount is not None and isinstance(properties, Mapping):
        properties = {**properties, _AMOUNT: amount}
    return {
        "source": SOURCE,
        "id": _plain_text(sent.get("transaction_id")),
        "type": sent.get("code"),
        "subject": sent.get("external_subscription_id"),
        "time": _time(sent.get("timestamp")),
        "data": properties,
    }


def events_of(sent: object) -> list[Any]:
    """The one event of a body as Lago's client sends it; none where the body is not of Lago's."""
    if isinstance(sent, Unclear) and sent.text.startswith("{"):
        members = list(members_of(sent.text))
        events = [value for name, value in members if name == "event"]
        if not events or any(name == "specversion" for name, _ in members):
            return []
        return [sent if len(events) > 1 else read_carefully(events[0])]
    return [sent["event"]] if isinstance(sent, dict) and "event" in sent and "specversion" not in sent else []


def _said_once(unclear: Unclear) -> dict[str, Any] | None:
    """Of an event of which it is not clear what it says, what identifies it; None when it is no JSON object."""
    if not unclear.text.startswith("{"):
        return None
    said: dict[str, list[str]] = {}
    for name, value in members_of(unclear.text):
        said.setdefault(name, []).append(value)
    read: dict[str, Any] = {}
    for name in _IDENTITY:
        (value, *more) = said.get(name, ["{"])
        if not more and not value.startswith(("{", "[")) and not fault_of(value):
            read[name] = decode_json(value.encode())
    return read


def _unclear(sent: Unclear | Mapping[str, Any], event: Mapping[str, Any]) -> Unclear | None:
    """What is kept apart as the text that was sent, under this event's identity; None for what is clear."""
    if isinstance(sent, Unclear):
        text, reason = sent.text, fault_of(sent.text) or sent.reason
    else:
        properties, amount = sent.get("properties"), sent.get(_AMOUNT)
        if amount is None or not isinstance(properties, Mapping) or properties.get(_AMOUNT, amount) == amount:
            return None
        text = canonical(sent)
        reason = f"It says “{_AMOUNT}” twice and not the same, and which of the two counts would be a guess."
    try:
        return Unclear(read_event({**event, "data": {}}), text, reason)
    except Refused as fault:
        return Unclear(None, text, fault.sentence)


def _fault(event: Mapping[str, Any], told: Told) -> _Fault | None:
    if told.outcome is Outcome.CONFLICT:
        sentence = (
            f"Another event has the transaction_id “{event['id']}” and says something else; both are kept for you to "
            "compare, and the first counts."
        )
        return _Fault("transaction_id", "value_already_exist", sentence)
    if told.reason == TOO_LARGE:
        return _Fault("event", "value_is_invalid", told.reason)
    if told.outcome is Outcome.REFUSED:
        code = "value_is_invalid" if event["id"] else "value_is_mandatory"
        return _Fault("transaction_id", code, "An event needs a “transaction_id”: a text of at most 256 characters.")
    return None


def _answer(shown: dict[str, Any], told: Sequence[Told]) -> Response:
    # Numbers go back as exact as they came, which the usual encoder cannot do.
    return Response(canonical(shown), media_type="application/json", headers=counts(told))


def _invalid(details: dict[str, Any], sentence: str, *, headers: Mapping[str, str] | None = None) -> Response:
    return problem(
        422, "validation_errors", sentence, headers=headers, error="Unprocessable Entity", error_details=details
    )


def _time(sent: object) -> str | None:
    """The instant as text; seconds of the epoch however they are written, anything else as it is."""
    if sent is None:
        return None
    written = _plain_text(sent)
    return canonical(sent) if written is None else time_of(written)


def _plain_text(sent: object) -> str | None:
    """A text, or the text of a number; None for everything else."""
    if isinstance(sent, bool) or not isinstance(sent, str | int | Decimal):
        return None
    return sent if isinstance(sent, str) else canonical(sent)
