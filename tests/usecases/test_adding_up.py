"""Quantities that add up over a contract: what is free, or was priced by nothing, is not among them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.pricing.terms import addon_from, plan_from
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.change_subscription import attach_add_on
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.explain_line import explain_line
from farthing.usecases.subscribe import subscribe
from tests.databases import NOW
from tests.usecases.shop import METERS, invoices, record, sent

LADDER = {
    "meter": "tokens",
    "accumulate": "contract",
    "shape": "graduated",
    "tiers": [{"up_to": "10", "unit": "1", "flat": "5"}, {"unit": "0.1"}],
}


def plan(**more: Any) -> Plan:
    terms = {"currency": "USD", "prices": {"tokens": LADDER}} | more
    return plan_from("p", terms, version=1, meters=METERS)


def shop(store: PostgresStore, offered: Plan, *used: tuple[str, int]) -> None:
    """Acme on the plan from January on, having used so many tokens on some days."""
    apply_catalogue(store, meters=METERS, plans=[offered], now=NOW)
    add_customer(store, key="acme", name="Acme Corp.", in_zone="UTC", now=NOW)
    subscribe(store, customer_key="acme", plan_key="p", starts_on=date(2026, 1, 1))
    events = [sent(f"{number}", time=f"{day}T10:00:00Z", tokens=tokens) for number, (day, tokens) in enumerate(used)]
    record(store, *events)


def billed(store: PostgresStore, *, through: date, price: str = "tokens") -> Sequence[str]:
    """What each invoice asks for the price, once it is proved that its line comes out again."""
    close_period(store, through=through, now=NOW)
    asked = []
    for invoice in invoices(store):
        for number, line in enumerate(invoice.draft.lines, start=1):
            assert explain_line(store, invoice.number, number, person=None).holds
            if line.price_key == price:
                asked.append(str(line.amount))
    assert check_books(store) == []
    return asked


def test_what_is_used_in_a_free_trial_stands_on_no_ladder(store: PostgresStore) -> None:
    trial = {"trial": {"lasts": "14 days", "trial": True}}
    shop(store, plan(phases=trial), ("2026-01-05", 20), ("2026-02-20", 4), ("2026-03-20", 10))
    # The stub has no units and the first tier's fee; then 4; then 6 up to the bound and 4 above it.
    assert billed(store, through=date(2026, 3, 31)) == ["0.00 USD", "5.00 USD", "4.00 USD", "6.40 USD"]


def test_a_trial_that_is_billed_is_part_of_the_contract(store: PostgresStore) -> None:
    trial = {"trial": {"lasts": "14 days", "trial": True, "usage": "billed"}}
    shop(store, plan(phases=trial), ("2026-01-05", 20), ("2026-02-20", 4))
    assert billed(store, through=date(2026, 2, 28)) == ["16.00 USD", "0.00 USD", "0.40 USD"]


def test_a_phase_that_only_changes_the_price_goes_on_adding_up(store: PostgresStore) -> None:
    ramp = {"ramp": {"lasts": "1 month", "change": {"tokens": {"maximum": "3"}}}}
    shop(store, plan(phases=ramp), ("2026-01-05", 20), ("2026-02-20", 4))
    assert billed(store, through=date(2026, 2, 28)) == ["3.00 USD", "0.40 USD"]


def test_a_phase_without_the_price_is_not_part_of_what_it_adds_up(store: PostgresStore) -> None:
    fee = {"shape": "flat", "fee": "1", "charged": "arrears"}
    ramp = {"ramp": {"lasts": "1 month", "without": ["tokens"]}}
    offered = plan(prices={"fee": fee, "tokens": LADDER}, phases=ramp)
    shop(store, offered, ("2026-01-05", 20), ("2026-02-20", 4))
    assert billed(store, through=date(2026, 2, 28)) == ["9.00 USD"]


def test_an_add_on_adds_up_from_where_it_begins(store: PostgresStore) -> None:
    offered = plan(prices={"fee": {"shape": "flat", "fee": "1", "charged": "arrears"}})
    extra: AddOn = addon_from("extra", {"currency": "USD", "prices": {"tokens": LADDER}}, version=1, meters=METERS)
    shop(store, offered, ("2026-01-05", 20), ("2026-02-20", 4))
    with store.transaction():
        store.keep_add_on(extra, created_at=NOW)
    on = datetime(2026, 1, 20, tzinfo=UTC)
    attach_add_on(store, customer_key="acme", plan_key="p", add_on_key="extra", from_day=date(2026, 2, 1), now=on)
    assert billed(store, through=date(2026, 2, 28), price="extra+tokens") == ["9.00 USD"]
