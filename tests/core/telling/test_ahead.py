"""What was told ahead follows its day: each is told once, and moves, goes and comes back with what it is of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from farthing.core.alerting.credit import CreditStanding
from farthing.core.money import USD, Money
from farthing.core.telling.ahead import Occasion, Terms, Told, moved, untold
from farthing.core.telling.digest import Happening

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ACME, SUBSCRIPTION = UUID(int=1), UUID(int=2)
days = st.lists(st.integers(1, 300), max_size=6, unique=True)


def trial(day: int) -> Occasion:
    return Occasion(Happening.TRIAL_END, SUBSCRIPTION, BEGIN + timedelta(days=day))


def told(occasion: Occasion, *, stands_at: datetime | None = None) -> Told:
    return Told(ACME, occasion, stands_at or occasion.at, Terms("Starter", Money(4900, USD)))


def look(known: list[Told], coming: list[Occasion], *, until: datetime) -> tuple[list[Told], int]:
    """One look: what stands then, and how much was said."""
    moves = moved(known, coming)
    elsewhere = {one.foretold_id: at for one, at in moves}
    standing = [replace(one, stands_at=elsewhere.get(one.foretold_id, one.stands_at)) for one in known]
    new = untold(standing, coming, until=until)
    return [*standing, *(told(one) for one in new)], len(moves) + len(new)


def test_a_trial_that_is_prolonged_takes_its_notice_along_and_is_not_told_twice() -> None:
    known, said = look([], [trial(7)], until=BEGIN + timedelta(days=7))
    assert said == 1
    known, said = look(known, [trial(10)], until=BEGIN + timedelta(days=14))
    assert [one.stands_at for one in known] == [trial(10).at]
    assert said == 1
    assert look(known, [trial(10)], until=BEGIN + timedelta(days=14)) == (known, 0)


def test_what_is_cancelled_is_taken_back_and_comes_back_when_it_is_not() -> None:
    known, _ = look([], [trial(7)], until=BEGIN + timedelta(days=7))
    known, said = look(known, [], until=BEGIN + timedelta(days=7))
    assert ([one.stands_at for one in known], said) == ([None], 1)
    assert look(known, [], until=BEGIN + timedelta(days=7))[1] == 0
    known, said = look(known, [trial(7)], until=BEGIN + timedelta(days=7))
    assert ([one.stands_at for one in known], said) == ([trial(7).at], 1)


@given(st.lists(days, max_size=6), st.integers(1, 90))
def test_whatever_moves_no_day_is_told_twice_and_what_stands_is_what_comes(
    looks: list[list[int]], days_ahead: int
) -> None:
    until = BEGIN + timedelta(days=days_ahead)
    known: list[Told] = []
    for these in looks:
        coming = [trial(day) for day in sorted(these)]
        known, _ = look(known, coming, until=until)
        standing = [one.stands_at for one in known if one.stands_at is not None]
        assert len(standing) == len(set(standing))
        assert set(standing) <= {one.at for one in coming}
        assert {one.at for one in coming if one.at <= until} <= set(standing)
        assert len({one.foretold_id for one in known}) == len(known)
        assert look(known, coming, until=until) == (known, 0)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=40))
def test_credit_that_goes_up_and_down_around_the_mark_is_told_once(left: list[int]) -> None:
    was_low, told_low, highest_since = False, 0, 100
    for cents in left:
        is_low = CreditStanding(Money(cents, USD), Money(100, USD)).is_low(was_low=was_low)
        highest_since = max(highest_since, cents)
        if is_low and not was_low:
            assert cents < 20
            assert told_low == 0 or highest_since >= 40
            told_low, highest_since = told_low + 1, 0
        was_low = is_low
