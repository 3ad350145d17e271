"""When a digest is due: on mornings of the reader's own calendar, each once; a missed one is told once, and late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from farthing.core.period import Period, local_date, start_of_day, zone

# Told later than this after it was due, a digest says that it is late.
LATE_AFTER = timedelta(hours=1)
_DAY = timedelta(days=1)


class Span(StrEnum):
    """What a digest looks back on: yesterday, last week from Monday on, or last month."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Due:
    """A digest that is due: on a local day, for what came before it. `missed` are those before it that nobody told."""

    day: date
    at: datetime
    late: bool
    missed: int


@dataclass(frozen=True, slots=True)
class DueDays:
    """Every day, Monday or first of a month, at a time on the reader's clock.

    A local day has one such moment, also where clocks change: a time that is skipped is the one an hour later, of two
    that look alike the first counts.

    >>> monday = DueDays(Span.WEEKLY, time(9), "Europe/Berlin")
    >>> monday.moment(date(2026, 3, 30)).isoformat()
    '2026-03-30T07:00:00+00:00'
    >>> first, last = monday.window(date(2026, 3, 30)).start, monday.window(date(2026, 3, 30)).end
    >>> first.isoformat(), last.isoformat()
    ('2026-03-22T23:00:00+00:00', '2026-03-29T22:00:00+00:00')
    """

    span: Span
    at: time
    in_zone: str

    def moment(self, day: date) -> datetime:
        """The instant at which the digest of this day is due."""
        return datetime.combine(day, self.at, tzinfo=zone(self.in_zone)).astimezone(UTC)

    def window(self, day: date) -> Period:
        """What the digest of a day looks back on."""
        return self._between(self._before(day), day)

    def window_before(self, day: date) -> Period:
        """What that is compared with."""
        first = self._before(day)
        return self._between(self._before(first), first)

    def ahead(self, day: date) -> Period:
        """What it looks ahead to, which is as long again."""
        return self._between(day, self._next(day))

    def due(self, *, since: datetime, last: date | None, now: datetime) -> Due | None:
        """The newest digest that is due and was not told, if there is one.

        `since` is when somebody asked for it or changed it, `last` the day of the last one. Where that is the one
        before the change, none is left out between the two.
        """
        day = self._latest(now)
        if last is not None and day <= last:
            return None
        if last is not None and last >= self._before(self._latest(since)):
            since = min(since, self.moment(last))
        if self.moment(day) <= since:
            return None
        missed = sum(1 for earlier in self._days_before(day, since=since, last=last))
        return Due(day, self.moment(day), late=now - self.moment(day) > LATE_AFTER, missed=missed)

    def this_minute(self, now: datetime) -> Due:
        """One that was due this minute, as if this day was one of its days."""
        return Due(local_date(now, in_zone=self.in_zone), now, late=False, missed=0)

    def _latest(self, now: datetime) -> date:
        day = local_date(now, in_zone=self.in_zone) + _DAY
        while not self._falls_on(day) or self.moment(day) > now:
            day -= _DAY
        return day

    def _days_before(self, day: date, *, since: datetime, last: date | None) -> Iterator[date]:
        earlier = self._before(day)
        while self.moment(earlier) > since and (last is None or earlier > last):
            yield earlier
            earlier = self._before(earlier)

    def _falls_on(self, day: date) -> bool:
        match self.span:
            case Span.DAILY:
                return True
            case Span.WEEKLY:
                return day.weekday() == 0
            case Span.MONTHLY:
                return day.day == 1

    def _before(self, day: date) -> date:
        match self.span:
            case Span.DAILY:
                return day - _DAY
            case Span.WEEKLY:
                return day - 7 * _DAY
            case Span.MONTHLY:
                return (day - _DAY).replace(day=1)

    def _next(self, day: date) -> date:
        match self.span:
            case Span.DAILY:
                return day + _DAY
            case Span.WEEKLY:
                return day + 7 * _DAY
            case Span.MONTHLY:
                return (day + 32 * _DAY).replace(day=1)

    def _between(self, first: date, last: date) -> Period:
        """From one local day up to another; a day that a zone skipped lasts no time, so it takes the one before in."""
        start, end = start_of_day(first, in_zone=self.in_zone), start_of_day(last, in_zone=self.in_zone)
        while start >= end:
            first -= _DAY
            start = start_of_day(first, in_zone=self.in_zone)
        return Period(start, end)
