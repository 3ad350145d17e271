"""Billing periods: half-open stretches of time, cut at local midnights and worked out from their anchor."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

import tzdata

from farthing.core.interval import MONTH, Every
from farthing.core.refused import Refused

# One zone database everywhere: the packaged one, whatever the machine carries.
zoneinfo.reset_tzpath(to=())
ZONE_DATABASE_VERSION: str = tzdata.IANA_VERSION

_INSTANT = timedelta(microseconds=1)

# Wide enough for any bill, and a year from the ends of what a date can be.
FIRST_YEAR, LAST_YEAR = 1900, 9998


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The time zone of this IANA name; refuses any other text."""
    try:
        if name not in zoneinfo.available_timezones():
            raise ValueError(name)
        return ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise Refused(f"“{name}” is not a time zone; give one like Europe/Paris, Asia/Tokyo or UTC.") from None


def start_of_day(day: date, *, in_zone: str) -> datetime:
    """The first instant of a local date, in UTC; right also where clocks change at midnight.

    >>> start_of_day(date(2026, 11, 22), in_zone="Asia/Kolkata").isoformat()
    '2026-11-21T18:30:00+00:00'
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refused(f"The year {day.year} is out of reach; give a date from {FIRST_YEAR} to {LAST_YEAR}.")
    return datetime.combine(day, time.min, tzinfo=zone(in_zone)).astimezone(UTC)


def local_date(instant: datetime, *, in_zone: str) -> date:
    """The date on the wall at this instant."""
    return instant.astimezone(zone(in_zone)).date()


class Wall(Protocol):
    """Where the date can be read: in one zone, or in those that a customer was in one after the other."""

    def date_at(self, instant: datetime) -> date: ...


def _date_on(instant: datetime, wall: str | Wall) -> date:
    return local_date(instant, in_zone=wall) if isinstance(wall, str) else wall.date_at(instant)


@dataclass(frozen=True, slots=True)
class Period:
    """From one instant up to, and without, another."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for instant in (self.start, self.end):
            assert instant.utcoffset() == timedelta(0), f"periods are kept in UTC, not {instant}"
        assert self.start < self.end, f"a period lasts: {self.start} .. {self.end}"

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def days(self, *, in_zone: str) -> int:
        """Whole local days: a day belongs to what is in force at its end."""
        return (local_date(self.end, in_zone=in_zone) - local_date(self.start, in_zone=in_zone)).days

    def first_day(self, *, in_zone: str | Wall) -> date:
        """The local date on which it starts."""
        return _date_on(self.start, in_zone)

    def last_day(self, *, in_zone: str | Wall) -> date:
        """The last local date it reaches."""
        return _date_on(self.end - _INSTANT, in_zone)


@dataclass(frozen=True, slots=True)
class Cycle:
    """Periods that come round every month, quarter or the like, counted from an anchor, in the customer's zone.

    From `since` on it holds in the place of `before`: the customer moved to another zone, or agreed to another anchor
    or interval. A move alone cuts nothing, and a day that had begun by the old clock has begun.

    >>> cycle = Cycle.monthly(anchor_day=31, in_zone="UTC")
    >>> period = cycle.period_holding(cycle.start_of_day(date(2026, 3, 5)))
    >>> period.start.date().isoformat(), period.end.date().isoformat()
    ('2026-02-28', '2026-03-31')
    """

    anchor: date
    in_zone: str
    every: Every = MONTH
    since: datetime | None = None
    before: Cycle | None = None

    def __post_init__(self) -> None:
        zone(self.in_zone)
        assert (self.since is None) == (self.before is None), f"{self} holds since an instant, in the place of another"
        if self.before is not None and self.before.since is not None:
            assert self.since is not None
            assert self.before.since < self.since, f"changes follow each other: {self.before.since}, {self.since}"

    @classmethod
    def monthly(cls, anchor_day: int, in_zone: str) -> Cycle:
        """Every month on one day; day 31 means the last where the month is short."""
        if not 1 <= anchor_day <= 31:
            raise Refused(f"A billing day is one from 1 to 31, not {anchor_day}.", field="anchor_day")
        return cls(date(2000, 1, anchor_day), in_zone)

    @property
    def anchor_day(self) -> int:
        """The day of the month from which it is counted."""
        return self.anchor.day

    @property
    def first(self) -> Cycle:
        """The cycle as it was before any change."""
        return self if self.before is None else self.before.first

    @property
    def changes(self) -> list[Cycle]:
        """The cycle since each of its changes, oldest first."""
        return [] if self.before is None else [*self.before.changes, self]

    def same_as(self, other: Cycle) -> bool:
        """Whether both cut time alike from now on, whatever was before."""
        return self.in_zone == other.in_zone and not _turns(self, other)

    def changed(
        self, *, since: datetime, anchor: date | None = None, every: Every | None = None, in_zone: str | None = None
    ) -> Cycle:
        """The same with another anchor, interval or zone from an instant on; a later change stays where it is."""
        if self.since is not None and self.since > since:
            assert self.before is not None
            before = self.before.changed(since=since, anchor=anchor, every=every, in_zone=in_zone)
            own = before if not _turns(self.before, self) else self
            there = before.in_zone if self.before.in_zone == self.in_zone else self.in_zone
            return _after(before, Cycle(own.anchor, there, own.every), since=self.since)
        wanted = Cycle(anchor or self.anchor, in_zone or self.in_zone, every or self.every)
        if self.since == since:
            assert self.before is not None
            return _after(self.before, wanted, since=since)
        return _after(self, wanted, since=since)

    def in_force(self, instant: datetime) -> Cycle:
        """The cycle that cuts time at an instant, as far as it was known to end or not."""
        found = link = self
        while link.before is not None and link.since is not None:
            if instant < link.since and _turns(link.before, link):
                found = link.before
            link = link.before
        return found

    def zone_at(self, instant: datetime) -> str:
        """The customer's zone at an instant."""
        if self.before is not None and self.since is not None and instant < self.since:
            return self.before.zone_at(instant)
        return self.in_zone

    def date_at(self, instant: datetime) -> date:
        """The date on the customer's wall; one that had begun when the customer moved is not taken back."""
        if self.before is None or self.since is None:
            return local_date(instant, in_zone=self.in_zone)
        if instant < self.since:
            return self.before.date_at(instant)
        return max(local_date(instant, in_zone=self.in_zone), self.before.date_at(self.since))

    def start_of_day(self, day: date) -> datetime:
        """The first instant of a date on the customer's wall, by the clock of the zone they were in then."""
        if self.before is None or self.since is None:
            return start_of_day(day, in_zone=self.in_zone)
        begun = self.before.start_of_day(day)
        return begun if begun <= self.since else max(self.since, start_of_day(day, in_zone=self.in_zone))

    def days(self, period: Period) -> int:
        """Whole days on the customer's wall: a day belongs to what is in force at its end."""
        return (self.date_at(period.end) - self.date_at(period.start)).days

    def zone_of(self, period: Period) -> str:
        """The one zone to tell the days and hours of a period by: one in which it has as many days as it has.

        It is the zone at its end, but for who moved meanwhile and won or lost a day by it.
        """
        if self.before is None:
            return self.in_zone
        zones = dict.fromkeys([self.zone_at(period.end - _INSTANT), self.zone_at(period.start - _INSTANT)])
        days = self.days(period)
        return next((name for name in zones if period.days(in_zone=name) == days), next(iter(zones)))

    def period_holding(self, instant: datetime) -> Period:
        """The full period in which this instant lies, by the cycle that is in force then."""
        return _period_holding(self.in_force(instant), instant)

    def stretch_holding(self, instant: datetime) -> Period:
        """What of the full period is billed: cut where another anchor or interval begins (INV-16)."""
        full = self.period_holding(instant)
        cuts = list(self._cuts()) if self.before is not None else []
        start = max([full.start, *(cut for cut in cuts if cut <= instant)])
        return Period(start, min([full.end, *(cut for cut in cuts if cut > instant)]))

    def periods_from(self, start: datetime) -> Iterator[Period]:
        """Periods that touch, from this instant on; the first is a stub when it starts between boundaries (INV-16)."""
        end = self.stretch_holding(start).end
        yield Period(start, end)
        while True:
            following = self.stretch_holding(end)
            yield following
            end = following.end

    def _cuts(self) -> Iterator[datetime]:
        link = self
        while link.before is not None and link.since is not None:
            if _turns(link.before, link):
                yield link.since
            link = link.before


def _turns(one: Cycle, other: Cycle) -> bool:
    """Whether one comes round otherwise than the other, zones aside."""
    return one.every != other.every or not one.every.same_turns(one.anchor, other.anchor)


def _after(before: Cycle, wanted: Cycle, *, since: datetime) -> Cycle:
    """What holds from an instant on, after what held before; a change that changes nothing is none."""
    return before if before.same_as(wanted) else replace(wanted, since=since, before=before)


# One run bills many customers at few instants, and asks for the period of each several times.
@lru_cache(maxsize=4096)
def _period_holding(cycle: Cycle, instant: datetime) -> Period:
    every, anchor = cycle.every, cycle.anchor
    number = every.turn_at(anchor, cycle.date_at(instant))
    start = cycle.start_of_day(every.turn(anchor, number))
    end = cycle.start_of_day(every.turn(anchor, number + 1))
    # Clocks went back over midnight, and the wall says yesterday once more.
    while end <= instant:
        number += 1
        start, end = end, cycle.start_of_day(every.turn(anchor, number + 1))
    assert start <= instant, f"{cycle} has a day at {instant} that has not begun"
    return Period(start, end)
