"""Taxes, legal entities and what customers are taxed by, over HTTP."""

from __future__ import annotations

import base64
from datetime import date
from typing import Any

from farthing.postgres.database import PostgresStore
from farthing.usecases.close_period import close_period
from tests.core.invoicing.test_logo import png
from tests.http_api.callers import NOW, Api

RULES: dict[str, Any] = {
    "rules": [
        {"tax": "vat", "name": "USt.", "place": ["DE"], "percent": "19", "from": "2021-01-01"},
        {"tax": "vat", "place": ["*"], "treatment": "outside", "reason": "Outside."},
    ]
}


def test_invoices_are_taxed_by_rules_that_were_put(api: Api, acme: PostgresStore) -> None:
    put = api.put("/v1/tax/rules", RULES)
    assert (put.status_code, put.json()["version"]) == (200, 1)
    assert put.json()["rules"][0] == {
        "tax": "vat", "name": "USt.", "percent": "19", "place": "DE", "from": "2021-01-01",
    }  # fmt: skip
    assert api.put("/v1/tax/rules", RULES).json()["version"] == 1
    assert api.get("/v1/tax/rules", version=1).json() == put.json()
    assert api.patch("/v1/entities/main", {"address": {"country": "DE"}}).status_code == 200
    details = api.patch("/v1/customers/acme/tax", {"address": {"country": "DE"}, "tax_ids": ["DE136695976"]}).json()
    assert (details["taxed_as"], details["address"]["country"], details["entity"]) == ("consumer", "DE", "main")
    assert api.get("/v1/customers/acme/tax").json() == details
    close_period(acme, through=date(2026, 1, 31), now=NOW)
    newest = api.get("/v1/invoices", customer="acme").json()["invoices"][0]
    invoice = api.get(f"/v1/invoices/{newest['number']}").json()
    assert [(tax["rate"], tax["jurisdiction"]) for tax in invoice["taxes"]] == [("0.19", "DE")]
    shown = api.post("/v1/tax/preview", {"amount": "100", "currency": "EUR", "customer": "acme"}).json()
    assert (shown["net"]["amount"], shown["total"]["amount"], shown["rules_version"]) == ("100.00", "119.00", 1)


def test_a_legal_entity_is_added_once_and_changed(api: Api) -> None:
    new = {"key": "uk", "name": "Example Ltd", "zone": "Europe/London", "prefix": "UK",
           "logo": base64.b64encode(png()).decode()}  # fmt: skip
    made = api.post("/v1/entities", new)
    assert made.status_code == 201
    assert api.post("/v1/entities", new).json() == made.json()
    assert api.post("/v1/entities", new | {"name": "Other"}).status_code == 409
    assert [one["key"] for one in api.get("/v1/entities").json()["entities"]] == ["main", "uk"]
    logo = api.get("/v1/entities/uk/logo")
    assert (logo.content, logo.headers["content-type"]) == (png(), "image/png")
    assert api.get("/v1/entities/main/logo").status_code == 404
    assert api.patch("/v1/entities/uk", {"logo": ""}).json()["logo"] is None
    assert api.get("/v1/entities/none").status_code == 404


def test_what_cannot_be_is_told_by_its_field(api: Api, acme: PostgresStore) -> None:
    assert acme.seller_id
    wrong = api.patch("/v1/customers/acme/tax", {"tax_ids": ["DE136695977"]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "refused")
    assert "cannot be a VAT id of DE" in wrong.json()["detail"]
    assert api.patch("/v1/entities/main", {"logo": "!!"}).status_code == 422
    assert (
        api.put("/v1/tax/rules", {"rules": [{"tax": "vat", "place": ["Nowhere"], "percent": "1"}]}).status_code == 422
    )
    assert api.get("/v1/tax/rules").status_code == 404
