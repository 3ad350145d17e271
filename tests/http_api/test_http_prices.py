"""Prices over HTTP: what quantities would cost, each sum shown, with nothing kept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from tests.http_api.callers import METERS, NOW, STARTER, Api

SIMULATE = "/v1/prices/simulate"
TERMS: dict[str, Any] = {
    "name": "Team",
    "currencies": ["USD", "EUR"],
    "units": {"credits": {"USD": "0.02", "EUR": "0.018"}},
    "meters": {
        "inference": {"event_type": "inference", "measure": "sum", "property": "tokens", "unit": "tokens"},
        "payments": {"event_type": "payment", "measure": "sum", "property": "amount"},
    },
    "prices": {
        "platform": {"shape": "flat", "fee": {"USD": 49, "EUR": 45}, "charged": "advance"},
        "seats": {"quantity": "seats", "shape": "per_unit", "unit": 8},
        "large": {
            "meter": "inference",
            "where": {"model": "large"},
            "group_by": ["region"],
            "divide_by": 1000,
            "round": "ceil",
            "in": "credits",
            "shape": "per_unit",
            "unit": "0.5",
            "minimum": 10,
        },
        "rest": {"meter": "inference", "shape": "free"},
        "cards": {"meter": "payments", "shape": "percentage", "rate": "0.029", "minimum_per_event": 1},
    },
    "commitments": {"floor": {"name": "Minimum spend", "amount": 100}},
    "phases": {"trial": {"lasts": "14 days", "trial": True}},
}


def line(answer: httpx2.Response, price: str) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    (found,) = [each for each in answer.json()["lines"] if each["price"] == price]
    return found


def test_a_plan_of_the_seller_is_priced_to_the_digit(api: Api, acme: PostgresStore) -> None:
    answer = api.post(SIMULATE, {"plan": "starter", "usage": {"tokens": "1234567.5"}})
    tokens = line(answer, "tokens")
    assert [(step["what"], step["sum"], step["exact"]) for step in tokens["cells"][0]["steps"]] == [
        ("Tier 1, 0 to 1,000", "1,000 x 0.002", "2"),
        ("Tier 2, above 1,000", "1,233,567.5 x 0.0015", "1850.35125"),
    ]
    assert (tokens["exact"], tokens["amount"]) == ("1852.35125", {"amount": "1852.35", "currency": "USD"})
    assert answer.json()["total"]["amount"] == "1901.35"
    with acme.transaction():
        assert [plan.key for plan in acme.plans()] == ["starter"]


def test_terms_that_are_sent_along_are_priced_with_their_own_meters(api: Api) -> None:
    body = {
        "terms": TERMS,
        "quantities": {"seats": "3"},
        "measured": [
            {"of": "large", "group": {"region": "eu"}, "quantity": "1000001"},
            {"of": "large", "group": {"region": None}, "quantity": "1"},
            {"of": "cards", "amounts": ["10", "100"]},
        ],
    }
    answer = api.post(SIMULATE, body)
    large = line(answer, "large")
    assert [cell["group"] for cell in large["cells"]] == [{"region": "eu"}, {"region": None}]
    assert large["cells"][0]["quantities"] == [
        {
            "what": "Converted",
            "sum": "1,000,001 / 1,000 = 1,000.001, rounded up to a whole number",
            "equals": "1001",
        }
    ]
    assert large["unit_of_account"] == {"key": "credits", "rate": "0.02"}
    assert large["amount"]["amount"] == "10.02"
    assert line(answer, "seats")["amount"]["amount"] == "24.00"
    assert line(answer, "cards")["amount"]["amount"] == "3.90"
    assert line(answer, "floor")["amount"]["amount"] == "13.08"
    assert answer.json()["total"] == {"amount": "100.00", "currency": "USD"}


def test_numbers_of_terms_may_be_json_numbers_and_stay_exact(api: Api) -> None:
    written = b'{"terms": {"currency": "USD", "meters": {"m": {"event_type": "e", "measure": "count"}}, "prices": ' \
              b'{"p": {"meter": "m", "shape": "per_unit", "unit": 0.1}}}, "usage": {"m": 3}}'  # fmt: skip
    assert line(api.post(SIMULATE, written), "p")["exact"] == "0.3"


def test_another_currency_and_a_phase_are_chosen_by_name(api: Api) -> None:
    body = {"terms": TERMS, "currency": "EUR", "measured": [{"of": "large", "quantity": "5000000"}]}
    assert line(api.post(SIMULATE, body), "large")["amount"] == {"amount": "45.00", "currency": "EUR"}
    tried = api.post(SIMULATE, body | {"phase": "trial"}).json()
    assert (tried["phase"], tried["total"]["amount"], len(tried["lines"])) == ("trial", "0.00", 3)


@pytest.mark.usefixtures("acme")
def test_amounts_beyond_any_machine_number_are_told_to_the_digit(api: Api) -> None:
    answer = api.post(SIMULATE, {"plan": "starter", "usage": {"tokens": "9" * 38}})
    assert line(answer, "tokens")["amount"]["amount"] == f"15{'0' * 34}.50"


@pytest.mark.usefixtures("acme")
def test_a_correction_below_zero_is_priced_by_the_rules(api: Api) -> None:
    tokens = line(api.post(SIMULATE, {"plan": "starter", "usage": {"tokens": "-500"}}), "tokens")
    assert tokens["amount"]["amount"] == "-1.00"


@pytest.mark.parametrize(
    ("body", "status", "field", "says"),
    [
        ({}, 422, "body", "either the key of a “plan” or the “terms”"),
        ({"plan": "starter", "terms": TERMS}, 422, "body", "either"),
        ({"terms": TERMS, "version": 1}, 422, "body", "“version” goes with"),
        ({"plan": "startr"}, 404, "plan", "no plan “startr” here; there are: starter"),
        ({"plan": "starter", "version": 7}, 404, "version", "no version 7; its only one is 1."),
        ({"plan": "starter", "usage": {"tokns": "1"}}, 422, "usage", "did you mean tokens?"),
        ({"plan": "starter", "usage": {"platform": "1"}}, 422, "usage", "is a fee"),
        ({"plan": "starter", "usage": {"tokens": "many"}}, 422, "usage.tokens", "write it like 1234.5"),
        ({"plan": "starter", "usage": {"tokens": True}}, 422, "usage.tokens", "is no number: it is true"),
        ({"plan": "starter", "quantities": {"seats": "3"}}, 422, "quantities", "no agreed quantity “seats”"),
        ({"plan": "starter", "currency": "EUR"}, 422, "currency", "it has them in USD"),
        ({"plan": "starter", "phase": "trial"}, 422, "phase", "it has none"),
        ({"plan": "starter", "colour": "red"}, 422, "colour", "means nothing here"),
        ({"terms": []}, 422, "terms", "“terms” must be a JSON object: names with values, in braces."),
        ({"terms": TERMS, "measured": {}}, 422, "measured", "“measured” must be a JSON list, in brackets."),
        ({"terms": TERMS, "quantities": {"seats": "-5"}}, 422, "quantities", "cannot be -5 of “seats”; give 0 or more"),
        ({"terms": TERMS, "quantities": {"seats": "5"}, "phase": "trial"}, 422, "quantities", "in the phase “trial”"),
        ({"terms": TERMS, "usage": {"inference": "1"}}, 422, "usage", "large, rest"),
        ({"terms": TERMS, "usage": {"seats": "1"}}, 422, "usage", "agreed quantity “seats”"),
        ({"terms": TERMS, "usage": {"payments": "1"}}, 422, "amounts", "one by one"),
        ({"terms": TERMS, "measured": [{"of": "large", "group": {"size": "x"}}]}, 422, "usage", "it has region"),
        ({"terms": TERMS, "measured": [{"of": "large", "before": "1"}]}, 422, "before", "starts again"),
        ({"terms": TERMS, "measured": [{"of": "x", "events": -1}]}, 422, "measured.0.events", "greater than"),
        ({"terms": {"currency": "USD", "prices": {}}}, 422, "terms", "has no prices"),
        ({"terms": {"currency": "USD", "meters": 7, "prices": {}}}, 422, "terms", "“meters”"),
        ({"terms": {"currency": "USD", "prices": {"p": {"shape": "cone"}}}}, 422, "terms", "the shape “cone”"),
        ({"terms": {"currency": "USD", "prices": [[]] * 20_000}}, 422, "terms", "larger"),
        ({"terms": {"currency": "USD", "name": "x" * 5_000}}, 422, "terms", "too long"),
        ([], 422, "body", "JSON object"),
    ],
)
@pytest.mark.usefixtures("acme")
def test_a_mistake_is_told_as_a_problem(api: Api, body: object, status: int, field: str, says: str) -> None:
    answer = api.post(SIMULATE, body)
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, told.get("field")) == (status, field), told
    assert says in told["detail"], told


def test_the_versions_there_are_are_told_to_who_asks_for_another(api: Api, acme: PostgresStore) -> None:
    smaller = replace(STARTER, prices=STARTER.prices[:1])
    apply_catalogue(acme, meters=METERS, plans=[smaller], now=NOW)
    assert api.post(SIMULATE, {"plan": "starter", "version": 2}).json()["version"] == 2
    told = api.post(SIMULATE, {"plan": "starter", "version": 9}).json()
    assert told["detail"] == "The plan “starter” has no version 9; it has 1 to 2."


def test_what_is_no_json_and_who_has_no_key_are_told(api: Api, client: httpx2.Client) -> None:
    assert api.post(SIMULATE, b"{").json()["code"] == "not_json"
    assert api.post(SIMULATE, b'{"plan": NaN}').json()["code"] == "not_json"
    assert client.post(SIMULATE, json={"plan": "starter"}).status_code == 401


@pytest.mark.usefixtures("acme")
def test_a_quantity_that_is_no_text_is_told_and_is_no_fault_of_ours(api: Api) -> None:
    answer = api.post(SIMULATE, b'{"plan": "starter", "usage": {"tokens": "\\ud800"}}')
    assert (answer.status_code, answer.json()["field"]) == (422, "usage.tokens"), answer.text
    assert "write it like 1234.5" in answer.json()["detail"]


def test_what_is_too_much_to_show_is_refused_and_what_is_not_is_answered(api: Api) -> None:
    tiers = [*({"up_to": at, "unit": 1} for at in range(1, 100)), {"unit": 1}]
    prices = {"p": {"meter": "inference", "group_by": ["key"], "shape": "graduated", "tiers": tiers}}
    terms = {**TERMS, "prices": prices, "commitments": {}, "phases": {}}
    measured = [{"of": "p", "group": {"key": str(key)}, "quantity": "100"} for key in range(201)]
    answer = api.post(SIMULATE, {"terms": terms, "measured": measured})
    assert (answer.status_code, answer.json()["field"]) == (422, "usage")
    assert "up to 20,100 steps" in answer.json()["detail"]
    assert line(api.post(SIMULATE, {"terms": terms, "measured": measured[:200]}), "p")["amount"]["amount"] == "20000.00"
    assert api.post(SIMULATE, b'{"plan": "' + b"x" * 1024 * 1024 + b'"}').json()["code"] == "too_large"


@pytest.mark.usefixtures("acme")
def test_the_plans_of_another_seller_are_unknown(stranger: Api) -> None:
    assert stranger.post(SIMULATE, {"plan": "starter"}).status_code == 404


def test_the_description_has_an_example_that_works(api: Api, client: httpx2.Client) -> None:
    described = client.get("/openapi.json").json()
    content = described["paths"][SIMULATE]["post"]["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/SimulationTaken"}
    schema = described["components"]["schemas"]["SimulationTaken"]
    assert line(api.post(SIMULATE, schema["example"]), "tokens")["amount"]["amount"] == "1852.35"
    assert {"maxProperties": 1000}.items() <= schema["properties"]["usage"].items()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(["flat", "USD", "m", "-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_NAMED = ["name", "currency", "currencies", "units", "meters", "prices", "phases", "commitments", "entitlements"]


@given(
    of_plan=st.dictionaries(st.sampled_from(_NAMED), _JSON, max_size=4),
    of_price=st.dictionaries(
        st.sampled_from([*TERMS["prices"]["large"], "tiers", "by", "cells", "default", "discount"]), _JSON, max_size=5
    ),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_terms_say_the_answer_is_a_price_or_a_sentence(
    api: Api, of_plan: dict[str, Any], of_price: dict[str, Any]
) -> None:
    prices = {**TERMS["prices"], "large": {**TERMS["prices"]["large"], **of_price}}
    answer = api.post(SIMULATE, json.dumps({"terms": {**TERMS, "prices": prices, **of_plan}}).encode())
    assert answer.status_code in (200, 422), answer.text
    assert answer.status_code == 200 or answer.json()["detail"].endswith((".", "?")), answer.text
