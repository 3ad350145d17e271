"""Credit notes, voids, payments and statements over HTTP: once, in exact text, and this seller's alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from tests.http_api.callers import NOW, Api, event


@pytest.fixture
def billed(api: Api, acme: PostgresStore) -> PostgresStore:
    """Acme was billed 49.00 and 49.80: 400 tokens for 0.80 and the next fee."""
    api.post("/v1/events", event("1", time="2026-01-05T10:00:00Z"))
    close_period(acme, through=date(2026, 1, 31), now=NOW)
    return acme


BECAUSE: dict[str, Any] = {"reason": "Test traffic.", "by": "Ada"}


@pytest.mark.usefixtures("billed")
def test_a_credit_note_is_previewed_written_once_and_seen(api: Api, stranger: Api) -> None:
    body = {"lines": [{"line": 2, "units": "100"}], **BECAUSE}
    foreseen = api.post("/v1/invoices/EX-000002/credit-notes/preview", body)
    assert (foreseen.status_code, foreseen.json()["total"]) == (200, {"amount": "0.20", "currency": "USD"})
    made = api.post("/v1/invoices/EX-000002/credit-notes", body, Idempotency_Key="c1")
    assert made.status_code == 201
    told = made.json()
    assert told == foreseen.json()
    assert (told["number"], told["lines"][0]["units"], told["voids"]) == ("EX-CN-000001", "100", False)
    assert api.post("/v1/invoices/EX-000002/credit-notes", body, Idempotency_Key="c1").json() == told
    assert api.get("/v1/credit-notes", customer="acme").json() == {"credit_notes": [told]}
    assert api.get("/v1/credit-notes/EX-CN-000001").json() == told
    assert api.get(f"/v1/credit-notes/{told['credit_note_id']}").json() == told
    assert stranger.get("/v1/credit-notes/EX-CN-000001").status_code == 404
    assert stranger.post("/v1/invoices/EX-000002/credit-notes", body).status_code == 404
    both = api.post("/v1/invoices/EX-000002/credit-notes", body | {"in_full": True})
    assert (both.status_code, both.json()["code"]) == (422, "refused")


def test_an_invoice_is_voided_and_billed_again(api: Api, billed: PostgresStore) -> None:
    voided = api.post("/v1/invoices/EX-000002/void", BECAUSE)
    assert (voided.status_code, voided.json()["voids"], voided.json()["total"]["amount"]) == (200, True, "49.80")
    assert api.post("/v1/invoices/EX-000002/void", BECAUSE).status_code == 409
    again = api.post("/v1/invoices/EX-000002/reissue", {"by": "Ada"}, Idempotency_Key="r1")
    assert (again.status_code, again.json()["revision"], again.json()["total"]["amount"]) == (201, 1, "49.80")
    assert api.post("/v1/invoices/EX-000002/reissue", {"by": "Ada"}, Idempotency_Key="r1").json() == again.json()
    assert check_books(billed) == []


def test_a_payment_is_recorded_once_used_and_paid_back(api: Api, billed: PostgresStore, stranger: Api) -> None:
    body = {"customer": "acme", "amount": "60.00", "currency": "USD", "invoices": ["EX-000002"], "by": "Ada"}
    made = api.post("/v1/payments", body, Idempotency_Key="p1")
    assert made.status_code == 201
    told = made.json()
    assert told["pays"] == [{"invoice": "EX-000002", "amount": {"amount": "49.80", "currency": "USD"}}]
    assert told["free"]["amount"] == "10.20"
    assert api.post("/v1/payments", body, Idempotency_Key="p1").json() == told
    address = f"/v1/payments/{told['payment_id']}"
    assert api.get("/v1/payments").json() == {"payments": [told]}
    assert api.get(address).json() == told
    assert stranger.get(address).status_code == 404
    back = api.post(f"{address}/refunds", {"amount": "5.00", **BECAUSE}, Idempotency_Key="f1").json()
    assert (back["free"]["amount"], back["refundable"]["amount"], len(back["refunds"])) == ("5.20", "55.00", 1)
    assert api.post(f"{address}/refunds", {"amount": "5.00", **BECAUSE}, Idempotency_Key="f1").json() == back
    used = api.post("/v1/customers/acme/balance/use", {}).json()["payments"]
    assert [one["pays"][-1]["invoice"] for one in used] == ["EX-000001"]
    (statement,) = api.get("/v1/customers/acme/statement").json()["statements"]
    assert [entry["kind"] for entry in statement["entries"]] == ["invoice", "invoice", "payment", "refund"]
    assert statement["closing"]["amount"] == "43.80"
    assert api.get("/v1/customers/nobody/statement").status_code == 404
    assert check_books(billed) == []


@pytest.mark.usefixtures("billed")
def test_documents_come_as_pdf_in_the_customers_language(api: Api, stranger: Api) -> None:
    assert api.get("/v1/customers/acme/language").json() == {"customer": "acme", "language": "en", "own": False}
    chosen = api.put("/v1/customers/acme/language", {"language": "ru"})
    assert chosen.json() == {"customer": "acme", "language": "ru", "own": True}
    assert api.put("/v1/customers/acme/language", {"language": "fr"}).status_code == 422
    api.post("/v1/invoices/EX-000002/void", BECAUSE, Idempotency_Key="v1")
    for path, name in (
        ("/v1/invoices/EX-000002/pdf", "EX-000002.pdf"),
        ("/v1/invoices/EX-000002/pdf?as_issued=true", "EX-000002.pdf"),
        ("/v1/credit-notes/EX-CN-000001/pdf", "EX-CN-000001.pdf"),
        ("/v1/customers/acme/statement/pdf?through=2027-03-31", "statement-acme-2027-03-31.pdf"),
    ):
        answer = api.get(path)
        assert answer.content.startswith(b"%PDF-"), path
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == f'inline; filename="{name}"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert stranger.get(path).status_code == 404
    marked, as_issued = (api.get(f"/v1/invoices/EX-000002/pdf?as_issued={so}").content for so in ("false", "true"))
    assert marked != as_issued
    assert api.put("/v1/customers/acme/language", {"language": None}).json()["own"] is False
