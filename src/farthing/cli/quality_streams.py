"""Streams of usage with faults planted in them, seeded, to see which faults are found and how often there is none."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from farthing.core.quality.arrivals import HOUR, SourceHour

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)  # A Monday.
DAYS = 56
FIRST_JUDGED_DAY = 28


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of source. `rate` is how many events an hour brings, by its number, its time and chance."""

    name: str
    rate: Callable[[int, datetime, random.Random], int]
    begins_on_day: int = 0


def _about(mean: int, chance: random.Random) -> int:
    return max(0, int(chance.gauss(mean, mean * 0.08 + mean**0.5)))


def _steady(_number: int, _at: datetime, chance: random.Random) -> int:
    return _about(200, chance)


def _daily(_number: int, at: datetime, chance: random.Random) -> int:
    return _about(
        (0, 0, 0, 0, 0, 1, 8, 30, 80, 120, 140, 140, 120, 130, 140, 120, 90, 60, 40, 20, 10, 4, 1, 0)[at.hour], chance
    )


def _weekdays(_number: int, at: datetime, chance: random.Random) -> int:
    return _about(90, chance) if at.weekday() < 5 and 7 <= at.hour < 19 else 0


def _batch(_number: int, at: datetime, chance: random.Random) -> int:
    return _about(5000, chance) if at.hour == 2 else 0


def _every_six_hours(number: int, _at: datetime, _chance: random.Random) -> int:
    return 12 if number % 6 == 3 else 0


def _by_chance(_number: int, _at: datetime, chance: random.Random) -> int:
    return 1 if chance.random() < 1 / 6 else 0


def _growing(number: int, at: datetime, chance: random.Random) -> int:
    return _daily(number, at, chance) * (100 + 2 * number // 24) // 100


def _spiky(number: int, at: datetime, chance: random.Random) -> int:
    burst = random.Random(f"{number // 24}").random() < 0.1
    return _about(40, chance) * (6 if burst and 9 <= at.hour < 15 else 1)


STREAMS = (
    Stream("steady, 200 an hour", _steady),
    Stream("daily rhythm, silent at night", _daily),
    Stream("working hours, no weekend", _weekdays),
    Stream("one batch a day", _batch),
    Stream("every six hours", _every_six_hours),
    Stream("growing 2% a day", _growing),
    Stream("spiky days", _spiky),
    Stream("young, steady, five days old", _steady, begins_on_day=23),
    Stream("by chance, four a day", _by_chance),
)


@dataclass(frozen=True, slots=True)
class Planted:
    """A stream with one fault: silent from `silent_from` to `silent_to`, or another fault on `day`."""

    hours: list[SourceHour]
    silent_from: datetime | None = None
    silent_to: datetime | None = None
    day: date | None = None


def play(stream: Stream, seed: int) -> list[SourceHour]:
    """Eight weeks of it without any fault."""
    chance = random.Random(f"{stream.name} {seed}")
    hours = []
    for number in range(24 * stream.begins_on_day, 24 * DAYS):
        at = BEGIN + number * HOUR
        events = stream.rate(number, at, chance)
        if events:
            first, last = _first_and_last(events, chance)
            lag = timedelta(seconds=chance.uniform(0.2, 3))
            hours.append(
                SourceHour(
                    "source",
                    at,
                    events,
                    0,
                    0,
                    0,
                    at + first,
                    at + last,
                    lag,
                    lag + timedelta(seconds=chance.uniform(1, 60)),
                )
            )
    return hours


def plant_silence(stream: Stream, seed: int, *, expected_hours: int) -> Planted:
    """It says nothing for so many expected hours of its true rhythm, from a moment at which it was just heard."""
    hours = play(stream, seed)
    chance = random.Random(f"silence {stream.name} {seed}")
    judged = [one for one in hours if one.hour >= BEGIN + timedelta(days=FIRST_JUDGED_DAY)]
    begins = chance.choice(judged[: len(judged) * 3 // 4]).last_received_at
    likely = _true_rhythm(stream)
    ends, missed, step = begins, 0.0, timedelta(minutes=5)
    while missed < expected_hours:
        missed += likely[24 * ends.weekday() + ends.hour] * (step / HOUR)
        ends += step
    kept = [one for one in hours if one.first_received_at <= begins or one.hour >= ends]
    back = min((one.first_received_at for one in kept if one.hour > begins), default=BEGIN + timedelta(days=DAYS))
    return Planted(kept, silent_from=begins, silent_to=back)


@cache
def _true_rhythm(stream: Stream) -> tuple[float, ...]:
    """How often it sends in each hour of the week, of as many weeks as make chance small."""
    chance = random.Random(f"rhythm {stream.name}")
    weeks, hours = 100, 24 * 7
    sent = [0] * hours
    for week in range(weeks):
        for place in range(hours):
            number = 24 * FIRST_JUDGED_DAY + (week % 4) * hours + place
            sent[place] += stream.rate(number, BEGIN + number * HOUR, chance) > 0
    return tuple(times / weeks for times in sent)


def plant_on_a_day(stream: Stream, seed: int, fault: str) -> Planted:
    """One of `DAY_FAULTS`, on a day on which it sends."""
    hours = play(stream, seed)
    chance = random.Random(f"{fault} {stream.name} {seed}")
    days = sorted({one.hour.date() for one in hours if one.hour >= BEGIN + timedelta(days=FIRST_JUDGED_DAY)})
    day = chance.choice(days[:-1])
    changed = [DAY_FAULTS[fault](one, chance) if one.hour.date() == day else one for one in hours]
    return Planted([one for one in changed if one.events], day=day)


def _half(one: SourceHour, chance: random.Random) -> SourceHour:
    del chance
    return replace(one, accepted=(one.accepted + 1) // 2 if one.accepted > 1 else 0 if one.hour.hour % 2 else 1)


def _doubled(one: SourceHour, chance: random.Random) -> SourceHour:
    del chance
    return replace(one, accepted=2 * one.accepted)


def _sent_twice(one: SourceHour, chance: random.Random) -> SourceHour:
    del chance
    return replace(one, duplicates=one.accepted)


def _clock_ahead(one: SourceHour, chance: random.Random) -> SourceHour:
    # What lies so far ahead is put into quarantine by the screen.
    del chance
    assert one.least_lag is not None
    assert one.greatest_lag is not None
    ahead = timedelta(hours=2)
    return replace(
        one,
        accepted=0,
        quarantined=one.accepted,
        least_lag=one.least_lag - ahead,
        greatest_lag=one.greatest_lag - ahead,
    )


def _clock_behind(one: SourceHour, chance: random.Random) -> SourceHour:
    del chance
    assert one.least_lag is not None
    assert one.greatest_lag is not None
    behind = timedelta(hours=2)
    return replace(one, least_lag=one.least_lag + behind, greatest_lag=one.greatest_lag + behind)


def _apart(one: SourceHour, chance: random.Random) -> SourceHour:
    bad = sum(1 for _ in range(min(one.accepted, 200)) if chance.random() < 0.3) * max(1, one.accepted // 200)
    return replace(one, accepted=one.accepted - bad, quarantined=bad)


DAY_FAULTS: Mapping[str, Callable[[SourceHour, random.Random], SourceHour]] = {
    "half the volume": _half,
    "twice the volume": _doubled,
    "everything sent twice": _sent_twice,
    "clock two hours ahead": _clock_ahead,
    "clock two hours behind": _clock_behind,
    "30% quarantined": _apart,
}


def _first_and_last(events: int, chance: random.Random) -> tuple[timedelta, timedelta]:
    """When the first and the last of so many events come within their hour."""
    if events == 1:
        at = timedelta(seconds=chance.uniform(0, 3599))
        return at, at
    edge = 3599 / (events + 1)
    return timedelta(seconds=chance.uniform(0, 2 * edge)), timedelta(seconds=3599 - chance.uniform(0, 2 * edge))
