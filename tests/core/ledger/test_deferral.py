"""What is paid ahead is earned by day: no day earns more than another but for a minor unit, and all of it is earned."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from farthing.core.ledger.deferral import Deferral, PaidAhead, Released, deferral_of
from farthing.core.money import Money
from farthing.core.period import Period
from tests.core.core_values import USD, at

DAYS = st.dates(date(2025, 12, 1), date(2026, 6, 30))


def usd(minor: int) -> Money:
    return Money(minor, USD)


@st.composite
def deferrals(draw: st.DrawFn) -> Deferral:
    first = draw(DAYS)
    since = first + timedelta(days=draw(st.integers(-20, 60)))
    return Deferral(usd(draw(st.integers(-(10**7), 10**7))), first, draw(st.integers(1, 400)), since)


@given(deferrals())
def test_every_day_earns_the_same_but_for_a_minor_unit_and_all_days_earn_all(one: Deferral) -> None:
    earned = [one.earned(through=one.first_day + timedelta(days=day - 1)).minor for day in range(one.days + 1)]
    shares = [later - earlier for earlier, later in pairwise(earned)]
    assert sum(shares) == one.amount.minor
    assert max(shares) - min(shares) <= 1
    assert one.earned(through=one.last_day + timedelta(days=99)) == one.amount
    assert one.earned(through=one.first_day - timedelta(days=1)) == usd(0)


@given(st.lists(deferrals(), max_size=5), st.lists(DAYS, min_size=1, max_size=6), st.none() | DAYS)
def test_however_often_it_is_released_what_is_earned_is_released_and_nothing_is_booked_in_a_locked_month(
    ahead: list[Deferral], todays: list[date], locked: date | None
) -> None:
    released: list[Released] = []
    for today in sorted(todays):
        known = [one for one in ahead if one.since <= today]
        locked_through = None if locked is None or locked >= today else locked.replace(day=1) - timedelta(days=1)
        due = list(PaidAhead(known, released, locked_through).due(as_of=today))
        released += due
        assert not list(PaidAhead(known, released, locked_through).due(as_of=today)), "once is enough"
        assert all(locked_through is None or one.booked_on > locked_through for one in due)
        assert sum(one.amount.minor for one in released) == sum(one.earned(through=today).minor for one in known)
    assert [one.booked_on for one in released] == sorted(one.booked_on for one in released)


def test_each_month_has_its_own_part_and_the_running_one_what_is_earned_so_far() -> None:
    year = Deferral(usd(36500), date(2026, 1, 1), 365, since=date(2026, 1, 1))
    due = list(PaidAhead([year]).due(as_of=date(2026, 3, 2)))
    assert due == [
        Released(date(2026, 1, 31), usd(3100)),
        Released(date(2026, 2, 28), usd(2800)),
        Released(date(2026, 3, 2), usd(200)),
    ]


def test_what_a_locked_month_earned_is_booked_in_the_open_one() -> None:
    january = Deferral(usd(3100), date(2026, 1, 1), 31, since=date(2026, 1, 1))
    due = list(PaidAhead([january], locked_through=date(2026, 1, 31)).due(as_of=date(2026, 2, 10)))
    assert due == [Released(date(2026, 2, 10), usd(3100))]


def test_what_is_invoiced_late_is_released_no_earlier_than_it_is_in_the_books() -> None:
    late = Deferral(usd(3100), date(2026, 1, 1), 31, since=date(2026, 3, 5))
    assert list(PaidAhead([late]).due(as_of=date(2026, 3, 5))) == [Released(date(2026, 3, 5), usd(3100))]


def test_what_is_given_back_takes_back_what_was_released() -> None:
    """Upgraded on the 11th: ten days are used, and the rest is unused."""
    fee = Deferral(usd(3000), date(2026, 4, 1), 30, since=date(2026, 4, 1))
    unused = Deferral(usd(-2000), date(2026, 4, 11), 20, since=date(2026, 4, 11))
    released = [Released(date(2026, 4, 15), usd(1500))]
    assert list(PaidAhead([fee, unused], released).due(as_of=date(2026, 4, 15))) == [
        Released(date(2026, 4, 15), usd(-500))
    ]


def test_a_fee_for_less_than_a_day_is_earned_on_it() -> None:
    period = Period(at("2026-01-05T08:00"), at("2026-01-05T20:00"))
    one = deferral_of(usd(100), period, in_zone="UTC", since=date(2026, 1, 5))
    assert (one.first_day, one.days) == (date(2026, 1, 5), 1)
