"""Seats: whole local days, whatever the clocks do; never more on average than at the peak."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.sample import Sample
from farthing.core.metering.seats import SeatCount, Seats
from farthing.core.period import start_of_day
from farthing.core.refused import Refused
from tests.core.core_values import zones
from tests.core.metering.samples import FULL_AUGUST, cut, month, sampled, samples_of, until, utc, within

AVERAGE, END, PEAK = (Seats("user", counts=counts) for counts in SeatCount)
events = st.fixed_dictionaries(
    {"user": st.sampled_from(["ann", "bob", "cy"])}, optional={"action": st.sampled_from(["add", "remove"])}
)


def add(user: Any) -> dict[str, Any]:
    return {"user": user, "action": "add"}


def remove(user: Any) -> dict[str, Any]:
    return {"user": user, "action": "remove"}


@given(samples_of(events))
def test_the_average_is_between_none_and_the_peak(samples: list[Sample]) -> None:
    average, end, peak = (seats.of(samples, FULL_AUGUST) for seats in (AVERAGE, END, PEAK))
    assert 0 <= average <= peak <= 3
    assert 0 <= end <= peak


@given(samples_of(events, before=timedelta(days=40)))
def test_what_carries_over_is_what_stood_at_the_start(samples: list[Sample]) -> None:
    carried = Seats("user", counts=SeatCount.PERIOD_END, carries_over=True)
    before = [sample for sample in samples if sample.happened_at < FULL_AUGUST.segment.start]
    last = {sample.data["user"]: sample.data.get("action", "add") for sample in samples}
    assert carried.of(samples, FULL_AUGUST) == list(last.values()).count("add")
    if len(before) == len(samples):
        average = Seats("user", carries_over=True).of(samples, FULL_AUGUST)
        assert average == carried.of(samples, FULL_AUGUST)


@pytest.mark.parametrize(
    ("told", "days"),
    [
        ([("2023-08-01", add("ann"))], 31),
        ([("2023-08-01T23:59:59", add("ann"))], 31),
        ([("2023-08-31T23:59:59", add("ann"))], 1),
        ([("2023-08-01", {"user": "ann"})], 31),
        ([("2023-08-11T08:00", add("ann"))], 21),
        ([("2023-08-11T08:00", add("ann")), ("2023-08-11T20:00", remove("ann"))], 0),
        ([("2023-08-11", add("ann")), ("2023-08-12", remove("ann"))], 1),
        ([("2023-08-01", add("ann")), ("2023-08-11T08:00", remove("ann")), ("2023-08-11T20:00", add("ann"))], 31),
        ([("2023-08-01", add("ann")), ("2023-08-11T08:00", remove("ann")), ("2023-08-13T20:00", add("ann"))], 29),
        ([("2023-08-01", add("ann")), ("2023-08-02", add("ann")), ("2023-08-11", remove("ann"))], 10),
        ([("2023-08-01", remove("ann")), ("2023-08-31", add(7)), ("2023-08-31", add("7"))], 1),
    ],
)
def test_a_day_counts_for_a_seat_that_is_held_at_its_end(told: list[tuple[str, Any]], days: int) -> None:
    assert AVERAGE.of(sampled(*told), FULL_AUGUST) == Fraction(days, 31)


def test_the_peak_is_that_of_the_days_ends() -> None:
    samples = sampled(
        ("2023-08-03T08:00", add("ann")),
        ("2023-08-03T09:00", add("bob")),
        ("2023-08-03T10:00", remove("ann")),
        ("2023-08-20", add("cy")),
        ("2023-08-25", remove("cy")),
        ("2023-08-31T12:00", remove("bob")),
    )
    assert PEAK.of(samples, FULL_AUGUST) == 2
    assert END.of(samples, FULL_AUGUST) == 0


@pytest.mark.parametrize(
    ("in_zone", "first", "last", "days"),
    [
        ("Europe/Paris", "2026-03-01", "2026-04-01", 31),
        ("Europe/Paris", "2026-10-01", "2026-11-01", 31),
        ("America/Santiago", "2026-09-01", "2026-10-01", 30),
        ("America/Santiago", "2026-04-01", "2026-05-01", 30),
        ("Asia/Beirut", "2026-03-01", "2026-04-01", 31),
        ("Asia/Beirut", "2026-10-01", "2026-11-01", 31),
        ("America/St_Johns", "2009-10-15", "2009-11-15", 31),
    ],
)
def test_days_of_23_or_25_hours_are_one_day(in_zone: str, first: str, last: str, days: int) -> None:
    """The seat is added in the last minute of each local day in turn: what is left of the period are whole days."""
    window = month(first, last, in_zone=in_zone)
    for number in range(days):
        next_day = start_of_day(date.fromisoformat(first) + timedelta(days=number + 1), in_zone=in_zone)
        added = Sample(next_day - timedelta(minutes=1), 1, add("ann"))
        assert AVERAGE.of([added], window) == Fraction(days - number, days)
        if number + 1 < days:
            too_late = Sample(next_day, 1, add("ann"))
            assert AVERAGE.of([too_late], window) == Fraction(days - number - 1, days)


@given(zones, st.dates(date(1975, 1, 1), date(2030, 1, 1)), st.integers(1, 90))
def test_a_seat_held_throughout_is_one_seat(in_zone: str, first: date, days: int) -> None:
    window = month(first.isoformat(), (first + timedelta(days=days)).isoformat(), in_zone=in_zone)
    held = [Sample(window.segment.start, 1, add("ann"))]
    assert [seats.of(held, window) for seats in (AVERAGE, END, PEAK)] == [1, 1, 1]


def test_the_day_of_a_change_belongs_to_what_is_in_force_at_its_end() -> None:
    first, second = cut(FULL_AUGUST, utc("2023-08-11T12:00"))
    samples = sampled(("2023-08-01", add("ann")), ("2023-08-11T09:00", add("bob")))
    seats = Seats("user", carries_over=True)
    assert seats.of(until(samples, first), first) == Fraction(10, 31)
    assert seats.of(until(samples, second), second) == Fraction(42, 31)
    ended = Seats("user", counts=SeatCount.PERIOD_END, carries_over=True)
    assert ended.of(until(samples, first), first) == 2


def test_without_carrying_over_a_period_starts_empty() -> None:
    samples = sampled(("2023-07-09", add("ann")), ("2023-08-19", add("bob")))
    assert END.of(within(samples, FULL_AUGUST), FULL_AUGUST) == 1
    assert Seats("user", counts=SeatCount.PERIOD_END, carries_over=True).of(samples, FULL_AUGUST) == 2


@pytest.mark.parametrize(
    ("data", "because"),
    [
        ({}, "has no “user”"),
        ({"user": None}, "data.user is missing"),
        ({"user": ["ann"]}, "data.user is missing"),
        ({"user": "ann", "action": "delete"}, "data.action is “delete”, neither add nor remove"),
        ({"user": "ann", "action": "Add"}, "neither add nor remove"),
        ({"user": "ann", "action": True}, "neither add nor remove"),
        ({"user": "ann", "action": ["add"]}, "data.action is neither add nor remove"),
    ],
)
def test_an_event_that_says_nothing_of_a_seat_is_refused(data: dict[str, Any], because: str) -> None:
    with pytest.raises(Refused) as refusal:
        AVERAGE.check(data)
    assert because in refusal.value.sentence


def test_adding_is_meant_when_nothing_is_said() -> None:
    for data in ({"user": "ann"}, {"user": 7, "action": None}, {"user": True, "action": "remove"}):
        AVERAGE.check(data)
    Seats("user", action="op").check({"user": "ann", "action": "whatever"})
    samples = sampled(("2023-08-01", {"user": "ann", "op": "add"}), ("2023-08-02", {"user": "ann", "op": "remove"}))
    assert Seats("user", action="op", counts=SeatCount.PERIOD_END).of(samples, FULL_AUGUST) == Decimal(0)
