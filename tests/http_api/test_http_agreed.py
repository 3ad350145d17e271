"""What is agreed beside a plan, over HTTP: once, in exact text, and what cannot be told in a sentence."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from farthing.core.ids import content_hash
from farthing.core.metering.event import canonical
from farthing.core.pricing.terms import plan_from
from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.customers import add_customer
from tests.http_api.callers import NOW, Api, event
from tests.usecases.agreed_shop import BACKUP, DOLLARS, METERS, offer, team
from tests.usecases.shop import at_once

CALLS = {"meter": "calls", "shape": "per_unit", "unit": "0.01"}
BODY: dict[str, Any] = {"customer": "acme", "plan": "team", "starts_on": "2026-01-01"}


@pytest.fixture
def shop(store: PostgresStore) -> PostgresStore:
    """The plan “team” with its add-ons, and Acme."""
    trial = {"trial": {"name": "Trial", "lasts": "3 months", "trial": True}}
    offer(store, team(), add_ons={"backup": BACKUP, "dollars": DOLLARS})
    trying = {"currency": "USD", "phases": trial, "prices": {"fee": DOLLARS["prices"]["fee"], "calls": CALLS}}
    offer(store, plan_from("trying", trying, version=1, meters=METERS))
    add_customer(store, key="acme", name="Acme GmbH", in_zone="UTC", now=NOW)
    return store


@pytest.fixture
def on_team(api: Api, shop: PostgresStore) -> str:  # noqa: ARG001
    """The address of Acme's subscription to “team” with 10 seats."""
    made = api.post("/v1/subscriptions", BODY | {"quantities": {"seats": "10"}}).json()
    return f"/v1/subscriptions/{made['subscription_id']}"


def test_a_subscription_takes_a_currency_quantities_and_terms_of_its_own(api: Api, shop: PostgresStore) -> None:
    wishes = {"currency": "EUR", "quantities": {"seats": "10"}, "overrides": {"tokens": {"unit": "0.0050"}}}
    made = api.post("/v1/subscriptions", BODY | wishes)
    assert made.status_code == 201
    told = made.json()
    assert (told["currency"], told["overrides"], told["plan_version"]) == ("EUR", {"tokens": {"unit": "0.0050"}}, 1)
    assert told["quantities"] == [{"name": "seats", "number": "10", "since": "2026-01-01T00:00:00Z"}]
    assert api.post("/v1/subscriptions", BODY | wishes).json() == told
    assert api.get("/v1/subscriptions").json() == {"subscriptions": [told]}
    other = api.post("/v1/subscriptions", BODY | wishes | {"currency": "USD"})
    assert (other.status_code, other.json()["code"]) == (409, "clash")
    with shop.transaction():
        assert len(shop.subscriptions()) == 1


def test_a_quantity_counts_from_the_next_period_on_and_once(api: Api, shop: PostgresStore, on_team: str) -> None:
    changed = api.post(f"{on_team}/quantities", {"quantities": {"seats": "12.5"}}, Idempotency_Key="q1")
    assert changed.status_code == 200
    assert changed.json()["quantities"] == [
        {"name": "seats", "number": "10", "since": "2026-01-01T00:00:00Z"},
        {"name": "seats", "number": "12.5", "since": "2026-04-01T00:00:00Z"},
    ]
    api.post(f"{on_team}/quantities", {"quantities": {"seats": "3"}})
    again = api.post(f"{on_team}/quantities", {"quantities": {"seats": "12.5"}}, Idempotency_Key="q1")
    assert again.json() == changed.json()
    assert api.get(on_team).json()["quantities"][1]["number"] == "3"
    other = api.post(f"{on_team}/quantities", {"quantities": {"seats": "3"}}, Idempotency_Key="q1")
    assert (other.status_code, other.json()["code"]) == (409, "clash")
    assert check_books(shop) == []


def test_an_add_on_runs_until_it_is_ended(api: Api, shop: PostgresStore, on_team: str) -> None:
    made = api.post(f"{on_team}/add-ons", {"add_on": "backup", "number": "2", "starts_on": "2026-03-16"})
    assert made.status_code == 201
    assert made.json()["add_ons"] == [
        {
            "add_on": "backup", "version": 1, "number": "2", "starts_on": "2026-03-16",
            "starts_at": "2026-03-16T00:00:00Z", "ends_on": None, "ends_at": None,
        }
    ]  # fmt: skip
    shown = api.get(on_team).json()
    assert shown == made.json() | {"next_invoice": shown["next_invoice"]}
    lines = [(line["price"], line["amount"]["amount"]) for line in shown["next_invoice"]["lines"]]
    assert lines[3:] == [
        ("backup+fee", "64.00"), ("backup+fee", "124.00"), ("backup+setup", "10.00"), ("backup+runs", "0.00"),
    ]  # fmt: skip
    assert shown["next_invoice"]["total"] == {"amount": "329.00", "currency": "USD"}
    withdrawn = api.post(f"{on_team}/add-ons/backup/end")
    assert (withdrawn.status_code, withdrawn.json()["add_ons"][0]["ends_on"]) == (200, "2026-03-16")
    api.post(f"{on_team}/add-ons", {"add_on": "backup"})
    ended = api.post(f"{on_team}/add-ons/backup/end")
    assert [one["ends_on"] for one in ended.json()["add_ons"]] == ["2026-04-01", "2026-03-16"]
    assert api.post(f"{on_team}/add-ons/backup/end").json() == ended.json()
    assert check_books(shop) == []


def test_requests_at_once_have_one_effect(api: Api, shop: PostgresStore, on_team: str) -> None:
    add = {"add_on": "backup", "starts_on": "2026-03-20"}
    answers = at_once(*[lambda: api.post(f"{on_team}/add-ons", add).status_code] * 4)
    assert answers == [201] * 4
    seven = {"quantities": {"seats": "7"}}
    keyed = at_once(*[lambda: api.post(f"{on_team}/quantities", seven, Idempotency_Key="k").status_code] * 4)
    assert set(keyed) <= {200, 503}, "one that comes while the same is being answered is asked to come again"
    with shop.transaction():
        [subscription] = shop.subscriptions()
    assert len(subscription.add_ons) == 1
    assert [agreed.number for agreed in subscription.quantities] == [10, 7]


def test_a_phase_is_told_with_its_end(api: Api, shop: PostgresStore) -> None:  # noqa: ARG001
    made = api.post("/v1/subscriptions", BODY | {"plan": "trying"}).json()
    assert made["phase"] == {"key": "trial", "name": "Trial", "trial": True, "ends_at": "2026-04-01T00:00:00Z"}


def test_entitlements_tell_what_is_used_and_left(api: Api, shop: PostgresStore, on_team: str) -> None:  # noqa: ARG001
    assert api.post("/v1/events", [event("1", time="2026-03-05T10:00:00Z")]).json()["accepted"] == 1
    made = api.post(f"{on_team}/add-ons", {"add_on": "backup", "number": "2"}).json()
    told = api.get("/v1/customers/acme/entitlements").json()
    assert (told["customer"], told["as_of"]) == ("acme", "2026-03-15T12:00:00Z")
    copies, region, sso, tokens = told["entitlements"]
    backup = {"subscription_id": made["subscription_id"], "key": "backup", "kind": "add_on", "number": "2"}
    nothing = {"meter": None, "unit": None, "used": None, "held": "0", "left": None, "period": None}
    assert copies == {"feature": "copies", "kind": "limit", "value": "6", "sources": [backup]} | nothing
    assert region == {"feature": "region", "kind": "configuration", "value": "eu", "sources": [backup]} | nothing
    assert sso == {"feature": "sso", "kind": "boolean", "value": True, "sources": [backup]} | nothing
    assert (tokens["value"], tokens["meter"], tokens["used"], tokens["left"]) == ("2000", "tokens", "400", "1600")
    assert tokens["period"] == {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"}
    assert [source["key"] for source in tokens["sources"]] == ["team", "backup"]
    assert api.get("/v1/customers/nobody/entitlements").status_code == 404


def test_periods_are_counted_from_an_anchor_and_then_from_another(api: Api, shop: PostgresStore) -> None:  # noqa: ARG001
    body = BODY | {"anchor": "2026-01-31", "starts_on": "2026-01-31"}
    made = api.post("/v1/subscriptions", body, Idempotency_Key="a1")
    assert made.status_code == 201
    told = made.json()
    assert (told["every"], told["anchor"], told["anchor_day"], told["cycles"]) == ("month", "2026-01-31", 31, [])
    other = api.post("/v1/subscriptions", body | {"anchor": "2026-01-30"}, Idempotency_Key="a1")
    assert (other.status_code, other.json()["code"]) == (409, "clash")
    path = f"/v1/subscriptions/{told['subscription_id']}"
    changed = api.post(f"{path}/anchor", {"anchor": "2026-05-15"}).json()
    [cycle] = changed["cycles"]
    assert (cycle["every"], cycle["anchor"][-2:], cycle["zone"]) == ("month", "15", told["zone"])
    assert api.post(f"{path}/anchor", {"anchor": "2026-05-15"}).json() == changed
    assert api.post(f"{path}/anchor", {"anchor": "0001-01-01"}).status_code == 422
    assert api.post(f"{path}/anchor", {}).status_code == 422
    assert api.post(f"/v1/subscriptions/{uuid4()}/anchor", {"anchor": "2026-05-15"}).status_code == 404


def test_a_customer_moves_and_their_subscription_follows(api: Api, shop: PostgresStore, on_team: str) -> None:  # noqa: ARG001
    moved = api.post("/v1/customers/acme/zone", {"zone": "America/Los_Angeles"}, Idempotency_Key="m1")
    assert (moved.status_code, moved.json()["zone"]) == (200, "America/Los_Angeles")
    assert (
        api.post("/v1/customers/acme/zone", {"zone": "America/Los_Angeles"}, Idempotency_Key="m1").json()
        == moved.json()
    )
    told = api.get(on_team).json()
    assert [told["zone"], *(cycle["zone"] for cycle in told["cycles"])] == ["America/Los_Angeles"] * 2
    assert api.post("/v1/customers/acme/zone", {"zone": "Mars/Olympus"}).status_code == 422
    assert api.post("/v1/customers/nobody/zone", {"zone": "UTC"}).status_code == 404


def test_what_belongs_to_another_seller_is_unknown(stranger: Api, shop: PostgresStore, on_team: str) -> None:  # noqa: ARG001
    for answer in (
        stranger.get(on_team),
        stranger.post(f"{on_team}/quantities", {"quantities": {"seats": "1"}}),
        stranger.post(f"{on_team}/add-ons", {"add_on": "backup"}),
        stranger.post(f"{on_team}/add-ons/backup/end"),
        stranger.get("/v1/customers/acme/entitlements"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown")


def test_an_answer_that_was_kept_before_more_was_told_is_given_again(api: Api, shop: PostgresStore) -> None:
    """A request of an older Farthing, and its answer as it was kept then."""
    old = {"subscription_id": str(uuid4()), "customer": "acme", "plan": "team", "plan_version": 1,
           "standing": "active", "starts_on": "2026-01-01", "starts_at": "2026-01-01T00:00:00Z", "ends_on": None,
           "ends_at": None, "anchor_day": 1, "zone": "UTC", "billed_through": None}  # fmt: skip
    request = content_hash(canonical(BODY | {"anchor_day": 1}).encode())
    with shop.transaction():
        shop.keep_answer("POST /v1/subscriptions", "old", request=request, answer=old, created_at=NOW)
    answer = api.post("/v1/subscriptions", BODY, Idempotency_Key="old")
    assert answer.status_code == 201
    assert {name: answer.json()[name] for name in old} == old
    with shop.transaction():
        assert shop.subscriptions() == []


@pytest.mark.parametrize(
    ("more", "status", "says"),
    [
        ({"quantities": {"seats": 10}}, 422, "“quantities.seats” must be text"),
        ({"quantities": {"seats": "ten"}}, 422, "is no number: “ten”"),
        ({"quantities": {"seats": "-1"}}, 422, "cannot be -1"),
        ({"quantities": {"desks": "1"}}, 422, "no agreed quantity “desks”"),
        ({"currency": "JPY"}, 422, "no prices in JPY"),
        ({"overrides": {"tokens": {"unit": 0.1}}}, 422, "Numbers in terms are text"),
        ({"overrides": {"tokens": {"unit": "a\x00"}}}, 422, "no text"),
        ({"overrides": {"input": {"unit": "1"}}}, 422, "no price “input”"),
        ({"overrides": {"tokens": {"shape": "round"}}}, 422, "cannot be agreed"),
        ({"overrides": {"tokens": "free"}}, 422, "must be names"),
        ({"overrides": {"tokens": [[]]}}, 422, "must be names"),
        ({"overrides": []}, 422, "overrides"),
        ({"seats": "10"}, 422, "means nothing here"),
    ],
)
def test_what_cannot_be_agreed_is_told_in_a_sentence(
    api: Api, shop: PostgresStore, more: dict[str, Any], status: int, says: str
) -> None:
    answer = api.post("/v1/subscriptions", BODY | more, Idempotency_Key="k")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert says in answer.json()["detail"]
    assert answer.json()["detail"].endswith(".")
    with shop.transaction():
        assert shop.subscriptions() == []


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/quantities", {"quantities": {}}, 422, "quantities"),
        ("/quantities", {"quantities": {"desks": "1"}}, 422, "no agreed quantity “desks”"),
        ("/add-ons", {"add_on": "nix"}, 404, "no add-on “nix”"),
        ("/add-ons", {"add_on": "a\x00"}, 422, "control characters"),
        ("/add-ons", {"add_on": "backup", "number": "0"}, 422, "once or more"),
        ("/add-ons", {"add_on": "backup", "number": "NaN"}, 422, "finite"),
        ("/add-ons", {"add_on": "backup", "starts_on": "2025-12-31"}, 422, "give a day then"),
        ("/add-ons", {"add_on": "backup", "starts_on": "9999-12-31"}, 422, "out of reach"),
        ("/add-ons/backup/end", None, 404, "no running add-on"),
    ],
)
def test_a_change_that_cannot_be_is_told_in_a_sentence(
    api: Api, shop: PostgresStore, on_team: str, path: str, body: object, status: int, says: str
) -> None:
    answer = api.post(f"{on_team}{path}", body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert says in answer.json()["detail"]
    with shop.transaction():
        [subscription] = shop.subscriptions()
    assert (subscription.add_ons, len(subscription.quantities)) == ((), 1)
