"""Readings: which events count for a price, in which group, and what is left when nothing happened."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.count import Count
from farthing.core.metering.event import read_event
from farthing.core.metering.filter import All, Compare, Comparison, Filter, Not, TimeOfDay, filter_from
from farthing.core.metering.increase import Increase
from farthing.core.metering.measures import Measure
from farthing.core.metering.meter import Measured, Measurement, Meter, Reading, measure
from farthing.core.metering.sample import Sample, Window, whole
from farthing.core.metering.screen import Accepted, Quarantined, Screen
from farthing.core.metering.seats import Seats
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.core.metering.total import Sum
from farthing.core.metering.unique import Unique
from farthing.core.metering.value import Property, parse
from tests.core.core_values import single
from tests.core.metering.samples import AUGUST, FULL_AUGUST, cut, sampled, samples_of, utc

N = Property("n")
ACME = UUID(int=1)
LARGE = Compare("model", Comparison.EQ, "large")
usage = st.fixed_dictionaries(
    {"n": st.integers(0, 99)},
    optional={"model": st.sampled_from(["large", "small", None]), "key": st.sampled_from(["k1", "k2", 7, "7"])},
)


def meter(measured_by: Measure, where: Filter | None = None) -> Meter:
    return Meter("m", 1, "inference", measured_by, where=where)


def test_without_events_there_is_one_cell_of_nothing() -> None:
    assert measure(Reading(meter(Sum(N)), FULL_AUGUST), []) == (Measured((), Decimal(0), 0),)
    assert measure(Reading(meter(Sum(N)), FULL_AUGUST, amounts=True), [])[0].amounts == ()
    assert measure(Reading(meter(Sum(N)), FULL_AUGUST, group_by=("model",)), []) == ()


@given(samples_of(usage))
def test_groups_add_up_to_the_whole(samples: list[Sample]) -> None:
    for measured_by in (Count(), Sum(N), Sum(parse("n / 7")), TimeWeighted(N)):
        reading = Reading(meter(measured_by), FULL_AUGUST)
        grouped = Reading(meter(measured_by), FULL_AUGUST, group_by=("model", "key"))
        one, several = (Measurement(ACME, each, 9, measure(each, samples)) for each in (reading, grouped))
        assert (one.quantity, one.events) == (several.quantity, several.events)
        assert len(one.cells) == 1
        assert len({cell.of for cell in several.cells}) == len(several.cells)


@given(samples_of(usage), st.sampled_from([Count(), Sum(N), Unique("n")]))
def test_a_filter_and_its_opposite_share_out_the_events(samples: list[Sample], measured_by: Measure) -> None:
    whole_of = measure(Reading(meter(measured_by), FULL_AUGUST), samples)[0]
    parts = [measure(Reading(meter(measured_by), FULL_AUGUST, where=w), samples)[0] for w in (LARGE, Not(LARGE))]
    assert sum(part.events for part in parts) == whole_of.events
    both = measure(Reading(meter(measured_by, LARGE), FULL_AUGUST, where=Not(LARGE)), samples)[0]
    assert both == Measured((), Decimal(0), 0)
    if not isinstance(measured_by, Unique):
        assert sum(part.quantity for part in parts) == whole_of.quantity


@given(samples_of(usage))
def test_what_each_event_is_worth_adds_up(samples: list[Sample]) -> None:
    for cell in measure(Reading(meter(Sum(N)), FULL_AUGUST, group_by=("key",), amounts=True), samples):
        assert cell.amounts is not None
        assert (sum(cell.amounts), len(cell.amounts)) == (cell.quantity, cell.events)


def test_cells_come_by_their_values_and_a_missing_one_last() -> None:
    samples = sampled(
        ("2023-08-01", {"n": 1}),
        ("2023-08-02", {"n": 2, "key": "b"}),
        ("2023-08-03", {"n": 4, "key": "10"}),
        ("2023-08-04", {"n": 8, "key": ["a"]}),
        ("2023-08-05", {"n": 16, "key": ""}),
        ("2023-08-06", {"n": 32, "key": Decimal("10.0")}),
    )
    cells = measure(Reading(meter(Sum(N)), FULL_AUGUST, group_by=("key",)), samples)
    assert [(cell.of, cell.quantity, cell.events) for cell in cells] == [
        (("",), 16, 1),
        (("10",), 36, 2),
        (("b",), 2, 1),
        ((None,), 9, 2),
    ]


def test_a_group_that_only_carries_over_has_a_cell_unless_it_is_nothing() -> None:
    samples = sampled(
        ("2023-07-01", {"user": "ann", "team": "a"}),
        ("2023-07-01", {"user": "bob", "team": "b"}),
        ("2023-07-02", {"user": "bob", "team": "b", "action": "remove"}),
        ("2023-08-02", {"user": "cy", "team": "c", "action": "remove"}),
    )
    seats = Reading(meter(Seats("user", carries_over=True)), FULL_AUGUST, group_by=("team",))
    assert measure(seats, samples) == (Measured(("a",), Decimal(1), 0), Measured(("c",), Decimal(0), 1))


def test_events_outside_the_segment_count_only_for_what_reaches_back() -> None:
    samples = sampled(("2023-07-31", 10), ("2023-08-02", 15), ("2023-09-01", 99))
    assert measure(Reading(meter(Increase(N)), FULL_AUGUST), samples) == (Measured((), Decimal(5), 1),)
    assert measure(Reading(meter(Sum(N)), FULL_AUGUST), samples) == (Measured((), Decimal(15), 1),)
    first, second = cut(FULL_AUGUST, utc("2023-08-02"))
    assert measure(Reading(meter(Sum(N)), first), samples) == (Measured((), Decimal(0), 0),)
    assert measure(Reading(meter(Sum(N)), second), samples) == (Measured((), Decimal(15), 1),)


def test_a_filter_leaves_out_the_past_as_well() -> None:
    samples = sampled(("2023-07-31", {"n": 10, "model": "small"}), ("2023-08-02", {"n": 15, "model": "large"}))
    assert measure(Reading(meter(Increase(N)), FULL_AUGUST, where=LARGE), samples)[0].quantity == 15


def test_a_night_is_the_customers() -> None:
    """22:30 in Sydney is 12:30 UTC, and the price of the night holds there until six."""
    night = filter_from({"time_of_day": {"from": "22:00", "to": "06:00"}}, of="The price")
    samples = sampled(
        ("2023-08-10T12:30", 1), ("2023-08-10T19:59:59", 2), ("2023-08-10T20:00", 4), ("2023-08-10T22:30", 8)
    )
    sydney = Window(AUGUST, AUGUST, "Australia/Sydney")
    assert measure(Reading(meter(Sum(N)), sydney, where=night), samples)[0].quantity == 3
    assert measure(Reading(meter(Sum(N)), FULL_AUGUST, where=night), samples)[0].quantity == 8
    assert measure(Reading(meter(Sum(N), night), sydney, where=Not(night)), samples)[0].quantity == 0


def test_a_meter_of_nights_by_groups_of_an_expression() -> None:
    reading = Reading(meter(Sum(parse("n / 3"))), FULL_AUGUST, group_by=("model",))
    samples = sampled(("2023-08-10", {"n": 1, "model": "a"}), ("2023-08-11", {"n": 2, "model": "a"}))
    assert [cell.quantity for cell in measure(reading, iter(samples))] == [1]
    assert measure(reading, samples[:1])[0].quantity == Fraction(1, 3)


def test_a_measurement_adds_up_its_cells() -> None:
    measured = Measurement(
        ACME,
        Reading(meter(Count()), FULL_AUGUST, group_by=("key",)),
        7,
        (Measured(("a",), Fraction(1, 3), 2), Measured((None,), Fraction(2, 3), 5)),
    )
    assert (measured.quantity, measured.events, measured.period) == (1, 7, AUGUST)
    assert measured.meter.key == "m"
    alone = single(ACME, meter(Count()), AUGUST, 7, Decimal(3), 3)
    assert (alone.quantity, alone.events, alone.period) == (3, 3, AUGUST)
    assert alone.reading.window == whole(AUGUST)


# Screening against meters with filters ------------------------------------------------------------------------

NOW = utc("2023-08-10T12:00")
NIGHT = TimeOfDay(utc("2023-08-10T22:00").time(), utc("2023-08-10T06:00").time())


def screened(*meters: Meter, data: dict[str, Any], now: datetime = NOW) -> Accepted | Quarantined:
    sent = {"id": "1", "source": "api", "type": "inference", "subject": "acme", "data": data}
    return Screen({"inference": meters}, {"acme": ACME}).screen(read_event(sent), now=now)


def test_an_event_that_a_filter_leaves_out_is_not_that_meters_business() -> None:
    assert isinstance(screened(meter(Sum(N), LARGE), data={"model": "small"}), Accepted)
    assert isinstance(screened(meter(Sum(N), LARGE), data={"model": "large"}), Quarantined)
    assert isinstance(screened(meter(Sum(N), LARGE), meter(Count()), data={}), Accepted)
    assert isinstance(screened(meter(Sum(N), LARGE), meter(Sum(N)), data={}), Quarantined)


@pytest.mark.parametrize("hour", [0, 12])
def test_what_a_meter_may_count_at_another_time_of_day_it_checks(hour: int) -> None:
    """Its customer's zone may change, and no event is ever measured that was not screened."""
    now = NOW.replace(hour=hour)
    assert isinstance(screened(meter(Sum(N), NIGHT), data={}, now=now), Quarantined)
    assert isinstance(screened(meter(Sum(N), Not(NIGHT)), data={}, now=now), Quarantined)
    assert isinstance(screened(meter(Sum(N), All((NIGHT, LARGE))), data={}, now=now), Accepted)


@pytest.mark.parametrize(
    ("measured_by", "data", "reason"),
    [
        (Sum(parse("a + b")), {"a": 1},
         "data has no “b”, which the meter “m” adds up; put that number there and send it again."),
        (Sum(parse("a / b")), {"a": 1, "b": 0}, "The meter divides by “b”, which is 0 here; send one that is not."),
        (Unique("user"), {}, "data has no “user”, which the meter “m” tells apart; put it there and send it again."),
        (Seats("user"), {}, "data has no “user”, which the meter “m” counts as seats; put it there and send it again."),
        (Increase("n"), {"n": "many"}, "data.n is no number: “many”; write it like 1234.5."),
    ],
)  # fmt: skip
def test_an_event_that_a_meter_cannot_measure_is_told_why(
    measured_by: Measure, data: dict[str, Any], reason: str
) -> None:
    assert screened(meter(measured_by), data=data) == Quarantined(
        read_event({"id": "1", "source": "api", "type": "inference", "subject": "acme", "data": data}), reason
    )
