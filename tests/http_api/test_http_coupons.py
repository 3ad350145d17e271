"""Coupons over HTTP: made once, given once, told in exact text; what cannot be is told in a sentence."""

from __future__ import annotations

from datetime import date

from farthing.postgres.database import PostgresStore
from farthing.usecases.close_period import close_period
from tests.http_api.callers import NOW, Api

SPRING = {"key": "spring", "name": "Spring", "percent": "20.0", "periods": 2}


def test_a_coupon_is_made_given_used_and_taken_back(api: Api, acme: PostgresStore) -> None:
    made = api.post("/v1/coupons", SPRING)
    assert made.status_code == 201
    assert made.json() == {
        "key": "spring", "name": "Spring", "percent": "20", "amounts": [], "scope": "invoice", "of": [], "periods": 2,
        "carries_over": False, "redeem_by": None, "max_redemptions": None, "first_time_only": False, "minimum": [],
        "redemptions": 0,
    }  # fmt: skip
    assert api.post("/v1/coupons", SPRING).json() == made.json()
    given = api.post("/v1/customers/acme/coupons", {"coupon": "spring"}, Idempotency_Key="g1")
    assert given.status_code == 201
    assert api.post("/v1/customers/acme/coupons", {"coupon": "spring"}, Idempotency_Key="g1").json() == given.json()
    close_period(acme, through=date(2026, 1, 31), now=NOW)
    (had,) = api.get("/v1/customers/acme/coupons").json()["coupons"]
    assert (had["invoices"], had["took_off"], had["in_force"]) == (
        2, [{"amount": "19.60", "currency": "USD"}], False,
    )  # fmt: skip
    invoice = api.get("/v1/invoices/EX-000001").json()
    assert [(one["kind"], one["key"], one["amount"]["amount"]) for one in invoice["discounts"]] == [
        ("coupon", "spring", "9.80")
    ]
    assert invoice["total"]["amount"] == "39.20"
    removed = api.post("/v1/customers/acme/coupons/spring/remove", {"by": "Ada"})
    assert removed.status_code == 200
    assert removed.json()["coupons"][0]["removed_at"] is not None
    assert api.get("/v1/coupons/spring").json()["redemptions"] == 1


def test_amounts_are_text_by_currency_and_periods_may_have_no_end(api: Api) -> None:
    body = {"key": "off", "amounts": {"USD": "10", "JPY": "1500"}, "plans": ["starter"], "periods": None,
            "carries_over": True, "minimum": {"USD": "20"}}  # fmt: skip
    made = api.post("/v1/coupons", body).json()
    assert made["amounts"] == [{"amount": "1500", "currency": "JPY"}, {"amount": "10.00", "currency": "USD"}]
    assert (made["scope"], made["of"], made["periods"], made["name"]) == ("plan", ["starter"], None, "off")
    assert api.get("/v1/coupons").json() == {"coupons": [made]}


def test_what_cannot_be_is_told(api: Api, acme: PostgresStore, stranger: Api) -> None:  # noqa: ARG001
    api.post("/v1/coupons", SPRING)
    for body, status in (
        ({"key": "c"}, 422),
        ({"key": "c", "percent": 10}, 422),
        ({"key": "c", "percent": "10", "max_redemptions": 10**30}, 422),
        ({"key": "c", "percent": "10", "redeem_by": "2026-02-31"}, 422),
        (SPRING | {"percent": "21"}, 409),
    ):
        answer = api.post("/v1/coupons", body)
        assert answer.status_code == status, answer.text
        assert answer.json()["detail"].endswith(".")
    assert api.post("/v1/customers/acme/coupons", {"coupon": "none"}).status_code == 404
    assert api.post("/v1/customers/nobody/coupons", {"coupon": "spring"}).status_code == 404
    assert api.post("/v1/customers/acme/coupons/spring/remove", {"by": "Ada"}).status_code == 404
    assert api.post("/v1/customers/acme/coupons", {"coupon": "spring"}).status_code == 201
    assert api.post("/v1/customers/acme/coupons", {"coupon": "spring"}).status_code == 409
    assert stranger.get("/v1/coupons/spring").status_code == 404
    assert stranger.get("/v1/coupons").json() == {"coupons": []}
