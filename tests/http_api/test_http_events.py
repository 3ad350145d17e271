"""Usage over HTTP: what was told accepted is kept, and whatever is wrong is told in a sentence."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from farthing.postgres.database import PostgresStore
from tests.http_api.callers import Api, event

SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
NOTHING = {"accepted": 0, "duplicate": 0, "conflict": 0, "quarantined": 0, "refused": 0, "events": [], "more": 0}


def accepted(store: PostgresStore) -> int:
    with store.transaction():
        return store.counts().accepted


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (SINGLE, event("1")),
        (BATCH, [event("1")]),
        ("application/json", event("1")),
        ("application/json", [event("1")]),
        ("application/json; charset=utf-8", {"events": [event("1")]}),
    ],
)
def test_each_form_of_sending_is_understood(api: Api, acme: PostgresStore, content_type: str, body: object) -> None:
    answer = api.post("/v1/events", json.dumps(body).encode(), Content_Type=content_type)
    assert (answer.status_code, answer.json()) == (200, NOTHING | {"accepted": 1})
    assert accepted(acme) == 1


def test_every_event_is_told_what_became_of_it(api: Api, acme: PostgresStore) -> None:
    api.post("/v1/events", [event("1"), event("2")])
    answer = api.post(
        "/v1/events",
        [
            event("1"),
            event("2", data={"tokens": 5}),
            event("3", subject="acmee"),
            event("4", data={"tokens": "many"}),
            {"source": "test"},
            event("5"),
            "not an event",
        ],
    ).json()
    assert {name: answer[name] for name in NOTHING if name not in ("events", "more")} == {
        "accepted": 1,
        "duplicate": 1,
        "conflict": 1,
        "quarantined": 2,
        "refused": 2,
    }
    told = {one["index"]: (one["outcome"], one["reason"]) for one in answer["events"]}
    assert sorted(told) == [0, 1, 2, 3, 4, 6]
    assert told[2] == ("quarantined", "No customer has the key “acmee”; create the customer and send it again.")
    assert all(reason.endswith(".") for _, reason in told.values())
    assert accepted(acme) == 3
    apart = api.get("/v1/quarantine").json()
    assert sorted(one["event"]["id"] for one in apart["quarantined"]) == ["3", "4"]
    assert [one["event"]["id"] for one in apart["conflicts"]] == ["2"]


def test_the_same_batch_sent_at_once_by_many_is_kept_once(api: Api, acme: PostgresStore) -> None:
    batch = [event(str(number)) for number in range(200)]
    with ThreadPoolExecutor(4) as callers:
        answers = list(callers.map(lambda _: api.post("/v1/events", batch).json(), range(4)))
    assert sum(answer["accepted"] for answer in answers) == 200
    assert sum(answer["duplicate"] for answer in answers) == 600
    assert accepted(acme) == 200


def test_numbers_keep_every_digit(api: Api, acme: PostgresStore) -> None:
    body = json.dumps([event("1")]).replace("400", "0.100000000000000001")
    api.post("/v1/events", body.encode(), Content_Type="application/json")
    meter = api.get("/v1/usage/running", customer="acme").json()
    assert meter["subscriptions"][0]["meters"][0]["days"] == []
    with acme.transaction():
        assert acme.counts().accepted == 1
    march = json.dumps([event("2", time="2026-03-05T10:00:00Z")]).replace("400", "0.100000000000000001")
    api.post("/v1/events", march.encode(), Content_Type="application/json")
    days = api.get("/v1/usage/running", customer="acme").json()["subscriptions"][0]["meters"][0]["days"]
    assert days == [{"day": "2026-03-05", "quantity": "0.100000000000000001", "events": 1}]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("1e999999", "too long"),
        ("1e99999999999999999999", "finite"),
        ("9" * 5000, "too long"),
        ("0." + "1" * 30, "too long"),
        ('"NaN"', "finite"),
        ("null", "missing"),
        ("true", "no number"),
    ],
)
def test_numbers_beyond_reason_are_quarantined(api: Api, acme: PostgresStore, number: str, reason: str) -> None:
    body = json.dumps([event("1")]).replace("400", number).encode()
    answer = api.post("/v1/events", body, Content_Type="application/json").json()
    assert answer["quarantined"] == 1
    assert reason in answer["events"][0]["reason"]
    assert len(api.get("/v1/quarantine").json()["quarantined"]) == 1
    assert accepted(acme) == 0


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code", "says"),
    [
        (b"", "application/json", 400, "not_json", "is empty"),
        (b"{", "application/json", 400, "not_json", "line 1, column 2"),
        (b"[" * 100_000, "application/json", 400, "not_json", "do not fit together"),
        (b'{"events": [], "events": []}', "application/json", 400, "not_json", "“events” twice"),
        (b"[" + b"[]," * 500_000 + b"[]]", "application/json", 413, "too_many", "1000000 values"),
        (b"NaN", "application/json", 400, "not_json", "NaN is not a number"),
        (b'[{"id": "\xff"}]', "application/json", 400, "not_json", "not UTF-8"),
        ("{}".encode("utf-16"), "application/json", 400, "not_json", "not UTF-8"),
        (b"7", "application/json", 422, "refused", "neither an event"),
        (b'{"events": 7}', "application/json", 422, "refused", "must be a list"),
        (b"[]", SINGLE, 422, "refused", "one JSON object"),
        (b"{}", BATCH, 422, "refused", "a JSON list"),
        (b"id=1", "application/x-www-form-urlencoded", 415, "media_type", "send JSON"),
        (b"[" + b"{}," * 10_000 + b"{}]", "application/json", 413, "too_many", "10001 events"),
        (b" " * (10 * 1024 * 1024 + 1), "application/json", 413, "too_large", "10 MB"),
        (bytes(range(256)) * 20_000, "application/json", 400, "not_json", "not UTF-8"),
    ],
)
def test_a_body_that_is_no_usage_is_refused_in_a_sentence(
    api: Api, acme: PostgresStore, body: bytes, content_type: str, status: int, code: str, says: str
) -> None:
    answer = api.post("/v1/events", body, Content_Type=content_type)
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert says in told["detail"]
    assert told["detail"].endswith(".")
    assert accepted(acme) == 0


def test_a_byte_order_mark_is_let_pass(api: Api, acme: PostgresStore) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(event("1")).encode()
    assert api.post("/v1/events", body, Content_Type="application/json").json()["accepted"] == 1
    assert accepted(acme) == 1


def test_half_of_a_surrogate_pair_is_kept_apart_and_can_be_looked_at(api: Api, acme: PostgresStore) -> None:
    body = json.dumps([event("1", subject="\ud800"), event("2", data={"tokens": 1, "\ud800": "\udfff"})]).encode()
    answer = api.post("/v1/events", body, Content_Type="application/json").json()
    assert answer["quarantined"] == 2
    assert len(api.get("/v1/quarantine").json()["quarantined"]) == 2
    refused = api.post("/v1/events", json.dumps(event("\ud800")).encode(), Content_Type="application/json").json()
    assert refused["refused"] == 1
    assert accepted(acme) == 0


@pytest.mark.parametrize("depth", [17, 33, 260, 900])
def test_what_is_nested_too_deep_is_kept_apart_and_can_be_looked_at(
    api: Api,
    acme: PostgresStore,
    depth: int,
) -> None:
    nested = f'{{"a":{"[" * depth}7{"]" * depth}}}'
    body = json.dumps(event("1", data="here")).replace('"here"', nested).encode()
    sent = api.post("/v1/events", body, Content_Type="application/json").json()
    assert sent["quarantined"] == 1
    seen = api.get("/v1/quarantine")
    assert seen.status_code == 200
    shown = seen.json()["quarantined"][0]
    assert "nested deeper than 16" in shown["reason"]
    assert shown["event"]["id"] == "1"
    assert accepted(acme) == 0


@pytest.mark.parametrize("path", ["/v1/events", "/v1/customers"])
def test_a_body_sent_in_pieces_is_cut_off_at_the_limit(api: Api, path: str) -> None:
    pieces = (b" " * 65_536 for _ in range(200))
    named = {"Authorization": f"Bearer {api.key}", "Content-Type": "application/json"}
    answer = api.client.post(path, content=pieces, headers=named)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "10 MB" in answer.json()["detail"]


def test_an_empty_list_is_nothing_at_all(api: Api, acme: PostgresStore) -> None:
    assert api.post("/v1/events", []).json() == NOTHING
    assert accepted(acme) == 0
