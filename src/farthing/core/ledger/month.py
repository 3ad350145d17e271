"""A month of the books: its days, and the first day that is open when months are locked."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from farthing.core.period import FIRST_YEAR, LAST_YEAR, start_of_day
from farthing.core.refused import Refused

_WRITTEN = re.compile(r"([0-9]{4})-([0-9]{2})")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month of the calendar.

    >>> str(Month(2026, 12).after), Month(2026, 2).last_day.isoformat()
    ('2027-01', '2026-02-28')
    """

    year: int
    month: int

    def __post_init__(self) -> None:
        assert 1 <= self.month <= 12, f"{self.year} has no month {self.month}"

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def holding(cls, day: date) -> Month:
        """The month in which a day lies."""
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    @property
    def after(self) -> Month:
        """The month after it."""
        return Month(self.year + 1, 1) if self.month == 12 else Month(self.year, self.month + 1)

    @property
    def before(self) -> Month:
        """The month before it."""
        return Month(self.year - 1, 12) if self.month == 1 else Month(self.year, self.month - 1)

    def end(self, *, in_zone: str) -> datetime:
        """The instant at which it is over."""
        return start_of_day(self.after.first_day, in_zone=in_zone)


def month_from(written: str, *, field: str = "month") -> Month:
    """The month of its usual text.

    >>> month_from("2026-10")
    Month(year=2026, month=10)
    """
    found = _WRITTEN.fullmatch(written)
    if found is None or not 1 <= int(found[2]) <= 12:
        raise Refused(f"“{written[:40]}” is not a month; write it like 2026-10.", field=field)
    year = int(found[1])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused(f"The year {year} is out of reach; give a month from {FIRST_YEAR} to {LAST_YEAR}.", field=field)
    return Month(year, int(found[2]))


def open_day(day: date, *, locked_through: date | None) -> date:
    """When something of this day is booked: on it, or on the first open day when its month is locked (INV-25).

    >>> open_day(date(2026, 10, 9), locked_through=date(2026, 10, 31)).isoformat()
    '2026-11-01'
    """
    return day if locked_through is None else max(day, locked_through + timedelta(days=1))


def month_ends(first: date, *, before: date) -> Iterator[date]:
    """The last days of months from one day on, those that lie before another."""
    month = Month.holding(first)
    while month.last_day < before:
        yield month.last_day
        month = month.after
