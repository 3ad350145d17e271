"""Subscriptions: their moments follow one another, each once, from the start to the end."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.period import Period
from farthing.core.subscriptions.subscription import Moment, Standing, Subscription
from tests.core.core_values import at, instants, subscription, zones


@st.composite
def subscriptions(draw: st.DrawFn) -> Subscription:
    """Any subscription, with or without an end."""
    starts_at = draw(instants)
    lasts = draw(st.none() | st.integers(1, 40_000_000).map(lambda seconds: timedelta(0, seconds)))
    ends_at = None if lasts is None else starts_at + lasts
    return subscription(starts_at=starts_at, ends_at=ends_at, anchor_day=draw(st.integers(1, 31)), in_zone=draw(zones))


@given(subscriptions())
def test_periods_tile_the_time_from_start_to_end(any_subscription: Subscription) -> None:
    """INV-16"""
    periods = list(islice(any_subscription.periods(), 30))
    assert periods[0].start == any_subscription.starts_at
    assert all(earlier.end == later.start for earlier, later in pairwise(periods))
    if any_subscription.ends_at is not None:
        assert periods[-1].end == any_subscription.ends_at
    for period in periods:
        assert any_subscription.period_at(period.start) == period
        assert any_subscription.period_at(period.end - timedelta(microseconds=1)) == period


@given(subscriptions())
def test_moments_are_the_start_and_the_end_of_each_period(any_subscription: Subscription) -> None:
    periods = list(islice(any_subscription.periods(), 14))
    moments = list(any_subscription.moments_due(through=periods[-1].end))
    assert moments[0] == Moment(any_subscription.starts_at, ended=None, begins=periods[0])
    assert [moment.ended for moment in moments[1:]] == periods
    for earlier, later in pairwise(moments):
        assert earlier.begins == later.ended
        assert earlier.at < later.at == (later.ended.end if later.ended else None)
    ended = any_subscription.ends_at is not None and periods[-1].end == any_subscription.ends_at
    assert (moments[-1].begins is None) == ended


@given(subscriptions(), st.lists(st.integers(0, 400), max_size=5))
def test_however_often_one_looks_each_moment_is_due_once(any_subscription: Subscription, looks: list[int]) -> None:
    last = any_subscription.starts_at + timedelta(days=500)
    at_once = list(any_subscription.moments_due(through=last))
    running, told = any_subscription, list[Moment]()
    for day in [*sorted(looks), 500]:
        for moment in running.moments_due(through=running.starts_at + timedelta(days=day)):
            told.append(moment)
            running = replace(running, billed_through=moment.at)
    assert told == at_once
    assert list(running.moments_due(through=last)) == []


@given(subscriptions(), instants)
def test_a_period_holds_the_instant_it_is_asked_for(any_subscription: Subscription, instant: datetime) -> None:
    period = any_subscription.period_at(instant)
    assert (period is not None) == (any_subscription.standing(at=instant) is Standing.ACTIVE)
    assert period is None or instant in period


def test_nothing_is_due_before_the_start() -> None:
    assert list(subscription(starts_at=at("2026-01-10")).moments_due(through=at("2026-01-09T23:59"))) == []


def test_a_subscription_that_ends_inside_a_period_is_billed_last_at_its_end() -> None:
    ending = subscription(starts_at=at("2026-01-10"), ends_at=at("2026-02-14"))
    moments = list(ending.moments_due(through=at("2027-01-01")))
    assert [moment.at for moment in moments] == [at("2026-01-10"), at("2026-02-01"), at("2026-02-14")]
    assert moments[-1] == Moment(at("2026-02-14"), ended=Period(at("2026-02-01"), at("2026-02-14")), begins=None)


def test_an_end_agreed_after_a_period_was_billed_does_not_bill_it_again() -> None:
    billed = subscription(starts_at=at("2026-01-10"), ends_at=at("2026-02-01"))
    billed = replace(billed, billed_through=at("2026-02-01"))
    assert list(billed.moments_due(through=at("2027-01-01"))) == []


def test_a_subscription_is_coming_then_active_then_ended() -> None:
    ending = subscription(starts_at=at("2026-01-10"), ends_at=at("2026-02-01"))
    assert ending.standing(at=at("2026-01-09")) is Standing.COMING
    assert ending.standing(at=at("2026-01-10")) is Standing.ACTIVE
    assert ending.standing(at=at("2026-02-01")) is Standing.ENDED


def test_a_subscription_that_ends_before_it_starts_cannot_be() -> None:
    with pytest.raises(AssertionError, match="2026-01-10"):
        subscription(starts_at=at("2026-01-10"), ends_at=at("2026-01-09"))


def test_a_subscription_withdrawn_before_it_began_has_no_period_and_is_never_billed() -> None:
    withdrawn = subscription(starts_at=at("2026-01-10"), ends_at=at("2026-01-10"))
    assert withdrawn.withdrawn
    assert withdrawn.standing(at=at("2026-01-09")) is Standing.ENDED
    assert list(withdrawn.periods()) == []
    assert list(withdrawn.moments_due(through=at("2030-01-01"))) == []
    assert withdrawn.period_at(at("2026-01-10")) is None
