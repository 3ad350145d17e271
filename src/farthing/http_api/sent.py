"""What was sent: the events of a body or of some lines, read quickly where that is safe, and with care elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from farthing.core.metering.event import UsageEvent
from farthing.core.metering.glance import Plain
from farthing.http_api.bodies import MOST_BYTES, MOST_EVENT_BYTES, MOST_EVENTS, Form, events_in
from farthing.http_api.careful import read_line
from farthing.http_api.decode import NotJson, decode_json
from farthing.http_api.quick import FlatEvent, QuickEvent, quick_events, quick_lines
from farthing.http_api.unpacking import Unpacking
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import Read, Told, read_events

_TOO_LARGE = f"The event is larger than {MOST_EVENT_BYTES // 1024 // 1024} MB; send it in smaller parts."


@dataclass(frozen=True, slots=True)
class Sent:
    """Events by their place: in `plain` those that were read quickly, None where `others` or `refused` says more."""

    plain: Sequence[Plain | None]
    others: dict[int, Read] = field(default_factory=dict)
    refused: dict[int, Told] = field(default_factory=dict)


def sent_in(body: bytes, form: Form) -> Sent:
    """The events of a body that is there as a whole; tells what is wrong with it as a whole."""
    unpacking = Unpacking(form.coding, most_bytes=MOST_BYTES)
    opened = b"".join(unpacking.feed(body))
    unpacking.finish()
    quick = read_quickly(opened, form.media_type)
    if quick is not None:
        return quick
    events = events_in(opened, form)
    large = {index for index, event in enumerate(events) if len(opened) > MOST_EVENT_BYTES and _is_too_large(event)}
    refused = {index: Told(index, Outcome.REFUSED, _TOO_LARGE) for index in large}
    return _carefully([(index, raw) for index, raw in enumerate(events) if index not in large], len(events), refused)


def read_quickly(body: bytes, media_type: str) -> Sent | None:
    """The same without a compression, where no name is said twice and nothing is wrong with the body as a whole."""
    quick = quick_events(body, media_type)
    return _with_doubts(quick, size_bytes=len(body)) if quick is None or len(quick) <= MOST_EVENTS else None


def sent_lines(lines: Sequence[bytes]) -> Sent:
    """The events of some lines, one on each."""
    # No line is longer than an event may be.
    quick = _with_doubts(quick_lines(lines), size_bytes=0)
    if quick is not None:
        return quick
    read: list[tuple[int, Any]] = []
    refused: dict[int, Told] = {}
    for index, line in enumerate(lines):
        try:
            read.append((index, _read_line(line)))
        except NotJson as fault:
            refused[index] = Told(index, Outcome.REFUSED, str(fault))
    return _carefully(read, len(lines), refused)


def _read_line(line: bytes) -> Any:
    try:
        return decode_json(line, what="line")
    except NotJson:
        return read_line(line)


def _with_doubts(quick: Sequence[QuickEvent | FlatEvent] | None, *, size_bytes: int) -> Sent | None:
    """The same events, with the data read carefully of those where that was left open, and none that is too large."""
    if quick is None:
        return None
    if size_bytes <= MOST_EVENT_BYTES and all(event.text for event in quick):
        return Sent(quick)
    plain: list[Plain | None] = list(quick)
    others: dict[int, Read] = {}
    refused: dict[int, Told] = {}
    for index, event in enumerate(quick):
        if len(event.text) > MOST_EVENT_BYTES or (isinstance(event, QuickEvent) and len(event.raw) > MOST_EVENT_BYTES):
            plain[index] = None
            refused[index] = Told(index, Outcome.REFUSED, _TOO_LARGE)
        elif not event.text:
            assert isinstance(event, QuickEvent), "a flat event has no doubts"
            try:
                data = decode_json(bytes(event.raw))
            except NotJson:
                return None
            plain[index] = None
            others[index] = UsageEvent(
                event.source, event.id, event.type, event.subject, event.time, {} if data is None else data
            )
    return Sent(plain, others, refused)


def _carefully(read: Sequence[tuple[int, Any]], many: int, refused: dict[int, Told]) -> Sent:
    events, told = read_events([raw for _, raw in read])
    return Sent(
        plain=[None] * many,
        others={read[place][0]: event for place, event in events.items()},
        refused=refused
        | {read[place][0]: Told(read[place][0], one.outcome, one.reason) for place, one in told.items()},
    )


def _is_too_large(event: object) -> bool:
    """Whether its JSON is larger than an event may be; spaces are not counted, nor what escapes add."""
    size = 0
    waiting: list[object] = [event]
    while waiting and size <= MOST_EVENT_BYTES:
        value = waiting.pop()
        size += 2
        if isinstance(value, dict):
            waiting += value.values()
            size += sum(len(name) + 3 for name in value)
        elif isinstance(value, list):
            waiting += value
        else:
            size += len(str(value)) - 1
    return size > MOST_EVENT_BYTES
