"""What a line carries on from before its period is told: how much there was, and the events that made it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from farthing.cli.explained import event_lines, explanation_lines
from farthing.core.metering.grouped import Grouped
from farthing.core.metering.increase import Increase
from farthing.core.metering.latest import Latest
from farthing.core.metering.measures import Measure
from farthing.core.metering.meter import Meter
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.seats import SeatCount, Seats
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.core.money import USD
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Plan, Price
from farthing.postgres.database import PostgresStore
from farthing.slack.presenting import events_shown, line_shown
from farthing.slack.views.explain import line_explained
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.explain_line import explain_line, line_events
from farthing.usecases.subscribe import subscribe
from tests.http_api.callers import Api

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
PEOPLE = ("ann", "bob", "eve")

MEASURES: dict[str, tuple[Measure, str]] = {
    "seats": (Seats("user", counts=SeatCount.PEAK, carries_over=True), "seats"),
    "disk": (TimeWeighted("gb", per="hour", carries_over=True), "GB-hours"),
    "last": (Latest("gb", series=("disk",), carries_over=True), "gigabytes"),
    "counter": (Increase("gb", series=("disk",)), "gigabytes"),
    "hosts": (Grouped(("disk",), Latest("gb", carries_over=True), "maximum"), "gigabytes"),
    "fresh": (Latest("gb"), "gigabytes"),
    "p95": (Percentile("gb", Decimal(95)), "gigabytes"),
}


@pytest.fixture
def february(api: Api, store: PostgresStore) -> str:
    """The number of the invoice of a February in which nothing but one seat happened."""
    meters = {key: Meter(key, 1, "level", measure, unit) for key, (measure, unit) in MEASURES.items() if key != "seats"}
    meters["seats"] = Meter("seats", 1, "seat", *MEASURES["seats"])
    prices = tuple(Price(key, key, PerUnit(Decimal(1)), meters[key]) for key in MEASURES)
    apply_catalogue(store, meters=meters, plans=[Plan("team", 1, "Team", USD, prices)], now=NOW)
    add_customer(store, key="acme", name="Acme GmbH", in_zone="Europe/Berlin", now=NOW)
    subscribe(store, customer_key="acme", plan_key="team", starts_on=date(2026, 1, 1))
    sent = [
        *(
            _event(f"s{at}", "seat", {"user": who}, day=f"2026-01-1{at}")
            for at, who in enumerate(("ann", "bob", "eve"))
        ),
        _event("s8", "seat", {"user": "eve", "action": "remove"}, day="2026-01-20"),
        _event("s9", "seat", {"user": "joe"}, day="2026-02-10"),
        _event("d1", "level", {"gb": 100, "disk": "a"}, day="2026-01-05"),
        _event("d2", "level", {"gb": 20, "disk": "b"}, day="2026-01-06"),
    ]
    assert api.post("/v1/events", sent).json()["accepted"] == len(sent)
    close_period(store, through=date(2026, 2, 28), now=NOW)
    number: str = api.get("/v1/invoices").json()["invoices"][0]["number"]
    return number


def _event(name: str, of_type: str, data: dict[str, Any], *, day: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": name,
        "source": "test",
        "type": of_type,
        "subject": "acme",
        "time": f"{day}T10:00:00Z",
        "data": data,
    }


def line_of(key: str) -> int:
    return [*MEASURES].index(key) + 1


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("seats", "Held when the period began: 2 seats, made by events before it."),
        ("disk", "Level when the period began: 120, made by events before it."),
        ("last", "Last values, added up, when the period began: 120 gigabytes, made by events before it."),
        ("counter", "Counters, added up, when the period began: 120 gigabytes, made by events before it."),
        ("hosts", "Last value when the period began: 120 gigabytes, made by events before it."),
        ("fresh", ""),
        ("p95", ""),
    ],
)
def test_what_there_was_when_the_period_began_is_told_everywhere(
    february: str, api: Api, store: PostgresStore, key: str, says: str
) -> None:
    (line,) = api.get(f"/v1/invoices/{february}/explanation", line=line_of(key)).json()["lines"]
    assert (line["held"], line["holds"]) == (says, True)
    explained = explain_line(store, february, line_of(key), person=None)
    printed = explanation_lines(explained)
    assert (f"  {says}" in printed) is bool(says)
    assert says in str(line_explained(line_shown(explained)))


def test_the_events_before_the_period_are_listed_and_marked(february: str, api: Api, store: PostgresStore) -> None:
    listed = api.get(f"/v1/invoices/{february}/lines/{line_of('seats')}/events").json()["events"]
    assert [(event["id"], event["before_period"]) for event in listed] == [
        *((name, True) for name in ("s0", "s1", "s2", "s8")),
        ("s9", False),
    ]
    for key, behind in {"disk": 2, "last": 2, "hosts": 2, "counter": 0, "fresh": 0}.items():
        assert len(api.get(f"/v1/invoices/{february}/lines/{line_of(key)}/events").json()["events"]) == behind, key
    explained = explain_line(store, february, line_of("seats"), person=None)
    events = line_events(store, february, 1, person=None)
    assert [shown.does for shown in events_shown(explained, events)][-2:] == [
        "removes the seat eve (before the period)",
        "adds the seat joe",
    ]
    printed = "\n".join(event_lines(events, explained, limit=20))
    assert "removes the seat eve (before the period)" in printed
    assert printed.endswith("adds the seat joe")


def test_more_events_are_promised_only_where_there_are_more(february: str, api: Api, store: PostgresStore) -> None:
    of_seats = f"/v1/invoices/{february}/lines/{line_of('seats')}/events"
    assert api.get(of_seats, limit=5).json()["next_after"] is None
    first = api.get(of_seats, limit=4).json()
    rest = api.get(of_seats, limit=4, after=first["next_after"]).json()
    assert ([event["id"] for event in rest["events"]], rest["next_after"]) == (["s9"], None)
    explained = explain_line(store, february, 1, person=None)
    events = line_events(store, february, 1, person=None)
    assert "More follow" not in "\n".join(event_lines(events, explained, limit=5))
    page = event_lines(events, explained, limit=4)
    assert page[-1] == f"  More follow: --events --after {events[3].position}"
    assert "s9" not in "\n".join(page)
    assert event_lines([], explained, limit=4, after=9)[-1] == "  No events behind position 9."
    fresh = explain_line(store, february, line_of("fresh"), person=None)
    assert event_lines([], fresh, limit=4)[-1] == "  There are no events behind this line."


def test_a_percentile_says_which_of_the_values_it_is(february: str, api: Api, store: PostgresStore) -> None:
    january = api.get("/v1/invoices").json()["invoices"][1]["number"]
    (line,) = api.get(f"/v1/invoices/{january}/explanation", line=line_of("p95")).json()["lines"]
    assert [(row["what"], row["equals"]) for row in line["cells"][0]["quantities"]] == [
        ("The 2nd of 2 values in order", "100")
    ]
    assert "the 95th percentile (nearest rank) of data.gb" in line["measured"]
    explained = "\n".join(explanation_lines(explain_line(store, january, line_of("p95"), person=None)))
    assert "  The 2nd of 2 values in order" in explained
    empty = api.get(f"/v1/invoices/{february}/explanation", line=line_of("p95")).json()["lines"][0]
    assert empty["cells"][0]["quantities"] == []
