"""Drafts over HTTP: held, edited and approved as they were seen; and what belongs to no period, once for its key."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from farthing.core.invoicing.policy import BillingPolicy
from farthing.postgres.database import PostgresStore
from farthing.usecases.close_period import close_period
from farthing.usecases.drafts import set_policy
from tests.http_api.callers import NOW, Api

ADA = {"because": "As agreed", "by": "Ada"}


@pytest.fixture
def draft(api: Api, acme: PostgresStore) -> dict[str, Any]:
    """Acme's first invoice, which is held."""
    set_policy(acme, BillingPolicy(hold_first=True), by="Ada", now=NOW)
    close_period(acme, through=date(2026, 2, 28), now=NOW)
    (found,) = api.get("/v1/drafts").json()["drafts"]
    return dict(found)


def test_a_draft_is_edited_and_then_approved_as_it_was_seen(api: Api, draft: dict[str, Any]) -> None:
    address = f"/v1/drafts/{draft['draft_id']}"
    assert api.get(address).json() == draft
    assert (draft["state"], draft["reasons"]) == ("held", ["It is the customer's first invoice."])
    edited = api.post(f"{address}/edits", {"name": "Setup", "amount": "20", **ADA}).json()
    assert edited["lines"][-1]["note"] == "As agreed (Ada)"
    seen = {"by": "Bo", "seen": draft["fingerprint"], "position": draft["position"]}
    assert api.post(f"{address}/approve", seen).status_code == 409
    approved = api.post(f"{address}/approve", seen | {"seen": edited["fingerprint"]})
    assert approved.json()["number"] == "EX-000001"
    assert api.post(f"{address}/approve", {"by": "Cy"}).json() == approved.json()
    assert api.get(address).status_code == 404
    invoice = api.get("/v1/invoices/EX-000001").json()
    assert invoice["due"] == edited["due"]
    assert [line["kind"] for line in invoice["lines"]] == ["fee", "item"]


def test_a_draft_is_held_by_a_person(api: Api, draft: dict[str, Any]) -> None:
    held = api.post(f"/v1/drafts/{draft['draft_id']}/hold", ADA).json()
    assert held["reasons"] == ["It is the customer's first invoice.", "As agreed (Ada)"]


@pytest.mark.usefixtures("acme")
def test_what_belongs_to_no_period_is_billed_once_for_its_key(api: Api) -> None:
    asked = {"customer": "acme", "currency": "EUR", "items": [{"name": "Training", "amount": "500"}], "by": "Ada"}
    first = api.post("/v1/invoices", asked | {"key": "po-7"})
    assert first.json()["total"] == {"amount": "500.00", "currency": "EUR"}
    assert api.post("/v1/invoices", asked | {"key": "po-7"}).json() == first.json()
    assert api.get("/v1/invoices/EX-000001").json()["plan"] is None
    assert api.get("/v1/invoices/EX-000001/explanation").status_code == 200
    assert api.post("/v1/invoices", asked | {"key": "po-8", "currency": "Euro"}).status_code == 422
