"""Bodies: in which forms usage may be sent, how large each may be, and which events it holds."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from farthing.core.refused import Refused
from farthing.http_api.careful import read_body
from farthing.http_api.decode import NotJson, decode_json
from farthing.http_api.problems import Told
from farthing.http_api.unpacking import CODINGS, Unpacking

SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
PLAIN = "application/json"
LINES = ("application/x-ndjson", "application/jsonl")
MOST_EVENTS = 10_000
MOST_BYTES = 10 * 1024 * 1024
# Of one event, in whatever form it comes; as text in memory it takes some forty times as much.
MOST_EVENT_BYTES = 1024 * 1024
# A body of ten megabytes that is all brackets would take a hundred times its size to read; usage has far fewer.
MOST_VALUES = 1_000_000
# In memory an empty list takes 56 bytes, and 8 where it is listed; hardly anything takes less.
VALUE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Form:
    """How a body is sent: its media type, and how it is compressed."""

    media_type: str
    coding: str

    @property
    def is_lines(self) -> bool:
        """Whether it is one event on each line, read as it arrives."""
        return self.media_type in LINES


def form_of(request: Request) -> Form:
    """The form that the headers name; tells (415) when it is none that we read."""
    named = request.headers.get("content-encoding", "").strip().lower()
    if named not in CODINGS:
        sentence = f"The body is compressed as “{named[:80]}”; send it as gzip or zstd, or as it is."
        raise Told(415, "compressed", sentence, headers={"Accept-Encoding": "gzip, zstd"})
    media_type = request.headers.get("content-type", PLAIN).partition(";")[0].strip().lower()
    if media_type not in (SINGLE, BATCH, PLAIN, *LINES):
        sentence = (
            f"The body is sent as “{media_type[:80]}”; send JSON, with Content-Type: application/json, "
            f"or one event on each line, with Content-Type: {LINES[0]}."
        )
        raise Told(415, "media_type", sentence)
    return Form(media_type, CODINGS[named])


def opened_body(body: bytes, form: Form) -> bytes:
    """The body without its compression; tells (413) when it is larger, or holds more values, than is read."""
    unpacking = Unpacking(form.coding, most_bytes=MOST_BYTES)
    opened = b"".join(unpacking.feed(body))
    unpacking.finish()
    if len(opened) > MOST_VALUES and values_in(opened) > MOST_VALUES:
        sentence = f"The body holds more than {MOST_VALUES} values; send it in several requests."
        raise Told(413, "too_many", sentence)
    return opened


def values_in(written: bytes) -> int:
    """How many values this JSON holds at most, told by its commas and brackets.

    >>> values_in(b'{"tokens": [1, 2]}')
    3
    """
    return len(written) - len(written.translate(None, b",[{"))


def events_in(opened: bytes, form: Form) -> list[Any]:
    """The decoded events of an opened body that is there as a whole; tells what is wrong with it as a whole."""
    try:
        events = _events(opened, form)
    except NotJson as fault:
        raise Told(400, "not_json", str(fault)) from None
    if len(events) > MOST_EVENTS:
        sentence = f"{len(events)} events are more than {MOST_EVENTS}; send them in several requests."
        raise Told(413, "too_many", sentence)
    return events


def _events(opened: bytes, form: Form) -> list[Any]:
    try:
        decoded = decode_json(opened)
    except NotJson as fault:
        return _read_carefully(opened, form, fault)
    return _listed(decoded, form.media_type)


def _read_carefully(opened: bytes, form: Form, fault: NotJson) -> list[Any]:
    """What is unclear is kept apart and its neighbours go on; what holds no events is told as it was at first."""
    begins = opened.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if begins not in (b"{", b"["):
        raise fault
    empty: Any = {} if begins == b"{" else []
    _listed(empty, form.media_type)
    return read_body(opened, wrapped=form.media_type == PLAIN)


def _listed(decoded: Any, media_type: str) -> list[Any]:
    if media_type == BATCH and not isinstance(decoded, list):
        raise Refused(f"{BATCH} holds a JSON list of events.")
    if media_type == SINGLE and not isinstance(decoded, dict):
        raise Refused(f"{SINGLE} holds one JSON object; send lists as {BATCH}.")
    if isinstance(decoded, list):
        return decoded
    if not isinstance(decoded, dict):
        raise Refused("The body is neither an event, nor a list of events.")
    if media_type == PLAIN and "events" in decoded:
        if not isinstance(decoded["events"], list):
            raise Refused("“events” must be a list of events.", field="events")
        return decoded["events"]
    return [decoded]
