"""What was sent: the events of a body or of some lines, read quickly where that is safe, and with care elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from farthing.core.metering.event import UsageEvent
from farthing.core.metering.glance import Plain
from farthing.core.metering.unclear import Unclear
from farthing.http_api.bodies import (
    MOST_EVENT_BYTES,
    MOST_EVENTS,
    VALUE_BYTES,
    Form,
    events_in,
    opened_body,
    values_in,
)
from farthing.http_api.careful import read_line
from farthing.http_api.decode import NotJson, decode_json
from farthing.http_api.quick import FlatEvent, QuickEvent, quick_events, quick_lines
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import Read, Told, read_events

TOO_LARGE = f"The event is larger than {MOST_EVENT_BYTES // 1024 // 1024} MB; send it in smaller parts."
# What is quicker to read carefully than to reckon: an event of nearly as much as it may have.
_NEARLY_TOO_LARGE = MOST_EVENT_BYTES - 1024
# Of smaller events one counts as one while it waits, whatever it holds; see `Ingestion`.
_SMALL_BYTES = 256
_KEPT = ("id", "source", "type", "subject", "time", "data")


@dataclass(frozen=True, slots=True)
class Sent:
    """Events by their place: in `plain` those that were read quickly, None where `others` or `refused` says more.

    `size_bytes` is what they take while they wait: their text as it was before any compression, and their values.
    """

    plain: Sequence[Plain | None]
    others: dict[int, Read] = field(default_factory=dict)
    refused: dict[int, Told] = field(default_factory=dict)
    size_bytes: int = 0


def sent_in(body: bytes, form: Form) -> Sent:
    """The events of a body that is there as a whole; tells what is wrong with it as a whole."""
    opened = opened_body(body, form)
    quick = read_quickly(opened, form.media_type)
    return decoded_sent(events_in(opened, form), opened) if quick is None else quick


def decoded_sent(events: Sequence[Any], opened: bytes) -> Sent:
    """The decoded events of an opened body; those that are too large are refused."""
    large = too_large(events, opened)
    refused = {index: Told(index, Outcome.REFUSED, TOO_LARGE) for index in large}
    read = [(index, raw) for index, raw in enumerate(events) if index not in large]
    return _weighed(_carefully(read, len(events), refused), [opened])


def too_large(events: Sequence[Any], opened: bytes) -> set[int]:
    """Which of the decoded events of a body are larger than one may be."""
    if len(opened) <= MOST_EVENT_BYTES:
        return set()
    return {index for index, event in enumerate(events) if is_too_large(event)}


def read_quickly(body: bytes, media_type: str) -> Sent | None:
    """The same without a compression, where no name is said twice and nothing is wrong with the body as a whole."""
    quick = quick_events(body, media_type)
    if quick is None or len(quick) > MOST_EVENTS:
        return None
    sent = _with_doubts(quick, size_bytes=len(body))
    return None if sent is None else _weighed(sent, [body])


def sent_lines(lines: Sequence[bytes]) -> Sent:
    """The events of some lines, one on each."""
    quick = quick_lines(lines)
    # No line is longer than an event may be.
    sent = None if quick is None else _with_doubts(quick, size_bytes=0)
    return _weighed(_lines_carefully(lines) if sent is None else sent, lines)


def size_of(written: bytes) -> int:
    """So many bytes these events, or this line, take while they wait: as text, and as values in memory."""
    return len(written) + VALUE_BYTES * values_in(written)


def _weighed(sent: Sent, written: Sequence[bytes]) -> Sent:
    """The same with its size. Small events that hold nothing unusual are not looked through, for speed."""
    size = sum(map(len, written))
    if sent.others or size > _SMALL_BYTES * len(sent.plain):
        size = sum(map(size_of, written))
    return replace(sent, size_bytes=size)


def _lines_carefully(lines: Sequence[bytes]) -> Sent:
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


def _with_doubts(quick: Sequence[QuickEvent | FlatEvent], *, size_bytes: int) -> Sent | None:
    """The same events, with the data read carefully of those where that was left open; None where one is too large."""
    if size_bytes > MOST_EVENT_BYTES and any(_length(event) > _NEARLY_TOO_LARGE for event in quick):
        return None
    if all(event.text for event in quick):
        return Sent(quick)
    plain: list[Plain | None] = list(quick)
    others: dict[int, Read] = {}
    for index, event in enumerate(quick):
        if not event.text:
            assert isinstance(event, QuickEvent), "a flat event has no doubts"
            try:
                data = decode_json(bytes(event.raw))
            except NotJson:
                return None
            plain[index] = None
            others[index] = UsageEvent(
                event.source, event.id, event.type, event.subject, event.time, {} if data is None else data
            )
    return Sent(plain, others)


def _length(event: QuickEvent | FlatEvent) -> int:
    data = len(event.raw) if isinstance(event, QuickEvent) else len(event.text)
    return data + len(event.type) + len(event.subject) + len(event.time or "")


def _carefully(read: Sequence[tuple[int, Any]], many: int, refused: dict[int, Told]) -> Sent:
    events, told = read_events([raw for _, raw in read])
    return Sent(
        plain=[None] * many,
        others={read[place][0]: event for place, event in events.items()},
        refused=refused
        | {read[place][0]: Told(read[place][0], one.outcome, one.reason) for place, one in told.items()},
    )


def is_too_large(event: object) -> bool:
    """Whether its JSON is larger than an event may be.

    Spaces are not counted, nor what escapes add, nor attributes that we do not keep.
    """
    if isinstance(event, Unclear):
        return len(event.text) > MOST_EVENT_BYTES
    size = 0
    waiting: list[object] = [event]
    if isinstance(event, dict) and "id" in event:
        waiting = [event.get(name) for name in _KEPT]
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
