"""Budgets over HTTP: set, as they stand, and their alerts seen to; what cannot be is told in a sentence."""

from __future__ import annotations

from uuid import UUID

import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.watch_budgets import watch_budgets
from tests.http_api.callers import NOW, Api

BUDGET = {"customer": "acme", "most": "100", "meter": "tokens", "in_units": True, "by": "Ada"}


def test_a_budget_is_set_stands_raises_an_alert_and_is_taken_away(api: Api, acme: PostgresStore) -> None:
    made = api.post("/v1/budgets", BUDGET, Idempotency_Key="b1")
    assert made.status_code == 201
    said = made.json()
    assert (said["most"], said["unit"], said["currency"], said["standing"]["used"]) == ("100", "tokens", None, "0")
    assert api.post("/v1/budgets", BUDGET, Idempotency_Key="b1").json()["budget_id"] == said["budget_id"]
    sent = {"id": "1", "source": "a", "type": "completion", "subject": "acme", "data": {"tokens": 85}}
    sent["time"] = NOW.isoformat()
    assert api.post("/v1/events", sent).json()["accepted"] == 1
    assert watch_budgets(acme, now=NOW) == 3
    (stands,) = api.get("/v1/budgets?customer=acme").json()["budgets"]
    assert (stands["standing"]["percent"], stands["reached"]) == (85, [0, 50, 80])
    (alert,) = api.get("/v1/alerts").json()["alerts"]
    assert (alert["mark"], alert["used"], alert["will_not_last"], alert["acknowledged_by"]) == (80, "85", False, None)
    address = f"/v1/alerts/{alert['alert_id']}"
    assert api.post(f"{address}/take", {"by": "Bob"}).json()["looked_after_by"] == "Bob"
    snoozed = api.post(f"{address}/snooze", {"by": "Bob", "until": "2030-01-01T00:00:00Z"})
    assert snoozed.json()["snoozed_until"] == "2030-01-01T00:00:00Z"
    assert api.post(f"{address}/acknowledge", {"by": "Bob"}).json()["acknowledged_by"] == "Bob"
    assert api.post(f"{address}/acknowledge", {"by": "Bob"}).status_code == 200
    refused = api.post(f"{address}/take", {"by": "Eve"})
    assert (refused.status_code, refused.json()["detail"]) == (422, "Bob has acknowledged this already.")
    assert api.get("/v1/alerts").json()["alerts"] == []
    assert api.get("/v1/alerts?all=true").json()["alerts"][0] == api.get(address).json()
    removed = api.post("/v1/customers/acme/budgets/budget/remove", {"by": "Ada"})
    assert removed.status_code == 200
    assert api.get("/v1/budgets").json()["budgets"] == []


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("wish", "status", "says"),
    [
        ({"most": "0"}, 422, "more than nothing"),
        ({"most": "x"}, 422, "A budget"),
        ({"meter": "nothing"}, 404, "There is no meter “nothing”"),
        ({"meter": None}, 422, "units of a meter"),
        ({"customer": "acmee"}, 404, "Did you mean acme?"),
        ({"shares": [80, 50]}, 422, "the smallest first"),
        ({"tells": "everybody"}, 422, "tells"),
        ({"in_units": False, "currency": "EURO"}, 422, "EURO"),
    ],
)
def test_what_is_no_budget_is_told(api: Api, wish: dict[str, object], status: int, says: str) -> None:
    answer = api.post("/v1/budgets", {**BUDGET, **wish})
    assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.json()


@pytest.mark.usefixtures("acme")
def test_alerts_that_are_not_there_are_told(api: Api) -> None:
    assert api.get(f"/v1/alerts/{UUID(int=1)}").status_code == 404
    assert api.post("/v1/customers/acme/budgets/none/remove", {"by": "Ada"}).status_code == 404
