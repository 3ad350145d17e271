"""Windows taken apart: whole days and hours of UTC are kept added up, and what is finer is read from events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from farthing.core.metering.sample import Window
from farthing.postgres.statement import Parameters, Sql, listed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(slots=True)
class Stretches:
    """Stretches of time, each with the number of the window that it is a part of."""

    numbers: list[int] = field(default_factory=list)
    starts: list[datetime] = field(default_factory=list)
    ends: list[datetime] = field(default_factory=list)

    def add(self, number: int, start: datetime, end: datetime) -> None:
        """One more, unless it is empty."""
        if start < end:
            self.numbers.append(number)
            self.starts.append(start)
            self.ends.append(end)

    def sql(self, parameters: Parameters) -> Sql:
        """As columns of an unnest."""
        return listed(
            [parameters.counts(self.numbers), parameters.instants(self.starts), parameters.instants(self.ends)]
        )

    def __bool__(self) -> bool:
        return bool(self.numbers)


@dataclass(slots=True)
class Parts:
    """What windows are made of."""

    days: Stretches = field(default_factory=Stretches)
    hours: Stretches = field(default_factory=Stretches)
    events: Stretches = field(default_factory=Stretches)


def parts_of(windows: Iterable[Window], *, by_hour: bool) -> Parts:
    """Days inside each window, hours at their edges, and events where it begins or ends within an hour.

    Where hours are not kept, the edges of days are read from events.
    """
    parts = Parts()
    for number, window in enumerate(windows):
        start, end = window.segment.start, window.segment.end
        first, last = _ceiling(start, DAY), _floor(end, DAY)
        if first >= last:
            _add_edge(parts, number, start, end, by_hour=by_hour)
            continue
        _add_edge(parts, number, start, first, by_hour=by_hour)
        parts.days.add(number, first, last)
        _add_edge(parts, number, last, end, by_hour=by_hour)
    return parts


def _add_edge(parts: Parts, number: int, start: datetime, end: datetime, *, by_hour: bool) -> None:
    first, last = _ceiling(start, HOUR), _floor(end, HOUR)
    if not by_hour or first >= last:
        parts.events.add(number, start, end)
        return
    parts.events.add(number, start, first)
    parts.hours.add(number, first, last)
    parts.events.add(number, last, end)


def _floor(instant: datetime, length: timedelta) -> datetime:
    return instant - (instant - _EPOCH) % length


def _ceiling(instant: datetime, length: timedelta) -> datetime:
    return instant + -(instant - _EPOCH) % length
