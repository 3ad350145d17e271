"""Prices: what fits together, what is refused, and which price takes which event."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.filter import filter_from
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.meter import Meter
from farthing.core.metering.value import Property
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.free import Free
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Plan, Price, Proration, Timing, effective_filter
from farthing.core.pricing.terms import price_from
from farthing.core.refused import Refused
from tests.core.core_values import TOKENS, USD
from tests.core.pricing.any_prices import METERS

PEAK = Meter("peak", 1, "depth", Maximum(Property("depth")))
MATRIX = {"shape": "matrix", "by": ["region"], "cells": [], "default": {"shape": "free"}}
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def read(terms: dict[str, Any]) -> Price:
    """The price in these terms."""
    return price_from("p", terms, meters=METERS | {"peak": PEAK})


@pytest.mark.parametrize(
    ("terms", "field", "says"),
    [
        ({"shape": "per_unit", "unit": 1}, "meter", "needs a meter: only a flat fee does without"),
        ({"shape": "percentage", "rate": 1}, "meter", "needs a meter: percentage is of an amount"),
        ({"shape": "percentage", "rate": 1, "quantity": "x"}, "meter", "needs a meter: percentage is of an amount"),
        ({"shape": "event_priced"}, "meter", "needs a meter: event_priced is of an amount"),
        (MATRIX, "meter", "needs a meter: a matrix is chosen by values"),
        ({"shape": "flat", "fee": 1, "quantity": "seats"}, "quantity", "takes no quantity; per_unit is for each"),
        ({"shape": "flat", "fee": 1, "included": 5}, "shape", "has no quantity to convert or include"),
        ({"shape": "flat", "fee": 1, "where": {"a": "b"}}, "where", "has no meter, so it takes no where"),
        ({"shape": "flat", "fee": 1, "group_by": "a"}, "group_by", "has no meter, so it takes no group_by"),
        ({"shape": "flat", "fee": 1, "accumulate": "contract"}, "accumulate", "so it takes no accumulate"),
        ({"shape": "flat", "fee": 1, "ladder": "shared"}, "ladder", "has no meter, so it takes no ladder"),
        ({"meter": "calls", "shape": "flat", "fee": 1}, "meter", "is a flat fee, which takes no meter"),
        ({"meter": "calls", "shape": "free", "quantity": "x"}, "quantity", "both a meter and an agreed quantity"),
        ({"meter": "calls", "shape": "free", "charged": "once"}, "charged", "is charged in arrears"),
        ({"meter": "calls", "shape": "free", "ladder": "shared"}, "ladder", "but has no group_by"),
        ({"meter": "calls", "shape": "per_unit", "unit": "1", "per_group": True}, "per_group", "has no group_by"),
        (
            {"meter": "paid", **MATRIX, "default": {"shape": "percentage", "rate": 1}, "ladder": "shared"},
            "ladder",
            "prices each event by itself",
        ),
        (
            {"meter": "calls", "shape": "package", "price": "1", "size": "2", "prorate_included": True},
            "prorate_included",
            "whole in any part",
        ),
        (
            {"meter": "paid", "shape": "percentage", "rate": 1, "group_by": "a", "ladder": "shared"},
            "ladder",
            "have no ladder to share",
        ),
        ({"meter": "calls", "shape": "free", "accumulate": "contract"}, "accumulate", "but free cannot"),
        (
            {"meter": "peak", "shape": "per_unit", "unit": 1, "accumulate": "contract"},
            "accumulate",
            "must be a count or a sum, not maximum",
        ),
        (
            {"meter": "calls", "shape": "event_priced"},
            "meter",
            "adds up amounts, so its meter must be a sum, not count",
        ),
        ({"meter": "calls", "shape": "percentage", "rate": 1, "free_events": 1}, "meter", "must be a sum, not count"),
        (
            {"meter": "paid", "shape": "percentage", "rate": 1, "free_events": 1, "divide_by": 100},
            "shape",
            "convert in the meter's “value”, and include with free_amount",
        ),
        ({"meter": "paid", "shape": "percentage", "rate": 1, "free_events": "1.5"}, "free_events", "whole number"),
        ({"meter": "calls", "shape": "free", "divide_by": 0}, "divide_by", "needs a number above 0"),
        ({"meter": "calls", "shape": "free", "divide_by": 1, "multiply_by": 1}, "multiply_by", "keep one"),
        ({"meter": "calls", "shape": "free", "divide_by": 3, "precision": 2}, "precision", "but does not round"),
        ({"meter": "calls", "shape": "free", "round": "up"}, "round", "one of none, ceil, floor, half_up"),
        ({"meter": "calls", "shape": "free", "discount": {"percent": 101}}, "discount", "0 to 100 percent"),
        ({"meter": "calls", "shape": "free", "discount": 10}, "discount", "takes a discount as {percent: 10}"),
        ({"meter": "calls", "shape": "free", "discount": {"percents": 1}}, "discount", "means nothing here"),
        ({"meter": "calls", "shape": "free", "minimum": -1}, "minimum", "may not be negative"),
        ({"meter": "calls", "shape": "free", "in": "credits"}, "in", "none of the plan's units"),
        ({"meter": "calls", "shape": "free", "where": {}}, "where", "must name at least one property"),
        ({"meter": "calls", "shape": "free", "group_by": ["a", "a"]}, "group_by", "names something twice"),
        ({"meter": "calls", "shape": "free", "prorate": "weekly"}, "prorate", "one of day, second, none"),
        ({"meter": "calls", "shape": "free", "prorate_included": "yes"}, "prorate_included", "true or false"),
        ({"meter": "calls", **MATRIX, "default": None}, "default", "needs a default for all other values"),
        ({"meter": "calls", **MATRIX, "cells": [{"shape": "free"}]}, "cells", "needs “when”: the values it is for"),
        (
            {"meter": "calls", **MATRIX, "cells": [{"when": "eu", "shape": "per_unit", "unit": -1}]},
            "cells",
            "Cell 1 of the price “p”: A unit price may not be negative",
        ),
        ({"meter": "calls", **MATRIX, "default": MATRIX}, "default", "the shape “matrix”"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(terms: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(terms)
    assert says in refusal.value.sentence
    assert "rice “p”" in refusal.value.sentence
    assert refusal.value.sentence.endswith(".")
    assert refusal.value.field == field


def test_a_fee_may_be_for_an_agreed_quantity_and_charged_once() -> None:
    seats = read({"shape": "per_unit", "unit": 10, "quantity": "seats", "charged": "advance", "included": 3})
    assert (seats.quantity, seats.timing) == ("seats", Timing.ADVANCE)
    assert seats.transform.apply(Decimal(5)) == 2
    setup = read({"shape": "flat", "fee": 100, "charged": "once", "prorate": "none"})
    assert (setup.timing, setup.prorate) == (Timing.ONCE, Proration.NONE)


def test_a_matrix_is_grouped_by_what_chooses_its_branches() -> None:
    cells = [{"when": "eu", "shape": "per_unit", "unit": 3}]
    price = read({"meter": "calls", **MATRIX, "cells": cells, "group_by": ["api_key", "region"]})
    assert price.group_by == ("region", "api_key")
    assert price.shape_of(("eu", "some key")) == PerUnit(Decimal(3))
    assert price.shape_of(("us", "some key")) == Free()
    assert read({"meter": "calls", "shape": "free"}).shape_of(()) == Free()


def price(key: str, where: dict[str, Any] | None = None, meter: Meter = TOKENS) -> Price:
    """A free price of some of a meter's events."""
    return Price(key, key, Free(), meter, where=None if where is None else filter_from(where, of=key))


LARGE, EU = {"model": "large"}, {"region": "eu"}


WHERES: list[dict[str, Any]] = [
    LARGE, EU, {"model": "small"}, {"model": ["small", "tiny"]}, {"model": "large", "region": "eu"},
    {"model": {"ne": "large"}}, {"any": [LARGE, EU]}, {"size": "1.5"}, {"size": "1.50"}, {"size": ["1", "2"]},
    {"size": "1.0", "model": "tiny"}, {"size": "true"}, {"all": [{"size": {"gt": 1}}, {"model": "large"}]},
]  # fmt: skip


@given(
    st.lists(st.sampled_from(WHERES), max_size=5),
    st.fixed_dictionaries(
        {},
        optional={
            "model": st.sampled_from(["large", "small", "tiny"]),
            "region": st.just("eu"),
            "size": st.sampled_from([1, Decimal("1.5"), "1.5", "1.50", "1.0", True, "true", None]),
        },
    ),
)
def test_every_event_is_taken_by_exactly_one_price_the_first_that_asks_for_it(
    wheres: list[dict[str, Any]], data: dict[str, Any]
) -> None:
    prices = [*(price(f"p{number}", where) for number, where in enumerate(wheres)), price("rest")]
    Plan("plan", 1, "Plan", USD, tuple(prices))
    takes = []
    for each in prices:
        asked = effective_filter(prices, each)
        if asked is None or asked.matches(data, NOW, "UTC"):
            takes.append(each.key)
    asks = [each.key for each in prices if each.where is None or each.where.matches(data, NOW, "UTC")]
    assert takes == asks[:1]


@pytest.mark.parametrize(
    ("earlier", "where", "spoken_of"),
    [
        ({"model": "a"}, {"model": "b"}, False),
        ({"model": ["a", "b"]}, {"model": "c", "region": "eu"}, False),
        ({"model": ["a", "b"]}, {"model": ["b", "c"]}, True),
        ({"size": "1.5"}, {"size": "1.50"}, True),
        ({"size": "1.5"}, {"size": "15"}, False),
        ({"model": "a"}, {"region": "eu"}, True),
        ({"model": "a"}, {"model": {"ne": "a"}}, True),
        ({"any": [{"model": "a"}, {"region": "eu"}]}, {"model": "b"}, True),
        ({"not": {"model": "a"}}, {"model": "b"}, True),
    ],
)
def test_an_earlier_price_is_spoken_of_where_it_could_take_an_event(
    earlier: dict[str, Any], where: dict[str, Any], spoken_of: bool
) -> None:
    prices = [price("earlier", earlier), price("this", where), price("rest")]
    assert (effective_filter(prices, prices[1]) != prices[1].where) is spoken_of


def test_prices_of_other_meters_take_nothing_away() -> None:
    prices = [price("calls", meter=METERS["calls"]), price("large", LARGE), price("rest")]
    assert effective_filter(prices, prices[0]) is None
    assert effective_filter(prices, prices[1]) == prices[1].where


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        ((price("a", LARGE), price("b", EU)), "Every price of the meter “tokens” in plan “p” has a “where”"),
        ((price("a", LARGE),), "so the rest would be dropped; add a price without one"),
        ((price("a"), price("b", LARGE)), "“b” of plan “p” is never reached: “a” before it takes all events"),
        ((price("a", LARGE), price("b"), price("c")), "“b” and “c” of plan “p” both price the same usage"),
        (
            (price("a"), price("b", meter=Meter("other", 1, "inference", TOKENS.measure))),
            "“a” and “b” of plan “p” both price the same usage (meter “other”)",
        ),
    ],
)
def test_usage_that_would_be_charged_twice_or_dropped_is_refused(prices: tuple[Price, ...], says: str) -> None:
    with pytest.raises(Refused) as refusal:
        Plan("p", 1, "P", USD, prices)
    assert says in refusal.value.sentence
    assert refusal.value.field == "prices"


def test_meters_that_filter_differently_measure_different_usage() -> None:
    large = Meter("large", 1, "inference", TOKENS.measure, where=filter_from(LARGE, of="large"))
    plan = Plan("p", 1, "P", USD, (price("all"), price("large", meter=large), Price("fee", "Fee", Flat(Decimal(1)))))
    assert plan.meters == {"tokens": TOKENS, "large": large}
