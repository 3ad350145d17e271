"""Hours of the local day as stretches of UTC: only Python reckons in time zones, by the one table it has."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from farthing.core.period import Period, zone

# No zone has ever changed its clocks and changed them back within so little time.
_STEP = timedelta(hours=6)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def local_hours(begin: time, end: time, *, in_zone: str, within: Period) -> Sequence[datetime]:
    """The instants within a period at which the wall enters and leaves these hours, in turn, rising.

    An hour that clocks repeat counts twice, one that they leave out not at all; hours that end before they begin run
    across midnight, and equal ones are none.

    >>> from datetime import date
    >>> from farthing.core.period import start_of_day
    >>> paris = [start_of_day(date(2026, 3, day), in_zone="Europe/Paris") for day in (29, 30)]
    >>> [at.isoformat() for at in local_hours(time(1), time(4), in_zone="Europe/Paris", within=Period(*paris))]
    ['2026-03-29T00:00:00+00:00', '2026-03-29T02:00:00+00:00']
    """
    return _local_hours(begin, end, in_zone, within)


@lru_cache(maxsize=256)
def _local_hours(begin: time, end: time, in_zone: str, within: Period) -> tuple[datetime, ...]:
    edges: list[datetime] = []
    for start, until, offset in _even_stretches(in_zone, within):
        for opens, closes in _on_the_wall(begin, end, start + offset, until + offset):
            if edges and edges[-1] == opens - offset:
                edges[-1] = closes - offset
            else:
                edges += (opens - offset, closes - offset)
    return tuple(edges)


def _even_stretches(in_zone: str, within: Period) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The period, cut where the clocks change, with how far each part's wall is ahead of UTC."""
    start, at, offset = within.start, within.start, _offset(within.start, in_zone)
    while at < within.end:
        following = min(at + _STEP, within.end)
        if _offset(following, in_zone) != offset:
            change = _change_between(at, following, in_zone)
            yield start, change, offset
            start, offset = change, _offset(change, in_zone)
        at = following
    if start < within.end:
        yield start, within.end, offset


def _change_between(before: datetime, after: datetime, in_zone: str) -> datetime:
    """The first instant with the later offset; clocks change on whole seconds."""
    offset = _offset(after, in_zone)
    whole = before.replace(microsecond=0)
    low, high = 0, -((whole - after) // _SECOND)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset(whole + middle * _SECOND, in_zone) == offset else (middle, high)
    return whole + high * _SECOND


def _offset(instant: datetime, in_zone: str) -> timedelta:
    offset = instant.astimezone(zone(in_zone)).utcoffset()
    assert offset is not None, f"{in_zone} tells how far it is from UTC"
    return offset


def _on_the_wall(begin: time, end: time, start: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The hours on a wall whose clock nobody changes, cut to a stretch of it; both are written as if they were UTC."""
    if begin == end:
        return
    midnight = datetime.combine(start.date(), time.min, tzinfo=UTC) - _DAY
    while midnight < until:
        opens = midnight + _since_midnight(begin)
        closes = midnight + _since_midnight(end) + (_DAY if end < begin else timedelta(0))
        if max(opens, start) < min(closes, until):
            yield max(opens, start), min(closes, until)
        midnight += _DAY


def _since_midnight(on_wall: time) -> timedelta:
    return timedelta(
        hours=on_wall.hour, minutes=on_wall.minute, seconds=on_wall.second, microseconds=on_wall.microsecond
    )
