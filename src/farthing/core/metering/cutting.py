"""A stretch of time cut into minutes, hours, days, weeks or months, as people in a zone count them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum

from farthing.core.metering.sample import Window
from farthing.core.period import Period, local_date, start_of_day

_ONE_DAY = timedelta(days=1)


class Cut(StrEnum):
    """How long each window is. A day on which clocks change is one day, of 23 hours or of 25."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_STEPS = {Cut.MINUTE: timedelta(minutes=1), Cut.HOUR: timedelta(hours=1)}


def cut(period: Period, into: Cut, *, in_zone: str) -> Iterator[Window]:
    """The windows that reach into the period, in order of time; the first and the last are cut to it.

    Weeks begin on Monday; minutes and hours are counted from the beginning of the local day.

    >>> from datetime import UTC
    >>> march = Period(datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))
    >>> [str(window.segment.end - window.segment.start) for window in cut(march, Cut.DAY, in_zone="Europe/Paris")]
    ['23:00:00']
    """
    for start, end in _days(period, into, in_zone):
        step = _STEPS.get(into, end - start)
        edge = start + max((period.start - start) // step, 0) * step
        while edge < min(end, period.end):
            full = Period(edge, min(edge + step, end))
            segment = Period(max(full.start, period.start), min(full.end, period.end))
            yield Window(segment, full, in_zone)
            edge += step


def _days(period: Period, into: Cut, in_zone: str) -> Iterator[tuple[datetime, datetime]]:
    """The local days, weeks or months that reach into the period; a day that a zone skipped is none."""
    day = _first(local_date(period.start, in_zone=in_zone), into)
    start = start_of_day(day, in_zone=in_zone)
    while start > period.start:  # Clocks went back over midnight, and the wall says tomorrow already.
        day = _first(day - _ONE_DAY, into)
        start = start_of_day(day, in_zone=in_zone)
    while start < period.end:
        day = _next(day, into)
        end = start_of_day(day, in_zone=in_zone)
        if max(start, period.start) < min(end, period.end):
            yield start, end
        start = end


def _first(day: date, of: Cut) -> date:
    match of:
        case Cut.WEEK:
            return day - day.weekday() * _ONE_DAY
        case Cut.MONTH:
            return day.replace(day=1)
    return day


def _next(day: date, after: Cut) -> date:
    match after:
        case Cut.WEEK:
            return day + 7 * _ONE_DAY
        case Cut.MONTH:
            return _first(_first(day, Cut.MONTH) + 31 * _ONE_DAY, Cut.MONTH)
    return day + _ONE_DAY
