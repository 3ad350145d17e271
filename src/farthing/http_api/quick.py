"""Read quickly: a body of usual events is decoded at once; whatever is unusual is left to the careful reading.

Only what cannot be read in two ways is read here: no name twice, no number that has to be looked at, nothing nested.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from farthing.core.metering.event import LONGEST_NAME, canonical
from farthing.http_api.bodies import BATCH, SINGLE

# Fewer characters than an exact number may have digits, before the point and after.
_LONGEST_FRACTION = 19
_MOST_WHOLE = 10**18
_LONGEST_DATA = 16 * 1024
# A letter of ASCII, or a NUL, written as an escape: it could spell a name of ours.
_ODDLY_WRITTEN = re.compile(rb"\\u00[0-7]")
_NAMES = (b'"id"', b'"source"', b'"type"', b'"subject"', b'"time"', b'"data"')


class QuickEvent(msgspec.Struct):
    """One event of a body. `text` is the canonical JSON of `data`, empty where it has to be read with care (`raw`)."""

    id: str
    source: str
    type: str
    subject: str
    raw: msgspec.Raw = msgspec.field(name="data")
    time: str | None = None
    # Ours to fill in; whatever a sender may call by these names is written over.
    data: Any = msgspec.field(name="\uf8ffdata", default=None)
    text: Any = msgspec.field(name="\uf8fftext", default=b"")


class _Wrapped(msgspec.Struct):
    events: list[QuickEvent]


def _fraction(text: str) -> Decimal:
    if len(text) > _LONGEST_FRACTION or "e" in text or "E" in text:
        raise ValueError
    return Decimal(text)


_ONE = msgspec.json.Decoder(QuickEvent)
_MANY = msgspec.json.Decoder(list[QuickEvent])
_WRAPPED = msgspec.json.Decoder(_Wrapped)
_DATA = msgspec.json.Decoder(dict[str, Any], float_hook=_fraction)
_TEXT = msgspec.json.Encoder(order="sorted").encode


def quick_events(body: bytes, media_type: str) -> list[QuickEvent] | None:
    """The events of a whole body: one, a list, or `{"events": [...]}`; None where it takes a careful reading."""
    is_list = body[:1] == b"["
    try:
        if is_list:
            return None if media_type == SINGLE else _checked(_MANY.decode(body), body, around=0)
        if media_type == BATCH:
            return None
        if body[:20].lstrip(b"{ \t\r\n").startswith(b'"events"'):
            return None if media_type == SINGLE else _checked(_WRAPPED.decode(body).events, body, around=2)
        return _checked([_ONE.decode(body)], body, around=0)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def quick_lines(lines: Sequence[bytes]) -> list[QuickEvent] | None:
    """The events of some lines, one on each; None where it takes a careful reading."""
    written = b"\n".join(lines)
    try:
        events = _ONE.decode_lines(written)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return _checked(events, written, around=0) if len(events) == len(lines) else None


def _checked(events: list[QuickEvent], body: bytes, *, around: int) -> list[QuickEvent] | None:
    """The events with their data read; None where some may say a thing twice, or their names may be written oddly."""
    if b"\\u00" in body and _ODDLY_WRITTEN.search(body):
        return None
    quotes = around
    for event in events:
        if not (0 < len(event.id) <= LONGEST_NAME and 0 < len(event.source) <= LONGEST_NAME):
            return None
        if event.id.isspace() or event.source.isspace():
            return None
        quotes += (18 if event.time is None else 22) + _read_data(event)
    # Whatever is said twice brings quotes of its own. Attributes that we do not know bring some too.
    if body.count(b'"') != quotes and not _say_all_once(events, body):
        return None
    return events


def _say_all_once(events: Sequence[QuickEvent], body: bytes) -> bool:
    """Whether our names stand in the body as often as its events need; their data may hold them as it likes."""
    for name in _NAMES:
        wanted = len(events) if name != b'"time"' else sum(event.time is not None for event in events)
        found = body.count(name)
        if found != wanted:
            found -= sum(bytes(event.raw).count(name) for event in events)
        if found != wanted:
            return False
    return True


def _read_data(event: QuickEvent) -> int:
    """Read what is plain; the number of quotes that its text holds."""
    event.data, event.text = None, b""
    raw = bytes(event.raw)
    quotes = raw.count(b'"')
    if len(raw) > _LONGEST_DATA or b"\\" in raw or not raw.isascii():
        return quotes
    try:
        data: dict[str, Any] = _DATA.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return quotes
    expected, fractions = 2 * len(data), False
    for value in data.values():
        kind = type(value)
        if kind is str:
            expected += 2
        elif kind is int:
            if not -_MOST_WHOLE < value < _MOST_WHOLE:
                return quotes
        elif kind is Decimal:
            fractions = True
        elif kind is list or kind is dict:
            return quotes
    if expected == quotes:
        event.data = data
        event.text = canonical(data).encode() if fractions else _TEXT(data)
    return quotes
