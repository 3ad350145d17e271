"""Read quickly: a body of usual events is decoded at once; whatever is unusual is left to the careful reading.

Only what cannot be read in two ways is read here. That no name is said twice is seen by the quotes: each of them is one
that an event needs, so there is none left for a second saying.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from farthing.core.metering.event import LONGEST_NAME, RESERVATION, canonical
from farthing.http_api.bodies import BATCH, SINGLE

# Fewer characters than an exact number may have digits, before the point and after.
_LONGEST_FRACTION = 19
_MOST_WHOLE = 10**18
_LONGEST_DATA = 16 * 1024
# A letter of ASCII, or a NUL, written as an escape: it could spell a name of ours.
_ODDLY_WRITTEN = re.compile(rb"\\u00[0-7]")
_NAMES = (b'"id"', b'"source"', b'"type"', b'"subject"', b'"time"', b'"data"')
# Read with care alone, so that no other event pays for it.
_RESERVATION = f'"{RESERVATION}"'.encode()
# Those of id, source, type, subject and their values, and of the name of the data; and those of each other attribute.
_QUOTES, _QUOTES_MORE = 18, 4
# The one character of ASCII that canonical JSON escapes and the quick writer does not.
_DELETE = b"\x7f"


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


class FlatEvent(msgspec.Struct):
    """The same, its data read at once: nothing in it is nested, escaped or inexact."""

    id: str
    source: str
    type: str
    subject: str
    data: dict[str, Any]
    time: str | None = None
    specversion: str | None = None
    datacontenttype: str | None = None
    text: Any = msgspec.field(name="\uf8fftext", default=b"")


class _Wrapped(msgspec.Struct):
    events: list[QuickEvent]


class _WrappedFlat(msgspec.Struct):
    events: list[FlatEvent]


def _fraction(text: str) -> Decimal:
    if len(text) > _LONGEST_FRACTION or "e" in text or "E" in text:
        raise ValueError
    return Decimal(text)


_ONE, _ONE_FLAT = msgspec.json.Decoder(QuickEvent), msgspec.json.Decoder(FlatEvent, float_hook=_fraction)
_MANY, _MANY_FLAT = msgspec.json.Decoder(list[QuickEvent]), msgspec.json.Decoder(list[FlatEvent], float_hook=_fraction)
_WRAPPED, _WRAPPED_FLAT = msgspec.json.Decoder(_Wrapped), msgspec.json.Decoder(_WrappedFlat, float_hook=_fraction)
_DATA = msgspec.json.Decoder(dict[str, Any], float_hook=_fraction)
_TEXT = msgspec.json.Encoder(order="sorted").encode
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


def quick_events(body: bytes, media_type: str) -> Sequence[QuickEvent | FlatEvent] | None:
    """The events of a whole body: one, a list, or `{"events": [...]}`; None where it takes a careful reading."""
    is_list = body[:1] == b"["
    is_wrapped = not is_list and body[:20].lstrip(b"{ \t\r\n").startswith(b'"events"')
    if ((is_list or is_wrapped) and media_type == SINGLE) or (not is_list and media_type == BATCH):
        return None
    around = 2 if is_wrapped else 0
    if body.isascii() and b"\\" not in body:
        try:
            if is_list:
                flat = _flat(_MANY_FLAT.decode(body), body, around=around)
            elif is_wrapped:
                flat = _flat(_WRAPPED_FLAT.decode(body).events, body, around=around)
            else:
                flat = _flat([_ONE_FLAT.decode(body)], body, around=around)
        except _UNREADABLE:
            flat = None
        if flat is not None:
            return flat
    try:
        if is_list:
            return _checked(_MANY.decode(body), body, around=around)
        if is_wrapped:
            return _checked(_WRAPPED.decode(body).events, body, around=around, lists=1)
        # Beside an event's own names, a list of events would be what counts.
        return _checked([_ONE.decode(body)], body, around=around, lists=0)
    except _UNREADABLE:
        return None


def quick_lines(lines: Sequence[bytes]) -> Sequence[QuickEvent | FlatEvent] | None:
    """The events of some lines, one on each; None where it takes a careful reading."""
    # So no event can be written over two lines: what ends one and begins the next does not fit together.
    if not all(line.startswith(b"{") and line.endswith(b"}") for line in map(bytes.strip, lines)):
        return None
    written = b"\n".join(lines)
    try:
        if written.isascii() and b"\\" not in written:
            flat = _flat(_ONE_FLAT.decode_lines(written), written, around=0)
            if flat is not None and len(flat) == len(lines):
                return flat
    except _UNREADABLE:
        pass
    try:
        events = _ONE.decode_lines(written)
    except _UNREADABLE:
        return None
    return _checked(events, written, around=0) if len(events) == len(lines) else None


def _flat(events: list[FlatEvent], body: bytes, *, around: int) -> list[FlatEvent] | None:
    """The events of a body without escapes; None where one of them, or a quote too many, asks for a closer look."""
    quotes, is_plain = around, _DELETE not in body
    for event in events:
        if not _has_identity(event):
            return None
        data, exact = event.data, is_plain
        quotes += _QUOTES + 2 * len(data)
        for attribute in (event.time, event.specversion, event.datacontenttype):
            if attribute is not None:
                quotes += _QUOTES_MORE
        for value in data.values():
            kind = type(value)
            if kind is int:
                if not -_MOST_WHOLE < value < _MOST_WHOLE:
                    return None
            elif kind is str:
                quotes += 2
            elif kind is Decimal:
                exact = False
            elif kind is list or kind is dict:
                return None
        event.text = _TEXT(data) if exact else canonical(data).encode()
    return events if body.count(b'"') == quotes else None


def _checked(
    events: list[QuickEvent], body: bytes, *, around: int, lists: int | None = None
) -> list[QuickEvent] | None:
    """The events with their data read; None where some may say a thing twice, or their names may be written oddly.

    `lists` is how often the name “events” may stand around their data, where that matters.
    """
    if b"\\u00" in body and _ODDLY_WRITTEN.search(body):
        return None
    quotes = around
    for event in events:
        if not _has_identity(event):
            return None
        quotes += _QUOTES + _read_data(event) + (0 if event.time is None else _QUOTES_MORE)
    # Attributes that we do not know bring quotes as well.
    return events if body.count(b'"') == quotes or _say_all_once(events, body, lists) else None


def _has_identity(event: QuickEvent | FlatEvent) -> bool:
    event_id, source = event.id, event.source
    if not (0 < len(event_id) <= LONGEST_NAME and 0 < len(source) <= LONGEST_NAME):
        return False
    return not (event_id.isspace() or source.isspace())


def _say_all_once(events: Sequence[QuickEvent], body: bytes, lists: int | None) -> bool:
    """Whether our names stand in the body as often as its events need; their data may hold them as it likes.

    No event of these names a reservation.
    """
    if not _is_text(body):
        return False
    needed = dict.fromkeys(_NAMES, len(events))
    needed[b'"time"'] = sum(event.time is not None for event in events)
    needed[_RESERVATION] = 0
    if lists is not None:
        needed[b'"events"'] = lists
    for name, wanted in needed.items():
        found = body.count(name)
        if found != wanted:
            found -= sum(bytes(event.raw).count(name) for event in events)
        if found != wanted:
            return False
    return True


def _is_text(body: bytes) -> bool:
    """Whether it is UTF-8 throughout; what nobody asks for is passed over without a look."""
    try:
        body.decode()
    except UnicodeDecodeError:
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
    except _UNREADABLE:
        return quotes
    expected, exact = 2 * len(data), _DELETE not in raw
    for value in data.values():
        kind = type(value)
        if kind is str:
            expected += 2
        elif kind is int:
            if not -_MOST_WHOLE < value < _MOST_WHOLE:
                return quotes
        elif kind is Decimal:
            exact = False
        elif kind is list or kind is dict:
            return quotes
    if expected == quotes:
        event.data = data
        event.text = _TEXT(data) if exact else canonical(data).encode()
    return quotes
