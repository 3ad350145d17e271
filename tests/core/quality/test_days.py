"""A day is odd by the days before it: more or less, sent twice, kept apart, or by another clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.quality.arrivals import SourceHour
from farthing.core.quality.days import (
    ClockAhead,
    ComesLate,
    Jumped,
    KeptApart,
    Oddity,
    Repeated,
    days_of,
    oddities_of,
)
from tests.core.quality.hours import MONDAY, hours, on_working_days

LAST = MONDAY + timedelta(days=27)  # A Sunday.


def odd(known: list[SourceHour], changed: Callable[[SourceHour], SourceHour]) -> list[Oddity]:
    """What is odd about the last day when each of its hours is changed so."""
    day = known[-1].hour.date()
    after = [changed(one) if one.hour.date() == day else one for one in known]
    return oddities_of(days_of(after, up_to=day, in_zone="UTC"))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (lambda one: one, []),
        (lambda one: replace(one, accepted=50), [Jumped(1200, 2400)]),
        (lambda one: replace(one, accepted=0), [Jumped(0, 2400)]),
        (lambda one: replace(one, accepted=200), [Jumped(4800, 2400)]),
        (lambda one: replace(one, accepted=130), []),
        (lambda one: replace(one, duplicates=100), [Repeated(2400, share=500, usual=0)]),
        (lambda one: replace(one, duplicates=2), []),
        (lambda one: replace(one, accepted=90, quarantined=10), [KeptApart(240, share=100, usual=0)]),
        (lambda one: replace(one, quarantined=one.hour.hour == 3), []),
        (
            lambda one: replace(one, least_lag=timedelta(hours=-2)),
            [ClockAhead(timedelta(hours=2), hours=24, of_hours=24)],
        ),
        (lambda one: replace(one, least_lag=timedelta(seconds=-30)), []),
        (
            lambda one: replace(one, least_lag=timedelta(hours=2)),
            [ComesLate(timedelta(hours=2), usual=timedelta(seconds=1))],
        ),
    ],
    ids=[
        "usual", "half", "nothing", "twice", "a third more", "sent twice", "a few again", "a tenth apart",
        "one apart", "clock ahead", "clock a little ahead", "late",
    ],
)  # fmt: skip
def test_a_day_that_is_unlike_the_days_before_is_told(
    changed: Callable[[SourceHour], SourceHour], expected: list[Oddity]
) -> None:
    assert odd(hours(28 * 24), changed) == expected


def test_one_event_with_a_wrong_time_is_no_clock_that_is_wrong() -> None:
    def once(one: SourceHour) -> SourceHour:
        return replace(one, least_lag=timedelta(days=-20)) if one.hour.hour == 5 else one

    assert odd(hours(28 * 24), once) == []


def test_a_weekend_is_compared_with_weekends() -> None:
    known = hours(28 * 24, on_working_days)
    sunday = days_of(known, up_to=LAST.date(), in_zone="UTC")
    assert sunday[-1].events == 0
    assert oddities_of(sunday) == []
    monday = [*known, *(replace(one, hour=one.hour + timedelta(days=28)) for one in known[:24])]
    assert oddities_of(days_of(monday, up_to=LAST.date() + timedelta(days=1), in_zone="UTC")) == []


def test_one_that_often_sends_again_is_odd_only_when_it_does_more_than_ever() -> None:
    known = [replace(one, duplicates=30) for one in hours(28 * 24)]
    assert odd(known, lambda one: one) == []
    assert odd(known, lambda one: replace(one, duplicates=120)) == [Repeated(2880, share=545, usual=230)]


def test_a_young_source_is_compared_with_the_days_that_there_are() -> None:
    assert odd(hours(3 * 24), lambda one: replace(one, accepted=1000)) == []
    assert odd(hours(5 * 24), lambda one: replace(one, accepted=1000)) == [Jumped(24_000, 2400)]


def test_few_events_are_left_to_chance() -> None:
    known = hours(28 * 24, lambda at: at.hour % 4 == 0)
    assert odd(known, lambda one: replace(one, accepted=2)) == []


@given(counts=st.lists(st.integers(0, 10_000), min_size=1, max_size=60))
def test_every_course_of_days_has_a_verdict_and_the_same_one_again(counts: list[int]) -> None:
    known = hours(24 * len(counts), lambda at: counts[(at - MONDAY).days] if at.hour == 12 else 0)
    if known:
        days = days_of(known, up_to=(MONDAY + timedelta(days=len(counts) - 1)).date(), in_zone="UTC")
        assert oddities_of(days) == oddities_of(days)


def test_days_without_any_event_are_days_too() -> None:
    known = [one for one in hours(10 * 24) if one.hour.day not in (7, 8)]
    days = days_of(known, up_to=LAST.date(), in_zone="UTC")
    assert len(days) == 28
    assert [day.events for day in days[:5]] == [2400, 2400, 0, 0, 2400]
    assert days_of([], up_to=LAST.date(), in_zone="UTC") == []
