"""Days and instants of a case: how each is written, and when one of ours is the one that is expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from farthing.cli.cases.answers import Value, agrees, told
from farthing.cli.cases.words import Unsupported, Words
from farthing.core.period import Period, local_date, start_of_day

_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_FRACTION = re.compile(r"\.\d+")


def when(written: object, *, in_zone: str, of: str) -> datetime:
    """The instant in a text: a day is its first instant in the zone, a time without a zone is UTC."""
    if not isinstance(written, str):
        raise Unsupported(f"{of} should be a day or an instant")
    text = written.strip().replace(" UTC", "Z").replace("/", "-")
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return start_of_day(date.fromisoformat(text), in_zone=in_zone)
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo is not None else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unsupported(f"{of} is “{written[:40]}”, which is neither a day nor an instant") from None


def when_of(words: Words, *names: str, in_zone: str) -> datetime | None:
    """The instant under one of these names."""
    written = words.take(*names)
    return None if written is None else when(written, in_zone=in_zone, of=names[0])


def day_of(words: Words, *names: str, in_zone: str) -> date | None:
    """The local day under one of these names."""
    found = when_of(words, *names, in_zone=in_zone)
    return None if found is None else local_date(found, in_zone=in_zone)


def zone_of(words: Words) -> str:
    """The zone a case is in, UTC when it does not say."""
    return words.text("tz", "timezone", "zone", "time_zone", "customer_timezone", "customer_tz", "location") or "UTC"


@dataclass(frozen=True, slots=True)
class Begins:
    """Where something begins: a case may expect its day or its first instant."""

    at: datetime
    in_zone: str

    def agrees(self, expected: object) -> bool:
        """Whether this is what is expected."""
        return _is(expected, self.at, self.in_zone)

    def __str__(self) -> str:
        return _told(self.at, self.in_zone)


@dataclass(frozen=True, slots=True)
class Ends:
    """Where something ends: its last day or second, or the first day or instant after it.

    `inclusive` says which of the two; without it both are the same end.
    """

    at: datetime
    in_zone: str
    inclusive: bool | None = None

    def agrees(self, expected: object) -> bool:
        """Whether this is what is expected."""
        inside = _is_last(expected, self.at, self.in_zone)
        outside = _is(expected, self.at, self.in_zone)
        return inside or outside if self.inclusive is None else (inside if self.inclusive else outside)

    def __str__(self) -> str:
        return f"the end at {_told(self.at, self.in_zone)}"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: its first and last day as a pair, or as an object that says which."""

    period: Period
    in_zone: str
    end_exclusive: bool = False

    def agrees(self, expected: object) -> bool:
        """Whether this is what is expected."""
        begins, end = Begins(self.period.start, self.in_zone), self.period.end
        if isinstance(expected, Sequence) and not isinstance(expected, str) and len(expected) == 2:
            ends = Ends(end, self.in_zone, inclusive=not self.end_exclusive)
            return begins.agrees(expected[0]) and ends.agrees(expected[1])
        if isinstance(expected, dict):
            known = dict.fromkeys(("start", "from", "period_start", "starts_at", "start_utc"), begins)
            return bool(expected) and all(
                (known[name] if name in known else Ends(end, self.in_zone, _inclusive(name))).agrees(value)
                for name, value in expected.items()
            )
        return False

    def __str__(self) -> str:
        return f"[{_told(self.period.start, self.in_zone)}, {_told(self.period.end, self.in_zone)})"


@dataclass(frozen=True, slots=True)
class AsMany:
    """A list that goes on: as many of it as a case expects."""

    first: Callable[[int], Sequence[Value]]

    def agrees(self, expected: object) -> bool:
        """Whether this is what is expected."""
        return isinstance(expected, list) and bool(expected) and agrees(expected, self.first(len(expected)))

    def __str__(self) -> str:
        return told([*self.first(4)])


@dataclass(frozen=True, slots=True)
class Either:
    """Something that may be written in several ways."""

    ways: tuple[Value, ...]

    def agrees(self, expected: object) -> bool:
        """Whether this is what is expected."""
        return any(agrees(expected, way) for way in self.ways)

    def __str__(self) -> str:
        return told(self.ways[0])


def _inclusive(name: str) -> bool | None:
    if name.endswith("exclusive") or name.startswith("end_exclusive"):
        return False
    return True if "inclusive" in name or name in ("last_day", "last") else None


def _is(expected: object, at: datetime, in_zone: str) -> bool:
    if not isinstance(expected, str):
        return False
    if _is_day(expected):
        day = local_date(at, in_zone=in_zone)
        return expected.strip() == day.isoformat()
    return _instant(expected) == at


def _is_last(expected: object, at: datetime, in_zone: str) -> bool:
    if not isinstance(expected, str):
        return False
    if _is_day(expected):
        return expected.strip() == local_date(at - timedelta(microseconds=1), in_zone=in_zone).isoformat()
    # The last second that is inside, or any fraction of it.
    found = _instant(_FRACTION.sub("", expected))
    return found is not None and found == at - _SECOND


def _is_day(written: str) -> bool:
    return re.fullmatch(r"\s*\d{4}-\d\d-\d\d\s*", written) is not None


def _instant(written: str) -> datetime | None:
    try:
        return when(written, in_zone="UTC", of="an instant")
    except Unsupported:
        return None


def _told(at: datetime, in_zone: str) -> str:
    day = local_date(at, in_zone=in_zone)
    return str(day) if in_zone == "UTC" and at.time() == datetime.min.time() else f"{at:%Y-%m-%dT%H:%M:%SZ} ({day})"
