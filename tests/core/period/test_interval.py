"""Intervals: each turn is worked out from the anchor, and 29 February comes back."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.interval import MONTH, Alignment, Every, Unit, anchor_for, every_from
from farthing.core.refused import Refused
from tests.core.core_values import any_every

days = st.dates(date(1950, 1, 1), date(2150, 1, 1))


@given(any_every, days, st.integers(-200, 200))
def test_turns_rise_and_hold_every_day_once(every: Every, anchor: date, number: int) -> None:
    first, following = every.turn(anchor, number), every.turn(anchor, number + 1)
    assert first < following
    assert every.turn_at(anchor, first) == number
    assert every.turn_at(anchor, following - timedelta(days=1)) == number


@given(any_every, days, st.integers(-60, 60))
def test_a_turn_is_the_anchors_day_or_the_last_of_a_short_month(every: Every, anchor: date, number: int) -> None:
    turn = every.turn(anchor, number)
    if every.unit is Unit.DAY:
        assert (turn - anchor).days == number * every.number
    else:
        assert turn.day == anchor.day or (turn.day < anchor.day and (turn + timedelta(days=1)).day == 1)


@given(any_every, days, days)
def test_two_anchors_with_the_same_turns_come_round_on_the_same_days(every: Every, anchor: date, other: date) -> None:
    for moved in (other, every.turn(anchor, 7)):
        numbers = [every.turn_at(one, date(2040, 5, 5)) for one in (anchor, moved)]
        same = [
            every.turn(anchor, numbers[0] + more) == every.turn(moved, numbers[1] + more) for more in range(-30, 30)
        ]
        assert all(same) or not every.same_turns(anchor, moved)
        assert every.same_turns(anchor, moved) == every.same_turns(moved, anchor)


@given(any_every)
def test_an_interval_is_read_back_from_its_words(every: Every) -> None:
    assert every_from(str(every), of="It") == every


@pytest.mark.parametrize(
    ("written", "anchor", "turns"),
    [
        ("month", "2026-01-31", ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("year", "2024-02-29", ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        ("2 years", "2024-02-29", ["2026-02-28", "2028-02-29"]),
        ("quarter", "2021-11-30", ["2022-02-28", "2022-05-30", "2022-08-30", "2022-11-30"]),
        ("3 months", "2023-04-06", ["2023-07-06", "2023-10-06"]),
        ("6 months", "2024-01-31", ["2024-07-31", "2025-01-31"]),
        ("week", "2024-02-26", ["2024-03-04", "2024-03-11"]),
        ("2 weeks", "2026-12-25", ["2027-01-08", "2027-01-22"]),
        ("3 days", "2024-02-27", ["2024-03-01", "2024-03-04"]),
        ("12 months", "2026-11-30", ["2027-11-30"]),
        ("day", "2024-02-28", ["2024-02-29", "2024-03-01"]),
    ],
)
def test_known_turns(written: str, anchor: str, turns: list[str]) -> None:
    every, begins = every_from(written, of="It"), date.fromisoformat(anchor)
    assert [str(every.turn(begins, number + 1)) for number in range(len(turns))] == turns


@pytest.mark.parametrize(
    ("written", "word"),
    [("1 month", "month"), ("3 months", "quarter"), ("4 quarters", "year"), ("7 days", "week"),
     ("24 months", "2 years"), ("2 quarters", "6 months"), ("10  days", "10 days"), ("18 months", "18 months")],
)  # fmt: skip
def test_one_length_has_one_name(written: str, word: str) -> None:
    assert str(every_from(written, of="It")) == word


@pytest.mark.parametrize("written", ["", "monthly", "0 days", "fortnight", "1.5 months", "-1 month", None, 3,
                                     "21 years", "every month", "99999 days", "400 months"])  # fmt: skip
def test_what_is_no_interval_is_refused_in_a_sentence(written: object) -> None:
    with pytest.raises(Refused) as refused:
        every_from(written, of="The plan “team”")
    assert refused.value.field == "every"
    assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("written", "starts_on", "anchor"),
    [
        ("month", "2026-11-25", "2026-01-01"),
        ("quarter", "2026-11-25", "2026-01-01"),
        ("year", "2026-11-25", "2026-01-01"),
        ("week", "2026-11-25", "2026-11-23"),
        ("2 weeks", "2026-11-23", "2026-11-23"),
        ("day", "2026-11-25", "2026-11-25"),
        ("10 days", "2026-11-25", "2026-11-25"),
    ],
)
def test_on_the_calendar_periods_start_where_its_own_do(written: str, starts_on: str, anchor: str) -> None:
    every, day = every_from(written, of="It"), date.fromisoformat(starts_on)
    assert str(anchor_for(every, Alignment.CALENDAR, starts_on=day)) == anchor
    assert anchor_for(every, Alignment.ANNIVERSARY, starts_on=day) == day


def test_a_turn_out_of_reach_is_refused() -> None:
    with pytest.raises(Refused, match="out of reach"):
        MONTH.turn(date(9999, 12, 31), 1)
