"""Filters: logic holds, numbers are numbers, nights run across midnight, and terms are read back the same."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any as Anything

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.filter import (
    DEEPEST_FILTER,
    MOST_TESTS,
    All,
    Any,
    Compare,
    Comparison,
    Exists,
    Filter,
    Not,
    OneOf,
    Prefix,
    TimeOfDay,
    filter_from,
    filter_terms,
)
from farthing.core.period import local_date, start_of_day
from farthing.core.refused import Refused
from tests.core.core_values import instants, zones
from tests.core.metering.samples import utc

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

keys = st.sampled_from(["model", "size", "all", "not", "time_of_day", "`odd`", "a b", "`"])
texts = st.sampled_from(["large", "small", "5", "5.0", "-1", "true", "", "large-2", "5e0"])
values = st.one_of(
    texts, st.integers(-9, 9), st.sampled_from([Decimal("5.0"), Decimal("5.1"), True, False, None, [1], {"a": 1}])
)
data = st.dictionaries(keys, values, max_size=4)
clocks = st.times(timezones=st.none()).map(lambda clock: clock.replace(microsecond=0))
numeric = st.sampled_from(["5", "0", "-1.5", "5.05"])
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Compare, keys, st.sampled_from([Comparison.EQ, Comparison.NE]), texts),
    st.builds(Compare, keys, st.sampled_from([op for op in Comparison if op.of_size]), numeric),
    st.builds(OneOf, keys, st.lists(texts, min_size=1, max_size=3).map(tuple)),
    st.builds(Exists, keys, st.booleans()),
    st.builds(Prefix, keys, texts.filter(bool)),
    st.builds(TimeOfDay, clocks, clocks),
)


def _of_several(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(st.builds(All, parts), st.builds(Any, parts), st.builds(Not, inner))


filters = st.recursive(leaves, _of_several, max_leaves=6)


def matches(
    where: dict[str, Anything], data: dict[str, Anything], *, at: datetime = NOON, in_zone: str = "UTC"
) -> bool:
    return filter_from(where, of="The meter").matches(data, at, in_zone)


@given(filters, data, instants, zones)
def test_not_not_a_filter_is_the_filter(where: Filter, data: dict[str, Anything], at: datetime, in_zone: str) -> None:
    found = where.matches(data, at, in_zone)
    assert Not(Not(where)).matches(data, at, in_zone) == found
    assert Not(where).matches(data, at, in_zone) != found


@given(st.lists(filters, min_size=1, max_size=3), data, instants, zones)
def test_what_is_not_all_is_any_not(parts: list[Filter], data: dict[str, Anything], at: datetime, in_zone: str) -> None:
    one = Not(All(tuple(parts))).matches(data, at, in_zone)
    assert one == Any(tuple(Not(part) for part in parts)).matches(data, at, in_zone)
    assert one != all(part.matches(data, at, in_zone) for part in parts)


@given(filters)
def test_a_filter_is_read_back_as_it_was_written(where: Filter) -> None:
    assert filter_from(filter_terms(where), of="The meter") == where


@given(filters, data, instants, zones)
def test_what_matches_at_some_time_may_match(
    where: Filter, data: dict[str, Anything], at: datetime, in_zone: str
) -> None:
    """Events are screened without the customer's zone, which may change: none slips by that a meter may count."""
    assert where.may(data, match=where.matches(data, at, in_zone))


@given(data)
def test_without_a_time_of_day_what_may_match_matches(data: dict[str, Anything]) -> None:
    where = filter_from({"model": "large", "not": {"size": {"gt": 5}}}, of="The meter")
    assert where.may(data) == where.matches(data, NOON, "UTC")


@given(clocks, clocks, instants, zones)
def test_a_time_of_day_and_the_rest_of_the_day_are_the_day(start: time, end: time, at: datetime, in_zone: str) -> None:
    one, other = TimeOfDay(start, end), TimeOfDay(end, start)
    inside = [window.matches({}, at, in_zone) for window in (one, other)]
    assert sum(inside) == (0 if start == end else 1)


@pytest.mark.parametrize(
    ("clock", "inside"),
    [("21:59:59", False), ("22:00", True), ("23:59:59", True), ("00:00", True), ("05:59:59", True), ("06:00", False)],
)
def test_a_night_in_sydney_runs_across_its_own_midnight(clock: str, inside: bool) -> None:
    sydney = datetime.fromisoformat(f"2026-01-06T{clock}+11:00")
    night = {"time_of_day": {"from": "22:00", "to": "06:00"}}
    assert matches(night, {}, at=sydney.astimezone(UTC), in_zone="Australia/Sydney") == inside
    day = {"time_of_day": {"from": "06:00", "to": "22:00"}}
    assert matches(day, {}, at=sydney.astimezone(UTC), in_zone="Australia/Sydney") != inside


def test_the_hour_that_clocks_repeat_is_twice_in_a_night() -> None:
    small_hours = filter_from({"time_of_day": {"from": "02:00", "to": "03:00"}}, of="The meter")
    day = datetime(2026, 10, 25, tzinfo=UTC).date()
    start = start_of_day(day, in_zone="Europe/Paris")
    minutes = [start + timedelta(minutes=minute) for minute in range(25 * 60)]
    assert {local_date(minute, in_zone="Europe/Paris") for minute in minutes} == {day}
    assert sum(small_hours.matches({}, minute, "Europe/Paris") for minute in minutes) == 120


@pytest.mark.parametrize(
    ("where", "data", "expected"),
    [
        ({"model": "large"}, {"model": "large"}, True),
        ({"model": "large"}, {"model": "Large"}, False),
        ({"model": "large"}, {}, False),
        ({"size": 5}, {"size": 5}, True),
        ({"size": "5.0"}, {"size": Decimal("5.00")}, True),
        ({"size": "5.0"}, {"size": "5"}, False),
        ({"size": "5"}, {"size": "5"}, True),
        ({"size": "5"}, {"size": [5]}, False),
        ({"paid": True}, {"paid": True}, True),
        ({"paid": "true"}, {"paid": True}, True),
        ({"paid": "1"}, {"paid": True}, False),
        ({"size": {"ne": 5}}, {"size": 5}, False),
        ({"size": {"ne": 5}}, {}, True),
        ({"size": {"ne": 5}}, {"size": None}, True),
        ({"region": ["eu", "us"]}, {"region": "us"}, True),
        ({"region": ["eu", "us"]}, {"region": "asia"}, False),
        ({"size": [1, "2.0"]}, {"size": 2}, True),
        ({"size": {"in": [1, 2]}}, {"size": 2}, True),
        ({"size": {"gt": 5}}, {"size": 5}, False),
        ({"size": {"ge": 5}}, {"size": "5.0"}, True),
        ({"size": {"gt": 5, "le": 9}}, {"size": 9}, True),
        ({"size": {"gt": 5, "le": 9}}, {"size": Decimal("9.5")}, False),
        ({"size": {"lt": 5}}, {"size": "many"}, False),
        ({"size": {"lt": 5}}, {"size": None}, False),
        ({"size": {"lt": 5}}, {"size": True}, False),
        ({"size": {"lt": 5}}, {}, False),
        ({"key": {"exists": True}}, {"key": ""}, True),
        ({"key": {"exists": True}}, {"key": None}, False),
        ({"key": {"exists": False}}, {}, True),
        ({"key": {"exists": True}}, {"key": []}, True),
        ({"model": {"prefix": "gpt"}}, {"model": "gpt-large"}, True),
        ({"model": {"prefix": "gpt"}}, {"model": "a gpt"}, False),
        ({"model": {"prefix": "12"}}, {"model": 123}, True),
        ({"model": {"prefix": "gpt"}}, {}, False),
        ({"model": "large", "region": ["eu"]}, {"model": "large", "region": "us"}, False),
        ({"any": [{"model": "large"}, {"region": "us"}]}, {"region": "us"}, True),
        ({"all": [{"model": "large"}, {"region": "us"}]}, {"region": "us"}, False),
        ({"not": {"model": "large", "region": "us"}}, {"model": "large"}, True),
        ({"`all`": "yes"}, {"all": "yes"}, True),
    ],
)
def test_a_filter_lets_through_what_it_says(
    where: dict[str, Anything], data: dict[str, Anything], expected: bool
) -> None:
    assert matches(where, data) is expected


@pytest.mark.parametrize(
    ("where", "because"),
    [
        (None, "must name at least one property"),
        ({}, "must name at least one property"),
        ("large", "must name at least one property"),
        ({"model": None}, "write {exists: false}"),
        ({"model": []}, "an empty list"),
        ({"model": [None]}, "write {exists: false}"),
        ({"model": [["a"]]}, "no text, number, true or false"),
        ({"model": {}}, "says nothing of “model”"),
        ({"model": {"like": "a"}}, "asks “like” of “model”; it may ask eq"),
        ({"model": {"exists": "yes"}}, "as true or false"),
        ({"model": {"prefix": ""}}, "needs as prefix"),
        ({"model": {"prefix": 5}}, "needs as prefix"),
        ({"model": {"in": "a"}}, "needs a list"),
        ({"size": {"gt": "many"}}, "which is no number"),
        ({"size": {"gt": None}}, "which is no number"),
        ({5: "a"}, "put quotes around the name"),
        ({"a\x00": "a"}, "not text"),
        ({"a": "\ud800"}, "no text"),
        ({"all": []}, "a list of filters"),
        ({"all": {"model": "large"}}, "a list of filters"),
        ({"any": ["model"]}, "must name at least one property"),
        ({"not": []}, "must name at least one property"),
        ({"time_of_day": "22:00"}, "needs a time of day"),
        ({"time_of_day": {"from": "22:00"}}, "needs a time of day"),
        ({"time_of_day": {"from": 1320, "to": "06:00"}}, "in quotes"),
        ({"time_of_day": {"from": "22:00", "to": "24:00"}}, "“24:00”"),
        ({"time_of_day": {"from": "9:00", "to": "12:00"}}, "“9:00”"),
    ],
)
def test_what_is_no_filter_is_refused_in_a_sentence(where: object, because: str) -> None:
    with pytest.raises(Refused) as refusal:
        filter_from(where, of="The meter “m”")
    assert because in refusal.value.sentence
    assert refusal.value.sentence.startswith("The meter “m” has a filter that ")
    assert refusal.value.sentence.endswith(".")


def test_a_filter_that_is_nested_too_deep_or_asks_too_much_is_refused() -> None:
    def nested(levels: int) -> dict[str, Anything]:
        where: dict[str, Anything] = {"model": "large"}
        for _ in range(levels):
            where = {"not": where}
        return where

    assert matches(nested(DEEPEST_FILTER - 1), {"model": "large"}) is (DEEPEST_FILTER % 2 == 1)
    for levels in (DEEPEST_FILTER, 100_000):
        with pytest.raises(Refused, match="nested deeper"):
            filter_from(nested(levels), of="The meter")
    aliased: dict[str, Anything] = {"model": "large"}
    for _ in range(DEEPEST_FILTER - 1):
        aliased = {"any": [aliased] * 100}
    with pytest.raises(Refused, match="asks more than"):
        filter_from(aliased, of="The meter")
    with pytest.raises(Refused, match="asks more than"):
        filter_from({"model": [str(number) for number in range(MOST_TESTS)]}, of="The meter")


def test_a_filter_of_nothing_cannot_be_built() -> None:
    for build in (lambda: All(()), lambda: Any(()), lambda: OneOf("a", ()), lambda: Compare("a", Comparison.GT, "b")):
        with pytest.raises(Refused):
            build()


def test_a_time_of_day_is_told_at_any_season() -> None:
    office = {"time_of_day": {"from": "09:00", "to": "17:00:30"}}
    for at, inside in (("2026-01-05T08:00", True), ("2026-07-06T07:00", True), ("2026-01-05T07:00", False)):
        assert matches(office, {}, at=utc(at), in_zone="Europe/Paris") is inside
    assert filter_terms(filter_from(office, of="The meter")) == office
