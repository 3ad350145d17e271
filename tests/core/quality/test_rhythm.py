"""A source is known by its own weeks: what is quiet for it is no silence, and what is none for it is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.quality.arrivals import HOUR, SourceHour
from farthing.core.quality.rhythm import is_back, is_silent, rhythm_of
from tests.core.quality.hours import MONDAY, by_day, hour, hours, nightly, on_working_days

WEEKS = 24 * 7
MINUTE = timedelta(minutes=1)


def silent(known: list[SourceHour], at: datetime, *, in_zone: str = "UTC") -> bool:
    return is_silent(known, at=at, in_zone=in_zone)


def first_told(known: list[SourceHour]) -> timedelta:
    """How long after the last event it is told that the source is silent."""
    last = known[-1].last_received_at
    return next(at * 5 * MINUTE for at in range(12 * 24 * 5) if silent(known, last + at * 5 * MINUTE))


@pytest.mark.parametrize(
    ("sends", "until_hour", "told_after_hours"),
    [
        (lambda _: 100, 4 * WEEKS, 2),
        (by_day, 4 * WEEKS - 12, 2),  # Sunday noon: it sends on Sundays, too.
        (on_working_days, 4 * WEEKS - 2 * 24 - 12, 2),  # Friday noon.
        (nightly, 4 * WEEKS - 21, 26),  # The batch of the last night has come, and the next one does not.
    ],
    ids=["always", "by day", "on working days", "nightly"],
)
def test_a_silence_is_told_within_two_hours_in_which_it_is_expected(
    sends: Callable[[datetime], int], until_hour: int, told_after_hours: int
) -> None:
    waited = first_told(hours(until_hour, sends))
    assert timedelta(hours=told_after_hours - 0.5) <= waited <= timedelta(hours=told_after_hours + 0.5)


def test_a_night_and_a_weekend_in_which_it_never_sends_are_no_silence() -> None:
    evening = hours(3 * WEEKS + 20, by_day)
    assert not silent(evening, MONDAY + (3 * WEEKS + 32) * HOUR)
    assert silent(evening, MONDAY + (3 * WEEKS + 34) * HOUR)
    friday = hours(3 * WEEKS + 5 * 24, on_working_days)
    assert not silent(friday, MONDAY + 4 * WEEKS * HOUR + HOUR)
    assert silent(friday, MONDAY + 4 * WEEKS * HOUR + 3 * HOUR)


def test_its_first_weekend_is_no_silence_of_a_young_source() -> None:
    week = hours(5 * 24)
    assert silent(week, MONDAY + 7 * 24 * HOUR + 3 * HOUR)
    assert not silent(week, MONDAY + 6 * 24 * HOUR)


def test_one_that_was_hardly_heard_yet_has_no_rhythm() -> None:
    assert rhythm_of([], until=MONDAY, in_zone="UTC") is None
    assert not silent(hours(24), MONDAY + 40 * HOUR)
    assert not silent(hours(30 * 24, lambda at: at.day == 6 and at.hour < 3), MONDAY + 10 * WEEKS * HOUR)


def test_a_silence_of_the_past_does_not_make_the_next_one_usual() -> None:
    known = [one for one in hours(3 * WEEKS) if not 100 <= (one.hour - MONDAY) // HOUR < 148]
    assert first_told(known) < timedelta(hours=3)


def test_one_that_is_often_quiet_is_silent_only_after_longer() -> None:
    now_and_then = hours(4 * WEEKS, lambda at: 5 if (at.day * 7 + at.hour * 3) % 11 < 3 else 0)
    assert first_told(now_and_then) > timedelta(hours=4)


def test_hours_are_those_of_the_clock_on_the_wall() -> None:
    def office(at: datetime) -> int:
        # 8 to 18 o'clock in Berlin, through the change of clocks on 29 March.
        local = at + (2 if at >= datetime(2026, 3, 29, 1, tzinfo=at.tzinfo) else 1) * HOUR
        return 40 if 8 <= local.hour < 18 else 0

    known = hours(15 * WEEKS, office)
    for day in range(11 * 7, 13 * 7):
        nine = MONDAY + timedelta(days=day, hours=9)
        assert not silent([one for one in known if one.hour < nine], nine, in_zone="Europe/Berlin")


def test_it_is_back_when_it_is_heard_as_much_as_usual_and_not_by_a_single_event() -> None:
    before = hours(3 * WEEKS)
    since = before[-1].last_received_at
    later = MONDAY + (3 * WEEKS + 6) * HOUR
    assert not is_back(before, silent_since=since, in_zone="UTC")
    assert not is_back([*before, hour(later, 1)], silent_since=since, in_zone="UTC")
    assert is_back([*before, hour(later, 1), hour(later + HOUR, 1)], silent_since=since, in_zone="UTC")
    assert is_back([*before, hour(later, 60)], silent_since=since, in_zone="UTC")


@given(
    heard=st.sets(st.integers(0, 4 * WEEKS), min_size=1, max_size=60),
    wait=st.integers(0, 500),
    more=st.integers(0, 500),
)
def test_who_is_silent_stays_so_until_heard(heard: set[int], wait: int, more: int) -> None:
    """Within the weeks that are learned from."""
    known = [hour(MONDAY + at * HOUR) for at in sorted(heard)]
    at = known[-1].last_received_at + wait * MINUTE
    rhythm = rhythm_of(known, until=at + more * MINUTE, in_zone="UTC")
    if rhythm is not None and rhythm.is_too_long(known[-1].last_received_at, at):
        assert rhythm.is_too_long(known[-1].last_received_at, at + more * MINUTE)
