"""How a story writes usage: one event, or many that follow a pattern, such as a sample every five minutes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from farthing.core.metering.event import UsageEvent
from farthing.core.money import exact_decimal
from farthing.core.refused import Refused

_STEP = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_STEPS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_MOST = 100_000
_WORDS = {"id", "on", "repeat", "every"}
SOURCE = "story"
Value = Decimal | str | bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """Events of one kind. In a text, `{n}` stands for the number of the event, from 1.

    `happened_at` is None for the story's own time; `id` None for one that nothing else has.
    """

    subject: str
    type: str
    data: dict[str, str] = field(default_factory=dict)
    id: str | None = None
    happened_at: datetime | None = None
    times: int = 1
    every: timedelta = timedelta(0)

    def check(self, *, now: datetime) -> None:
        """Refuse a series that runs past the line's own instant: what is to come has not been used yet."""
        last = (self.happened_at or now) + (self.times - 1) * self.every
        if self.times > 1 and self.every and last > now:
            raise Refused(
                f"The last of these {self.times:,} events is at {last:%Y-%m-%dT%H:%M}, after the line's own "
                f"{now:%Y-%m-%dT%H:%M}; give the line a date from then on, and say when they begin: "
                f"on {self.happened_at or now:%Y-%m-%dT%H:%M}."
            )

    def events(self, *, now: datetime, sent_before: int) -> Iterator[UsageEvent]:
        """The events, when so many had been sent before them."""
        for number in range(1, self.times + 1):
            happened_at = (self.happened_at or now) + (number - 1) * self.every
            yield UsageEvent(
                source=SOURCE,
                id=f"event {sent_before + number}" if self.id is None else _numbered(self.id, number),
                type=self.type,
                subject=_numbered(self.subject, number),
                time=happened_at.isoformat().replace("+00:00", "Z"),
                data={name: _value(_numbered(value, number)) for name, value in self.data.items()},
            )


def read_usage(words: Sequence[str]) -> Pattern | None:
    """`CUSTOMER METER QUANTITY …`: an event whose type and only property are called like the meter.

    >>> read_usage(["acme", "tokens", "400"]).data
    {'tokens': '400'}
    """
    match words:
        case [subject, meter, quantity, *more]:
            return _pattern(subject, meter, {meter: quantity}, more)
    return None


def read_event(words: Sequence[str]) -> Pattern | None:
    """`CUSTOMER TYPE name=value …`: an event with these properties.

    >>> read_event(["acme", "call", "key=k{n}", "repeat", "1000"]).times
    1000
    """
    match words:
        case [subject, type, *more]:
            data: dict[str, str] = {}
            while more and "=" in more[0]:
                name, _, value = more.pop(0).partition("=")
                data[name] = value
            return _pattern(subject, type, data, more)
    return None


def read_amended(words: Sequence[str], *, id: str) -> UsageEvent | None:
    """What an event of a story says from now on, written as for `usage` or `event`; without `on` it says no time.

    >>> read_amended(["acme", "tokens", "300"], id="e").data
    {'tokens': Decimal('300')}
    """
    is_usage = len(words) > 2 and "=" not in words[2] and words[2] not in _WORDS
    pattern = read_usage(words) if is_usage else read_event(words)
    if pattern is None or pattern.id is not None or pattern.times != 1:
        return None
    happened_at = pattern.happened_at
    return UsageEvent(
        source=SOURCE,
        id=id,
        type=pattern.type,
        subject=pattern.subject,
        time=None if happened_at is None else happened_at.isoformat().replace("+00:00", "Z"),
        data={name: _value(value) for name, value in pattern.data.items()},
    )


def _pattern(subject: str, type: str, data: dict[str, str], more: Sequence[str]) -> Pattern | None:
    if len(more) % 2:
        return None
    given = dict(zip(more[::2], more[1::2], strict=True))
    if not set(given) <= _WORDS:
        return None
    return Pattern(
        subject=subject,
        type=type,
        data=data,
        id=given.get("id"),
        happened_at=_instant(given["on"]) if "on" in given else None,
        times=_times(given.get("repeat", "1")),
        every=_every(given["every"]) if "every" in given else timedelta(0),
    )


def _instant(written: str) -> datetime:
    """An instant in UTC; of a day alone, noon."""
    try:
        if len(written) == len("2026-01-05"):
            return datetime.combine(date.fromisoformat(written), time(12), tzinfo=UTC)
        return datetime.fromisoformat(written).replace(tzinfo=UTC)
    except ValueError:
        raise Refused(f"“{written}” is no day or minute; write it like 2026-01-05 or 2026-01-05T12:30.") from None


def _times(written: str) -> int:
    if not written.isdigit() or not 0 < int(written) <= _MOST:
        raise Refused(f"“repeat {written}” is not from 1 to {_MOST:,} times.")
    return int(written)


def _every(written: str) -> timedelta:
    found = _STEP.fullmatch(written)
    if found is None:
        raise Refused(f"“every {written}” is no length of time; write it like 30s, 5m, 1h or 1d.")
    return int(found[1]) * _STEPS[found[2]]


def _numbered(written: str, number: int) -> str:
    return written.replace("{n}", str(number))


def _value(written: str) -> Value:
    if written in ("true", "false"):
        return written == "true"
    try:
        return exact_decimal(written)
    except Refused:
        return written
