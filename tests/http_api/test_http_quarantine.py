"""The quarantine over HTTP: found, counted, replayed and mended, each event once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.customers import add_customer
from tests.http_api.callers import NOW, Api, event


def take_on(store: PostgresStore, key: str) -> None:
    add_customer(store, key=key, name=key.title(), in_zone="UTC", now=NOW)


def replayed(api: Api, **said: object) -> dict[str, Any]:
    answer = api.post("/v1/quarantine/replay", said)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_quarantine_is_narrowed_down_and_counted_by_reason(api: Api, acme: PostgresStore) -> None:
    good = [event(str(number), subject="globex") for number in range(3)]
    api.post("/v1/events", [*good, event("3", source="other", type="chat"), event("4", data={})])
    everything = api.get("/v1/quarantine").json()
    assert everything["total"] == 5
    assert [one["events"] for one in everything["reasons"]] == [3, 1, 1]
    narrowed = api.get("/v1/quarantine", subject="globex", limit=2).json()
    assert (narrowed["total"], len(narrowed["quarantined"])) == (3, 2)
    for asked, found in (
        ({"type": "chat"}, "3"),
        ({"source": "other", "subject": "acme"}, "3"),
        ({"reason": "has no “TOKENS”"}, "4"),
    ):
        assert [one["event"]["id"] for one in api.get("/v1/quarantine", **asked).json()["quarantined"]] == [found]
    assert api.get("/v1/quarantine", source="nobody").json()["total"] == 0
    with acme.transaction():
        assert acme.counts().accepted == 0


def test_events_are_replayed_by_key_by_filter_and_all(api: Api, acme: PostgresStore) -> None:
    sent = [event(str(number), subject=name) for number, name in enumerate(["globex", "globex", "initech", "hooli"])]
    api.post("/v1/events", sent)
    keys = {one["event"]["id"]: one["key"] for one in api.get("/v1/quarantine").json()["quarantined"]}
    assert replayed(api, key=keys["0"]) == {
        "looked_at": 1, "accepted": 0, "duplicate": 0, "conflict": 0, "quarantined": 1, "next_after": None,
    }  # fmt: skip
    for name in ("globex", "initech"):
        take_on(acme, name)
    assert replayed(api, key=keys["0"])["accepted"] == 1
    assert replayed(api, key=keys["0"])["looked_at"] == 0
    assert replayed(api, reason="initech")["accepted"] == 1
    whole = replayed(api, all=True)
    assert (whole["looked_at"], whole["accepted"], whole["quarantined"]) == (2, 1, 1)
    assert api.get("/v1/quarantine").json()["total"] == 1
    assert api.post("/v1/events", sent).json()["duplicate"] == 3


def test_a_replay_goes_on_after_the_key_it_was_told(api: Api, acme: PostgresStore) -> None:
    api.post("/v1/events", [event(str(number), subject="globex") for number in range(5)])
    take_on(acme, "globex")
    first = replayed(api, subject="globex", limit=3)
    assert first["accepted"] == 3
    rest = replayed(api, subject="globex", limit=3, after=first["next_after"])
    assert (rest["accepted"], rest["next_after"]) == (2, None)


def test_a_corrected_event_keeps_every_digit_and_is_taken_once(api: Api, acme: PostgresStore) -> None:
    api.post("/v1/events", [event("1", subject="acmee", time="2026-03-05T10:00:00Z")])
    (apart,) = api.get("/v1/quarantine").json()["quarantined"]
    corrected = event("1", time="2026-03-05T10:00:00Z", data={"tokens": 7})
    body = json.dumps({"key": apart["key"], "event": corrected}).replace("7}", "0.100000000000000001}").encode()
    named = {"Content_Type": "application/json", "Idempotency_Key": "mend-1"}
    first, second = (api.post("/v1/quarantine/replay", body, **named) for _ in range(2))
    assert (first.status_code, first.json()["accepted"]) == (200, 1)
    assert second.json() == first.json()
    days = api.get("/v1/usage/running", customer="acme").json()["subscriptions"][0]["meters"][0]["days"]
    assert days == [{"day": "2026-03-05", "quantity": "0.100000000000000001", "events": 1}]
    gone = api.post("/v1/quarantine/replay", {"key": apart["key"], "event": corrected})
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown")
    with acme.transaction():
        assert acme.counts().accepted == 1
    seen = api.get("/v1/quarantine").json()
    assert (seen["total"], [one["event"]["subject"] for one in seen["conflicts"]]) == (0, ["acmee"])


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 422, "Say which: a key"),
        ({"all": True, "type": "call"}, 422, "Say which: a key"),
        ({"key": "one"}, 422, "“key” is not a key"),
        ({"type": "call", "event": {}}, 422, "needs the “key”"),
        ({"all": True, "limit": 0}, 422, "limit"),
        ({"every": True}, 422, "means nothing here"),
        ([], 422, "JSON object"),
        (b"{", 400, "not JSON"),
        ({"key": "00000000-0000-0000-0000-000000000000", "event": {"id": "1"}}, 404, "No event with the key"),
    ],
)
def test_a_replay_that_says_too_little_or_too_much_is_told_so(api: Api, body: object, status: int, says: str) -> None:
    answer = api.post("/v1/quarantine/replay", body, Content_Type="application/json")
    assert answer.status_code == status, answer.text
    assert says in answer.json()["detail"]
    assert answer.json()["detail"].endswith(".")


def test_nobody_replays_or_finds_what_is_another_sellers(api: Api, stranger: Api, acme: PostgresStore) -> None:
    api.post("/v1/events", [event("1", subject="globex")])
    (apart,) = api.get("/v1/quarantine").json()["quarantined"]
    take_on(acme, "globex")
    assert stranger.get("/v1/quarantine").json()["total"] == 0
    assert replayed(stranger, key=apart["key"])["looked_at"] == 0
    assert replayed(stranger, all=True)["looked_at"] == 0
    assert api.get("/v1/quarantine").json()["total"] == 1
