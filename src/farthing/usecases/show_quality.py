"""What was told about sources is shown as it stands: silences with their last day, conflicts side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from farthing.core.quality.arrivals import HOUR, SourceHour, by_source, hour_of
from farthing.usecases.ports import Conflict, SellerStore, Silence

# A silence is drawn with the day that it ends, and compared with the same hours a week before.
DRAWN = timedelta(hours=24)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SilenceView:
    """A silence, with the events of each hour of its last day and those of the same hours a week before."""

    silence: Silence
    hours: Sequence[tuple[datetime, int, int]]


@dataclass(frozen=True, slots=True)
class SilencesView:
    """Silences that were told of together, in the zone whose clock they are told by."""

    silences: Sequence[SilenceView]
    in_zone: str
    told_at: datetime


@dataclass(frozen=True, slots=True)
class ConflictsView:
    """The conflicts of a stretch of time: all that there are, and the newest of them."""

    since: datetime
    until: datetime
    in_zone: str
    count: int
    newest: Sequence[Conflict]


def show_silences(store: SellerStore, *, told_at: datetime, over: bool = False) -> SilencesView:
    """The silences that were told of at this moment; with `over`, those of which it was told that they are over."""
    with store.transaction():
        silences = store.silences_over(told_at=told_at) if over else store.silences(told_at=told_at)
        ends = hour_of(told_at) + HOUR
        begins = ends - DRAWN
        sources = [one.source for one in silences]
        hours = by_source(store.source_hours(sources, since=begins - WEEK, until=ends))
        return SilencesView(
            [SilenceView(one, _drawn(hours.get(one.source, []), begins, ends)) for one in silences],
            store.seller().entity.in_zone,
            told_at,
        )


def show_conflicts(store: SellerStore, *, since: datetime, until: datetime, limit: int) -> ConflictsView:
    """The events that came into conflict with another in this time, newest first, each beside the one that counts."""
    with store.transaction():
        return ConflictsView(
            since=since,
            until=until,
            in_zone=store.seller().entity.in_zone,
            count=store.count_conflicts(since=since, until=until),
            newest=store.conflicts_between(since=since, until=until, limit=limit),
        )


def _drawn(hours: Sequence[SourceHour], begins: datetime, ends: datetime) -> list[tuple[datetime, int, int]]:
    events = {one.hour: one.events for one in hours}
    count = (ends - begins) // HOUR
    every = [begins + number * HOUR for number in range(count)]
    return [(hour, events.get(hour, 0), events.get(hour - WEEK, 0)) for hour in every]
