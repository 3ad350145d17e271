"""Days: whether a source's day was like its days before: in volume, in what came twice or apart, by its clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from farthing.core.period import local_date
from farthing.core.quality.arrivals import SourceHour
from farthing.core.quality.rhythm import middle

COMPARED_WITH_DAYS = 28
# From so many compared days on, a source's own spread says what is unusual; before, it must be far out.
ENOUGH_DAYS = 7
FEWEST_DAYS = 3
# In thousandths of what was expected: beyond these a day is no usual one, whatever the days before were like.
UP, DOWN = 1500, 667
FAR_UP, FAR_DOWN = 2500, 350
# Shares in thousandths of all that came, and the fewest events that make one.
DUPLICATE_SHARE, QUARANTINE_SHARE = 50, 10
FEWEST_DUPLICATES, FEWEST_QUARANTINED, FEWEST_EVENTS = 10, 5, 20
DRIFT = timedelta(minutes=1)
LATE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SourceDay:
    """What came of one source on one local day of receipt."""

    day: date
    hours: tuple[SourceHour, ...]

    @property
    def accepted(self) -> int:
        """Events that count."""
        return sum(one.accepted for one in self.hours)

    @property
    def duplicates(self) -> int:
        """Events that were sent again."""
        return sum(one.duplicates for one in self.hours)

    @property
    def conflicts(self) -> int:
        """Events that were sent again with other content."""
        return sum(one.conflicts for one in self.hours)

    @property
    def quarantined(self) -> int:
        """Events that were kept apart."""
        return sum(one.quarantined for one in self.hours)

    @property
    def events(self) -> int:
        """All that came."""
        return sum(one.events for one in self.hours)

    @property
    def new(self) -> int:
        """What was not sent before."""
        return sum(one.new for one in self.hours)

    @property
    def usual_lag(self) -> timedelta | None:
        """The least time between an event and its receipt in the middle one of its hours."""
        lags = [one.least_lag for one in self.hours if one.least_lag is not None]
        return sorted(lags)[(len(lags) - 1) // 2] if lags else None


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing was heard since then, which is longer than the source is ever quiet; `back_at` is after the day."""

    since: datetime
    back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Jumped:
    """Much more was sent than usual, or much less."""

    sent: int
    usual: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """Much more than usual was sent again; the share and the usual one in thousandths."""

    duplicates: int
    share: int
    usual: int


@dataclass(frozen=True, slots=True)
class KeptApart:
    """Much more than usual is in quarantine; the share and the usual one in thousandths."""

    quarantined: int
    share: int
    usual: int


@dataclass(frozen=True, slots=True)
class ClockAhead:
    """The source's clock is ahead of ours by so much, in so many of the hours in which it sent."""

    by: timedelta
    hours: int
    of_hours: int


@dataclass(frozen=True, slots=True)
class ComesLate:
    """Even its newest events come later than usual: its clock is behind, or it holds them back."""

    by: timedelta
    usual: timedelta


Oddity = Silent | Jumped | Repeated | KeptApart | ClockAhead | ComesLate


def days_of(hours: Sequence[SourceHour], *, up_to: date, in_zone: str) -> list[SourceDay]:
    """The source's local days from the first on which it was heard up to this one, those without any event too."""
    by_day: dict[date, list[SourceHour]] = {}
    for one in hours:
        by_day.setdefault(local_date(one.hour, in_zone=in_zone), []).append(one)
    heard = [day for day in by_day if day <= up_to]
    if not heard:
        return []
    first = min(heard)
    every = [first + timedelta(days=number) for number in range((up_to - first).days + 1)]
    return [SourceDay(day, tuple(by_day.get(day, ()))) for day in every]


def oddities_of(days: Sequence[SourceDay]) -> list[Oddity]:
    """What was unusual about the last of a source's days, by its days before."""
    *before, last = days
    found: list[Oddity] = []
    if (jumped := _jumped(days)) is not None:
        found.append(jumped)
    if (repeated := _share(before, last, lambda day: day.duplicates, DUPLICATE_SHARE, FEWEST_DUPLICATES)) is not None:
        found.append(Repeated(last.duplicates, *repeated))
    if (apart := _share(before, last, lambda day: day.quarantined, QUARANTINE_SHARE, FEWEST_QUARANTINED)) is not None:
        found.append(KeptApart(last.quarantined, *apart))
    if (clock := _clock(before, last)) is not None:
        found.append(clock)
    return found


def _jumped(days: Sequence[SourceDay]) -> Jumped | None:
    """More or less than its own spread, and than chance would have it.

    The first day is left out: it is seldom a whole one.
    """
    whole = days[1:]
    if not whole or (usual := _expected(whole, len(whole) - 1)) is None:
        return None
    sent = whole[-1].new
    compared = [
        1000 * whole[place].new // expected
        for place in range(max(0, len(whole) - 1 - COMPARED_WITH_DAYS), len(whole) - 1)
        if (expected := _expected(whole, place))
    ]
    up, down = _limits(compared)
    # Counts that come by chance spread by the root of their number: three times that is chance no longer.
    by_chance = (sent - usual) ** 2 <= 9 * max(sent, usual)
    return Jumped(sent, usual) if not by_chance and not down * usual < 1000 * sent < up * usual else None


def _expected(days: Sequence[SourceDay], place: int) -> int | None:
    """The middle one of the last few days of the same kind: working days or weekends; of all in the first week."""
    weekend = days[place].day.weekday() >= 5
    before = days[max(0, place - COMPARED_WITH_DAYS) : place]
    alike = [day.new for day in before if (day.day.weekday() >= 5) == weekend][-(4 if weekend else 5) :]
    if len(alike) >= FEWEST_DAYS:
        return middle(alike)
    return None if weekend or len(before) < FEWEST_DAYS else middle([day.new for day in before])


def _limits(compared: Sequence[int]) -> tuple[int, int]:
    """Above and below these a day is unusual; the most and the least unusual day before may have been a fault."""
    if len(compared) < ENOUGH_DAYS:
        return FAR_UP, FAR_DOWN
    ordered = sorted(compared)
    return max(UP, ordered[-2] * 5 // 4), min(DOWN, ordered[1] * 4 // 5)


def _share(
    before: Sequence[SourceDay], last: SourceDay, count: Callable[[SourceDay], int], least: int, fewest: int
) -> tuple[int, int] | None:
    """The share of the last day and the usual one, in thousandths, where it is far above all but one day before."""
    if count(last) < fewest or last.events < FEWEST_EVENTS:
        return None
    shares = sorted(
        1000 * count(day) // day.events for day in before[-COMPARED_WITH_DAYS:] if day.events >= FEWEST_EVENTS
    )
    share = 1000 * count(last) // last.events
    often = shares[-2] if len(shares) >= 2 else 0
    return (share, middle(shares) if shares else 0) if share > max(least, 2 * often) else None


def _clock(before: Sequence[SourceDay], last: SourceDay) -> ClockAhead | ComesLate | None:
    lags = [one.least_lag for one in last.hours if one.least_lag is not None]
    ahead = sorted(-lag for lag in lags if lag < -DRIFT)
    if ahead and len(ahead) >= min(2, len(lags)) and 4 * len(ahead) >= len(lags):
        return ClockAhead(ahead[(len(ahead) - 1) // 2], len(ahead), len(lags))
    known = sorted(day.usual_lag for day in before[-COMPARED_WITH_DAYS:] if day.usual_lag is not None)
    late = last.usual_lag
    if late is None or len(known) < FEWEST_DAYS:
        return None
    return ComesLate(late, known[(len(known) - 1) // 2]) if late > max(LATE, 2 * known[-2]) else None
