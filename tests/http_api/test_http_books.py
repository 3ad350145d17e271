"""The books over HTTP: looked at, exported, closed and locked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.close_period import close_period
from tests.http_api.callers import NOW, Api

WHO = {"by": "Ada Lovelace", "because": "Audited"}


def test_a_month_is_closed_and_told_of(api: Api, acme: PostgresStore) -> None:
    empty = api.get("/v1/books/trial-balance").json()
    assert empty == {"month": None, "locked_through": None, "accounts": []}
    close = "/v1/books/months/2026-02/close"
    waiting = api.post(close, {"by": "Ada", "dry_run": True}).json()
    assert (waiting["locked"], len(waiting["in_the_way"])) == (False, 1)
    close_period(acme, through=date(2026, 2, 28), now=NOW)
    closed = api.post(close, {"by": "Ada"}).json()
    assert (closed["locked"], closed["in_the_way"]) == (True, [])
    again = api.post(close, {"by": "Ada"})
    assert (again.status_code, "locked already" in again.json()["detail"]) == (409, True)

    balance = api.get("/v1/books/trial-balance", month="2026-03").json()
    assert balance["locked_through"] == "2026-02-28"
    assert sum(Decimal(one["closing"]["amount"]) for one in balance["accounts"]) == 0
    first = api.get("/v1/books/journal", limit=2).json()
    rest = api.get("/v1/books/journal", after=first["next_after"]).json()
    whole = api.get("/v1/books/journal").json()
    assert (len(first["entries"]), rest["next_after"], whole["next_after"]) == (2, None, None)
    assert first["entries"] + rest["entries"] == whole["entries"]
    (aged,) = api.get("/v1/books/aging", as_of="2026-07-01").json()["customers"]
    assert aged["days_61_to_90"] == aged["total"]
    assert len(aged["items"]) == 3
    exported = api.get("/v1/books/export", format="beancount", month="2026-03")
    assert exported.headers["content-type"].startswith("text/plain")
    assert "2026-03-01 open Assets:1200-Receivables" in exported.text


def test_months_are_locked_and_unlocked_once_for_a_key(api: Api) -> None:
    lock, unlock = (f"/v1/books/months/2026-01/{act}" for act in ("lock", "unlock"))
    locked = api.post(lock, WHO, idempotency_key="1")
    assert (locked.status_code, locked.json()["locked"]) == (200, True)
    assert api.post(lock, WHO, idempotency_key="1").json() == locked.json()
    assert api.post(lock, WHO).status_code == 409
    assert api.post(unlock, WHO).json()["locked"] is False
    assert api.post(unlock, WHO).status_code == 409
    acts = api.get("/v1/books/months").json()["acts"]
    assert [(act["month"], act["locked"], act["by"]) for act in acts] == [
        ("2026-01", False, "Ada Lovelace"),
        ("2026-01", True, "Ada Lovelace"),
    ]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("trial-balance", {"month": "2026-13"}),
        ("trial-balance", {"month": "٢٠٢٦-٠١"}),
        ("journal", {"after": "here"}),
        ("journal", {"month": "0001-01"}),
        ("export", {"format": "csv", "month": "2026-01"}),
        ("aging", {"as_of": "0"}),
    ],
)
def test_what_means_nothing_is_told_as_a_problem(api: Api, path: str, query: dict[str, str]) -> None:
    answer = api.get(f"/v1/books/{path}", **query)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert api.post("/v1/books/months/2026-99/lock", WHO).status_code == 422
