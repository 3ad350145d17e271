"""How often something comes round: every day, week, month, quarter or year, or every so many of them."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from farthing.core.refused import Refused

_WRITTEN = re.compile(r"(?:([0-9]{1,5}) )?(day|week|month|quarter|year)s?")
_DAYS_OF = {"day": 1, "week": 7}
_MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
_LONGEST_YEARS = 20
_MONDAY = 7


class Unit(StrEnum):
    """What it is counted in; a week is seven days, a quarter three months, a year twelve."""

    DAY = "day"
    MONTH = "month"


class Alignment(StrEnum):
    """Where periods start: with the calendar's own weeks, months and years, or where the customer started."""

    CALENDAR = "calendar"
    ANNIVERSARY = "anniversary"


@dataclass(frozen=True, slots=True)
class Every:
    """So many days, or so many months.

    >>> str(Every(1, Unit.MONTH)), str(Every(14, Unit.DAY)), str(Every(3, Unit.MONTH)), str(Every(24, Unit.MONTH))
    ('month', '2 weeks', 'quarter', '2 years')
    """

    number: int
    unit: Unit

    def __post_init__(self) -> None:
        years = self.number // (12 if self.unit is Unit.MONTH else 366)
        if self.number < 1 or years > _LONGEST_YEARS:
            raise Refused(f"Periods last from 1 day to {_LONGEST_YEARS} years; give another length.", field="every")

    def __str__(self) -> str:
        number, word = self._in_words()
        return word if number == 1 else f"{number} {word}s"

    def _in_words(self) -> tuple[int, str]:
        if self.unit is Unit.DAY:
            return (self.number // 7, "week") if self.number % 7 == 0 else (self.number, "day")
        if self.number % 12 == 0:
            return self.number // 12, "year"
        return (1, "quarter") if self.number == _MONTHS_OF["quarter"] else (self.number, "month")

    def turn(self, anchor: date, number: int) -> date:
        """The day on which it comes round for the so manieth time, counted from the anchor and from nothing else.

        >>> [str(MONTH.turn(date(2026, 1, 31), number)) for number in (1, 2, -1)]
        ['2026-02-28', '2026-03-31', '2025-12-31']
        """
        try:
            if self.unit is Unit.DAY:
                return anchor + timedelta(days=number * self.number)
            year, month = divmod(anchor.year * 12 + anchor.month - 1 + number * self.number, 12)
            return date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))
        except (OverflowError, ValueError):
            raise Refused(f"Every {self} from {anchor}, that goes out of reach; give another date.") from None

    def turn_at(self, anchor: date, day: date) -> int:
        """The number of the last turn on or before a day."""
        if self.unit is Unit.DAY:
            return (day - anchor).days // self.number
        months = (day.year - anchor.year) * 12 + day.month - anchor.month
        number = months // self.number
        return number if self.turn(anchor, number) <= day else number - 1

    def same_turns(self, anchor: date, other: date) -> bool:
        """Whether it comes round on the same days from either anchor."""
        if self.unit is Unit.DAY:
            return (other - anchor).days % self.number == 0
        months = (other.year - anchor.year) * 12 + other.month - anchor.month
        return anchor.day == other.day and months % self.number == 0

    def divides(self, longer: Every) -> bool:
        """Whether each turn of the longer one is a turn of this one too, from the same anchor."""
        return self.unit is longer.unit and longer.number % self.number == 0


MONTH = Every(1, Unit.MONTH)


def every_from(written: object, *, of: str) -> Every:
    """The interval in a text.

    >>> every_from("2 weeks", of="The plan “team”")
    Every(number=14, unit=<Unit.DAY: 'day'>)
    """
    found = _WRITTEN.fullmatch(" ".join(written.split())) if isinstance(written, str) else None
    if found is None:
        raise Refused(
            f"{of} takes “every” as day, week, month, quarter or year, or as 2 weeks or 6 months.", field="every"
        )
    number, word = int(found[1] or 1), found[2]
    if word in _DAYS_OF:
        return Every(number * _DAYS_OF[word], Unit.DAY)
    return Every(number * _MONTHS_OF[word], Unit.MONTH)


def anchor_for(every: Every, alignment: Alignment, *, starts_on: date) -> date:
    """The day from which the periods of who starts on a day are counted.

    On the calendar weeks begin on Monday, and months, quarters and years where the year does.

    >>> anchor_for(every_from("2 weeks", of=""), Alignment.CALENDAR, starts_on=date(2026, 11, 25)).isoformat()
    '2026-11-23'
    """
    if alignment is Alignment.ANNIVERSARY:
        return starts_on
    if every.unit is Unit.MONTH:
        return date(starts_on.year, 1, 1)
    return starts_on - timedelta(days=starts_on.weekday()) if every.number % _MONDAY == 0 else starts_on
