"""An explanation over HTTP holds all that a pocket calculator needs: groups, conversion, discount, credits, events."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from farthing.core.metering.filter import filter_from
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.pricing.terms import plan_from
from farthing.core.rating.written import Row
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.subscribe import subscribe
from tests.core.rating.pocket_calculator import redo
from tests.http_api.callers import NOW, Api

METERS = {
    "tokens": Meter(
        "tokens", 1, "completion", Sum("tokens"), unit="tokens", where=filter_from({"test": {"exists": False}}, of="It")
    ),
    "paid": Meter("paid", 1, "payment", Sum("amount"), unit="USD"),
}
PLAN = plan_from(
    "rich",
    {
        "name": "Rich",
        "currency": "USD",
        "units": {"credits": "0.02"},
        "meters": {
            "tokens": {
                "event_type": "completion",
                "measure": "sum",
                "property": "tokens",
                "unit": "tokens",
                "version": 1,
                "where": {"test": {"exists": False}},
            },
            "paid": {"event_type": "payment", "measure": "sum", "property": "amount", "unit": "USD", "version": 1},
        },
        "prices": [
            {
                "key": "tokens",
                "name": "Tokens",
                "meter": "tokens",
                "group_by": ["model"],
                "divide_by": "1000",
                "round": "ceil",
                "included": "1",
                "shape": "graduated",
                "tiers": [{"up_to": "2", "unit": "0.5"}, {"unit": "0.25", "flat": "1"}],
                "discount": {"percent": "10"},
                "minimum": "5",
                "in": "credits",
            },
            {
                "key": "paid",
                "name": "Payments",
                "meter": "paid",
                "shape": "percentage",
                "rate": "0.01",
                "minimum_per_event": "0.5",
            },
        ],
    },
    version=1,
)


@pytest.fixture
def rich(api: Api, store: PostgresStore) -> Api:
    """Acme's January with three models and two payments, closed."""
    apply_catalogue(store, meters=METERS, plans=[PLAN], now=NOW)
    add_customer(store, key="acme", name="Acme GmbH", in_zone="UTC", now=NOW)
    subscribe(store, customer_key="acme", plan_key="rich", starts_on=date(2026, 1, 1))
    data: list[dict[str, Any]] = [
        {"model": "large", "tokens": 4500},
        {"model": "small", "tokens": 700},
        {"tokens": 2001},
        {"model": "large", "tokens": 99, "test": True},
    ]
    sent = [_event(f"t{number}", "completion", each) for number, each in enumerate(data)]
    sent += [_event("p1", "payment", {"amount": "10"}), _event("p2", "payment", {"amount": "90.5"})]
    assert api.post("/v1/events", sent).json()["accepted"] == 6
    close_period(store, through=date(2026, 1, 31), now=NOW)
    return api


def _event(name: str, of_type: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": name,
        "source": "test",
        "type": of_type,
        "subject": "acme",
        "time": "2026-01-05T10:00:00Z",
        "data": data,
    }


def explained(api: Api, **query: object) -> list[dict[str, Any]]:
    number = api.get("/v1/invoices").json()["invoices"][0]["number"]
    lines: list[dict[str, Any]] = api.get(f"/v1/invoices/{number}/explanation", **query).json()["lines"]
    return lines


def test_the_groups_of_a_line_are_told_from_what_was_measured_to_what_is_charged(rich: Api) -> None:
    line = explained(rich)[0]
    assert line["measured"] == (
        "Meter tokens, version 1: the sum of data.tokens over events of type “completion” where test is missing, for "
        "each data.model."
    )
    assert (line["shape"], line["counted_in"], line["line"]["groups"], line["holds"]) == (
        "graduated",
        "credits",
        3,
        True,
    )
    large, small, missing = line["cells"]
    assert [cell["group"]["model"] for cell in (large, small, missing)] == ["large", "small", None]
    assert (large["measured"], large["quantity"], large["events"]) == ("4500", "4", 1)
    assert [(row["what"], row["sum"], row["equals"]) for row in large["quantities"]] == [
        ("Converted", "4,500 / 1,000 = 4.5, rounded up to a whole number", "5"),
        ("Included", "5 - 1 included", "4"),
    ]
    assert [(step["what"], step["sum"]) for step in large["steps"]] == [
        ("Tier 1, 0 to 2", "2 x 0.5"),
        ("Tier 2, above 2", "2 x 0.25 + 1 flat"),
    ]
    assert [(row["what"], row["sum"], row["equals"]) for row in line["after"]] == [
        ("Sum", "", "3.5"),
        ("Discount", "-10 % of 3.5", "-0.35"),
        ("Raised to the minimum", "5 - 3.15", "1.85"),
        ("Together", "", "5"),
        ("In USD", "5 credits x 0.02", "0.1"),
    ]
    assert line["line"]["amount"] == {"amount": "0.10", "currency": "USD"}
    assert line["terms"]["tiers"] == [{"up_to": "2", "unit": "0.5"}, {"unit": "0.25", "flat": "1"}]
    parts = [*line["line"]["steps"], *line["line"]["modifications"]]
    assert sum(int(part["amount"]["amount"].replace(".", "")) for part in parts) == 10


def test_groups_come_a_page_at_a_time_with_what_the_others_come_to(rich: Api) -> None:
    first = explained(rich, line=1, cells=2)[0]
    assert ([cell["group"]["model"] for cell in first["cells"]], first["next_cell"]) == (["large", "small"], 2)
    assert first["other_cells"] == "1"
    rest = explained(rich, line=1, cells=2, first_cell=first["next_cell"])[0]
    assert ([cell["group"]["model"] for cell in rest["cells"]], rest["next_cell"]) == ([None], None)
    assert rest["other_cells"] == "2.5"
    assert explained(rich, line=1, first_cell=7)[0]["cells"] == []


def test_each_event_below_its_minimum_is_told_and_can_be_redone(rich: Api) -> None:
    line = explained(rich)[1]
    (cell,) = line["cells"]
    raised = cell["steps"][-1]
    assert (raised["what"], raised["sum"]) == (
        "Raised to the minimum of 0.5 per event",
        "(0.5 - 1 % of 10)",
    )
    assert redo(Row(raised["what"], raised["sum"])) == Fraction(raised["exact"]) == Fraction(2, 5)
    assert line["days_add_up"] is True
