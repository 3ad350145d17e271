"""How usage arrives, over HTTP: sources, and a day's audit; each seller's own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from farthing.core.quality.arrivals import HOUR, arrived
from farthing.postgres.database import PostgresStore
from tests.http_api.callers import NOW, Api, event


@pytest.mark.usefixtures("acme")
def test_each_source_is_told_with_its_last_day_and_a_verdict(api: Api) -> None:
    recent = (NOW - timedelta(seconds=90)).isoformat()
    api.post("/v1/events", [event("1", time=recent), event("1", time=recent), event("2", source="\u202eнет", type="x")])
    told = api.get("/v1/sources").json()
    first, second = told["sources"]
    assert (first["source"], first["accepted"], first["duplicates"], first["verdict"]) == ("test", 1, 1, "new")
    assert (first["least_lag_seconds"], first["silent_since"]) == ("90", None)
    assert (len(first["hours"]), first["hours"][-1]["events"]) == (24, 2)
    assert (second["source"], second["quarantined"]) == ("\u202eнет", 1)


def test_a_silent_source_is_told_as_such(api: Api, acme: PostgresStore) -> None:
    with acme.transaction():
        for number in range(5, 14 * 24):
            at = NOW - number * HOUR
            acme.note_sources(arrived(["eu-1"], ["accepted"], [at], received_at=at), received_at=at)
    (one,) = api.get("/v1/sources").json()["sources"]
    assert one["silent_since"] == "2026-03-15T07:00:00Z"
    assert one["verdict"] == "sent nothing since 07:00"


@pytest.mark.usefixtures("acme")
def test_a_days_audit_is_told_in_words_and_figures(api: Api) -> None:
    api.post("/v1/events", [event("1"), event("2", subject="globex")])
    api.post("/v1/events", [event("1", data={"tokens": 1})])
    told = api.get("/v1/audit", day="2026-03-15").json()
    assert told["verdict"].startswith("On 15 March 2026 1 event from 1 source; all clear but: 1 event in conflict")
    assert (told["clear"], told["accepted"], told["conflicts"]) == (False, 1, 1)
    assert [one["events"] for one in told["quarantine"]] == [1]
    assert told["sources"][0] | {"verdict": ""} == {
        "source": "test", "accepted": 1, "duplicates": 0, "conflicts": 1, "quarantined": 1, "verdict": "",
    }  # fmt: skip
    yesterday = api.get("/v1/audit").json()
    assert (yesterday["day"], yesterday["clear"]) == ("2026-03-14", True)


@pytest.mark.parametrize("day", ["2026-03-16", "0001-01-01", "9999-12-31", "soon"])
def test_a_day_that_cannot_be_audited_is_told_so(api: Api, day: str) -> None:
    answer = api.get("/v1/audit", day=day)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"].endswith(".")


@pytest.mark.usefixtures("acme")
@pytest.mark.usefixtures("acme")
def test_nothing_of_it_is_told_to_another_seller(api: Api, stranger: Api) -> None:
    api.post("/v1/events", [event("1")])
    api.post("/v1/events", [event("1", data={"tokens": 1})])
    assert stranger.get("/v1/sources").json()["sources"] == []
    assert stranger.get("/v1/audit", day="2026-03-15").json()["clear"]
    assert stranger.client.get("/v1/sources").status_code == 401
