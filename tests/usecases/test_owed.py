"""What issued lines are owed: each line whose usage comes to something else today, and no other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from farthing.core.money import currency
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import meter_from, price_from
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.check_books import check_books
from farthing.usecases.customers import add_customer
from farthing.usecases.owed import OwedLine, find_owed
from farthing.usecases.subscribe import subscribe
from tests.databases import NOW, close
from tests.usecases.shop import record, sent
from tests.usecases.test_correct_usage import correct, correction

METERS = {
    "stored": meter_from(
        "stored",
        {"event_type": "disk", "measure": "latest", "property": "gb", "series": ["host"], "carries_over": True},
        version=1,
    ),
    "sum": meter_from("sum", {"event_type": "completion", "measure": "sum", "property": "tokens"}, version=1),
    "calls": meter_from("calls", {"event_type": "call", "measure": "count"}, version=1),
}
PRICES = [
    price_from("stored", {"meter": "stored", "shape": "per_unit", "unit": "1"}, meters=METERS),
    price_from("sum", {"meter": "sum", "shape": "per_unit", "unit": "0.01"}, meters=METERS),
    price_from(
        "calls",
        {
            "meter": "calls",
            "shape": "graduated",
            "tiers": [{"up_to": "2", "unit": "1"}, {"unit": "0.5"}],
            "accumulate": "contract",
        },
        meters=METERS,
    ),
]


def open_quarter(store: PostgresStore) -> None:
    """Acme from January on, closed through March: an event of each kind in January, and a call more in February."""
    plan = Plan("all", 1, "All", currency("USD"), tuple(PRICES))
    apply_catalogue(store, meters=METERS, plans=[plan], now=NOW)
    add_customer(store, key="acme", name="Acme", in_zone="UTC", now=NOW)
    subscribe(store, customer_key="acme", plan_key="all", starts_on=date(2026, 1, 1))
    record(
        store,
        sent("disk", type="disk", gb=5, host="a"),
        sent("tokens", tokens=100),
        sent("call 1", type="call", n=1),
        sent("call 2", type="call", n=1),
        sent("call 3", type="call", time="2026-02-10T00:00:00Z", n=1),
    )
    close(store, "2026-03-31")


def owed(store: PostgresStore) -> list[tuple[str, int, Decimal]]:
    """The price, the month and the difference of each line that is owed."""
    assert check_books(store) == []
    return [(one.line.price_key, one.line.period.start.month, one.difference.amount) for one in find_owed(store)]


def test_nothing_is_owed_when_nothing_was_said_since(store: PostgresStore) -> None:
    open_quarter(store)
    assert owed(store) == []


def test_a_sum_is_owed_in_its_own_period_alone(store: PostgresStore) -> None:
    open_quarter(store)
    correct(store, correction("a", "tokens"))
    assert owed(store) == [("sum", 1, Decimal(-1))]


def test_a_level_is_owed_in_every_issued_period_into_which_it_was_carried(store: PostgresStore) -> None:
    open_quarter(store)
    correct(store, correction("a", "disk"))
    assert owed(store) == [("stored", month, Decimal(-5)) for month in (1, 2, 3)]
    lines: list[OwedLine] = find_owed(store)
    assert [one.corrected for one in lines] == [1, 0, 0]


def test_quantities_that_accumulate_are_owed_in_later_periods_too(store: PostgresStore) -> None:
    """The third call cost 0.50 in the second tier; as the second one it costs 1.00."""
    open_quarter(store)
    correct(store, correction("a", "call 2"))
    assert owed(store) == [("calls", 1, Decimal(-1)), ("calls", 2, Decimal("0.50"))]


def test_what_came_late_and_was_voided_again_is_not_owed(store: PostgresStore) -> None:
    open_quarter(store)
    record(store, sent("late", tokens=7))
    assert owed(store) == [("sum", 1, Decimal("0.07"))]
    correct(store, correction("a", "late"))
    assert owed(store) == []
