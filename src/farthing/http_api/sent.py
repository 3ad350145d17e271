"""What was sent: the events of a body or of some lines, read quickly where that is safe, and with care elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from farthing.core.metering.event import UsageEvent
from farthing.core.metering.glance import Plain
from farthing.http_api.bodies import MOST_BYTES, MOST_EVENTS, Form, events_in
from farthing.http_api.careful import read_line
from farthing.http_api.decode import NotJson, decode_json
from farthing.http_api.quick import FlatEvent, QuickEvent, quick_events, quick_lines
from farthing.http_api.unpacking import Unpacking
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import Read, Told, read_events


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
    return _carefully(list(enumerate(events)), len(events), {})


def read_quickly(body: bytes, media_type: str) -> Sent | None:
    """The same without a compression, where no name is said twice and nothing is wrong with the body as a whole."""
    quick = quick_events(body, media_type)
    return _with_doubts(quick) if quick is None or len(quick) <= MOST_EVENTS else None


def sent_lines(lines: Sequence[bytes]) -> Sent:
    """The events of some lines, one on each."""
    quick = _with_doubts(quick_lines(lines))
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


def _with_doubts(quick: Sequence[QuickEvent | FlatEvent] | None) -> Sent | None:
    """The same events, with the data read carefully of those where that was left open."""
    if quick is None:
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


def _carefully(read: Sequence[tuple[int, Any]], many: int, refused: dict[int, Told]) -> Sent:
    events, told = read_events([raw for _, raw in read])
    return Sent(
        plain=[None] * many,
        others={read[place][0]: event for place, event in events.items()},
        refused=refused
        | {read[place][0]: Told(read[place][0], one.outcome, one.reason) for place, one in told.items()},
    )
