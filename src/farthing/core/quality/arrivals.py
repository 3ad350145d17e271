"""Arrivals: what came of each source in each hour, added up as it comes, so that its habits can be known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from farthing.core.metering.columns import Columns, instant_at
from farthing.core.metering.event import instant
from farthing.core.metering.screen import Accepted, Quarantined
from farthing.core.refused import Refused

HOUR = timedelta(hours=1)
# What is further from the time of receipt says nothing of a clock.
FURTHEST_APART = timedelta(days=366)
# No event has this source; under it stands what came of all sources beyond the first so many of an hour.
OTHERS = ""
_NEW = frozenset({"accepted", "quarantined"})


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came of one source together: how many events became what, and when the new ones say that they happened."""

    source: str
    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    quarantined: int = 0
    earliest_at: datetime | None = None
    latest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceHour:
    """What came of one source in one hour of receipt.

    `least_lag` and `greatest_lag` are between an event's own time and its receipt: below zero where the source's clock
    is ahead of ours. Both are None where no new event said when it happened.
    """

    source: str
    hour: datetime
    accepted: int
    duplicates: int
    conflicts: int
    quarantined: int
    first_received_at: datetime
    last_received_at: datetime
    least_lag: timedelta | None = None
    greatest_lag: timedelta | None = None

    @property
    def events(self) -> int:
        """All that came, whatever became of it."""
        return self.accepted + self.duplicates + self.conflicts + self.quarantined

    @property
    def new(self) -> int:
        """What was not sent before."""
        return self.accepted + self.quarantined


def arrived(
    sources: Sequence[str], outcomes: Sequence[str], told: Sequence[datetime | None], *, received_at: datetime
) -> list[Arrived]:
    """Events that came together, by source in the order of the alphabet.

    Three columns of one length: whose each is, what became of it ("accepted", "duplicate", "conflict", "quarantined"),
    and when it says that it happened, if it does.

    >>> noon = datetime(2026, 1, 5, 12)
    >>> [(one.source, one.accepted, one.duplicates) for one in arrived(
    ...     ["eu", "us", "eu"], ["accepted", "accepted", "duplicate"], [noon, None, noon], received_at=noon)]
    [('eu', 1, 1), ('us', 1, 0)]
    """
    many = Counter(zip(sources, outcomes, strict=True))
    by_source: dict[str, list[datetime]] = {source: [] for source in set(sources)}
    for source, outcome, at in zip(sources, outcomes, told, strict=True):
        if at is not None and outcome in _NEW:
            by_source[source].append(at)
    return [
        Arrived(
            source=source,
            accepted=many[source, "accepted"],
            duplicates=many[source, "duplicate"],
            conflicts=many[source, "conflict"],
            quarantined=many[source, "quarantined"],
            earliest_at=min(within, default=None),
            latest_at=max(within, default=None),
        )
        for source, times in sorted(by_source.items())
        for within in [_within_reach(times, received_at)]
    ]


def all_accepted(columns: Columns, *, received_at: datetime) -> list[Arrived]:
    """The same of events that were all accepted, as they stand side by side."""
    by_source: dict[str, list[int]] = {source: [] for source in set(columns.source)}
    for source, happened, time in zip(columns.source, columns.happened, columns.time, strict=True):
        if time is not None:
            by_source[source].append(happened)
    many = Counter(columns.source)
    return [
        Arrived(
            source,
            accepted=many[source],
            earliest_at=min(within, default=None),
            latest_at=max(within, default=None),
        )
        for source, times in sorted(by_source.items())
        for within in [_within_reach(_outermost(times, received_at), received_at)]
    ]


def _outermost(happened: Sequence[int], received_at: datetime) -> list[datetime]:
    """The first and the last of these moments; all of them where one is too far to say anything."""
    if not happened:
        return []
    ends = [instant_at(min(happened)), instant_at(max(happened))]
    if _within_reach(ends, received_at) is ends:
        return ends
    return [instant_at(moment) for moment in happened]


def _within_reach(times: Sequence[datetime], received_at: datetime) -> Sequence[datetime]:
    if times and received_at - min(times) <= FURTHEST_APART and max(times) - received_at <= FURTHEST_APART:
        return times
    return [at for at in times if abs(received_at - at) <= FURTHEST_APART]


def told_at(screened: Accepted | Quarantined) -> datetime | None:
    """When an event says that it happened; None where it does not say, or not so that it can be read."""
    if screened.event.time is None:
        return None
    if isinstance(screened, Accepted):
        return screened.happened_at
    try:
        return instant(screened.event.time)
    except Refused:
        return None


def hour_of(at: datetime) -> datetime:
    """The first instant of its hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def by_source(hours: Iterable[SourceHour]) -> dict[str, list[SourceHour]]:
    """The hours of each source, oldest first; those of the sources that have no row of their own are left out."""
    grouped: dict[str, list[SourceHour]] = {}
    for one in sorted(hours, key=lambda one: (one.source, one.hour)):
        if one.source != OTHERS:
            grouped.setdefault(one.source, []).append(one)
    return grouped
