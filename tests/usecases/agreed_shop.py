"""A shop with seats, a trial, two currencies and add-ons, for the tests of what a subscription agrees to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from farthing.core.metering.meter import Meter
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.pricing.terms import addon_from, meter_from, plan_from
from farthing.core.subscriptions.subscription import Subscription
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.check_books import prove_books
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.subscribe import Wishes, subscribe
from tests.databases import NOW

METERS: dict[str, Meter] = {
    "tokens": meter_from("tokens", {"event_type": "completion", "measure": "sum", "property": "tokens"}, version=1),
    "backups": meter_from("backups", {"event_type": "backup", "measure": "count"}, version=1),
    "calls": meter_from("calls", {"event_type": "call", "measure": "count"}, version=1),
}
SEATS = {"name": "Seats", "quantity": "seats", "shape": "per_unit", "unit": "10", "charged": "advance"}
TOKENS = {"name": "Tokens", "meter": "tokens", "shape": "per_unit", "unit": "0.01"}
TEAM: dict[str, Any] = {
    "name": "Team",
    "currencies": ["USD", "EUR"],
    "prices": {
        "platform": {"name": "Platform", "shape": "flat", "fee": {"USD": "31", "EUR": "28"}, "charged": "advance"},
        "seats": SEATS,
        "tokens": TOKENS,
    },
    "entitlements": {"sso": False, "region": "us", "tokens": {"limit": "1000", "meter": "tokens"}},
}
BACKUP: dict[str, Any] = {
    "name": "Backup",
    "currencies": ["USD", "EUR"],
    "prices": {
        "fee": {"name": "Backup fee", "shape": "flat", "fee": "62", "charged": "advance"},
        "setup": {"name": "Backup setup", "shape": "flat", "fee": "5", "charged": "once"},
        "runs": {"name": "Backup runs", "meter": "backups", "shape": "per_unit", "unit": "1"},
    },
    "entitlements": {"sso": True, "region": "eu", "tokens": {"limit": "500"}, "copies": {"limit": "3"}},
}
ARCHIVE: dict[str, Any] = {"currency": "USD", "prices": {"calls": TOKENS | {"meter": "calls"}}}
SURCHARGE: dict[str, Any] = {"currencies": ["USD", "EUR"], "prices": {"more": TOKENS}}
DOLLARS: dict[str, Any] = {"currency": "USD", "prices": {"fee": {"shape": "flat", "fee": "1", "charged": "advance"}}}


def offer(store: PostgresStore, *plans: Plan, add_ons: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """Keep the meters, these plans, and these add-ons."""
    apply_catalogue(store, meters=METERS, plans=plans, now=NOW)
    with store.transaction():
        known = store.meters()
        for key, terms in (add_ons or {}).items():
            newest = store.add_on(key)
            version = 1 if newest is None else newest.version + 1
            store.keep_add_on(addon_from(key, terms, version=version, meters=known), created_at=NOW)


def team(**changes: Any) -> Plan:
    """The plan “team”, with some terms otherwise."""
    return plan_from("team", TEAM | changes, version=1, meters=METERS)


def open_team(
    store: PostgresStore,
    *,
    starts_on: date = date(2026, 1, 1),
    in_zone: str = "UTC",
    anchor_day: int | None = None,
    plan: Plan | None = None,
    **wishes: Any,
) -> Subscription:
    """The catalogue, Acme, and Acme on the plan “team” with 10 seats, but for what is wished otherwise."""
    offer(
        store,
        plan or team(),
        add_ons={"archive": ARCHIVE, "backup": BACKUP, "dollars": DOLLARS, "surcharge": SURCHARGE},
    )
    add_customer(store, key="acme", name="Acme Corp.", in_zone=in_zone, now=NOW)
    return subscribe(
        store,
        customer_key="acme",
        plan_key="team",
        starts_on=starts_on,
        anchor_day=anchor_day,
        wishes=Wishes(**({"quantities": {"seats": Decimal(10)}} | wishes)),
    )


def kept(store: SellerStore) -> Subscription:
    """The one subscription, as it is kept."""
    with store.transaction():
        [subscription] = store.subscriptions()
    return subscription


def add_on(store: SellerStore, key: str) -> AddOn:
    """The newest version of an add-on."""
    with store.transaction():
        found = store.add_on(key)
    assert found is not None
    return found


def closed(store: PostgresStore, through: str, *, now: datetime | None = None) -> list[tuple[str, list[str]]]:
    """Each invoice after closing, and its lines in a word; the books are proved on the way."""
    day = date.fromisoformat(through)
    at = now or datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=2)
    close_period(store, through=day, now=at)
    assert prove_books(store, now=at).findings == []
    with store.transaction():
        made = list(store.all_invoices())
    return [(str(one.draft.at.date()), [f"{line.price_key} {line.amount}" for line in one.draft.lines]) for one in made]
