"""Terms: plans survive being written down, and what makes no sense is refused with a way to mend it."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Plan, Price, Shape, Timing
from farthing.core.pricing.terms import meter_from, meter_terms, plan_from, plan_terms, price_from, shape_from
from farthing.core.refused import Refused
from tests.core.core_values import CALLS, TOKENS, USD, json_values, plans


@given(plans())
def test_a_plan_reads_back_from_its_terms_through_json(plan: Plan) -> None:
    written = json.dumps(plan_terms(plan))
    assert plan_from(plan.key, json.loads(written), version=plan.version) == plan


@given(plans())
def test_a_meter_reads_back_from_its_terms(plan: Plan) -> None:
    for price in plan.prices:
        if price.meter is not None:
            meter = price.meter
            assert meter_from(meter.key, meter_terms(meter), version=meter.version) == meter


METERS = {"tokens": TOKENS}


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({}, "has no shape; the shapes are flat, per_unit, package"),
        ({"shape": "bulk"}, "has the shape “bulk”; the shapes are"),
        ({"shape": ["flat"]}, "the shapes are"),
        ({"shape": "flat"}, "has no “fee”"),
        ({"shape": "flat", "fee": "-5"}, "may not be negative"),
        ({"shape": "flat", "fee": "free"}, "“fee” is no number: “free”"),
        ({"shape": "flat", "fee": None}, "“fee” is missing"),
        ({"shape": "flat", "fee": "1e99"}, "too long"),
        ({"shape": "flat", "fee": 0.1}, "“fee” is no exact number"),
        ({"shape": "flat", "fee": "5", "unit": "1"}, "has “unit”, which means nothing here; it may have fee, shape"),
        ({"shape": "flat", "fee": "5", "meter": "tokens"}, "is a flat fee, which takes no meter"),
        ({"shape": "flat", "fee": "5", "charged": "sometimes"}, "either in “advance” or in “arrears”"),
        ({"shape": "flat", "fee": "5", "name": 7}, "needs a “name”"),
        ({"shape": "per_unit", "unit": "1"}, "needs a meter"),
        ({"shape": "per_unit", "unit": "-1", "meter": "tokens"}, "may not be negative"),
        ({"shape": "per_unit", "unit": "1", "meter": "seats"}, "which does not exist; there are: tokens"),
        ({"shape": "per_unit", "unit": "1", "meter": 5}, "needs a “meter”"),
        ({"shape": "per_unit", "unit": "1", "meter": "tokens", "charged": "advance"}, "is charged in arrears"),
        ({"shape": "graduated", "meter": "tokens"}, "needs tiers"),
        ({"shape": "graduated", "meter": "tokens", "tiers": []}, "at least one tier"),
        ({"shape": "graduated", "meter": "tokens", "tiers": ["1"]}, "needs tiers: a list"),
        ({"shape": "graduated", "meter": "tokens", "tiers": [{"upto": "5"}]}, "has “upto”, which means nothing"),
        ({"shape": "graduated", "meter": "tokens", "tiers": [{"unit": "x"}]}, "Tier 1 of the price “p”: “unit”"),
        ({"shape": "graduated", "meter": "tokens", "tiers": [{"up_to": "inf"}]}, "must be finite"),
        ({"shape": "graduated", "meter": "tokens", "tiers": [{"unit": "-1"}]}, "Tier 1 has a negative price"),
        ({"shape": "graduated", "meter": "tokens", "tiers": [{}], "flat_when_zero": "no"}, "true or false"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "terms",
)
def test_terms_of_a_price_that_make_no_sense_are_refused(terms: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused) as refusal:
        price_from("p", terms, meters=METERS)
    assert says in refusal.value.sentence
    assert "rice “p”" in refusal.value.sentence
    assert refusal.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({}, "needs a measure: count, sum"),
        ({"event_type": "call", "measure": "median"}, "“median” is none"),
        ({"event_type": "call", "measure": "count", "property": "x"}, "so it takes no property"),
        ({"event_type": "call", "measure": "sum"}, "needs a “property”"),
        ({"event_type": "call", "measure": "sum", "property": " "}, "needs a “property”"),
        ({"measure": "count"}, "needs a “event_type”"),
        ({"event_type": 5, "measure": "count"}, "needs a “event_type”"),
        ({"event_type": "a\x00b", "measure": "count"}, "a character that is not text"),
        ({"event_type": "call", "measure": "sum", "property": "\ud800"}, "a character that is not text"),
        ({"event_type": "call", "measure": "count", "unit": 5}, "needs a “unit”"),
        ({"event_type": "call", "measure": "count", "filter": "x"}, "has “filter”, which means nothing here"),
    ],
)
def test_terms_of_a_meter_that_make_no_sense_are_refused(terms: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused) as refusal:
        meter_from("m", terms, version=1)
    assert says in refusal.value.sentence
    assert "meter “m”" in refusal.value.sentence


@given(st.dictionaries(st.sampled_from(["shape", "fee", "unit", "tiers", "flat_when_zero", "x"]), json_values))
def test_any_terms_are_a_shape_or_refused(terms: dict[str, Any]) -> None:
    for shape in ("flat", "per_unit", "graduated", terms.get("shape")):
        told = _shape_or_sentence(terms | {"shape": shape})
        assert told.endswith(".") if isinstance(told, str) else told.steps(Decimal(1))


def _shape_or_sentence(terms: dict[str, Any]) -> Shape | str:
    try:
        return shape_from(terms, of="The price “p”")
    except Refused as refusal:
        return refusal.sentence


FEE = Price("fee", "Fee", Flat(Decimal(5)))
UNIT = PerUnit(Decimal(1))


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        ((), "has no prices; give it at least one"),
        ((FEE, FEE), "have the key “fee”; rename one"),
        (
            (Price("a", "A", UNIT, TOKENS), Price("b", "B", UNIT, Meter("other", 1, "inference", Sum("tokens")))),
            "“a” and “b” of plan “p” both price the same usage",
        ),
        (
            (Price("a", "A", UNIT, TOKENS), Price("b", "B", UNIT, Meter("tokens", 2, "inference", Count()))),
            "uses two versions of the meter “tokens”",
        ),
    ],
    ids=["none", "one key twice", "one usage twice", "one meter twice"],
)
def test_a_plan_that_would_charge_twice_or_nothing_is_refused(prices: tuple[Price, ...], says: str) -> None:
    with pytest.raises(Refused) as refusal:
        Plan("p", 1, "P", USD, prices)
    assert says in refusal.value.sentence


def test_two_measures_of_one_event_are_two_usages() -> None:
    prices = (Price("a", "A", UNIT, TOKENS), Price("b", "B", UNIT, CALLS))
    assert Plan("p", 1, "P", USD, prices).event_types == {"inference"}


def test_a_price_for_usage_cannot_be_charged_ahead_and_only_a_fee_does_without_a_meter() -> None:
    with pytest.raises(Refused, match="charged in arrears"):
        Price("a", "A", UNIT, TOKENS, Timing.ADVANCE)
    with pytest.raises(Refused, match="needs a meter"):
        Price("a", "A", UNIT)
    with pytest.raises(Refused, match="takes no meter"):
        Price("a", "A", Flat(Decimal(1)), TOKENS)
