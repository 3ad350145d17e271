"""Sandboxes over HTTP: the clock, copies with keys of their own, and two ways side by side."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import httpx2
import pytest

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.parties import Mode, Seller
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.api_keys import new_api_key
from tests.http_api.callers import NOW, Api, event


def put(api: Api, path: str, body: object) -> httpx2.Response:
    return api.client.put(path, json=body, headers={"Authorization": f"Bearer {api.key}"})


def of_fork(api: Api, answer: httpx2.Response) -> Api:
    """A caller with the key that came with a fork."""
    return replace(api, key=answer.json()["api_key"])


def test_the_clock_is_moved_and_bills_on_the_way(api: Api, acme: PostgresStore) -> None:
    assert api.get("/v1/clock").json() == {"now": "2026-03-15T12:00:00Z", "zone": "UTC", "mode": "sandbox"}
    moved = put(api, "/v1/clock", {"to": "2026-06-02T00:00:00Z"})
    assert moved.status_code == 200
    assert moved.json() == {
        "began": "2026-03-15T12:00:00Z",
        "now": "2026-06-02T00:00:00Z",
        "stops": 4,
        "invoices": 6,
        "waiting": 0,
        "unbilled": [],
    }
    with acme.transaction():
        assert [str(one.issued_on) for one in acme.all_invoices()] == [
            *["2026-03-15"] * 3,
            "2026-04-01",
            "2026-05-01",
            "2026-06-01",
        ]


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("2026-03-15T11:59:59Z", "a clock moves forward only"),
        ("2027-03-17T12:00:00Z", "more than 366 days ahead"),
        (20260601, "“to” is no number"),
    ],
)
def test_a_clock_that_cannot_be_moved_there_is_told_why(api: Api, acme: PostgresStore, to: object, says: str) -> None:
    answer = put(api, "/v1/clock", {"to": to})
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    with acme.transaction():
        assert acme.invoices() == []


def test_a_live_seller_has_no_clock_to_move_and_no_copies(shared_database: Database, client: httpx2.Client) -> None:
    live = Seller(uuid4(), "Live", Mode.LIVE, LegalEntity("main", "Live", in_zone="UTC", number_prefix="LV"))
    shared_database.add_seller(live)
    api = Api(client, new_api_key(shared_database.for_seller(live.seller_id), label="test", now=NOW))
    assert api.get("/v1/clock").json()["mode"] == "live"
    assert "a live clock cannot be moved" in put(api, "/v1/clock", {"to": "2029-01-01T00:00:00Z"}).json()["detail"]
    for answer in (
        api.get("/v1/sandboxes"),
        put(api, "/v1/sandboxes/x", {"kind": "point"}),
        api.get("/v1/comparison", left="x"),
    ):
        assert answer.status_code == 422
        assert "This seller is live" in answer.json()["detail"]


def test_two_ways_are_forked_from_a_saved_point_and_compared(api: Api, acme: PostgresStore) -> None:  # noqa: ARG001
    saved = put(api, "/v1/sandboxes/mid March", {"kind": "point"})
    assert saved.status_code == 200
    assert (saved.json()["api_key"], saved.json()["kind"], saved.json()["of"]) == (None, "point", "original")
    one, other = (
        of_fork(api, put(api, f"/v1/sandboxes/{name}", {"kind": "fork", "of": "mid March"}))
        for name in ("one", "other")
    )
    assert other.post("/v1/events", [event("1"), event("2"), event("3")]).json()["accepted"] == 3
    for each in (one, other):
        assert put(each, "/v1/clock", {"to": "2026-04-02T00:00:00Z"}).json()["invoices"] == 4
    found = one.get("/v1/comparison", left="one", right="other").json()
    assert found["totals"] == [{"currency": "USD", "left": "196.00", "right": "198.30", "difference": "2.30"}]
    (bill,) = found["differing"]
    assert (bill["customer"], bill["billed_at"], bill["difference"]) == ("acme", "2026-03-01T00:00:00Z", "2.30")
    assert [(line["price"], line["quantity"]) for line in bill["lines"]] == [("tokens", {"left": "0", "right": "1200"})]
    assert api.get("/v1/comparison", left="one", right="other", customer="acme").json() == found
    listed = other.get("/v1/sandboxes").json()["sandboxes"]
    assert [(each["name"], each["kind"], each["of"], each["is_own"]) for each in listed] == [
        ("original", "original", None, False),
        ("mid March", "point", "original", False),
        ("one", "fork", "mid March", False),
        ("other", "fork", "mid March", True),
    ]
    assert api.get("/v1/invoices").json()["invoices"] == []


def test_the_same_copy_again_is_answered_as_done_and_another_is_a_clash(api: Api, acme: PostgresStore) -> None:
    first = put(api, "/v1/sandboxes/one", {"kind": "fork"})
    again = put(api, "/v1/sandboxes/one", {"kind": "fork", "of": "original"})
    assert (again.status_code, again.json()) == (200, first.json() | {"api_key": None})
    other = put(api, "/v1/sandboxes/one", {"kind": "point"})
    assert (other.status_code, other.json()["code"]) == (409, "clash")
    with acme.transaction():
        assert len(acme.sandboxes()) == 2


def test_what_is_not_there_is_unknown_and_another_sellers_copies_are_alike(
    api: Api,
    stranger: Api,
    acme: PostgresStore,  # noqa: ARG001
) -> None:
    put(stranger, "/v1/sandboxes/theirs", {"kind": "fork"})
    for answer in (
        put(api, "/v1/sandboxes/one", {"kind": "fork", "of": "theirs"}),
        api.get("/v1/comparison", left="theirs"),
        api.get("/v1/comparison", left="nowhere"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown")
    assert api.get("/v1/comparison", left="original").status_code == 422
    assert put(api, "/v1/sandboxes/original", {"kind": "fork"}).status_code == 409
    assert put(api, "/v1/sandboxes/-", {"kind": "fork"}).status_code == 422
    assert put(api, "/v1/sandboxes/one", {"kind": "spoon"}).status_code == 422
