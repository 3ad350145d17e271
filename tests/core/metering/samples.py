"""Samples for the tests of measures: short ways to write them, and any of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from farthing.core.metering.sample import Sample, Window
from farthing.core.period import Period, start_of_day

AUGUST = Period(datetime(2023, 8, 1, tzinfo=UTC), datetime(2023, 9, 1, tzinfo=UTC))
FULL_AUGUST = Window(AUGUST, AUGUST, "UTC")

numbers = st.one_of(
    st.integers(-1000, 1000).map(Decimal),
    st.decimals(-(10**19), 10**19, places=18, allow_nan=False, allow_infinity=False),
)
counters = st.integers(0, 10**15).map(Decimal)


def utc(written: str) -> datetime:
    """An instant from its short text."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def sampled(*told: tuple[str, Any]) -> list[Sample]:
    """Samples from an instant's text and their data, or the number `n`."""
    return [
        Sample(utc(when), place, data if isinstance(data, dict) else {"n": data})
        for place, (when, data) in enumerate(told, start=1)
    ]


def in_order(samples: Sequence[Sample]) -> list[Sample]:
    """As measures want them."""
    return sorted(samples, key=lambda sample: (sample.happened_at, sample.position))


def month(first: str, last: str, *, in_zone: str) -> Window:
    """A full period from the start of one local day to the start of another."""
    starts, ends = (start_of_day(date.fromisoformat(day), in_zone=in_zone) for day in (first, last))
    return Window(Period(starts, ends), Period(starts, ends), in_zone)


def cut(window: Window, at: datetime) -> tuple[Window, Window]:
    """The two segments of a window that is cut at an instant within it."""
    segment = window.segment
    return (
        Window(Period(segment.start, at), window.full, window.in_zone),
        Window(Period(at, segment.end), window.full, window.in_zone),
    )


def samples_of(
    values: st.SearchStrategy[Any], *, window: Window = FULL_AUGUST, before: timedelta = timedelta(0), most: int = 20
) -> st.SearchStrategy[list[Sample]]:
    """Samples in order over a window, and over some time before it."""
    start = window.segment.start - before
    seconds = int((window.segment.end - start).total_seconds()) - 1
    one = st.tuples(st.integers(0, seconds), values)
    return st.lists(one, max_size=most).map(
        lambda told: in_order(
            [
                Sample(start + timedelta(seconds=second), place, data if isinstance(data, dict) else {"n": data})
                for place, (second, data) in enumerate(told, start=1)
            ]
        )
    )


def within(samples: Sequence[Sample], window: Window) -> list[Sample]:
    """Those of the segment."""
    return [sample for sample in samples if sample.happened_at in window.segment]


def until(samples: Sequence[Sample], window: Window) -> list[Sample]:
    """Those before the segment's end."""
    return [sample for sample in samples if sample.happened_at < window.segment.end]
