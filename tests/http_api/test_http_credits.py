"""Credit over HTTP: granted once for its key, told in exact text."""

from __future__ import annotations

from datetime import date

from farthing.postgres.database import PostgresStore
from farthing.usecases.close_period import close_period
from tests.http_api.callers import NOW, Api

TOP_UP = {"key": "t1", "kind": "prepaid", "amount": "100", "currency": "USD", "by": "Ada", "starts_on": "2026-01-01"}


def test_credit_is_granted_used_and_told(api: Api, acme: PostgresStore, stranger: Api) -> None:
    made = api.post("/v1/customers/acme/credit", TOP_UP)
    assert made.status_code == 201, made.text
    assert made.json()["left"] == {"amount": "100.00", "currency": "USD"}
    assert api.post("/v1/customers/acme/credit", TOP_UP).json() == made.json()
    assert api.post("/v1/customers/acme/credit", TOP_UP | {"amount": "101"}).status_code == 409
    close_period(acme, through=date(2026, 1, 31), now=NOW)
    told = api.get("/v1/customers/acme/credit").json()
    assert [grant["used"]["amount"] for grant in told["grants"]] == ["98.00"]
    assert told["balances"] == [
        {
            "available": {"amount": "2.00", "currency": "USD"},
            "pending": {"amount": "2.00", "currency": "USD"},
            "expiring": None,
            "expiring_at": None,
        }
    ]
    assert api.get("/v1/invoices/EX-000001").json()["due"]["amount"] == "0.00"
    assert stranger.get("/v1/customers/acme/credit").status_code == 404


def test_what_cannot_be_is_told(api: Api, acme: PostgresStore) -> None:  # noqa: ARG001
    for wrong, status in (
        ({"amount": "0"}, 422),
        ({"amount": "0.001"}, 422),
        ({"currency": "XYZ"}, 422),
        ({"kind": "stolen"}, 422),
        ({"expires_on": "2025-12-31"}, 422),
        ({"priority": -1}, 422),
    ):
        answer = api.post("/v1/customers/acme/credit", TOP_UP | wrong)
        assert answer.status_code in (400, status), answer.text
    assert api.post("/v1/customers/nobody/credit", TOP_UP).status_code == 404
