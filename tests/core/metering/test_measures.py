"""Measures: each has its law, whatever the numbers, and together they add up over any cut of a period."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.exact import Exact, Rounding, rounded
from farthing.core.metering.average import Average
from farthing.core.metering.bucketed import Bucketed
from farthing.core.metering.count import Count
from farthing.core.metering.first import First
from farthing.core.metering.grouped import Grouped
from farthing.core.metering.increase import Increase
from farthing.core.metering.latest import Latest
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.measures import MEASURES, Measure, measure_from
from farthing.core.metering.minimum import Minimum
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.seats import SeatCount, Seats
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.core.metering.total import Sum
from farthing.core.metering.unique import Unique
from farthing.core.metering.value import Property, parse
from farthing.core.refused import Refused
from tests.core.metering.samples import (
    AUGUST,
    FULL_AUGUST,
    counters,
    cut,
    in_order,
    month,
    numbers,
    sampled,
    samples_of,
    until,
    utc,
    within,
)

N = Property("n")
cuts = st.integers(1, 31 * 24 * 60 - 1).map(lambda minute: AUGUST.start + timedelta(minutes=minute))
seat_events = st.fixed_dictionaries(
    {"user": st.sampled_from(["ann", "bob", "cy"])}, optional={"action": st.sampled_from(["add", "remove"])}
)
hosts = st.fixed_dictionaries({"n": counters, "host": st.sampled_from(["a", "b", None])})
EVERY = [
    Count(),
    Sum(N),
    Average(N),
    Minimum(N),
    Maximum(N),
    Unique("n"),
    Seats("n"),
    Seats("n", counts=SeatCount.PEAK, carries_over=True),
    Latest(N),
    Latest(N, series=("host",), carries_over=True),
    First(N),
    TimeWeighted(N),
    TimeWeighted(N, readings="levels", per="hour", series=("host",), carries_over=True),
    Increase(N, series=("host",)),
    Percentile(N, Decimal(95)),
    Bucketed(Maximum(N), "1h", "sum"),
    Bucketed(Count(), "1d", "average", empty_windows="skip"),
    Grouped(("host",), Sum(N), "maximum"),
    Grouped(("host", "n"), Seats("n", carries_over=True), "average"),
]
every_measure = st.sampled_from(EVERY)


def values(samples: list[Sample]) -> list[Fraction]:
    return [Fraction(sample.data["n"]) for sample in samples]


@pytest.mark.parametrize("measure", EVERY, ids=repr)
def test_nothing_measures_nothing(measure: Measure) -> None:
    assert measure.of([], FULL_AUGUST) == 0


@given(st.lists(numbers, min_size=2, max_size=8), st.randoms(use_true_random=False), every_measure)
def test_samples_at_one_instant_may_come_in_any_order_unless_the_last_or_the_first_counts(
    found: list[Decimal], chance: Any, measure: Measure
) -> None:
    """Where position decides, it decides among equal contents too: these measures then see no difference."""
    at = utc("2023-08-05")
    same = (
        found if isinstance(measure, Count | Sum | Average | Minimum | Maximum | Unique | Percentile) else found[:1] * 4
    )
    shuffled = list(same)
    chance.shuffle(shuffled)
    one, other = ([Sample(at, place, {"n": n}) for place, n in enumerate(order)] for order in (same, shuffled))
    assert measure.of(one, FULL_AUGUST) == measure.of(other, FULL_AUGUST)


@given(samples_of(numbers))
def test_plain_measures_are_what_their_names_say(samples: list[Sample]) -> None:
    found = values(samples)
    assert Count().of(samples, FULL_AUGUST) == len(found)
    assert Sum(N).of(samples, FULL_AUGUST) == sum(found)
    if found:
        assert Average(N).of(samples, FULL_AUGUST) == sum(found) * Fraction(1, len(found))
        assert Minimum(N).of(samples, FULL_AUGUST) == min(found)
        assert Maximum(N).of(samples, FULL_AUGUST) == max(found)
        assert First(N).of(samples, FULL_AUGUST) == found[0]
        assert Latest(N).of(samples, FULL_AUGUST) == found[-1]
        assert Unique("n").of(samples, FULL_AUGUST) == len(set(found))


@given(samples_of(numbers, before=timedelta(days=20)), cuts)
def test_what_adds_up_adds_up_over_any_cut(samples: list[Sample], at: datetime) -> None:
    additive: list[Measure] = [
        Count(),
        Sum(N),
        Sum(parse("n / 3 + 1")),
        Increase(N),
        TimeWeighted(N, carries_over=True),
        TimeWeighted(N, readings="levels", per="day", carries_over=True),
    ]
    for measure in additive:
        choose = until if measure.reaches_back else within
        whole, *parts = (
            Fraction(measure.of(choose(samples, window), window)) for window in (FULL_AUGUST, *cut(FULL_AUGUST, at))
        )
        assert sum(parts) == whole, measure


@given(samples_of(seat_events, before=timedelta(days=20)), cuts)
def test_seats_add_up_over_any_cut(samples: list[Sample], at: datetime) -> None:
    seats = Seats("user", carries_over=True)
    whole, *parts = (Fraction(seats.of(until(samples, w), w)) for w in (FULL_AUGUST, *cut(FULL_AUGUST, at)))
    assert sum(parts) == whole


# Percentile ---------------------------------------------------------------------------------------------------


@given(samples_of(numbers), st.decimals(0, 100, places=2))
def test_a_percentile_is_a_value_that_occurred_and_that_enough_do_not_exceed(
    samples: list[Sample], percent: Decimal
) -> None:
    found = values(samples)
    ranked = Percentile(N, percent).of(samples, FULL_AUGUST)
    if not found:
        assert ranked == 0
        return
    assert ranked in found
    assert sum(value <= ranked for value in found) * 100 >= percent * len(found)
    assert sum(value < ranked for value in found) * 100 <= percent * len(found)
    assert Percentile(N, Decimal(0)).of(samples, FULL_AUGUST) == min(found)
    assert Percentile(N, Decimal(100)).of(samples, FULL_AUGUST) == max(found)


def test_a_month_of_five_minute_samples_at_the_95th_percentile() -> None:
    """31 days are 8,928 samples; the highest 446 are free, and the next one is billed."""
    many = 31 * 24 * 12
    samples = [
        Sample(AUGUST.start + place * timedelta(minutes=5), place, {"n": place * 4001 % many + 1})
        for place in range(many)
    ]
    assert sorted(values(samples)) == list(range(1, many + 1))
    assert Percentile(N, Decimal(95)).of(samples, FULL_AUGUST) == 8482


@pytest.mark.parametrize(
    ("percent", "rank"), [("0", 1), ("5", 1), ("5.01", 2), ("30", 6), ("95", 19), ("95.01", 20), ("100", 20)]
)
def test_the_nearest_rank_of_twenty_values(percent: str, rank: int) -> None:
    samples = sampled(*(("2023-08-02", n) for n in range(20, 0, -1)))
    assert Percentile(N, Decimal(percent)).of(samples, FULL_AUGUST) == rank


# Increase -----------------------------------------------------------------------------------------------------


@given(st.lists(counters, min_size=1, max_size=12).map(sorted), st.booleans())
def test_an_increase_without_resets_is_last_minus_before(found: list[Decimal], is_known: bool) -> None:
    start = AUGUST.start - timedelta(hours=1 if is_known else 0)
    samples = [Sample(start + place * timedelta(hours=2), place, {"n": n}) for place, n in enumerate(found)]
    assert Increase(N).of(samples, FULL_AUGUST) == found[-1] - (found[0] if is_known else 0)


@given(samples_of(hosts, before=timedelta(days=20)))
def test_increases_of_several_series_are_those_of_each(samples: list[Sample]) -> None:
    apart = [
        Increase(N).of([sample for sample in samples if sample.data["host"] == host], FULL_AUGUST)
        for host in ("a", "b", None)
    ]
    assert Increase(N, series=("host",)).of(samples, FULL_AUGUST) == sum(apart)


@given(samples_of(counters, before=timedelta(days=20)))
def test_an_increase_is_never_negative(samples: list[Sample]) -> None:
    assert Increase(N).of(samples, FULL_AUGUST) >= 0


def test_a_counter_that_starts_again_on_two_hosts() -> None:
    """a: 100 before, 150, then from 0 to 30 and 70: 50 + 30 + 40. b: new at 10, then from 0 to 4: 10 + 4."""
    samples = sampled(
        ("2023-07-30", {"n": 90, "host": "a"}),
        ("2023-07-31T23:59", {"n": 100, "host": "a"}),
        ("2023-08-02", {"n": 150, "host": "a"}),
        ("2023-08-03", {"n": 10, "host": "b"}),
        ("2023-08-04", {"n": 30, "host": "a"}),
        ("2023-08-05", {"n": "4", "host": "b"}),
        ("2023-08-06", {"n": 70, "host": "a"}),
    )
    assert Increase(N, series=("host",)).of(samples, FULL_AUGUST) == 134


# Time-weighted ------------------------------------------------------------------------------------------------


@given(numbers, st.sampled_from(["deltas", "levels"]), st.integers(0, 40))
def test_a_level_that_stands_all_period_is_the_level(level: Decimal, readings: str, days_before: int) -> None:
    samples = [Sample(AUGUST.start - timedelta(days=days_before), 1, {"n": level})]
    assert TimeWeighted(N, readings=readings, carries_over=True).of(samples, FULL_AUGUST) == level


@given(samples_of(numbers))
def test_levels_and_the_changes_between_them_weigh_the_same(samples: list[Sample]) -> None:
    levels = [Decimal(0), *(sample.data["n"] for sample in samples)]
    changes = [
        Sample(sample.happened_at, sample.position, {"n": Fraction(after) - Fraction(before)})
        for sample, before, after in zip(samples, levels, levels[1:], strict=False)
    ]
    assert all(change.data["n"].denominator for change in changes)
    decimals = [Sample(c.happened_at, c.position, {"n": _decimal(c.data["n"])}) for c in changes]
    weighed = TimeWeighted(N).of(decimals, FULL_AUGUST)
    assert weighed == TimeWeighted(N, readings="levels").of(samples, FULL_AUGUST)


def _decimal(number: Fraction) -> str:
    scaled = number * 10**18
    assert scaled.denominator == 1
    sign, digits, _ = Decimal(scaled.numerator).as_tuple()
    return f"{Decimal((sign, digits, -18)):f}"


@given(samples_of(numbers, before=timedelta(days=9)))
def test_hours_are_seconds_by_3600_and_days_are_24_hours(samples: list[Sample]) -> None:
    per = {
        unit: Fraction(TimeWeighted(N, per=unit, carries_over=True).of(samples, FULL_AUGUST))
        for unit in ("second", "hour", "day", "period")
    }
    assert per["second"] == per["hour"] * 3600 == per["day"] * 86400 == per["period"] * 31 * 86400


def test_three_from_one_in_the_morning_of_a_month() -> None:
    """743 of August's 744 hours at 3."""
    weighed = TimeWeighted(N).of(sampled(("2023-08-01T01:00", 3)), FULL_AUGUST)
    assert weighed == Fraction(3 * 743, 744)
    assert rounded(weighed, Rounding.HALF_UP, precision=5) == Decimal("2.99597")


def test_one_delta_at_the_first_instant() -> None:
    assert TimeWeighted(N).of(sampled(("2023-08-01", 1000)), FULL_AUGUST) == 1000


def test_a_disk_in_gigabyte_hours_with_what_stood_before() -> None:
    """40 GB come over from July, 10 more from the 11th, all gone from the 21st: 480 h x 40 + 240 h x 10."""
    samples = sampled(("2023-06-15", 25), ("2023-07-20", 15), ("2023-08-11", 10), ("2023-08-21", -50))
    assert TimeWeighted(N, per="hour", carries_over=True).of(samples, FULL_AUGUST) == 21_600
    fresh = within(samples, FULL_AUGUST)
    assert TimeWeighted(N, per="hour").of(fresh, FULL_AUGUST) == 240 * 10 + 264 * -40


def test_levels_of_two_disks_add_up_each_with_its_own() -> None:
    samples = sampled(
        ("2023-07-31", {"n": 5, "disk": "a"}),
        ("2023-08-02", {"n": 7, "disk": "b"}),
        ("2023-08-03", {"n": 0, "disk": "a"}),
        ("2023-08-04", {"n": 1, "disk": "b"}),
    )
    weighed = TimeWeighted(N, readings="levels", per="day", series=("disk",), carries_over=True)
    assert weighed.of(samples, FULL_AUGUST) == 5 * 2 + 7 * 2 + 1 * 28


def test_a_change_of_plan_divides_by_the_full_period() -> None:
    first, second = cut(FULL_AUGUST, utc("2023-08-16T12:00"))
    samples = sampled(("2023-08-01", 2))
    weighed = TimeWeighted(N, carries_over=True)
    assert weighed.of(samples, first) == weighed.of(samples, second) == 1


# Latest, first ------------------------------------------------------------------------------------------------


def test_the_latest_of_each_host_is_added_up_and_carried_over_when_asked() -> None:
    samples = sampled(
        ("2023-07-31", {"n": 5, "host": "a"}),
        ("2023-08-02", {"n": "14.2", "host": "b"}),
        ("2023-08-03", {"n": 3, "host": "b"}),
        ("2023-08-03", {"n": 50, "host": None}),
    )
    assert Latest(N, series=("host",), carries_over=True).of(samples, FULL_AUGUST) == 58
    assert Latest(N, series=("host",)).of(within(samples, FULL_AUGUST), FULL_AUGUST) == 53
    assert Latest(N).of(samples, FULL_AUGUST) == 50


def test_of_two_at_one_instant_the_position_decides() -> None:
    samples = in_order([Sample(utc("2023-08-03"), place, {"n": n}) for place, n in ((9, 1), (10, 2), (2, 3))])
    assert First(N).of(samples, FULL_AUGUST) == 3
    assert Latest(N).of(samples, FULL_AUGUST) == 2


@pytest.mark.parametrize(
    ("told", "expected"),
    [(["a", "b", "a"], 2), ([1, "1", Decimal("1.0")], 1), ([True, "true"], 1), ([" a", "a"], 2)],
)
def test_unique_tells_by_the_text(told: list[Any], expected: int) -> None:
    samples = [Sample(utc("2023-08-03"), place, {"user": user}) for place, user in enumerate(told)]
    assert Unique("user").of(samples, FULL_AUGUST) == expected


# What every measure has ---------------------------------------------------------------------------------------


def test_the_measures_that_are_priced_for_each_segment() -> None:
    assert {measure.kind for measure in EVERY if measure.per_segment} == {
        "maximum", "minimum", "latest", "first", "unique", "average", "percentile", "bucketed", "seats",
    }  # fmt: skip
    assert {measure.kind for measure in EVERY} == set(MEASURES)
    # Over groups it is as within one: bytes of the largest host add up over time, its peaks do not.
    assert [Grouped(("host",), inner, "maximum").per_segment for inner in (Sum(N), Maximum(N))] == [False, True]
    # Of seats only the average divides by the full period itself.
    assert [Seats("n", counts=counts).per_segment for counts in SeatCount] == [False, True, True]


@pytest.mark.parametrize("measure", EVERY, ids=repr)
def test_a_measure_is_read_back_as_it_was_written(measure: Measure) -> None:
    assert measure_from(measure.terms(), of="The meter “m”") == measure
    with pytest.raises(Refused, match="“colour”, which means nothing here"):
        measure_from(measure.terms() | {"colour": "red"}, of="The meter “m”")


@pytest.mark.parametrize("measure", EVERY, ids=repr)
def test_what_a_measure_needs_it_checks(measure: Measure) -> None:
    measure.check({"n": "12.5", "action": "add"})
    shown = measure.value_of({"n": "12.5"})
    assert shown in (None, 1, Decimal("12.5"))
    if not measure.needs:
        measure.check({})
        assert shown == 1
        return
    assert measure.needs == {"n"}
    for bad in ({}, {"n": None}, {"n": [12]}):
        with pytest.raises(Refused):
            measure.check(bad)
        assert measure.value_of(bad) is None


@pytest.mark.parametrize("build", [Average, Minimum, Maximum, First, Latest, Sum, TimeWeighted, Increase])
def test_a_text_for_a_value_names_a_property(build: Callable[[Any], Any]) -> None:
    assert build("GB-hours") == build(Property("GB-hours"))


@pytest.mark.parametrize(
    ("terms", "because"),
    [
        ({}, "needs a measure: count, sum"),
        ({"measure": "median"}, "“median” is none"),
        ({"measure": ["sum"]}, "needs a measure"),
        ({"measure": "count", "property": "x"}, "counts events, so it takes no property"),
        ({"measure": "count", "value": "x"}, "counts events, so it takes no value"),
        ({"measure": "sum"}, "which adds up numbers, needs a “property”"),
        ({"measure": "sum", "property": "a\x00"}, "not text"),
        ({"measure": "sum", "value": "a +"}, "ends too soon"),
        ({"measure": "sum", "property": "a", "series": ["h"]}, "“series”, which means nothing here"),
        ({"measure": "unique", "value": "a + b"}, "“value”, which means nothing here"),
        ({"measure": "seats", "property": "u", "counts": "most"}, "counts one of average, period_end, peak"),
        ({"measure": "seats", "property": "u", "action": ""}, "needs a “action”"),
        ({"measure": "seats", "property": "u", "carries_over": "yes"}, "carries_over as true or false"),
        ({"measure": "latest", "property": "a", "series": [1]}, "a list of property names"),
        ({"measure": "latest", "property": "a", "series": ["h", "h"]}, "twice"),
        ({"measure": "increase", "property": "a", "series": [f"h{n}" for n in range(17)]}, "16 is the most"),
        ({"measure": "time_weighted", "property": "a", "readings": "changes"}, "one of deltas, levels"),
        ({"measure": "time_weighted", "property": "a", "per": "week"}, "one of period, second, hour, day"),
        ({"measure": "percentile", "property": "a"}, "a percent from 0 to 100"),
        ({"measure": "percentile", "property": "a", "percent": 101}, "a percent from 0 to 100"),
        ({"measure": "percentile", "property": "a", "percent": -1}, "a percent from 0 to 100"),
        ({"measure": "bucketed", "window": "1h", "outer": "sum"}, "needs an inner measure"),
        ({"measure": "bucketed", "inner": {"measure": "count"}, "outer": "sum"}, "needs a window"),
        ({"measure": "bucketed", "inner": {"measure": "count"}, "window": "1h"}, "outer one of sum"),
        ({"measure": "bucketed", "inner": {"measure": "count"}, "window": "1h", "outer": "p95"}, "not “p95”"),
        ({"measure": "bucketed", "inner": {"measure": "seats", "property": "u"}, "window": "1h", "outer": "sum"},
         "The inner measure of the meter “m” takes as measure one of"),
        ({"measure": "bucketed", "window": "1h", "outer": "sum",
          "inner": {"measure": "latest", "property": "a", "carries_over": True}}, "leave carries_over out"),
        ({"measure": "bucketed", "inner": {"measure": "bucketed"}, "window": "1h", "outer": "sum"}, "one of count,"),
    ],
)  # fmt: skip
def test_terms_that_describe_no_measure_are_refused_in_a_sentence(terms: dict[str, Any], because: str) -> None:
    with pytest.raises(Refused) as refusal:
        measure_from(terms, of="The meter “m”")
    assert because in refusal.value.sentence
    assert "meter “m”" in refusal.value.sentence
    assert refusal.value.sentence.endswith(".")


def test_many_fractions_add_up_exactly() -> None:
    samples = [Sample(utc("2023-08-03"), n, {"n": n}) for n in range(1, 400)]
    expected: Exact = sum((Fraction(1, n) for n in range(1, 400)), start=Fraction(0))
    assert Sum(parse("1 / n")).of(samples, FULL_AUGUST) == expected


def test_a_window_may_be_a_month_anywhere() -> None:
    window: Window = month("2026-03-01", "2026-04-01", in_zone="Europe/Paris")
    level = [Sample(window.segment.start, 1, {"n": 1})]
    assert TimeWeighted(N, per="hour").of(level, window) == 31 * 24 - 1
    assert TimeWeighted(N).of(level, window) == 1
