"""A small shop for the tests of use cases: Acme pays for tokens and calls on a plan with a fee."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TypeVar

from farthing.core.invoicing.invoice import Invoice
from farthing.core.metering.meter import Meter
from farthing.core.money import currency
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import meter_from, price_from
from farthing.core.subscriptions.subscription import Subscription
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.record_usage import Told, record_usage
from farthing.usecases.subscribe import subscribe
from tests.databases import NOW

Answer = TypeVar("Answer")

METERS = {
    "tokens": meter_from("tokens", {"event_type": "completion", "measure": "sum", "property": "tokens"}, version=1),
    "calls": meter_from("calls", {"event_type": "call", "measure": "count"}, version=1),
}


def plan_of(key: str, meters: dict[str, Meter], *, fee: str = "49") -> Plan:
    """A fee ahead, tokens in two tiers, calls at a cent."""
    tiers = [{"up_to": "1000", "unit": "0.002"}, {"unit": "0.0015"}]
    prices = [
        price_from("platform", {"name": "Platform", "shape": "flat", "fee": fee, "charged": "advance"}, meters={}),
        price_from("tokens", {"meter": "tokens", "shape": "graduated", "tiers": tiers}, meters=meters),
        price_from("calls", {"meter": "calls", "shape": "per_unit", "unit": "0.01"}, meters=meters),
    ]
    return Plan(key, 1, "Starter", currency("USD"), tuple(prices))


STARTER = plan_of("starter", METERS)


def open_shop(store: SellerStore, *, starts_on: date = date(2026, 1, 1), in_zone: str = "UTC") -> Subscription:
    """The catalogue, Acme, and Acme on the starter plan."""
    apply_catalogue(store, meters=METERS, plans=[STARTER], now=NOW)
    add_customer(store, key="acme", name="Acme Corp.", in_zone=in_zone, now=NOW)
    return subscribe(store, customer_key="acme", plan_key="starter", starts_on=starts_on)


def sum_over(prop: str, *, key: str = "tokens", event_type: str = "completion") -> Meter:
    """A meter that adds up this property."""
    return replace(meter_from(key, {"event_type": event_type, "measure": "sum", "property": prop}, version=1))


def sent(event_id: str, *, time: str = "2026-01-15T10:00:00Z", type: str = "completion", **data: object) -> object:
    """An event of Acme's as its sender writes it; 400 tokens, but for what is said otherwise."""
    body = data or {"tokens": 400}
    return {"id": event_id, "source": "test", "type": type, "subject": "acme", "time": time, "data": body}


def record(store: SellerStore, *events: object, now: datetime = NOW) -> list[Told]:
    """Send some events at once."""
    return record_usage(store, events, now=now)


def outcomes(told: Sequence[Told]) -> list[str]:
    """What became of each."""
    return [one.outcome.value for one in told]


def invoices(store: PostgresStore) -> list[Invoice]:
    """All of them, oldest first."""
    with store.transaction():
        return list(store.all_invoices())


def at_once(*acts: Callable[[], Answer]) -> list[Answer | Exception]:
    """What each answers, or how it fails, when all begin at the same moment in threads of their own."""

    def tried(act: Callable[[], Answer]) -> Answer | Exception:
        try:
            return act()
        except Exception as failure:
            return failure

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(tried, acts))


def instant(written: str) -> datetime:
    """An instant in UTC from its short text."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)
