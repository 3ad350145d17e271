"""Sources are looked after: one that falls silent is told of once, and so is that it is back, and new conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from farthing.core.notices import ConflictsFound, DataNotice, SourcesBack, SourcesSilent
from farthing.core.quality.arrivals import HOUR, SourceHour, by_source
from farthing.core.quality.rhythm import LEARNED_FROM, is_back, rhythm_of
from farthing.usecases.ports import SellerStore, Silence
from farthing.usecases.tell_data import tell_data

# So many sources are looked after, those that send most: whoever makes up sources makes no alerts without end.
MOST_WATCHED = 100
# When nobody looked for so long, nobody was there to hear the sources either.
NOBODY_LOOKED = timedelta(minutes=15)
CONFLICTS_LOOKED_BACK = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Watched:
    """What was found: sources newly silent, those that are back, and hours with conflicts that nobody was told of."""

    silent: tuple[str, ...]
    back: tuple[str, ...]
    conflict_hours: tuple[datetime, ...]


def watch_sources(store: SellerStore, *, now: datetime, world: datetime) -> Watched:
    """Look once at all sources, and write the notices there are to be told.

    `world` is the world's time: while by that nobody looked, the product was down, and no quiet of that time counts.
    """
    with store.transaction():
        watched_since = _watched_since(store, now=now, world=world)  # Read.
        heard = store.last_heard(since=now - LEARNED_FROM, limit=MOST_WATCHED)
        silences = {one.source: one for one in store.open_silences()}
        quiet = [source for source, last in heard.items() if source in silences or now - last >= HOUR]
        hours = by_source(
            store.source_hours({*quiet, *silences}, since=now - 2 * LEARNED_FROM, until=now + HOUR),
        )
        in_zone = store.seller().entity.in_zone
        untold = store.untold_conflicts(since=now - CONFLICTS_LOOKED_BACK)
        silent = _newly_silent(hours, silences, watched_since, now=now, in_zone=in_zone)  # Decide.
        back = _back(hours, silences, in_zone=in_zone)
        notices: list[DataNotice] = [ConflictsFound(hour) for hour in untold]
        if silent:
            notices.append(SourcesSilent(now))
        if back:
            notices += [*{SourcesSilent(one.told_at): None for one, _ in back}, SourcesBack(now)]
        store.begin_silences(silent)  # Write.
        for one, back_at in back:
            store.end_silence(one, back_at=back_at, told_at=now)
        for hour, conflicts in untold.items():
            store.note_conflicts_told(hour, conflicts)
        tell_data(store, notices, written_at=now)
    return Watched(tuple(one.source for one in silent), tuple(one.source for one, _ in back), tuple(untold))


def _watched_since(store: SellerStore, *, now: datetime, world: datetime) -> datetime | None:
    """Since when somebody looked without a break, by the seller's clock; None for as long as we know."""
    before = store.hold_watch()
    since = None if before is None else before[1]
    if before is not None and world - before[0] > NOBODY_LOOKED:
        since = now
    store.keep_watch(watched_at=world, watched_since=since)
    return since


def _newly_silent(
    hours: Mapping[str, list[SourceHour]],
    known: Mapping[str, Silence],
    watched_since: datetime | None,
    *,
    now: datetime,
    in_zone: str,
) -> list[Silence]:
    found = []
    for source, of_source in hours.items():
        rhythm = None if source in known else rhythm_of(of_source, until=now, in_zone=in_zone)
        if rhythm is None:
            continue
        last = max(one.last_received_at for one in of_source)
        since = last if watched_since is None else max(last, watched_since)
        if rhythm.is_too_long(since, now):
            found.append(Silence(source, last, told_at=now, back_at=None))
    return found


def _back(
    hours: Mapping[str, list[SourceHour]], known: Mapping[str, Silence], *, in_zone: str
) -> list[tuple[Silence, datetime]]:
    """The silences that are over, and when each source was heard again."""
    over = []
    for source, silence in known.items():
        of_source = hours.get(source, [])
        if is_back(of_source, silent_since=silence.since, in_zone=in_zone):
            over.append((silence, min(one.first_received_at for one in of_source if one.hour > silence.since)))
    return over
