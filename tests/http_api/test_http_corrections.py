"""Corrections and batches over HTTP: events are amended, voided and shown, and batches reverted, each once."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from farthing.core.metering.event import read_event
from farthing.postgres.database import PostgresStore
from farthing.usecases.batches import record_in_batch
from farthing.usecases.close_period import close_period
from tests.http_api.callers import NOW, Api, event


def void(correction_id: str, of: str, **members: object) -> dict[str, object]:
    said = {"source": "ops", "id": correction_id, "kind": "void", "of": {"source": "test", "id": of}}
    return said | {"reason": "It was a test.", "by": "ada"} | members


def amend(correction_id: str, of: str, tokens: object) -> dict[str, object]:
    said = {"type": "completion", "subject": "acme", "time": "2026-02-05T10:00:00Z", "data": {"tokens": tokens}}
    return void(correction_id, of, kind="amend", event=said)


def seen(api: Api, event_id: str) -> dict[str, Any]:
    answer = api.get("/v1/events", source="test", id=event_id)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.usefixtures("acme")
def test_one_correction_a_list_and_a_wrapped_list_are_taken_and_told(api: Api) -> None:
    api.post("/v1/events", [event(str(number)) for number in range(5)])
    assert api.post("/v1/corrections", void("a", "0")).json()["accepted"] == 1
    told = api.post("/v1/corrections", [void("a", "0"), amend("b", "1", 7), void("c", "0"), {"id": "d"}]).json()
    assert [told[outcome] for outcome in ("accepted", "duplicate", "refused")] == [1, 1, 2]
    assert [(one["index"], one["outcome"]) for one in told["events"]] == [
        (0, "duplicate"),
        (2, "refused"),
        (3, "refused"),
    ]
    told = api.post("/v1/corrections", {"corrections": [void("e", "9"), void("b", "2")]}).json()
    assert [told[outcome] for outcome in ("quarantined", "conflict")] == [1, 1]
    waiting = api.get("/v1/quarantine").json()["quarantined"]
    assert [(one["event"]["type"], one["event"]["id"]) for one in waiting] == [("farthing.void", "e")]


@pytest.mark.usefixtures("acme")
def test_an_event_is_seen_with_its_versions_and_corrections_and_where_it_stands(api: Api) -> None:
    api.post("/v1/events", event("1"))
    api.post("/v1/corrections", [amend("a", "1", "12.50"), void("b", "1")])
    told = seen(api, "1")
    assert told == api.get(f"/v1/events/{told['key']}").json()
    assert (told["place"], told["is_owed"], told["batch"]) == ("voided", False, None)
    assert [(one["position"], one["ended_at"], one["data"]) for one in told["versions"]] == [
        (1, 2, {"tokens": "400"}),
        (2, 3, {"tokens": "12.50"}),
    ]
    assert [(one["kind"], one["source"], one["id"], one["by"]) for one in told["corrections"]] == [
        ("amend", "ops", "a", "ada"),
        ("void", "ops", "b", "ada"),
    ]
    again = api.post("/v1/events", event("1")).json()
    assert again["duplicate"] == 1
    assert "voided since" in again["events"][0]["reason"]


@pytest.mark.usefixtures("acme")
def test_what_is_no_event_is_unknown_and_another_sellers_is_too(api: Api, stranger: Api) -> None:
    api.post("/v1/events", event("1"))
    key = seen(api, "1")["key"]
    for answer in (
        stranger.get(f"/v1/events/{key}"),
        stranger.get("/v1/events", source="test", id="1"),
        api.get(f"/v1/events/{uuid4()}"),
    ):
        assert answer.status_code == 404
        assert "No event" in answer.json()["detail"]
    assert stranger.post("/v1/corrections", void("a", "1")).json()["quarantined"] == 1
    assert seen(api, "1")["place"] == "open"


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"7", 422),
        (b'{"corrections": 1}', 422),
        (b"[" + b"1," * 10_000 + b"1]", 413),
        (b" " * (10 * 1024 * 1024 + 1), 413),
    ],
)
def test_a_body_that_holds_no_corrections_is_told_of(api: Api, body: bytes, status: int) -> None:
    answer = api.post("/v1/corrections", body)
    assert answer.status_code == status
    assert answer.json()["detail"].endswith(".")


@pytest.mark.usefixtures("acme")
def test_numbers_of_an_amendment_stay_exact_and_what_is_no_text_is_told(api: Api) -> None:
    api.post("/v1/events", event("1"))
    body = (
        b'{"source":"ops","id":"a","kind":"amend","of":{"source":"test","id":"1"},"reason":"r","by":"b","event":'
        b'{"type":"completion","subject":"acme","data":{"tokens":12345678901234567890.123456789012345678}}}'
    )
    assert api.post("/v1/corrections", body).json()["accepted"] == 1
    assert seen(api, "1")["versions"][1]["data"] == {"tokens": "12345678901234567890.123456789012345678"}
    nul = body.replace(b'"id":"a"', b'"id":"b"').replace(b'"subject":"acme"', b'"subject":"\\u0000\\ud800"')
    assert api.post("/v1/corrections", nul).json()["quarantined"] == 1
    assert api.get("/v1/quarantine").json()["total"] == 1


def test_batches_are_listed_seen_and_reverted_once(api: Api, acme: PostgresStore) -> None:
    record_in_batch(acme, "backfill", [read_event(event("1")), read_event(event("2", type="odd"))], now=NOW)
    assert [one["name"] for one in api.get("/v1/batches").json()["batches"]] == ["backfill"]
    told = api.get("/v1/batches/backfill").json()
    assert (told["events"], told["apart"], told["revert"]) == (1, 1, None)
    missing = api.post("/v1/batches/backfill/revert", {"reason": "Wrong file."})
    assert (missing.status_code, missing.json()["field"]) == (422, "by")
    for _ in range(2):
        reverted = api.post("/v1/batches/backfill/revert", {"reason": "Wrong file.", "by": "ada"}).json()
        assert (reverted["revert"]["voided"], reverted["revert"]["is_complete"]) == (1, True)
    assert seen(api, "1")["corrections"][0]["batch"] == "backfill"
    unknown = api.get("/v1/batches/nothing")
    assert (unknown.status_code, "backfill" in unknown.json()["detail"]) == (404, True)
    assert api.get("/v1/batches/%00").status_code == 404


def test_what_an_issued_line_is_owed_is_told_with_before_and_after(api: Api, acme: PostgresStore) -> None:
    api.post("/v1/events", [event("1"), event("2")])
    close_period(acme, through=date(2026, 2, 28), now=NOW)
    assert api.get("/v1/owed").json() == {"lines": []}
    api.post("/v1/corrections", [void("a", "1"), amend("b", "2", 500)])
    api.post("/v1/events", event("3", data={"tokens": 1}))
    (line,) = api.get("/v1/owed", customer="acme").json()["lines"]
    assert (line["quantity"], line["quantity_today"], line["late"], line["corrected"]) == ("800", "501", 1, 2)
    assert (line["amount"]["amount"], line["amount_today"]["amount"]) == ("1.60", "1.00")
    assert line["difference"] == {"amount": "-0.60", "currency": "USD"}
    assert (seen(api, "1")["place"], seen(api, "1")["is_owed"]) == ("voided", True)
    assert (seen(api, "2")["place"], seen(api, "2")["is_owed"]) == ("late", True)
    assert seen(api, "2")["versions"][0]["billed_on"] == [line["invoice"]]
    assert api.get("/v1/owed", customer="nobody").status_code == 404
