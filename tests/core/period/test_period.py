"""Periods: they tile time in every zone, for every anchor day, through every trick of the clock."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.period import ZONE_DATABASE_VERSION, Cycle, Period, local_date, start_of_day, zone
from farthing.core.refused import Refused
from tests.core.core_values import AWKWARD_ZONES, at, instants, zones

INSTANT = timedelta(microseconds=1)
anchors = st.integers(1, 31)
any_zone = st.sampled_from(sorted(zoneinfo.available_timezones()))


@given(anchors, any_zone, instants)
def test_every_instant_is_in_one_period_and_periods_touch(anchor: int, name: str, start: datetime) -> None:
    """INV-16: for every anchor and zone, from any instant."""
    cycle = Cycle.monthly(anchor_day=anchor, in_zone=name)
    full = cycle.period_holding(start)
    assert start in full
    periods = list(islice(cycle.periods_from(start), 15))
    assert periods[0] == Period(start, full.end)
    for earlier, later in pairwise(periods):
        assert earlier.end == later.start
    for period in periods[1:]:
        assert cycle.period_holding(period.start) == period
        assert cycle.period_holding(period.end - INSTANT) == period
        assert timedelta(days=27) < period.end - period.start < timedelta(days=33)


@pytest.mark.parametrize("name", AWKWARD_ZONES)
@pytest.mark.parametrize("anchor", range(1, 32))
def test_periods_tile_four_years_with_a_leap_day(anchor: int, name: str) -> None:
    """INV-16, and that each period begins on its anchor's day."""
    cycle = Cycle.monthly(anchor_day=anchor, in_zone=name)
    periods = list(islice(cycle.periods_from(start_of_day(date(2010, 12, 5), in_zone=name)), 49))
    assert all(earlier.end == later.start for earlier, later in pairwise(periods))
    for period in periods[1:]:
        first = period.first_day(in_zone=name)
        before = local_date(period.start - INSTANT, in_zone=name)
        assert before < first
        # In a short month the last day stands in for the anchor.
        assert first.day == anchor or (first.day < anchor and (first + timedelta(days=1)).day == 1) or _skipped(first)


def _skipped(day: date) -> bool:
    """Samoa had no 30 December 2011: who is billed on the 30th was billed on the 31st."""
    return day == date(2011, 12, 31)


@given(any_zone, st.dates(date(1971, 1, 1), date(2060, 1, 1)))
def test_a_day_starts_at_its_first_instant(name: str, day: date) -> None:
    start = start_of_day(day, in_zone=name)
    assert local_date(start - INSTANT, in_zone=name) < day <= local_date(start, in_zone=name)


@given(zones, anchors, instants, st.data())
def test_days_of_parts_add_up_to_the_days_of_the_whole(
    name: str, anchor: int, start: datetime, data: st.DataObject
) -> None:
    full = Cycle.monthly(anchor_day=anchor, in_zone=name).period_holding(start)
    days = full.days(in_zone=name)
    assert 27 <= days <= 31
    day = full.first_day(in_zone=name) + timedelta(days=data.draw(st.integers(1, days - 1)))
    cut = start_of_day(day, in_zone=name)
    if full.start < cut < full.end:
        assert Period(full.start, cut).days(in_zone=name) + Period(cut, full.end).days(in_zone=name) == days


@pytest.mark.parametrize(
    ("name", "day", "start", "hours"),
    [
        ("UTC", date(2026, 3, 1), "2026-03-01", 24),
        ("Asia/Kolkata", date(2026, 3, 1), "2026-02-28T18:30", 24),
        ("Australia/Lord_Howe", date(2024, 4, 7), "2024-04-06T13:00", 24.5),
        ("Australia/Lord_Howe", date(2024, 10, 6), "2024-10-05T13:30", 23.5),
        ("America/Los_Angeles", date(2025, 3, 9), "2025-03-09T08:00", 23),
        ("America/New_York", date(2024, 11, 3), "2024-11-03T04:00", 25),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00", 23),
        ("America/Sao_Paulo", date(2019, 2, 17), "2019-02-17T03:00", 24),
        ("America/Sao_Paulo", date(2019, 2, 16), "2019-02-16T02:00", 25),
        ("America/Havana", date(2024, 11, 3), "2024-11-03T04:00", 25),
        ("Africa/Casablanca", date(2024, 3, 10), "2024-03-09T23:00", 25),
        ("Pacific/Apia", date(2011, 12, 29), "2011-12-29T10:00", 24),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00", 24),
    ],
)
def test_days_begin_and_last_as_their_zone_says(name: str, day: date, start: str, hours: float) -> None:
    begins = start_of_day(day, in_zone=name)
    assert begins == at(start)
    assert start_of_day(day + timedelta(days=1), in_zone=name) - begins == timedelta(hours=hours)


def test_the_day_that_samoa_skipped_begins_and_ends_at_once() -> None:
    skipped = start_of_day(date(2011, 12, 30), in_zone="Pacific/Apia")
    assert skipped == start_of_day(date(2011, 12, 31), in_zone="Pacific/Apia")
    december = Cycle.monthly(anchor_day=1, in_zone="Pacific/Apia").period_holding(skipped)
    assert (december.first_day(in_zone="Pacific/Apia"), december.last_day(in_zone="Pacific/Apia")) == (
        date(2011, 12, 1),
        date(2011, 12, 31),
    )


def test_an_evening_that_comes_twice_stays_in_the_month_that_began() -> None:
    """In Newfoundland of 2009 the first minute of November was followed by the last hour of October."""
    again = at("2009-11-01T02:45")
    assert local_date(again, in_zone="America/St_Johns") == date(2009, 10, 31)
    period = Cycle.monthly(anchor_day=1, in_zone="America/St_Johns").period_holding(again)
    assert again in period
    assert period.start == at("2009-11-01T02:30")


@pytest.mark.parametrize(
    ("anchor", "instant", "start", "end"),
    [
        (31, "2020-02-29", "2020-02-29", "2020-03-31"),
        (31, "2021-04-29", "2021-03-31", "2021-04-30"),
        (2, "2022-01-01", "2021-12-02", "2022-01-02"),
        (31, "2024-02-15", "2024-01-31", "2024-02-29"),
        (31, "2024-02-29", "2024-02-29", "2024-03-31"),
        (31, "2024-03-31", "2024-03-31", "2024-04-30"),
        (30, "2024-02-28", "2024-01-30", "2024-02-29"),
        (30, "2024-03-29", "2024-02-29", "2024-03-30"),
        (29, "2023-06-29", "2023-06-29", "2023-07-29"),
        (29, "2023-02-28", "2023-02-28", "2023-03-29"),
        (17, "2012-01-16", "2011-12-17", "2012-01-17"),
        (30, "2012-02-16", "2012-01-30", "2012-02-29"),
        (15, "2012-07-16", "2012-07-15", "2012-08-15"),
        (3, "2012-03-03", "2012-03-03", "2012-04-03"),
        (3, "2012-03-04", "2012-03-03", "2012-04-03"),
        (1, "2021-01-10", "2021-01-01", "2021-02-01"),
        (10, "2021-01-01", "2020-12-10", "2021-01-10"),
    ],
)
def test_known_periods(anchor: int, instant: str, start: str, end: str) -> None:
    cycle = Cycle.monthly(anchor_day=anchor, in_zone="UTC")
    assert cycle.period_holding(at(instant)) == Period(at(start), at(end))


@pytest.mark.parametrize(
    ("anchor", "instant", "days"), [(1, "2022-02-01", 28), (1, "2020-02-01", 29), (2, "2022-02-10", 28)]
)
def test_a_period_has_the_days_of_its_month(anchor: int, instant: str, days: int) -> None:
    assert Cycle.monthly(anchor_day=anchor, in_zone="UTC").period_holding(at(instant)).days(in_zone="UTC") == days


def test_a_calendar_month_in_new_york_is_cut_at_its_midnights() -> None:
    march = Cycle.monthly(anchor_day=1, in_zone="America/New_York").period_holding(at("2022-03-07"))
    assert march == Period(at("2022-03-01T05:00"), at("2022-04-01T04:00"))
    february = Cycle.monthly(anchor_day=1, in_zone="America/New_York").period_holding(march.start - INSTANT)
    assert february.start == at("2022-02-01T05:00")


def test_a_stub_counts_the_day_it_starts_on_and_not_the_day_it_ends_on() -> None:
    assert Period(at("2026-01-10T12:00"), at("2026-02-01")).days(in_zone="UTC") == 22
    assert Period(at("2026-01-10"), at("2026-01-20T12:00")).days(in_zone="UTC") == 10
    assert Period(at("2026-01-10T01:00"), at("2026-01-10T02:00")).days(in_zone="UTC") == 0


@pytest.mark.parametrize("anchor", [0, 32, -1])
def test_a_billing_day_that_no_month_has_is_refused(anchor: int) -> None:
    with pytest.raises(Refused, match="from 1 to 31"):
        Cycle.monthly(anchor_day=anchor, in_zone="UTC")


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "europe/paris", "../etc/passwd", "UTC\x00", "EST5EDT4"])
def test_what_is_no_zone_is_refused_with_examples(name: str) -> None:
    with pytest.raises(Refused, match="Europe/Paris"):
        zone(name)


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_a_date_out_of_reach_is_refused(day: date) -> None:
    with pytest.raises(Refused, match="give a date from 1900 to 9998"):
        start_of_day(day, in_zone="Pacific/Kiritimati")
    with pytest.raises(Refused, match="out of reach"):
        Cycle.monthly(anchor_day=31, in_zone="UTC").start_of_day(day)


def test_a_period_lasts_and_is_kept_in_utc() -> None:
    with pytest.raises(AssertionError, match="a period lasts"):
        Period(at("2026-01-01"), at("2026-01-01"))
    with pytest.raises(AssertionError, match="in UTC"):
        Period(at("2026-01-01").astimezone(zone("Asia/Tokyo")), at("2026-02-01"))


def test_the_zone_rules_are_those_of_the_package_and_say_their_version() -> None:
    assert ZONE_DATABASE_VERSION[:2] == "20"
    assert zoneinfo.TZPATH == ()
    assert datetime(2026, 1, 1, tzinfo=UTC).astimezone(zone("Asia/Kolkata")).utcoffset() == timedelta(minutes=330)
