"""Usage by customer, window and group over HTTP: what was used, up to where it is told, and page by page."""

from __future__ import annotations

from typing import Any

import pytest

from farthing.core.metering.meter import Meter
from farthing.core.metering.seats import Seats
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.follow_usage import follow_usage
from tests.http_api.callers import METERS, NOW, Api, event

MODELS = Meter("models", 1, "completion", Sum(Property("tokens")), unit="tokens", groups=("model", "region"))
SEATS = Meter("seats", 1, "seat", Seats("user", carries_over=True), unit="seats")


@pytest.fixture
def usage(api: Api, acme: PostgresStore) -> Api:
    """Acme's usage about the beginning of February, by model and region, added up; and some of Zoo's in Kolkata."""
    apply_catalogue(acme, meters=METERS | {"models": MODELS, "seats": SEATS}, plans=[], now=NOW)
    add_customer(acme, key="zoo", name="Zoo", in_zone="Asia/Kolkata", now=NOW)
    said = [
        ("acme", "2026-01-31T23:59:59.999999Z", 1, "large", "eu"),
        ("acme", "2026-02-01T00:00:00Z", 10, "large", "eu"),
        ("acme", "2026-02-01T13:30:00Z", 20, "small", "eu"),
        ("acme", "2026-02-03T00:00:00Z", 40, "large", "us"),
        ("zoo", "2026-02-01T18:29:59Z", 100, "large", "in"),
        ("zoo", "2026-02-01T18:30:00Z", 200, "large", "in"),
    ]
    batch = [
        event(str(number), subject=who, time=time, data={"tokens": tokens, "model": model, "region": region})
        for number, (who, time, tokens, model, region) in enumerate(said)
    ]
    batch.append(event("seat", type="seat", time="2026-01-20T00:00:00Z", data={"user": "ann"}))
    assert api.post("/v1/events", batch).json()["accepted"] == len(batch)
    while follow_usage(acme, now=NOW):
        pass
    return api


def rows(api: Api, **query: object) -> list[tuple[Any, ...]]:
    """Who, from when, by which groups, how much."""
    query = {name.rstrip("_"): value for name, value in query.items()}
    answer = api.get("/v1/usage", **query)
    assert answer.status_code == 200, answer.text
    return [
        (row["customer"], row["start"].removesuffix(":00Z"), *row["groups"].values(), row["quantity"])
        for row in answer.json()["usage"]
    ]


FEBRUARY = {"from": "2026-02-01", "to": "2026-03-01"}


def test_a_month_is_one_row_for_each_customer_in_their_own_days(usage: Api) -> None:
    assert rows(usage, meter="tokens", **FEBRUARY) == [
        ("acme", "2026-02-01T00:00", "70"),
        ("zoo", "2026-01-31T18:30", "300"),
    ]
    assert rows(usage, meter="tokens", customer="acme", from_="2026-01-01", to="2026-03-01") == [
        ("acme", "2026-01-01T00:00", "71")
    ]


def test_a_day_is_one_of_the_zone_that_is_asked_for(usage: Api) -> None:
    day = {"meter": "tokens", "window": "day", **FEBRUARY}
    assert rows(usage, customer="acme", **day) == [
        ("acme", "2026-02-01T00:00", "30"),
        ("acme", "2026-02-03T00:00", "40"),
    ]
    assert rows(usage, customer="zoo", **day) == [
        ("zoo", "2026-01-31T18:30", "100"),
        ("zoo", "2026-02-01T18:30", "200"),
    ]
    assert rows(usage, customer="zoo", zone="UTC", **day) == [("zoo", "2026-02-01T00:00", "300")]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("minute", [("2026-02-01T00:00", "10"), ("2026-02-01T13:30", "20")]),
        ("hour", [("2026-02-01T00:00", "10"), ("2026-02-01T13:00", "20")]),
        ("day", [("2026-02-01T00:00", "30")]),
        ("week", [("2026-01-31T12:00", "31")]),
        ("month", [("2026-01-31T12:00", "1"), ("2026-02-01T00:00", "30")]),
    ],
)
def test_windows_are_cut_to_what_is_asked_for(usage: Api, window: str, expected: list[tuple[str, str]]) -> None:
    start = "2026-01-31T12:00:00Z" if window in ("week", "month") else "2026-02-01"
    told = rows(usage, meter="tokens", customer="acme", window=window, from_=start, to="2026-02-02")
    assert told == [("acme", *row) for row in expected]


def test_usage_is_told_by_group_and_of_one_value(usage: Api) -> None:
    month = {"meter": "models", "customer": "acme", **FEBRUARY}
    assert rows(usage, group_by="model", **month) == [
        ("acme", "2026-02-01T00:00", "large", "50"),
        ("acme", "2026-02-01T00:00", "small", "20"),
    ]
    assert rows(usage, group_by=["region", "model"], filter="model=large", **month) == [
        ("acme", "2026-02-01T00:00", "eu", "large", "10"),
        ("acme", "2026-02-01T00:00", "us", "large", "40"),
    ]
    assert rows(usage, filter=["model=large", "region=us"], **month) == [("acme", "2026-02-01T00:00", "40")]


def test_what_nothing_adds_up_is_read_from_the_events(usage: Api) -> None:
    told = rows(usage, meter="seats", customer="acme", window="day", from_="2026-01-19", to="2026-01-22")
    assert told == [("acme", "2026-01-20T00:00", "1"), ("acme", "2026-01-21T00:00", "1")]


def test_pages_go_on_where_they_ended(usage: Api) -> None:
    question: dict[str, object] = {"meter": "models", "window": "day", "group_by": "model", **FEBRUARY}
    whole = rows(usage, **question)
    assert len(whole) == 5
    found: list[Any] = []
    after: dict[str, str] = {}
    while True:
        page = usage.get("/v1/usage", limit=2, **question, **after).json()
        assert len(page["usage"]) <= 2
        found += page["usage"]
        if page["next_after"] is None:
            break
        after = {"after": page["next_after"]}
    assert [(row["customer"], row["start"], row["quantity"]) for row in found] == [
        (who, f"{start}:00Z", quantity) for who, start, _, quantity in whole
    ]


def test_it_says_up_to_where_it_is_true(usage: Api, acme: PostgresStore) -> None:
    asked = {"meter": "tokens", "customer": "acme", **FEBRUARY}
    before = usage.get("/v1/usage", **asked).json()
    assert before["as_of"] == {"position": 7, "instant": "2026-03-15T12:00:00Z"}
    usage.post("/v1/events", [event("late")])
    behind = usage.get("/v1/usage", **asked).json()
    assert (behind["as_of"]["position"], behind["usage"][0]["quantity"]) == (7, "70")
    follow_usage(acme, now=NOW)
    after = usage.get("/v1/usage", **asked).json()
    assert (after["as_of"]["position"], after["usage"][0]["quantity"]) == (8, "470")


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"meter": "token"}, 404, "There is no meter “token”; did you mean tokens?"),
        ({"meter": "tokens", "customer": "acmee"}, 404, "There is no customer “acmee” here. Did you mean acme?"),
        ({"meter": "models", "group_by": "host"}, 422, "it has model, region"),
        ({"meter": "tokens", "filter": "host=a"}, 422, "it declares no groups"),
        ({"meter": "models", "filter": "model"}, 422, "write filter=NAME=VALUE"),
        ({"meter": "tokens", "zone": "Mars"}, 422, "“Mars” is not a time zone"),
        ({"meter": "tokens", "from": "2026-02-30"}, 422, "is neither a day nor an instant"),
        ({"meter": "tokens", "from": "2026-02-02", "to": "2026-02-02"}, 422, "is no time at all"),
        ({"meter": "tokens", "window": "minute", "from": "2026-01-01"}, 422, "more than 10,000 windows of a minute"),
        ({"meter": "tokens", "window": "year"}, 422, "window"),
        ({"meter": "tokens", "after": "nowhere"}, 422, "no place in these pages"),
        ({}, 422, "“meter” is missing"),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(usage: Api, query: dict[str, str], status: int, said: str) -> None:
    answer = usage.get("/v1/usage", **query)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]
