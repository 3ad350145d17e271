"""A month to be closed by a benchmark: many customers on a plan of five meters, with their usage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.metering.meter import Meter
from farthing.core.parties import Mode, Seller
from farthing.core.pricing.fields import Terms
from farthing.core.pricing.terms import meter_from, plan_from
from farthing.postgres.urls import with_role
from farthing.settings import Settings, SlackMode
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.subscribe import subscribe
from farthing.wiring import Wired, initialise, world_now

METERS = 5
_TIERS = [{"up_to": "100", "unit": "0.02"}, {"up_to": "1000", "unit": "0.015"}, {"unit": "0.01"}]
_SHAPES: tuple[Terms, ...] = (
    {"shape": "per_unit", "unit": "0.002"},
    {"shape": "graduated", "tiers": _TIERS},
    {"shape": "volume", "tiers": _TIERS},
    {"shape": "package", "price": "0.50", "size": "100", "included": "100"},
    {"shape": "per_unit", "unit": "0.0004", "included": "50"},
)


@dataclass(frozen=True, slots=True)
class ManyDue:
    """A seller of whom so many subscriptions are due when a day is closed. `owner_url` may do anything there."""

    settings: Settings
    wired: Wired
    owner_url: str
    seller_id: UUID
    through: date
    now: datetime


@contextmanager
def open_month(scratch: Path, *, subscriptions: int, events_each: int) -> Iterator[ManyDue]:
    """Set it up while the block lasts: the first customer as anybody does it, and the others after its likeness."""
    seller = Seller(uuid4(), "Bench", Mode.SANDBOX, LegalEntity("main", "Bench", in_zone="UTC", number_prefix="B"))
    made = initialise(Settings(home=scratch / "home", slack_mode=SlackMode.OFF), seller, now=world_now())
    first_day = (world_now().date().replace(day=1) - timedelta(days=1)).replace(day=1)
    through = (first_day + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    with Wired(made.settings) as wired:
        store, now = wired.store, world_now()
        meters = {meter.key: meter for meter in map(_meter, range(METERS))}
        prices = {f"price-{n}": {"meter": f"meter-{n}", **_SHAPES[n % len(_SHAPES)]} for n in range(METERS)}
        plan = plan_from("bench", {"currency": "USD", "prices": prices}, version=1, meters=meters)
        apply_catalogue(store, meters=meters, plans=[plan], now=now)
        add_customer(store, key="customer-0", name="Customer 0", in_zone="UTC", now=now)
        subscribe(store, customer_key="customer-0", plan_key="bench", starts_on=first_day)
        close_period(store, through=first_day, now=now)
        owner_url = with_role(str(wired.database_url), role="postgres", password="")
        with psycopg.connect(owner_url, autocommit=True) as owner:
            owner.execute("SET session_replication_role = replica")
            owner.execute("SELECT set_config('farthing.seller', %s, false)", [str(seller.seller_id)])
            _alike(owner, subscriptions)
            _used(owner, first_day, events_each)
            owner.execute("VACUUM ANALYZE")
            owner.execute("CHECKPOINT")
        yield ManyDue(made.settings, wired, owner_url, seller.seller_id, through, now)


def _meter(number: int) -> Meter:
    terms = {"event_type": f"used-{number}", "measure": "sum", "property": "units"}
    return meter_from(f"meter-{number}", terms, version=1)


def _alike(owner: psycopg.Connection, many: int) -> None:
    """Customers and subscriptions as the first one's, up to so many."""
    with owner.transaction():
        owner.execute(
            """
            CREATE TEMPORARY TABLE made ON COMMIT DROP AS
            SELECT number, gen_random_uuid() AS customer_id, gen_random_uuid() AS subscription_id
            FROM generate_series(1, %(many)s::integer - 1) AS number
            """,
            {"many": many},
        )
        owner.execute(
            """
            INSERT INTO farthing.customer (seller_id, customer_id, key, in_zone, created_at, entity_key)
            SELECT seller_id, made.customer_id, 'customer-' || number, in_zone, created_at, entity_key
            FROM farthing.customer, made WHERE seller_id = farthing.seller()
            """
        )
        owner.execute(
            """
            INSERT INTO farthing.customer_profile (seller_id, customer_id, name)
            SELECT seller_id, made.customer_id, 'Customer ' || number
            FROM farthing.customer_profile, made WHERE seller_id = farthing.seller()
            """
        )
        owner.execute(
            """
            INSERT INTO farthing.subscription (
                seller_id, subscription_id, customer_id, plan_key, plan_version, anchor, in_zone, starts_at, ends_at,
                billed_through, due_at, currency, overrides, phase_ends, every, usage_through
            )
            SELECT seller_id, made.subscription_id, made.customer_id, plan_key, plan_version, anchor, in_zone,
                   starts_at, ends_at, billed_through, due_at, currency, overrides, phase_ends, every, usage_through
            FROM farthing.subscription, made WHERE seller_id = farthing.seller()
            """
        )


def _used(owner: psycopg.Connection, first_day: date, events_each: int) -> None:
    """So many events of each meter of each customer, spread over the month, as the product leaves what it keeps."""
    if not events_each:
        return
    start = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC)
    with owner.transaction():
        owner.execute(
            """
            CREATE TEMPORARY TABLE made ON COMMIT DROP AS
            SELECT row_number() OVER () AS position, gen_random_uuid() AS key, customer.customer_id,
                   customer.key AS subject, 'used-' || meter AS type, number,
                   %(start)s::timestamptz + number * interval '27 days' / %(each)s + meter * interval '1 hour' AS at
            FROM generate_series(0, %(each)s::integer - 1) AS number, farthing.customer,
                 generate_series(0, %(meters)s::integer - 1) AS meter
            WHERE customer.seller_id = farthing.seller()
            """,
            {"start": start, "each": events_each, "meters": METERS},
        )
        owner.execute(
            """
            INSERT INTO farthing.accepted_key (seller_id, key, content, position)
            SELECT farthing.seller(), key, key, position FROM made ORDER BY key
            """
        )
        owner.execute(
            """
            INSERT INTO farthing.accepted_event (
                seller_id, position, key, customer_id, type, happened_at, accepted_at, source, id, subject, time, data
            )
            SELECT farthing.seller(), position, key, customer_id, type, at, at, 'bench', key::text, subject,
                   to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), jsonb_build_object('units', 1 + mod(position * 37, 700))
            FROM made ORDER BY position
            """
        )
        owner.execute(
            """
            UPDATE farthing.usage_counter SET last_position = (SELECT max(position) FROM made)
            WHERE seller_id = farthing.seller()
            """
        )
        owner.execute(
            """
            INSERT INTO farthing.usage_looked_over (seller_id, position)
            SELECT farthing.seller(), max(position) FROM made
            ON CONFLICT (seller_id) DO UPDATE SET position = excluded.position
            """
        )
