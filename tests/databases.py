"""What the tests of the store build with: a server, its databases, and a seller with one customer who uses tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from hypothesis import HealthCheck, settings
from psycopg import sql

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.metering.event import UsageEvent, instant
from farthing.core.metering.meter import Meter
from farthing.core.metering.screen import Accepted, Quarantined
from farthing.core.parties import Customer, Mode, Seller
from farthing.core.subscriptions.subscription import Subscription
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.following import MOST_POSITIONS
from farthing.postgres.urls import with_database
from farthing.usecases.close_period import close_period
from farthing.usecases.ports import Outcome, RunTotals
from tests.core.core_values import ACME, CALLS, STARTER, TOKENS, subscription

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
law = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=True,
)


@dataclass(frozen=True)
class DatabaseUrls:
    """One database, as its owner and as the product reach it."""

    owner: str
    app: str


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server that the tests of this run share."""

    url: str

    def never_wait_for_the_disk(self) -> None:
        """Nothing here has to outlast the machine; what must outlast a kill has a server of its own in its test."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")

    def create(self, name: str, *, template: str = "template1") -> str:
        """The URL of a new database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        return with_database(self.url, database=name)

    def drop(self, name: str) -> None:
        """Away with a database, whoever is connected to it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def new_seller(seller_id: UUID | None = None) -> Seller:
    """A sandbox seller with a legal entity in UTC."""
    entity = LegalEntity("main", "Example Inc.", in_zone="UTC", number_prefix="EX")
    return Seller(seller_id or uuid4(), "Example", Mode.SANDBOX, entity)


def fresh_store(database: Database) -> PostgresStore:
    """A store for one example of a law."""
    seller = new_seller()
    database.add_seller(seller)
    return database.for_seller(seller.seller_id)


def open_books(store: PostgresStore, *, starts_at: datetime | None = None) -> Subscription:
    """Acme on the starter plan: a platform fee ahead, support behind, tokens and calls of type inference."""
    subscribed = subscription(starts_at=starts_at)
    with store.transaction():
        store.add_customer(Customer(ACME, "acme", "Acme Corp.", "UTC"), email="ap@acme.example", created_at=NOW)
        for meter in (TOKENS, CALLS):
            store.keep_meter(meter, created_at=NOW)
        store.keep_plan(STARTER, created_at=NOW)
        store.add_subscription(subscribed)
    return subscribed


def used(event_id: str, happened_at: str, *, tokens: Any = 1, source: str = "api") -> Accepted:
    """An event of Acme's that passed the screen."""
    event = UsageEvent(source, event_id, "inference", "acme", happened_at, {"tokens": tokens})
    return Accepted(event, ACME, instant(happened_at))


def apart(event_id: str, *, reason: str = "No meter.", source: str = "api", **data: Any) -> Quarantined:
    """An event that did not pass it."""
    return Quarantined(UsageEvent(source, event_id, "inference", "acme", None, data), reason)


def send(store: PostgresStore, screened: Iterable[Accepted | Quarantined]) -> list[Outcome]:
    """Keep some events in a transaction of their own."""
    with store.transaction():
        return store.keep_events(list(screened), received_at=NOW)


def add_up(store: PostgresStore, meters: Iterable[Meter], *, most_positions: int = MOST_POSITIONS) -> None:
    """Add up what these meters ask for, and nothing else, up to the last event."""
    with store.transaction():
        store.lock_rollups()
        store.keep_rollups(meters, now=NOW)
    follow(store, most_positions=most_positions)


def follow(store: PostgresStore, *, most_positions: int = MOST_POSITIONS) -> None:
    """Bring every rollup up to the last event."""
    while True:
        with store.transaction():
            behind = store.rollups_behind()
        if not behind:
            return
        for rollup_id in behind:
            with store.transaction():
                store.follow(rollup_id, now=NOW, most_positions=most_positions)


def close(store: PostgresStore, through: str) -> RunTotals:
    """Close through a day."""
    return close_period(store, through=date.fromisoformat(through), now=NOW)
