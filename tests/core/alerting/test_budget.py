"""A budget's marks: each is reached at exactly its share, once; its pace is said when there is a pace to speak of."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.alerting.alert import AHEAD, Act, Acted, Alert, alerts_for, newly_reached
from farthing.core.alerting.budget import Budget, Standing, Tells
from farthing.core.money import currency
from farthing.core.period import Period
from farthing.core.refused import Refused
from tests.core.core_values import at

JANUARY = Period(at("2026-01-01"), at("2026-02-01"))
ID = UUID(int=7)


def budget(most: str = "100", *, shares: tuple[int, ...] = (50, 80, 100), ahead: bool = True) -> Budget:
    return Budget(
        ID, ID, "budget", Decimal(most), currency("USD"), None, shares, ahead, Tells.FINANCE, "Ada", at("2026-01-01")
    )


def standing(spent: str, *, on: str = "2026-01-03", steady: str = "0") -> Standing:
    return Standing(JANUARY, at(on), Decimal(spent), Decimal(100), steady=Decimal(steady))


@pytest.mark.parametrize(
    ("spent", "marks"),
    [("0", []), ("49.99", []), ("50", [50]), ("80", [50, 80]), ("99.999999", [50, 80]), ("250", [50, 80, 100])],
)
def test_a_share_is_reached_at_exactly_its_part(spent: str, marks: list[int]) -> None:
    assert newly_reached(budget(), standing(spent), ()) == marks


def test_of_marks_reached_at_once_the_highest_is_told() -> None:
    raised = alerts_for(budget(), standing("120"), [50, 80, 100])
    assert [(one.mark, one.is_told) for one in raised] == [(50, False), (80, False), (100, True)]
    assert len({one.alert_id for one in raised}) == 3


def test_what_was_raised_is_not_raised_again_when_usage_is_corrected_down_and_comes_again() -> None:
    raised: set[int] = set()
    told = []
    for spent in ("60", "40", "60", "85", "10", "101"):
        marks = newly_reached(budget(), standing(spent), raised)
        raised |= set(marks)
        told.append(marks)
    assert told == [[50], [], [], [80], [], [100]]


def test_a_pace_is_told_from_a_fifth_of_the_period_on_with_the_day_on_which_it_breaks_the_budget() -> None:
    early = standing("10", on="2026-01-02")
    assert (early.at_the_end, early.breach_at) == (None, None)
    assert newly_reached(budget(), early, ()) == []
    later = standing("40", on="2026-01-11")
    assert later.at_the_end == 124
    assert later.breach_at == at("2026-01-26")
    assert newly_reached(budget(), later, ()) == [AHEAD]
    assert newly_reached(budget(ahead=False), later, ()) == []
    assert newly_reached(budget(), later, {AHEAD}) == []


def test_a_fee_does_not_grow_with_the_pace() -> None:
    # A fee of 30 and ten of usage in ten days: 61 at the end, not 124.
    assert standing("40", on="2026-01-11", steady="30").at_the_end == 61
    assert standing("40", on="2026-01-11", steady="30").breach_at is None


def test_that_it_will_not_last_is_no_news_once_it_is_spent() -> None:
    assert newly_reached(budget(shares=(100,)), standing("130", on="2026-01-11"), ()) == [100]
    assert newly_reached(budget(shares=(150,)), standing("130", on="2026-01-11"), ()) == []


@given(spent=st.decimals(0, 1000, places=6), day=st.integers(1, 30), most=st.decimals("0.01", 1000, places=2))
def test_at_the_breach_the_pace_has_used_up_the_budget(spent: Decimal, day: int, most: Decimal) -> None:
    so_far = Standing(JANUARY, JANUARY.start + timedelta(days=day), spent, most)
    breach = so_far.breach_at
    if breach is None:
        assert so_far.at_the_end is None or so_far.at_the_end <= most
    else:
        assert so_far.at_the_end is not None
        passed = Fraction(
            (breach - JANUARY.start) // timedelta(microseconds=1),
            (JANUARY.end - JANUARY.start) // timedelta(microseconds=1),
        )
        assert abs(so_far.at_the_end * passed - Fraction(most)) <= so_far.at_the_end / 10**9


@pytest.mark.parametrize("shares", [(), (0,), (1001,), (80, 50), (50, 50), tuple(range(1, 12))])
def test_shares_are_a_few_rising_percents(shares: tuple[int, ...]) -> None:
    with pytest.raises(Refused, match="share"):
        budget(shares=shares)


def test_a_budget_is_more_than_nothing() -> None:
    with pytest.raises(Refused, match="more than nothing"):
        budget("0")


def alert(*acts: Acted) -> Alert:
    return Alert(ID, ID, 80, standing("80", on="2026-01-10"), True, acts)


def test_a_snooze_rests_until_its_time_and_then_it_is_due_again_once() -> None:
    snoozed = alert(Acted(Act.SNOOZED, "Ada", at("2026-01-10"), until=at("2026-01-12")))
    assert snoozed.rests(now=at("2026-01-11"))
    assert not snoozed.is_due_again(now=at("2026-01-11"))
    assert snoozed.is_due_again(now=at("2026-01-12"))
    taken = alert(*snoozed.acts, Acted(Act.ASSIGNED, "Bob", at("2026-01-11")))
    assert taken.rests(now=at("2026-01-11"))
    reminded = alert(*snoozed.acts, Acted(Act.REMINDED, "us", at("2026-01-12")))
    assert not reminded.is_due_again(now=at("2026-01-13"))


def test_what_was_acknowledged_rests_no_more_and_takes_no_more_acts() -> None:
    done = alert(Acted(Act.ACKNOWLEDGED, "Ada", at("2026-01-10")))
    assert not done.rests(now=at("2026-01-11"))
    with pytest.raises(Refused, match="Ada has acknowledged this already"):
        done.refuse_if_done()
