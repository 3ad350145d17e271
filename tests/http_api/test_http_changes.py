"""A subscription changes over HTTP: once for each key, previewed without a trace, refused in a sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from farthing.core.pricing.terms import plan_from
from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from tests.http_api.callers import NOW, Api
from tests.usecases.agreed_shop import METERS, SEATS, TEAM, TOKENS, offer, team


@pytest.fixture
def on_team(api: Api, store: PostgresStore) -> str:
    """The address of Acme's subscription to “team” with 10 seats, billed up to the running period."""
    platform = TEAM["prices"]["platform"] | {"fee": {"USD": "62", "EUR": "56"}}
    dearer = TEAM | {"prices": {"platform": platform, "seats": SEATS, "tokens": TOKENS}}
    offer(store, team(), plan_from("business", dearer, version=1, meters=METERS))
    add_customer(store, key="acme", name="Acme GmbH", in_zone="UTC", now=NOW)
    body = {"customer": "acme", "plan": "team", "starts_on": "2026-01-01", "quantities": {"seats": "10"}}
    made = api.post("/v1/subscriptions", body).json()
    close_period(store, through=NOW.date() - timedelta(days=1), now=NOW)
    return f"/v1/subscriptions/{made['subscription_id']}"


def test_an_upgrade_is_previewed_and_then_done_once(api: Api, store: PostgresStore, on_team: str) -> None:
    previewed = api.post(f"{on_team}/change", {"plan": "business", "preview": True}).json()
    assert previewed["previewed"]
    assert [line["kind"] for line in previewed["now"][0]["lines"]] == ["unused", "unused", "fee", "fee"]
    assert len(previewed["without"]) == len(previewed["then"]) == 1
    before = _invoices(store)
    done = api.post(f"{on_team}/change", {"plan": "business"}, Idempotency_Key="up")
    assert (done.status_code, done.json()["plan"]) == (200, "business")
    assert done.json()["now"][0]["total"] == previewed["now"][0]["total"]
    assert api.post(f"{on_team}/change", {"plan": "business"}, Idempotency_Key="up").json() == done.json()
    assert _invoices(store) == before + 1
    shown = api.get(on_team).json()
    assert (shown["plan"], shown["versions"][0]["plan"]) == ("business", "business")
    assert check_books(store, now=NOW) == []


def test_a_pause_a_resumption_and_an_end_follow_each_other(api: Api, store: PostgresStore, on_team: str) -> None:
    assert api.post(f"{on_team}/pause", {}).json()["now"][0]["lines"][0]["kind"] == "unused"
    refused = api.post(f"{on_team}/change", {"plan": "business"})
    assert (refused.status_code, refused.json()["code"]) == (409, "clash")
    assert api.post(f"{on_team}/resume", {}).status_code == 200
    assert len(api.get(on_team).json()["pauses"]) == 1
    seats = api.post(f"{on_team}/quantities", {"quantities": {"seats": "3"}, "when": "now"})
    assert seats.json()["quantities"][0]["number"] == "3"
    ends = api.post(f"{on_team}/cancel", {"when": "period_end"}).json()
    assert ends["ends_at"] == ends["since"]
    assert api.post(f"{on_team}/uncancel", {}).json()["ends_at"] is None
    assert api.post(f"{on_team}/cancel", {"when": "now"}).status_code == 200
    assert api.get(on_team).json()["standing"] == "ended"
    assert check_books(store, now=NOW) == []


def _invoices(store: PostgresStore) -> int:
    with store.transaction():
        return len(store.invoices())
