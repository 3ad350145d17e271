"""Windows tile the time they are cut from, and a day is a day however long it is."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.cutting import Cut, cut
from farthing.core.period import Period, local_date, start_of_day, zone
from tests.core.core_values import AWKWARD_ZONES, at

BEGIN = at("2011-12-01")
periods = st.tuples(st.integers(0, 15 * 366 * 86_400), st.integers(1, 40 * 86_400)).map(
    lambda drawn: Period(BEGIN + timedelta(seconds=drawn[0]), BEGIN + timedelta(seconds=sum(drawn)))
)


@given(
    period=periods,
    into=st.sampled_from([Cut.HOUR, Cut.DAY, Cut.WEEK, Cut.MONTH]),
    in_zone=st.sampled_from(AWKWARD_ZONES),
)
def test_windows_touch_and_fill_the_period(period: Period, into: Cut, in_zone: str) -> None:
    windows = list(cut(period, into, in_zone=in_zone))
    assert windows[0].segment.start == period.start
    assert windows[-1].segment.end == period.end
    for one, other in pairwise(windows):
        assert one.segment.end == other.segment.start
        assert (one.segment.end, other.segment.start) == (one.full.end, other.full.start)
    assert all(window.full.start <= window.segment.start < window.segment.end <= window.full.end for window in windows)


@given(period=periods, into=st.sampled_from([Cut.DAY, Cut.WEEK, Cut.MONTH]), in_zone=st.sampled_from(AWKWARD_ZONES))
def test_days_weeks_and_months_begin_with_a_local_day(period: Period, into: Cut, in_zone: str) -> None:
    for window in cut(period, into, in_zone=in_zone):
        begins = local_date(window.full.start, in_zone=in_zone)
        assert window.full.start == start_of_day(begins, in_zone=in_zone)
        if into is Cut.MONTH:
            assert begins.day == 1
        if into is Cut.WEEK:
            assert begins.weekday() == 0


@pytest.mark.parametrize(
    ("day", "in_zone", "hours"),
    [
        (date(2026, 3, 29), "Europe/Berlin", 23),
        (date(2026, 10, 25), "Europe/Berlin", 25),
        (date(2026, 7, 1), "Asia/Kolkata", 24),
    ],
)
def test_a_day_is_one_window_of_as_many_hours_as_it_has(day: date, in_zone: str, hours: int) -> None:
    start, end = (start_of_day(each, in_zone=in_zone) for each in (day, day + timedelta(days=1)))
    period = Period(start, end)
    assert [window.segment for window in cut(period, Cut.DAY, in_zone=in_zone)] == [period]
    assert len(list(cut(period, Cut.HOUR, in_zone=in_zone))) == hours


def test_half_an_hour_of_clock_change_makes_one_short_hour() -> None:
    day = Period(start_of_day(date(2026, 10, 4), in_zone="Australia/Lord_Howe"),
                 start_of_day(date(2026, 10, 5), in_zone="Australia/Lord_Howe"))  # fmt: skip
    lengths = [
        window.segment.end - window.segment.start for window in cut(day, Cut.HOUR, in_zone="Australia/Lord_Howe")
    ]
    assert lengths == [timedelta(hours=1)] * 23 + [timedelta(minutes=30)]


def test_a_day_that_a_zone_skipped_is_no_window() -> None:
    period = Period(at("2011-12-29T10:00"), at("2012-01-01T10:00"))
    days = [
        window.full.start.astimezone(zone("Pacific/Apia")).date()
        for window in cut(period, Cut.DAY, in_zone="Pacific/Apia")
    ]
    assert date(2011, 12, 30) not in days
    assert date(2011, 12, 31) in days


def test_minutes_are_cut_to_what_is_asked_for() -> None:
    period = Period(at("2026-01-01T00:00:30"), at("2026-01-01T00:02:15"))
    starts = [window.segment.start.second for window in cut(period, Cut.MINUTE, in_zone="UTC")]
    assert starts == [30, 0, 0]
