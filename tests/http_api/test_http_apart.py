"""What is kept apart, over HTTP: unclear events, pages, counts, discarding, and conflicts side by side."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from farthing.core.metering.rule import rule_from
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.close_period import close_period
from tests.http_api.callers import NOW, Api, event

DISCARD = "/v1/quarantine/discard"
WHO = {"by": "Ada Lovelace", "because": "A load test"}


def accepted(store: PostgresStore) -> int:
    with store.transaction():
        return store.counts().accepted


def written(event_id: str, data: str) -> str:
    """An event as text, with whatever text as its data."""
    return json.dumps(event(event_id, data="here")).replace('"here"', data)


UNCLEAR = {
    '{"tokens": 1, "tokens": 2}': "says “tokens” twice",
    '{"tokens": NaN}': "NaN, which is no number",
    f'{{"tokens": {"9" * 100_001}}}': "a number of 100,001 characters",
    f'{{"a": {"[" * 3000}{"]" * 3000}}}': "nested deeper than 16",
}


@pytest.mark.parametrize("data", UNCLEAR)
@pytest.mark.parametrize(
    ("media_type", "form"),
    [
        ("application/json", "[%s]"),
        ("application/json", '{"events": [%s], "more": 1}'),
        ("application/cloudevents-batch+json", " [ %s ] "),
        ("application/x-ndjson", "%s"),
    ],
)
def test_an_unclear_event_is_kept_apart_and_its_neighbours_count(
    api: Api, acme: PostgresStore, media_type: str, form: str, data: str
) -> None:
    between = "\n" if "ndjson" in media_type else ","
    doubtful = written("2", data)
    body = form % between.join([json.dumps(event("1")), doubtful, json.dumps(event("3"))])
    answer = api.post("/v1/events", body.encode(), Content_Type=media_type)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["accepted"], told["quarantined"], [one["index"] for one in told["events"]]) == (2, 1, [1])
    (apart,) = api.get("/v1/quarantine", subject="acme").json()["quarantined"]
    assert UNCLEAR[data] in apart["reason"] == told["events"][0]["reason"]
    assert apart["event"]["id"] == "2"
    assert doubtful.startswith(apart["event"]["text"].rstrip("…"))
    assert api.post("/v1/quarantine/replay", {"all": True}).json()["quarantined"] == 1
    again = api.post("/v1/events", body.encode(), Content_Type=media_type).json()
    assert (again["duplicate"], again["quarantined"]) == (2, 1)
    corrected = {"key": apart["key"], "event": event("2")}
    assert api.post("/v1/quarantine/replay", corrected).json()["accepted"] == 1
    assert api.post("/v1/events", body.encode(), Content_Type=media_type).json()["conflict"] == 1
    assert accepted(acme) == 3


def test_an_event_with_two_identities_is_refused_and_its_neighbours_count(api: Api, acme: PostgresStore) -> None:
    twice = json.dumps(event("2")).replace('"id": "2"', '"id": "2", "id": "3"')
    told = api.post("/v1/events", f"[{json.dumps(event('1'))}, {twice}]".encode(), Content_Type="application/json")
    assert (told.json()["accepted"], told.json()["refused"]) == (1, 1)
    assert "says “id” twice" in told.json()["events"][0]["reason"]
    assert accepted(acme) == 1


def test_pages_go_on_where_they_ended(api: Api) -> None:
    api.post("/v1/events", [event(str(number), subject="globex") for number in range(5)])
    first = api.get("/v1/quarantine", limit=3).json()
    rest = api.get("/v1/quarantine", limit=3, after=first["next_after"]).json()
    assert (first["total"], len(first["reasons"])) == (5, 1)
    assert (rest["total"], rest["reasons"], rest["next_after"]) == (None, [], None)
    ids = [one["event"]["id"] for one in [*first["quarantined"], *rest["quarantined"]]]
    assert sorted(ids) == list("01234")
    wrong = api.get("/v1/quarantine", after="first")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "after")


def test_they_are_counted_by_what_they_have_in_common(api: Api) -> None:
    api.post("/v1/events", [event("1", subject="globex"), event("2", subject="globex"), event("3", type="chat")])
    by_type = api.get("/v1/quarantine/counts", by="type").json()
    assert (by_type["total"], {one["of"]: one["events"] for one in by_type["counts"]}) == (
        3,
        {"completion": 2, "chat": 1},
    )
    (day,) = api.get("/v1/quarantine/counts", by="day", subject="globex").json()["counts"]
    assert (day["of"], day["events"]) == (f"{NOW:%Y-%m-%d}", 2)
    assert api.get("/v1/quarantine/counts", before=f"{NOW:%Y-%m-%dT%H:%M:%SZ}").json()["total"] == 0
    assert api.get("/v1/quarantine/counts", since=f"{NOW:%Y-%m-%dT%H:%M:%SZ}").json()["total"] == 3


def test_a_person_discards_what_they_saw_and_says_why(api: Api, acme: PostgresStore) -> None:
    api.post("/v1/events", [event(str(number), subject="globex") for number in range(3)])
    other = api.post(DISCARD, {"subject": "globex", "expect": 2, **WHO})
    assert (other.status_code, other.json()["code"], other.json()["field"]) == (409, "clash", "expect")
    assert "3 events in quarantine fit, and not 2" in other.json()["detail"]
    named = {"Idempotency_Key": "discard-1"}
    done = [api.post(DISCARD, {"subject": "globex", "expect": 3, **WHO}, **named).json() for _ in range(2)]
    assert done == [{"discarded": 3}] * 2
    assert api.get("/v1/quarantine").json()["total"] == 0
    listed = api.get("/v1/quarantine/discarded", limit=2).json()
    rest = api.get("/v1/quarantine/discarded", limit=2, after=listed["next_after"]).json()
    assert (listed["total"], rest["next_after"]) == (3, None)
    one = listed["discarded"][0]
    assert (one["by"], one["because"], one["event"]["subject"]) == ("Ada Lovelace", "A load test", "globex")
    assert "No customer has the key “globex”" in one["reason"]
    assert accepted(acme) == 0


def test_one_event_is_discarded_by_its_key(api: Api) -> None:
    api.post("/v1/events", [event("1", subject="globex"), event("2", subject="globex")])
    key = api.get("/v1/quarantine").json()["quarantined"][0]["key"]
    assert api.post(DISCARD, {"key": key, **WHO}).json() == {"discarded": 1}
    gone = api.post(DISCARD, {"key": key, **WHO})
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown")
    assert api.get("/v1/quarantine").json()["total"] == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"all": True, **WHO}, "Say with “expect” how many events you saw"),
        ({**WHO, "expect": 1}, "Say which: a key"),
        ({"all": True, "expect": 1, "by": "Ada"}, "“because” is missing"),
        ({"all": True, "expect": 1, "because": "A test"}, "“by” is missing"),
        ({"all": True, "expect": 0, **WHO}, "expect"),
        ({"all": True, "expect": 1, "by": " ", "because": "A test"}, "Say who discards them"),
        ({"since": "yesterday", "expect": 1, **WHO}, "“yesterday” is not a time"),
        ({"key": "7", **WHO}, "“key” is not a key"),
    ],
)
def test_a_discard_that_says_too_little_is_told_so(api: Api, body: dict[str, Any], says: str) -> None:
    api.post("/v1/events", [event("1", subject="globex")])
    answer = api.post(DISCARD, body)
    assert (answer.status_code, says in answer.json()["detail"]) == (422, True), answer.text
    assert api.get("/v1/quarantine").json()["total"] == 1


def test_a_conflict_shows_both_contents_and_what_differs(api: Api, acme: PostgresStore) -> None:
    rule = rule_from("completion", {"defaults": {"region": "eu"}}, version=1)
    apply_catalogue(acme, meters={}, plans=[], rules=[rule], now=NOW)
    first, second = event("1", data={"tokens": 5, "a": [1]}), event("1", data={"tokens": 6, "b": True}, time=None)
    api.post("/v1/events", [first, second, event("2"), event("2", subject="globex")])
    conflicts = api.get("/v1/conflicts").json()
    assert (conflicts["total"], len(conflicts["conflicts"]), conflicts["next_after"]) == (2, 2, None)
    one = next(one for one in conflicts["conflicts"] if one["accepted"]["id"] == "1")
    assert (one["accepted"]["data"], one["other"]["data"]) == ({"tokens": "5", "a": ["1"]}, {"tokens": "6", "b": True})
    assert one["rule_version"] == 1
    assert {each["what"]: (each["accepted"], each["other"]) for each in one["differences"]} == {
        "time": (first["time"], None),
        "data.a": (["1"], None),
        "data.b": (None, True),
        "data.tokens": ("5", "6"),
    }
    assert len(api.get("/v1/conflicts", key=one["key"]).json()["conflicts"]) == 1
    page = api.get("/v1/conflicts", limit=1).json()
    rest = api.get("/v1/conflicts", limit=1, after=page["next_after"]).json()
    assert {page["conflicts"][0]["key"], rest["conflicts"][0]["key"]} == {
        each["key"] for each in conflicts["conflicts"]
    }


def test_the_events_behind_a_line_tell_which_rule_read_them_and_what_was_sent(api: Api, acme: PostgresStore) -> None:
    rule = rule_from("completion", {"rename": {"promptTokens": "tokens"}}, version=1)
    apply_catalogue(acme, meters={}, plans=[], rules=[rule], now=NOW)
    mapped = event("1", data={"promptTokens": 7}, time="2026-02-05T10:00:00Z")
    api.post("/v1/events", [mapped, event("2", time="2026-02-05T10:00:00Z")])
    close_period(acme, through=date(2026, 2, 28), now=NOW)
    number = api.get("/v1/invoices", customer="acme").json()["invoices"][0]["number"]
    first, second = api.get(f"/v1/invoices/{number}/lines/2/events").json()["events"]
    assert (first["data"], first["sent"], first["rule_version"]) == ({"tokens": "7"}, {"promptTokens": "7"}, 1)
    assert (second["sent"], second["rule_version"]) == (None, None)
