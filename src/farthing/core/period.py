"""Billing periods: half-open stretches of time, cut at local midnights and worked out from their anchor."""

from __future__ import annotations

import calendar
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import tzdata

from farthing.core.refused import Refused

# One zone database everywhere: the packaged one, whatever the machine carries.
zoneinfo.reset_tzpath(to=())
ZONE_DATABASE_VERSION: str = tzdata.IANA_VERSION

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

    def first_day(self, *, in_zone: str) -> date:
        """The local date on which it starts."""
        return local_date(self.start, in_zone=in_zone)

    def last_day(self, *, in_zone: str) -> date:
        """The last local date it reaches."""
        return local_date(self.end - timedelta(microseconds=1), in_zone=in_zone)


@dataclass(frozen=True, slots=True)
class Cycle:
    """Monthly periods that start on one day of the month in one zone; day 31 means the last where it is short.

    >>> cycle = Cycle(anchor_day=31, in_zone="UTC")
    >>> [cycle.boundary(2026, month).date().isoformat() for month in (1, 2, 3)]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    """

    anchor_day: int
    in_zone: str

    def __post_init__(self) -> None:
        if not 1 <= self.anchor_day <= 31:
            raise Refused(f"A billing day is one from 1 to 31, not {self.anchor_day}.", field="anchor_day")
        zone(self.in_zone)

    def boundary(self, year: int, month: int) -> datetime:
        """The instant in this month at which one period ends and the next begins."""
        day = min(self.anchor_day, calendar.monthrange(year, month)[1])
        return start_of_day(date(year, month, day), in_zone=self.in_zone)

    def period_holding(self, instant: datetime) -> Period:
        """The full period in which this instant lies."""
        return _period_holding(self, instant)

    def periods_from(self, start: datetime) -> Iterator[Period]:
        """Periods that touch, from this instant on; the first is a stub when it starts between boundaries (INV-16)."""
        end = self.period_holding(start).end
        yield Period(start, end)
        while True:
            following = self.period_holding(end)
            yield following
            end = following.end


# One run bills many customers at few instants, and asks for the period of each several times.
@lru_cache(maxsize=4096)
def _period_holding(cycle: Cycle, instant: datetime) -> Period:
    on = local_date(instant, in_zone=cycle.in_zone)
    year, month = on.year, on.month
    if instant < cycle.boundary(year, month):
        year, month = _month_before(year, month)
    elif instant >= cycle.boundary(*_month_after(year, month)):
        # Clocks went back over midnight, and the wall says yesterday once more.
        year, month = _month_after(year, month)
    return Period(cycle.boundary(year, month), cycle.boundary(*_month_after(year, month)))


def _month_after(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)


def _month_before(year: int, month: int) -> tuple[int, int]:
    return (year - 1, 12) if month == 1 else (year, month - 1)
