"""Plans as terms: whatever may be written reads back as it was, in every currency and every phase."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.free import Free
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import AddOn, LastingUnit, Plan, Timing
from farthing.core.pricing.shapes import Shape, shape_from, shape_terms
from farthing.core.pricing.terms import addon_from, addon_terms, overridden, plan_from, plan_terms
from farthing.core.refused import Refused
from tests.core.core_values import USD, json_values
from tests.core.pricing.any_prices import METERS, any_shape, plan_words


def read(words: dict[str, Any]) -> Plan:
    """The plan in these words."""
    return plan_from("p", words, version=4, meters=METERS)


def read_back(plan: Plan) -> Plan:
    """What the plan's terms say after being kept as JSON."""
    return plan_from(plan.key, json.loads(json.dumps(plan_terms(plan))), version=plan.version)


@given(any_shape)
def test_any_shape_reads_back_from_its_terms(shape: Shape) -> None:
    assert shape_from(json.loads(json.dumps(shape_terms(shape))), of="The price “p”") == shape


@given(plan_words())
def test_any_plan_reads_back_from_its_terms(words: dict[str, Any]) -> None:
    plan = read(words)
    assert read_back(plan) == plan
    assert plan_terms(read_back(plan)) == plan_terms(plan)


@given(plan_words())
def test_each_currency_of_a_plan_is_a_plan_that_reads_back_by_itself(words: dict[str, Any]) -> None:
    plan = read(words)
    for currency in plan.currencies:
        alone = plan.in_currency(currency.code)
        assert (alone.currency, alone.others) == (currency, ())
        assert read_back(alone) == alone


@given(plan_words())
def test_an_add_on_reads_back_from_its_terms(words: dict[str, Any]) -> None:
    words = {name: value for name, value in words.items() if name not in ("phases", "commitments")}
    add_on = addon_from("a", words, version=2, meters=METERS)
    assert addon_from("a", json.loads(json.dumps(addon_terms(add_on))), version=2) == add_on
    for currency in add_on.currencies:
        assert add_on.in_currency(currency.code).currency == currency
    assert set(add_on.meters) >= {"tokens", "calls"}
    assert add_on.event_types == {"inference", "call"}


@given(plan_words())
def test_a_trial_has_no_fees_and_no_commitments_and_its_usage_is_free_unless_it_is_billed(
    words: dict[str, Any],
) -> None:
    plan = read(words)
    for phase in plan.phases:
        if not phase.trial:
            continue
        assert all(price.meter is not None for price in phase.prices)
        assert phase.commitments == ()
        assert all(price.modifiers.minimum is None for price in phase.prices)
        if phase.trial_usage == "free":
            assert all(price.shape == Free() for price in phase.prices)


@given(plan_words(), st.sampled_from(["tokens", "calls"]))
def test_an_override_of_nothing_changes_nothing(words: dict[str, Any], key: str) -> None:
    plan = read(words)
    assert overridden(plan, {}) == plan
    assert overridden(plan, {key: {}}) == plan


@given(plan_words())
def test_what_one_customer_agreed_holds_in_every_phase_but_a_free_trial(words: dict[str, Any]) -> None:
    plan = overridden(read(words), {"calls": {"shape": "package", "price": "7", "size": "100", "name": "Agreed",
                                              "prorate_included": False}})  # fmt: skip
    for each in (plan, *plan.others):
        for prices in (each.prices, *(phase.prices for phase in each.phases if not phase.trial)):
            (calls,) = (price for price in prices if price.key == "calls")
            assert isinstance(calls.shape, Package)
            assert (calls.shape.price, calls.name) == (Decimal(7), "Agreed")
    assert read_back(plan) == plan


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """A plan's terms in which something, anywhere, is something else, or gone."""
    words = json.loads(json.dumps(draw(plan_words()), default=str))
    place: Any = words
    while True:
        step = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        deeper = isinstance(place[step], dict | list) and place[step]
        if deeper and draw(st.integers(0, 3)):
            place = place[step]
            continue
        if draw(st.booleans()):
            del place[step]
        else:
            place[step] = draw(json_values)
        return words


@settings(max_examples=150)
@given(spoiled(), json_values)
def test_any_terms_are_a_plan_that_reads_back_or_refused(words: dict[str, Any], agreed: Any) -> None:
    plan = _or_refused(lambda: read(words))
    if plan is None:
        return
    assert read_back(plan) == plan
    other = _or_refused(lambda: overridden(plan, {"calls": agreed}))
    assert other is None or read_back(other) == other


def _or_refused(make: Callable[[], Plan]) -> Plan | None:
    """The plan, or none because a sentence says what is wrong with it."""
    sentence = ""
    try:
        return make()
    except Refused as refusal:
        sentence = refusal.sentence
    assert sentence.endswith(".")
    return None


OLD = {
    "name": "Starter",
    "currency": "USD",
    "meters": {
        "tokens": {"event_type": "inference", "measure": "sum", "property": "tokens", "unit": "tokens", "version": 2},
        "calls": {"event_type": "inference", "measure": "count", "version": 1},
    },
    "prices": [
        {"key": "fee", "name": "Fee", "charged": "advance", "shape": "flat", "fee": "49"},
        {
            "key": "tokens",
            "name": "Tokens",
            "meter": "tokens",
            "shape": "graduated",
            "tiers": [{"up_to": "1000", "unit": "0.002", "flat": "1"}, {"unit": "0.001"}],
            "flat_when_zero": False,
        },
        {"key": "calls", "name": "Calls", "meter": "calls", "shape": "per_unit", "unit": "0.01"},
    ],
}


def test_terms_kept_before_there_was_more_to_say_still_read_and_are_written_as_they_were() -> None:
    plan = plan_from("starter", OLD, version=3)
    assert plan.prices[0].timing is Timing.ADVANCE
    assert plan.meters == {
        "tokens": Meter("tokens", 2, "inference", Sum("tokens"), "tokens"),
        "calls": Meter("calls", 1, "inference", Count()),
    }
    assert plan_terms(plan) == OLD


def words(**more: Any) -> dict[str, Any]:
    """A small plan, and what a test adds to it."""
    return {
        "currency": "USD",
        "prices": {
            "platform": {"shape": "flat", "fee": "49", "charged": "advance"},
            "calls": {"meter": "calls", "shape": "per_unit", "unit": "0.01", "minimum": "5"},
        },
    } | more


def test_money_may_be_written_for_each_currency() -> None:
    plan = plan_from(
        "p",
        {
            "currencies": ["USD", "EUR"],
            "units": {"credits": {"USD": "0.02", "EUR": "0.018"}},
            "prices": {
                "fee": {"shape": "flat", "fee": {"USD": "10", "EUR": "9"}},
                "calls": {
                    "meter": "calls",
                    "shape": "graduated",
                    "tiers": [
                        {"up_to": "10", "unit": "1", "flat": {"USD": "1", "EUR": "0"}},
                        {"unit": {"USD": "2", "EUR": "3"}},
                    ],
                    "in": "credits",
                    "discount": {"amount": {"USD": "5", "EUR": "4"}},
                },
            },
        },
        version=1,
        meters=METERS,
    )
    euros = plan.in_currency("EUR")
    assert [str(currency) for currency in plan.currencies] == ["USD", "EUR"]
    assert (plan.prices[0].shape, euros.prices[0].shape) == (Flat(Decimal(10)), Flat(Decimal(9)))
    assert [str(step.exact) for step in euros.prices[1].shape.steps(Decimal(11))] == ["10", "3"]
    assert euros.prices[1].unit_of_account is not None
    assert euros.prices[1].unit_of_account.rate == Decimal("0.018")
    assert plan_terms(plan)["prices"][0]["fee"] == {"USD": "10", "EUR": "9"}
    assert read_back(plan) == plan


def test_a_phase_changes_prices_leaves_some_out_and_keeps_what_was_written() -> None:
    plan = read(
        words(
            phases={
                "trial": {"lasts": "14 days", "trial": True},
                "ramp": {
                    "lasts": "3 months",
                    "change": {"calls": {"shape": "package", "price": 2, "size": 100, "minimum": None}},
                    "without": ["platform"],
                },
            },
            commitments={"floor": {"amount": "100", "prices": ["platform", "calls"]}},
        )
    )
    trial, ramp = plan.phases
    assert (trial.lasts.number, trial.lasts.unit) == (14, LastingUnit.DAYS)
    assert [(price.key, price.shape) for price in trial.prices] == [("calls", Free())]
    (calls,) = ramp.prices
    assert calls.shape == Package(Decimal(2), Decimal(100))
    assert calls.modifiers.minimum is None
    assert ramp.commitments[0].prices == ("calls",)
    assert plan_terms(plan)["phases"][1] == {
        "key": "ramp",
        "name": "ramp",
        "lasts": "3 months",
        "change": {"calls": {"shape": "package", "price": "2", "size": "100", "minimum": None}},
        "without": ["platform"],
    }


def test_meters_are_replaced_wherever_a_plan_names_them() -> None:
    newer = Meter("calls", 9, "call", Count(), unit="calls")
    plan = read(
        words(
            phases={"trial": {"lasts": "1 week", "trial": True}},
            entitlements={"calls": {"limit": 5, "meter": "calls"}},
        )
    ).with_meters({"calls": newer})
    assert plan.meters == {"calls": newer}
    assert [price.meter for price in plan.all_prices if price.meter] == [newer, newer]
    assert plan.entitlements[0].meter == newer


def test_what_is_agreed_replaces_entitlements_and_commitments_one_by_one() -> None:
    plan = read(words(entitlements={"sso": False, "calls": {"limit": 5}}, commitments={"floor": {"amount": "100"}}))
    agreed = overridden(
        plan,
        {
            "calls": {"unit": Decimal("0.005"), "minimum": None},
            "entitlements": {"sso": True, "calls": None, "region": "eu"},
            "commitments": {"floor": {"amount": "50"}},
        },
    )
    assert agreed.prices[1].shape == PerUnit(Decimal("0.005"))
    assert agreed.prices[1].modifiers.minimum is None
    assert [(each.feature, each.value) for each in agreed.entitlements] == [("sso", True), ("region", "eu")]
    assert agreed.commitments[0].amount == 50
    assert (agreed.key, agreed.version, agreed.prices[0]) == (plan.key, plan.version, plan.prices[0])


def test_what_is_agreed_of_a_limit_keeps_what_it_does_not_name() -> None:
    plan = read(words(entitlements={"calls": {"limit": 5, "meter": "calls"}, "sso": False}))

    def agreed(**entitlements: Any) -> list[Any]:
        return [each.terms() for each in overridden(plan, {"entitlements": entitlements}).entitlements]

    assert agreed(calls={"limit": Decimal("7.5")}) == [{"limit": "7.5", "meter": "calls"}, False]
    assert agreed(calls={"meter": None}, sso={"limit": 2}) == [{"limit": "5"}, {"limit": "2"}]


def test_money_agreed_in_two_currencies_counts_in_each_and_in_one_alone() -> None:
    agreed = {
        "calls": {"unit": {"USD": "0.5", "EUR": "0.4"}},
        "commitments": {"floor": {"amount": {"USD": "50", "EUR": "45"}}},
    }
    both = read({"currencies": ["USD", "EUR"], "prices": words()["prices"]})
    in_euros = overridden(both, agreed).in_currency("EUR")
    assert overridden(both.in_currency("EUR"), agreed) == in_euros
    assert in_euros.prices[1].shape == PerUnit(Decimal("0.4"))
    assert in_euros.commitments[0].amount == 45


def test_a_new_version_is_one_in_every_currency() -> None:
    plan = read({"currencies": ["USD", "EUR"], "prices": words()["prices"]}).as_version(9)
    assert (plan.version, plan.in_currency("EUR").version) == (9, 9)
    assert read_back(plan) == plan


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"tokens": {"unit": "1"}}, "has no price “tokens” to agree otherwise about; there are: platform, calls"),
        ({"calls": 5}, "must be names, each with its value"),
        ({"calls": {"fee": "1"}}, "has “fee”, which means nothing here"),
        ({"calls": {"unit": "-1"}}, "may not be negative"),
        ({"calls": {"in": "credits"}}, "in a unit that no price of the plan uses"),
        ({"calls": {"meter": "paid"}}, "which does not exist"),
        ({"entitlements": {"sso": None}}, "no “sso” in its entitlements to take away"),
        ({"entitlements": True}, "must be names, each with its value"),
        ({"commitments": {"floor": {"amount": "1", "prices": ["x"]}}}, "names the price “x”, which does not exist"),
        ({"commitments": {"floor": "1"}}, "must be names, each with its value"),
    ],
)
def test_what_cannot_be_agreed_is_refused(overrides: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused) as refusal:
        overridden(read(words()), overrides)
    assert says in refusal.value.sentence
    assert refusal.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("more", "field", "says"),
    [
        ({"currency": None}, "currency", "needs a “currency”"),
        ({"currencies": ["USD", "EUR"]}, "currencies", "both a currency and currencies"),
        ({"color": "red"}, "color", "has “color”, which means nothing here"),
        ({"prices": 7}, "prices", "takes prices as keys"),
        ({"prices": {}}, "prices", "has no prices; give it at least one"),
        ({"units": 5}, "units", "takes units as names"),
        ({"units": {"credits": "0"}}, "units", "is worth 0; give more than 0"),
        ({"units": {"credits": "cheap"}}, "units", "What “credits” is worth is no number"),
        ({"phases": {"ramp": {}}}, "lasts", "needs to say how long it “lasts”"),
        ({"phases": {"ramp": {"lasts": "0 days"}}}, "lasts", "longer than 0 days"),
        ({"phases": {"ramp": {"lasts": "soon"}}}, "lasts", "such as 14 days, 3 months or 1 year"),
        ({"phases": {"ramp": {"lasts": "1 day", "change": {"x": {}}}}}, "change", "names the price “x”"),
        ({"phases": {"ramp": {"lasts": "1 day", "change": ["calls"]}}}, "change", "takes “change” as prices"),
        ({"phases": {"ramp": {"lasts": "1 day", "change": {"calls": {"fee": 1}}}}}, "change", "means nothing here"),
        ({"phases": {"ramp": {"lasts": "1 day", "without": ["x"]}}}, "without", "names the price “x”"),
        (
            {"phases": {"ramp": {"lasts": "1 day", "without": ["calls"], "change": {"calls": {}}}}},
            "without",
            "both changes a price and leaves it out",
        ),
        ({"phases": {"ramp": {"lasts": "1 day", "usage": "free"}}}, "usage", "add “trial: true”"),
        (
            {"phases": {"t": {"lasts": "1 day", "trial": True, "commitments": {"c": {"amount": 5}}}}},
            "commitments",
            "in which commitments rest",
        ),
        ({"commitments": {"c": {}}}, "amount", "has no “amount”"),
        ({"commitments": {"c": {"amount": 0}}}, "amount", "needs an amount above 0"),
        ({"commitments": {"c": {"amount": 5, "overage": 0}}}, "overage", "needs an overage above 0"),
        ({"commitments": {"c": {"amount": 5, "prices": []}}}, "prices", "is for no price"),
        ({"commitments": {"c": {"amount": 5, "prices": ["x"]}}}, "commitments", "names the price “x”"),
        ({"entitlements": {"a": {"limit": -1}}}, "entitlements", "may not be negative"),
        ({"entitlements": {"a": {"limit": 1, "meter": "x"}}}, "entitlements", "which does not exist"),
        ({"entitlements": {"a": None}}, "entitlements", "is true, false, a text, or"),
        ({"entitlements": 5}, "entitlements", "takes entitlements as features"),
    ],
)
def test_terms_of_a_plan_that_make_no_sense_are_refused(more: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(words(**more))
    assert says in refusal.value.sentence
    assert refusal.value.sentence.endswith(".")
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("fee", "says"),
    [
        ({"USD": "1"}, "gives no “fee” in EUR; give it in USD, EUR"),
        ({"USD": "1", "EUR": "1", "JPY": "1"}, "gives “fee” in “JPY”, which is none of its currencies"),
    ],
)
def test_an_amount_is_in_all_of_a_plans_currencies_and_no_other(fee: dict[str, str], says: str) -> None:
    with pytest.raises(Refused) as refusal:
        read({"currencies": ["USD", "EUR"], "prices": {"fee": {"shape": "flat", "fee": fee}}})
    assert says in refusal.value.sentence
    assert refusal.value.field == "fee"


def test_a_plan_is_refused_in_a_currency_that_it_is_not_sold_in() -> None:
    with pytest.raises(Refused, match="has no prices in JPY; it has them in USD"):
        read(words()).in_currency("JPY")
    with pytest.raises(Refused, match="names something twice in “currencies”"):
        read({"currencies": ["USD", "USD"], "prices": words()["prices"]})
    with pytest.raises(Refused, match="has no prices; give it at least one"):
        AddOn("a", 1, "A", USD, ())
