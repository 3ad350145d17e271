"""Cycles: every interval tiles time from every anchor, and goes on tiling through moves and new anchors."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.cycle_terms import cycle_from, cycle_terms
from farthing.core.interval import MONTH, Every, Unit, every_from
from farthing.core.period import Cycle, Period, local_date, start_of_day
from tests.core.core_values import AWKWARD_ZONES, any_every, at, changed_cycles, cycles, instants, zones

INSTANT = timedelta(microseconds=1)
TOKYO, LOS_ANGELES = "Asia/Tokyo", "America/Los_Angeles"
any_zone = st.sampled_from(sorted(zoneinfo.available_timezones()))


def _tiles(cycle: Cycle, start: datetime, count: int) -> list[Period]:
    """So many periods from an instant on, each of which holds every instant in it and touches the next."""
    periods = list(islice(cycle.periods_from(start), count))
    for earlier, later in pairwise(periods):
        assert earlier.end == later.start
    for period in periods[1:]:
        middle = period.start + (period.end - period.start) / 2
        for instant in (period.start, middle, period.end - INSTANT):
            assert cycle.stretch_holding(instant) == period
            full = cycle.period_holding(instant)
            assert full.start <= period.start < period.end <= full.end
    return periods


@given(any_every, st.dates(date(1960, 1, 1), date(2080, 1, 1)), any_zone, instants)
def test_any_interval_from_any_anchor_tiles_time_in_any_zone(
    every: Every, anchor: date, name: str, start: datetime
) -> None:
    """INV-16"""
    cycle = Cycle(anchor, name, every)
    for period in _tiles(cycle, start, 8)[1:]:
        first = local_date(period.start, in_zone=name)
        assert local_date(period.start - INSTANT, in_zone=name) < first
        turn = every.turn(anchor, every.turn_at(anchor, first))
        assert start_of_day(turn, in_zone=name) == period.start


@pytest.mark.parametrize("written", ["day", "3 days", "week", "2 weeks", "month", "2 months", "quarter", "6 months",
                                     "year", "18 months"])  # fmt: skip
@pytest.mark.parametrize("anchor_day", range(1, 32))
def test_every_interval_from_every_day_of_the_month_tiles_time(written: str, anchor_day: int) -> None:
    """INV-16, over leap days, the day that Samoa skipped and clocks that change at midnight."""
    for name in AWKWARD_ZONES:
        cycle = Cycle(date(2011, 12, anchor_day), name, every_from(written, of="It"))
        periods = list(islice(cycle.periods_from(start_of_day(date(2011, 12, 27), in_zone=name)), 12))
        assert all(earlier.end == later.start for earlier, later in pairwise(periods))


@given(changed_cycles())
def test_time_is_tiled_through_every_change_of_zone_anchor_and_interval(changed: Cycle) -> None:
    """INV-16"""
    first, last = _sinces(changed)[0], _sinces(changed)[-1]
    start = first - timedelta(days=40)
    before_cuts = [changed.stretch_holding(start)]
    while before_cuts[-1].end < last + timedelta(days=40):
        following = changed.stretch_holding(before_cuts[-1].end)
        assert following.start == before_cuts[-1].end
        before_cuts.append(following)
        assert len(before_cuts) < 4000
    for period in before_cuts[1:]:
        assert changed.stretch_holding(period.end - INSTANT) == period
        full = changed.period_holding(period.start)
        assert full == changed.period_holding(period.end - INSTANT)
        assert full.start <= period.start < period.end <= full.end


@given(changed_cycles(), instants)
def test_days_are_cut_and_added_without_gain_or_loss(changed: Cycle, instant: datetime) -> None:
    period = changed.stretch_holding(instant)
    running = changed.in_force(instant)
    assert 0 <= running.days(period) <= running.days(changed.period_holding(instant))
    part = Period(period.start, instant) if period.start < instant else None
    rest = Period(instant, period.end)
    assert running.days(rest) + (0 if part is None else running.days(part)) == running.days(period)


@given(cycles, zones, instants)
def test_a_move_alone_cuts_nothing_and_the_period_that_holds_it_stays_whole(
    cycle: Cycle, to: str, since: datetime
) -> None:
    moved = cycle.changed(since=since, in_zone=to)
    for instant in (since - INSTANT, since, since + timedelta(days=3)):
        period = moved.stretch_holding(instant)
        assert period == moved.period_holding(instant)
        assert moved.in_force(period.start).days(period) == moved.days(period)


@given(cycles, any_every, st.dates(date(1975, 1, 1), date(2055, 1, 1)), instants)
def test_another_anchor_cuts_at_its_instant_and_its_stub_is_part_of_its_own_full_period(
    cycle: Cycle, every: Every, anchor: date, since: datetime
) -> None:
    changed, alone = cycle.changed(since=since, anchor=anchor, every=every), Cycle(anchor, cycle.in_zone, every)
    if changed == cycle:
        return
    assert changed.stretch_holding(since - INSTANT).end == since
    stub = changed.stretch_holding(since)
    assert stub.start == since
    assert changed.period_holding(since) == alone.period_holding(since)
    assert stub.end == alone.period_holding(since).end
    assert changed.stretch_holding(stub.end) == alone.period_holding(stub.end)


@given(changed_cycles(), zones, instants)
def test_a_change_leaves_what_was_before_it_and_what_comes_later_where_they_are(
    changed: Cycle, to: str, since: datetime
) -> None:
    moved = changed.changed(since=since, in_zone=to)
    earlier = changed.stretch_holding(since - timedelta(days=9000))
    if earlier.end < since:
        assert moved.stretch_holding(earlier.start) == earlier
    assert moved.zone_at(since) == to
    assert [cut for cut in _cuts(moved) if cut != since] == [cut for cut in _cuts(changed) if cut != since]


def _sinces(cycle: Cycle) -> list[datetime]:
    return [] if cycle.before is None or cycle.since is None else [*_sinces(cycle.before), cycle.since]


def _cuts(cycle: Cycle) -> list[datetime]:
    """Where an anchor or an interval changes."""
    if cycle.before is None or cycle.since is None:
        return []
    before = cycle.before
    alike = cycle.every == before.every and cycle.every.same_turns(cycle.anchor, before.anchor)
    return [*_cuts(before), *([] if alike else [cycle.since])]


def test_who_moves_from_tokyo_to_los_angeles_has_a_march_of_31_days_and_17_hours_more() -> None:
    cycle = Cycle.monthly(1, TOKYO).changed(since=at("2026-03-15T09:00"), in_zone=LOS_ANGELES)
    march = cycle.stretch_holding(at("2026-03-20"))
    assert march == Period(at("2026-02-28T15:00"), at("2026-04-01T07:00"))
    assert cycle.days(march) == 31
    assert cycle.stretch_holding(march.end) == Period(march.end, at("2026-05-01T07:00"))


def test_who_moves_from_los_angeles_to_tokyo_has_a_shorter_march_of_31_days() -> None:
    cycle = Cycle.monthly(1, LOS_ANGELES).changed(since=at("2026-03-15T09:00"), in_zone=TOKYO)
    march = cycle.stretch_holding(at("2026-03-20"))
    assert march == Period(at("2026-03-01T08:00"), at("2026-03-31T15:00"))
    assert cycle.days(march) == 31


def test_a_month_that_began_in_tokyo_does_not_begin_again_in_los_angeles() -> None:
    """The move falls into the seventeen hours in which it is April in Tokyo and March in Los Angeles."""
    cycle = Cycle.monthly(1, TOKYO).changed(since=at("2026-04-01T00:00"), in_zone=LOS_ANGELES)
    april = cycle.stretch_holding(at("2026-04-01T00:00"))
    assert april == Period(at("2026-03-31T15:00"), at("2026-05-01T07:00"))
    assert (cycle.days(april), cycle.date_at(at("2026-04-01T00:00"))) == (30, date(2026, 4, 1))


def test_a_month_that_is_there_already_where_one_moves_to_begins_with_the_move() -> None:
    move = at("2026-04-01T00:00")
    cycle = Cycle.monthly(1, LOS_ANGELES).changed(since=move, in_zone=TOKYO)
    assert cycle.stretch_holding(move) == Period(move, at("2026-04-30T15:00"))
    assert cycle.stretch_holding(move - INSTANT) == Period(at("2026-03-01T08:00"), move)
    assert [cycle.days(cycle.stretch_holding(move - one)) for one in (INSTANT, timedelta(0))] == [31, 30]


def test_a_move_at_a_period_s_start_leaves_that_start_and_lengthens_the_period() -> None:
    start = at("2026-03-31T15:00")
    cycle = Cycle.monthly(1, TOKYO).changed(since=start, in_zone=LOS_ANGELES)
    assert cycle.stretch_holding(start - INSTANT) == Period(at("2026-02-28T15:00"), start)
    assert cycle.stretch_holding(start) == Period(start, at("2026-05-01T07:00"))
    assert cycle.zone_of(cycle.stretch_holding(start)) == TOKYO


def test_who_crosses_the_date_line_by_day_has_no_period_for_the_day_that_is_lost() -> None:
    daily = Cycle(date(2026, 1, 1), "Pacific/Midway", Every(1, Unit.DAY))
    move = at("2026-03-10T10:59")
    cycle = daily.changed(since=move, in_zone="Pacific/Kiritimati")
    assert cycle.stretch_holding(move) == Period(move, at("2026-03-11T10:00"))
    assert cycle.date_at(move) == date(2026, 3, 11)


def test_samoa_has_no_period_for_the_day_it_skipped() -> None:
    cycle = Cycle(date(2011, 12, 25), "Pacific/Apia", Every(1, Unit.DAY))
    before, after = (cycle.stretch_holding(at(f"2011-12-{instant}")) for instant in ("30T09:00", "30T10:00"))
    assert before == Period(at("2011-12-29T10:00"), at("2011-12-30T10:00"))
    assert after == Period(at("2011-12-30T10:00"), at("2011-12-31T10:00"))
    for period in (before, after):
        share = cycle.in_force(period.start).days(period), cycle.days(cycle.period_holding(period.start))
        assert share[0] == share[1]


def test_a_new_anchor_makes_a_stub_out_of_the_month_it_belongs_to() -> None:
    cycle = Cycle.monthly(1, "UTC").changed(since=at("2026-04-01"), anchor=date(2026, 4, 15))
    stub = cycle.stretch_holding(at("2026-04-01"))
    assert stub == Period(at("2026-04-01"), at("2026-04-15"))
    assert cycle.period_holding(at("2026-04-01")) == Period(at("2026-03-15"), at("2026-04-15"))
    assert (cycle.days(stub), cycle.days(cycle.period_holding(at("2026-04-01")))) == (14, 31)
    assert cycle.stretch_holding(at("2026-05-01")) == Period(at("2026-04-15"), at("2026-05-15"))


def test_an_anchor_that_comes_round_on_the_same_days_changes_nothing() -> None:
    cycle = Cycle.monthly(15, "UTC")
    assert cycle.changed(since=at("2026-04-01"), anchor=date(2026, 7, 15)) == cycle
    assert cycle.changed(since=at("2026-04-01"), in_zone="UTC") == cycle
    back = cycle.changed(since=at("2026-04-01"), in_zone=TOKYO).changed(since=at("2026-04-01"), in_zone="UTC")
    assert back == cycle


def test_a_move_before_an_anchor_that_is_agreed_for_later_is_kept_by_it() -> None:
    cycle = Cycle.monthly(1, TOKYO).changed(since=at("2026-04-30T15:00"), anchor=date(2026, 5, 15))
    moved = cycle.changed(since=at("2026-03-31T15:00"), in_zone=LOS_ANGELES)
    assert (moved.in_zone, moved.anchor_day, moved.first) == (LOS_ANGELES, 15, Cycle.monthly(1, TOKYO))
    assert moved.stretch_holding(at("2026-04-15")) == Period(at("2026-03-31T15:00"), at("2026-04-30T15:00"))


def test_another_interval_starts_a_new_cycle() -> None:
    cycle = Cycle.monthly(1, "UTC").changed(
        since=at("2026-04-01"), anchor=date(2026, 4, 1), every=every_from("year", of="It")
    )
    assert cycle.stretch_holding(at("2026-06-01")) == Period(at("2026-04-01"), at("2027-04-01"))
    assert (MONTH.divides(cycle.every), cycle.every.divides(MONTH)) == (True, False)


@given(st.one_of(cycles, changed_cycles()))
def test_a_cycle_is_read_back_from_its_terms(cycle: Cycle) -> None:
    again = cycle_from(cycle_terms(cycle))
    for instant in (at("2001-05-05"), at("2026-02-28T12:00"), at("2049-12-31T23:59")):
        assert again.stretch_holding(instant) == cycle.stretch_holding(instant)
        assert again.period_holding(instant) == cycle.period_holding(instant)
    assert cycle_terms(again) == cycle_terms(cycle)


def test_a_cycle_that_was_frozen_when_there_were_only_months_is_read() -> None:
    assert cycle_from({"anchor_day": 31, "zone": TOKYO, "plan_key": "starter"}) == Cycle.monthly(31, TOKYO)
