"""A usage event is a CloudEvent: who used what, when, and how much."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from farthing.core.ids import content_hash, id_of
from farthing.core.refused import Refused

# What JSON can hold, with its numbers as exact decimals: an object in every event that counts.
type_of_data = Mapping[str, Any]

LONGEST_NAME = 256
RESERVATION = "reservation"
"""The attribute of a CloudEvent that names the reservation which the event uses."""
# A text as JSON writes it in ASCII.
quoted = json.encoder.encode_basestring_ascii
LONGEST_PLAIN_NUMBER = 400
_FINER_THAN_MICROSECONDS = re.compile(r"(\.\d{6})\d+")
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})",
)


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """One event as it was sent. `time` is the text that was sent, None when it was left out.

    `reservation` is what it says of a reservation that it uses. That is no part of what happened: it is neither kept
    with the event nor tells it from another.
    """

    source: str
    id: str
    type: str
    subject: str
    time: str | None
    data: type_of_data
    reservation: str | None = None

    @property
    def key(self) -> UUID:
        """What makes it one event for ever: its source and id, whatever else it says (INV-06)."""
        return id_of("event", self.source, self.id)

    @property
    def content(self) -> UUID:
        """A fingerprint of what it says; tracing headers and the time of arrival are not part of it."""
        return self.content_with(canonical(self.data))

    def content_with(self, canonical_data: str) -> UUID:
        """The same, for who has the canonical text of its data at hand."""
        said = f"[{_scalar(self.type)},{_scalar(self.subject)},{_scalar(self.time)},{canonical_data}]"
        return content_hash(said.encode())


def read_event(raw: object) -> UsageEvent:
    """The event in a decoded JSON object; refuses what has no identity (no object, no id, no source).

    Every other fault is left for `screen`, so that it is kept and can be mended.

    >>> read_event({"id": "1", "source": "api", "type": "call", "subject": "acme", "data": {}}).type
    'call'
    """
    if not isinstance(raw, dict):
        raise Refused("An event is a JSON object with id, source, type, subject, time and data.")
    source, event_id = raw.get("source"), raw.get("id")
    for name, value in (("id", event_id), ("source", source)):
        if not isinstance(value, str) or not value.strip():
            raise Refused(f"The event has no {name}; give each event a text “{name}”.", field=name)
        if len(value) > LONGEST_NAME:
            raise Refused(f"The event's {name} is longer than {LONGEST_NAME} characters.", field=name)
        if not is_text(value):
            raise Refused(f"The event's {name} holds a character that is not text.", field=name)
    assert isinstance(source, str)
    assert isinstance(event_id, str)
    return UsageEvent(
        source=source,
        id=event_id,
        type=_text(raw.get("type")),
        subject=_text(raw.get("subject")),
        time=None if raw.get("time") is None else _text(raw["time"]),
        data={} if raw.get("data") is None else raw["data"],
        reservation=_reservation(raw.get(RESERVATION)),
    )


def instant(written: str) -> datetime:
    """The instant an RFC 3339 text names, in UTC; digits finer than a microsecond are cut off.

    >>> instant("2026-01-05T10:00:00.1234567+01:00").isoformat()
    '2026-01-05T09:00:00.123456+00:00'
    """
    if not _INSTANT.fullmatch(written):
        raise Refused(f"“{written[:64]}” is not a time; write it like 2026-01-31T13:45:00Z.", field="time")
    try:
        parsed = datetime.fromisoformat(_FINER_THAN_MICROSECONDS.sub(r"\1", written.upper().replace(" ", "T")))
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(f"“{written[:64]}” is not a time: that day or hour does not exist.", field="time") from None


def canonical(value: object) -> str:
    """One JSON text for one meaning: keys sorted, numbers plain, so that equal content has equal hashes.

    >>> canonical({"b": Decimal("1.50"), "a": 1})
    '{"a":1,"b":1.5}'
    """
    # A stack of its own instead of recursion: nobody's nesting is too deep to be told from another's.
    written: list[str] = []
    waiting: list[object] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _Mark):
            written.append(item)
        elif isinstance(item, Mapping):
            keys = sorted(item)
            plain = [_scalar(item[key]) for key in keys]
            if None not in plain:  # As in nearly every event; written at once, for speed.
                members = [f"{quoted(str(key))}:{told}" for key, told in zip(keys, plain, strict=True)]
                written.append(f"{{{','.join(members)}}}")
                continue
            waiting.append(_Mark("}"))
            for number, key in enumerate(reversed(keys), start=1):
                comma = "" if number == len(item) else ","
                waiting += (item[key], _Mark(f"{comma}{quoted(str(key))}:"))
            written.append("{")
        elif isinstance(item, list | tuple):
            waiting.append(_Mark("]"))
            for number, member in enumerate(reversed(item), start=1):
                waiting += (member,) if number == len(item) else (member, _Mark(","))
            written.append("[")
        else:
            written.append(_scalar(item) or json.dumps(item))
    return "".join(written)


def _scalar(value: object) -> str | None:
    """The text of a value that holds no others; None for one that does."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() < LONGEST_PLAIN_NUMBER:
        return str(value)
    if isinstance(value, Decimal | int):
        return _number(Decimal(value))
    return "null" if value is None else None


def is_text(value: str) -> bool:
    """Whether it can be kept as text: without NUL and without half of a surrogate pair."""
    return "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


class _Mark(str):
    """A piece of JSON that is written as it is."""

    __slots__ = ()


def _number(value: Decimal) -> str:
    if not value.is_finite():
        return json.dumps(str(value))
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if len(digits) <= LONGEST_PLAIN_NUMBER and abs(exponent) <= LONGEST_PLAIN_NUMBER:
        # What `plain` makes of it, without going through a fraction.
        plain = format(value, "f")
        return (plain.rstrip("0").rstrip(".") if exponent < 0 else plain) if value else "0"
    # Too long to write out, and quarantined for it; equal numbers still have one text.
    significant = "".join(map(str, digits)).lstrip("0")
    bare = significant.rstrip("0")
    if not bare:
        return "0"
    return f"{'-' if sign else ''}{bare}E{exponent + len(significant) - len(bare)}"


def _reservation(value: object) -> str | None:
    """What could name a reservation; whatever else stands there names none, and the event counts all the same."""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and is_text(value) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else canonical(value)
