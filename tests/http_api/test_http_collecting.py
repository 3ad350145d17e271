"""Collecting over HTTP: once for each key, never a card, and this seller's alone."""

from __future__ import annotations

from datetime import date

import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from tests.http_api.callers import NOW, Api


@pytest.fixture
def billed(acme: PostgresStore) -> PostgresStore:
    """Acme was billed 49.00 on EX-000001."""
    close_period(acme, through=date(2026, 1, 1), now=NOW)
    return acme


def test_an_invoice_is_collected_from_the_method_on_file_once(billed: PostgresStore, api: Api, stranger: Api) -> None:
    address = "/v1/customers/acme/payment-method"
    assert api.get(address).json()["token"] is None
    put = api.put(address, {"token": "ok", "label": "Visa 4242", "by": "Ada"})
    assert (put.status_code, put.json()["token"], put.json()["put_by"]) == (200, "ok", "Ada")
    made = api.post("/v1/invoices/EX-000001/collect", {"by": "Ada"}, Idempotency_Key="c1")
    assert (made.status_code, made.json()["state"], made.json()["amount"]["amount"]) == (201, "done", "49.00")
    assert api.post("/v1/invoices/EX-000001/collect", {"by": "Ada"}, Idempotency_Key="c1").json() == made.json()
    assert api.post("/v1/invoices/EX-000001/collect", {"by": "Ada"}).status_code == 422
    assert api.get("/v1/payment-attempts", customer="acme").json() == {"attempts": [made.json()]}
    assert len(api.get("/v1/payments").json()["payments"]) == 1
    assert api.post(f"{address}/remove", {"by": "Ada"}).json()["token"] is None
    assert stranger.get("/v1/payment-attempts").json() == {"attempts": []}
    assert stranger.post("/v1/invoices/EX-000001/collect", {"by": "Eve"}).status_code == 404
    assert check_books(billed) == []


@pytest.mark.usefixtures("billed")
def test_a_decline_says_when_it_is_tried_again_and_past_due_is_shown(api: Api) -> None:
    terms = {"retry_days": [2], "retry_hour": 7, "past_due_after_days": 1}
    assert api.put("/v1/collecting-terms", {**terms, "by": "Ada"}).json() == terms
    assert api.get("/v1/collecting-terms").json() == terms
    assert api.put("/v1/collecting-terms", {**terms, "retry_days": [3, 1], "by": "Ada"}).status_code == 422
    api.put("/v1/customers/acme/payment-method", {"token": "hard", "by": "Ada"})
    made = api.post("/v1/invoices/EX-000001/collect", {"by": "Ada"}).json()
    assert (made["state"], made["again_at"]) == ("declined_hard", None)
    (shown,) = api.get("/v1/subscriptions").json()["subscriptions"]
    assert (shown["state"], shown["past_due"]) == ("past_due", ["EX-000001"])
    card = api.put("/v1/customers/acme/payment-method", {"token": "4242424242424242", "by": "Ada"})
    assert (card.status_code, "number of a card" in card.json()["detail"]) == (422, True)
