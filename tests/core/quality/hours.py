"""Hours of a source for these tests: what it sends by the hour, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from farthing.core.quality.arrivals import HOUR, SourceHour

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
LAG = timedelta(seconds=1)


def hour(
    at: datetime,
    accepted: int = 100,
    *,
    source: str = "eu-1",
    duplicates: int = 0,
    conflicts: int = 0,
    quarantined: int = 0,
    lag: timedelta = LAG,
) -> SourceHour:
    """One hour, heard from its first minute to its last one."""
    return SourceHour(
        source,
        at,
        accepted,
        duplicates,
        conflicts,
        quarantined,
        at + timedelta(minutes=1),
        at + timedelta(minutes=59),
        lag,
        lag,
    )


def hours(count: int, sends: Callable[[datetime], int] = lambda _: 100, *, source: str = "eu-1") -> list[SourceHour]:
    """So many hours from a Monday on, of those in which it sends."""
    every = [MONDAY + number * HOUR for number in range(count)]
    return [hour(at, sends(at), source=source) for at in every if sends(at)]


def by_day(at: datetime) -> int:
    """Nothing at night."""
    return 50 if 8 <= at.hour < 20 else 0


def on_working_days(at: datetime) -> int:
    """Nothing at weekends."""
    return 50 if at.weekday() < 5 else 0


def nightly(at: datetime) -> int:
    """One batch in the night."""
    return 5000 if at.hour == 2 else 0
