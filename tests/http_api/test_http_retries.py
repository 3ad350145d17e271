"""Retries: an event that is sent again is the same event, whatever its envelope says and however late it comes."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import record_usage
from tests.http_api.callers import NOW, Api, event

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
JSON = "application/json"
NDJSON = "application/x-ndjson"


def sent(api: Api, *events: dict[str, object], **headers: str) -> dict[str, int]:
    """How many were told what, of those told at all."""
    told: dict[str, Any] = api.post("/v1/events", list(events), **headers).json()
    return {name: told[name] for name in Outcome if told[name]}


@pytest.mark.parametrize(
    "envelope",
    [
        {"traceparent": TRACE},
        {"traceparent": TRACE, "tracestate": "vendor=1"},
        {"datacontenttype": "application/json", "dataschema": "https://example.com/schema"},
        {"partitionkey": "7", "sequence": 12, "sampledrate": 3},
        {"specversion": "1.0.2"},
    ],
)
def test_another_envelope_makes_no_other_event(api: Api, acme: PostgresStore, envelope: dict[str, object]) -> None:
    assert sent(api, event("1")) == {"accepted": 1}
    assert sent(api, event("1") | envelope, traceparent=TRACE) == {"duplicate": 1}
    assert sent(api, event("2") | envelope) == {"accepted": 1}
    assert sent(api, event("2")) == {"duplicate": 1}
    with acme.transaction():
        assert acme.conflicts() == []


@pytest.mark.usefixtures("acme")
def test_the_same_event_in_every_form_is_one(api: Api) -> None:
    one = event("1", data={"tokens": 1000})
    assert sent(api, one) == {"accepted": 1}
    forms: list[tuple[str, bytes]] = [
        (JSON, json.dumps(one).encode()),
        (JSON, json.dumps({"events": [one]}).encode()),
        (JSON, json.dumps(one, indent=2, sort_keys=True).encode("utf-8")),
        (JSON, b"\xef\xbb\xbf" + json.dumps(one).encode()),
        (JSON, json.dumps(one).replace("1000", "1000.00").encode()),
        (JSON, json.dumps(one).replace("1000", "1e3").encode()),
        (JSON, json.dumps(one).replace("acme", "\\u0061cme").encode()),
        ("application/cloudevents+json", json.dumps(one).encode()),
        ("application/cloudevents-batch+json", json.dumps([one]).encode()),
        (NDJSON, json.dumps(one).encode()),
        (NDJSON, json.dumps(one).replace("1000", "10.00E2").encode() + b"\r\n"),
    ]
    for media_type, body in forms:
        told = api.post("/v1/events", body, Content_Type=media_type).json()
        assert told["duplicate"] == 1, (media_type, body, told)


@pytest.mark.usefixtures("acme")
def test_an_omitted_time_is_equal_to_an_omitted_time_and_to_no_other(api: Api) -> None:
    untimed = {name: value for name, value in event("1").items() if name != "time"}
    assert sent(api, untimed) == {"accepted": 1}
    assert sent(api, untimed, untimed | {"time": None}, untimed | {"traceparent": TRACE}) == {"duplicate": 3}
    assert sent(api, event("1")) == {"conflict": 1}
    # Another way to write the same instant is another thing said: what was sent is compared, not what was meant.
    assert sent(api, event("2", time="2026-02-05T10:00:00Z")) == {"accepted": 1}
    assert sent(api, event("2", time="2026-02-05T11:00:00+01:00")) == {"conflict": 1}


def test_a_retry_after_the_cause_was_mended_finds_the_event_accepted(api: Api, acme: PostgresStore) -> None:
    waiting = event("1", subject="globex")
    assert sent(api, waiting) == {"quarantined": 1}
    assert sent(api, waiting, traceparent=TRACE) == {"quarantined": 1}
    add_customer(acme, key="globex", name="Globex", in_zone="UTC", now=NOW)
    assert api.post("/v1/quarantine/replay", {"all": True}).json()["accepted"] == 1
    assert sent(api, waiting, waiting | {"traceparent": TRACE}) == {"duplicate": 2}
    assert sent(api, event("2", subject="globex")) == {"accepted": 1}


def test_a_retry_after_the_event_was_mended_is_told_that_it_says_something_else(api: Api, acme: PostgresStore) -> None:
    wrong = event("1", data={"tokens": "many"})
    assert sent(api, wrong) == {"quarantined": 1}
    (apart,) = api.get("/v1/quarantine").json()["quarantined"]
    mended = event("1", data={"tokens": 12})
    assert api.post("/v1/quarantine/replay", {"key": apart["key"], "event": mended}).json()["accepted"] == 1
    assert sent(api, mended) == {"duplicate": 1}
    assert sent(api, wrong) == {"conflict": 1}
    with acme.transaction():
        assert acme.counts().accepted == 1


@pytest.mark.usefixtures("acme")
def test_a_good_resend_takes_the_place_of_its_quarantined_twin_for_ever(api: Api) -> None:
    assert sent(api, event("1", data={})) == {"quarantined": 1}
    assert sent(api, event("1")) == {"accepted": 1}
    assert sent(api, event("1", data={})) == {"conflict": 1}
    assert api.get("/v1/quarantine").json()["total"] == 0


@pytest.mark.parametrize("years", [1, 7, 90])
def test_a_retry_years_later_is_a_duplicate_whatever_its_id_looks_like(acme: PostgresStore, years: int) -> None:
    chance = random.Random(years)
    random_ids = [str(UUID(int=chance.getrandbits(128), version=4)) for _ in range(300)]
    by_time = [str(UUID(int=(1_770_000_000_000 + at) << 80 | 7 << 76 | 2 << 62 | at)) for at in range(300)]
    counted = [str(at) for at in range(300)]
    events = [event(one) for one in (*random_ids, *by_time, *counted)]
    later = NOW + timedelta(days=365 * years)
    assert {told.outcome for told in record_usage(acme, events, now=NOW)} == {Outcome.ACCEPTED}
    chance.shuffle(events)
    new = [event(f"new-{at}") for at in range(20)]
    told = record_usage(acme, events + new, now=later)
    assert [one.outcome for one in told] == [Outcome.DUPLICATE] * len(events) + [Outcome.ACCEPTED] * len(new)
    with acme.transaction():
        assert acme.counts().accepted == len(events) + len(new)
