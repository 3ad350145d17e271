"""Bucketed: windows are cut anew each local day, the last may be shorter, and empty ones count or do not."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.bucketed import Bucketed
from farthing.core.metering.count import Count
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.minimum import Minimum
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.period import Period, start_of_day
from farthing.core.refused import Refused
from tests.core.core_values import zones
from tests.core.metering.samples import FULL_AUGUST, cut, month, numbers, sampled, samples_of, utc, within

N = Property("n")
lengths = st.sampled_from(["7m", "30m", "59m", "1h", "5h", "23h", "1d", "2d", "7d", "31d"])
outers = st.sampled_from(["sum", "average", "minimum", "maximum"])
inners = st.sampled_from([Count(), Sum(N), Maximum(N), Minimum(N)])


def starts(length: str, window: Window) -> list[datetime]:
    """Where windows start, day by day and step by step: slow, and plain to see."""
    number, unit = int(length[:-1]), length[-1]
    found = []
    day = window.full.first_day(in_zone=window.in_zone)
    while (start := start_of_day(day, in_zone=window.in_zone)) < window.full.end:
        days = number if unit == "d" else 1
        end = start_of_day(day + timedelta(days=days), in_zone=window.in_zone)
        while start < end:
            found.append(start)
            start = (
                end if unit == "d" else start + timedelta(**{"m": {"minutes": number}, "h": {"hours": number}}[unit])
            )
        day += timedelta(days=days)
    segment = window.segment
    ends = [*found[1:], window.full.end]
    return [start for start, end in zip(found, ends, strict=True) if start < segment.end and end > segment.start]


def plainly(measure: Bucketed, samples: list[Sample], window: Window) -> Fraction:
    """The same, window by window."""
    cuts = starts(measure.window, window)
    held: dict[datetime, list[Sample]] = defaultdict(list)
    for sample in samples:
        held[max(cut for cut in cuts if cut <= sample.happened_at)].append(sample)
    measured = [
        Fraction(measure.inner.of(held[cut], window)) for cut in cuts if held[cut] or measure.empty_windows == "zero"
    ]
    if not measured:
        return Fraction(0)
    by_name: dict[str, Callable[[list[Fraction]], Fraction]] = {
        "sum": lambda each: sum(each, start=Fraction(0)),
        "average": lambda each: sum(each, start=Fraction(0)) * Fraction(1, len(each)),
        "minimum": min,
        "maximum": max,
    }
    return by_name[measure.outer](measured)


@given(
    samples_of(numbers),
    lengths,
    inners,
    outers,
    st.sampled_from(["zero", "skip"]),
    st.integers(1, 31 * 24 * 60 - 1),
    st.integers(0, 2),
)
def test_windows_are_what_one_would_cut_by_hand(
    samples: list[Sample], length: str, inner: Count, outer: str, empty: str, minute: int, which: int
) -> None:
    measure = Bucketed(inner, length, outer, empty_windows=empty)
    at = FULL_AUGUST.segment.start + timedelta(minutes=minute)
    window = (FULL_AUGUST, *cut(FULL_AUGUST, at))[which]
    inside = within(samples, window)
    assert measure.of(inside, window) == plainly(measure, inside, window)


@given(zones, st.dates(date(1975, 1, 1), date(2030, 1, 1)), st.integers(1, 9), lengths, st.data())
def test_the_windows_of_any_zone_cover_every_instant_once(
    in_zone: str, first: date, days: int, length: str, data: st.DataObject
) -> None:
    window = month(first.isoformat(), (first + timedelta(days=days)).isoformat(), in_zone=in_zone)
    minutes = int((window.segment.end - window.segment.start) / timedelta(minutes=1))
    chosen = data.draw(st.sets(st.integers(0, minutes - 1), max_size=10))
    samples = [Sample(window.segment.start + timedelta(minutes=m), m, {"n": 1}) for m in sorted(chosen)]
    assert Bucketed(Count(), length, "sum").of(samples, window) == len(samples)
    for outer in ("average", "minimum", "maximum"):
        measure = Bucketed(Count(), length, outer)
        assert measure.of(samples, window) == plainly(measure, samples, window)


@pytest.mark.parametrize(
    ("in_zone", "day", "windows"),
    [("Europe/Paris", "2026-03-29", 23), ("Europe/Paris", "2026-10-25", 25), ("Europe/Paris", "2026-10-26", 24)],
)
def test_a_day_has_as_many_hours_as_its_clocks_give_it(in_zone: str, day: str, windows: int) -> None:
    window = month(day, (date.fromisoformat(day) + timedelta(days=1)).isoformat(), in_zone=in_zone)
    sample = [Sample(window.segment.start, 1, {"n": 1})]
    assert Bucketed(Count(), "1h", "average").of(sample, window) == Fraction(1, windows)


def test_the_last_window_of_a_day_may_be_shorter() -> None:
    """Windows of 7 hours start at 0, 7, 14 and 21, and at 0 again."""
    samples = sampled(("2023-08-01T20:59", 1), ("2023-08-01T21:00", 2), ("2023-08-01T23:59", 4), ("2023-08-02", 8))
    assert Bucketed(Sum(N), "7h", "maximum").of(samples[:3], FULL_AUGUST) == 6
    assert Bucketed(Sum(N), "7h", "maximum").of(samples, FULL_AUGUST) == 8
    assert Bucketed(Count(), "7h", "sum").of(samples, FULL_AUGUST) == 4
    assert Bucketed(Count(), "7h", "average").of(samples, FULL_AUGUST) == Fraction(4, 4 * 31)


def test_the_sum_of_hourly_peaks() -> None:
    samples = sampled(
        ("2023-08-01T00:10", 5), ("2023-08-01T00:50", 9), ("2023-08-01T01:00", 2), ("2023-08-31T23:59", 4)
    )
    assert Bucketed(Maximum(N), "1h", "sum").of(samples, FULL_AUGUST) == 15


def test_an_empty_window_is_zero_or_skipped() -> None:
    samples = sampled(("2023-08-01T00:10", -5), ("2023-08-02T00:10", -7))
    for outer, zero, skip in (
        ("average", Fraction(-12, 31), -6),
        ("maximum", 0, -5),
        ("minimum", -7, -7),
        ("sum", -12, -12),
    ):
        assert Bucketed(Sum(N), "1d", outer).of(samples, FULL_AUGUST) == zero
        assert Bucketed(Sum(N), "1d", outer, empty_windows="skip").of(samples, FULL_AUGUST) == skip


def test_a_segment_cuts_its_first_and_last_windows() -> None:
    segment = Period(utc("2023-08-03T05:30"), utc("2023-08-03T07:30"))
    window = Window(segment, FULL_AUGUST.full, "UTC")
    samples = sampled(("2023-08-03T05:45", 1), ("2023-08-03T06:00", 2), ("2023-08-03T07:29:59", 3))
    assert Bucketed(Count(), "1h", "average").of(samples, window) == 1
    assert Bucketed(Count(), "2h", "average").of(samples, window) == Fraction(3, 2)


def test_windows_of_days_start_with_the_full_period() -> None:
    segment = Period(utc("2023-08-05"), utc("2023-09-01"))
    window = Window(segment, FULL_AUGUST.full, "UTC")
    samples = sampled(("2023-08-07", 1), ("2023-08-08", 2), ("2023-08-14", 3))
    assert Bucketed(Count(), "7d", "maximum").of(samples, window) == 2
    assert Bucketed(Count(), "7d", "average").of(samples, window) == Fraction(3, 5)


@pytest.mark.parametrize("length", ["", "1", "h", "0h", "60m", "24h", "367d", "1w", "1.5h", "-1h", "01h", "1h ", "90m"])
def test_a_window_that_does_not_fit_a_day_is_refused(length: str) -> None:
    with pytest.raises(Refused, match="A window lasts from 1m to 59m, from 1h to 23h, or from 1d to 366d, not"):
        Bucketed(Count(), length, "sum")


def test_a_year_of_minutes_is_counted_without_walking_through_them() -> None:
    window = month("2023-01-01", "2024-01-01", in_zone="Europe/Paris")
    sample = [Sample(window.segment.start, 1, {"n": 1})]
    assert Bucketed(Count(), "1m", "average").of(sample, window) == Fraction(1, 365 * 24 * 60)
    assert Bucketed(Count(), "1m", "average", empty_windows="skip").of(sample, window) == Decimal(1)
