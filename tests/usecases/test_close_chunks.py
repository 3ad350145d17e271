"""Many are billed together as each would be alone, by however many processes, killed or not."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from uuid import UUID

import psycopg
import pytest

from farthing.core.invoicing.credits import GrantKind
from farthing.core.invoicing.policy import BillingPolicy
from farthing.core.money import USD, Money
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import price_from
from farthing.core.refused import Refused
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.vault import KEY_BYTES, Vault
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.bill_accrued import bill_accrued
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.coupons import add_coupon, apply_coupon
from farthing.usecases.credits import grant_credit
from farthing.usecases.customers import add_customer
from farthing.usecases.drafts import hold_draft, list_drafts, set_customer_billing, set_policy
from farthing.usecases.ports import RunTotals
from farthing.usecases.show_invoices import list_invoices
from farthing.usecases.subscribe import subscribe
from farthing.usecases.tax_rules import apply_tax_rules
from tests.core.core_values import at
from tests.databases import NOW, DatabaseUrls, fresh_store, new_seller
from tests.usecases.shop import METERS, at_once, invoices, open_shop, record, sent
from tests.usecases.test_billing_together import SUPPORT

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 28)
_TAX = {"rules": [{"tax": "sales tax", "percent": "8.25"}]}


def customers(store: PostgresStore, many: int) -> None:
    """As many customers as Acme, each with usage of their own."""
    for number in range(many):
        add_customer(store, key=f"c{number}", name=f"C {number}", in_zone="UTC", now=NOW)
        subscribe(store, customer_key=f"c{number}", plan_key="starter", starts_on=date(2026, 1, 1 + number % 3))
    record(
        store,
        *[
            {**dict(sent(f"of-{number}", tokens=number * 77)), "subject": f"c{number}"}  # type: ignore[call-overload]
            for number in range(many)
        ],
    )


def every_kind(store: PostgresStore) -> None:
    """Customers with everything that makes a bill another than its neighbour's."""
    open_shop(store)
    apply_tax_rules(store, _TAX, now=NOW)
    customers(store, 8)
    add_coupon(store, key="spring", terms={"percent": "20", "periods": 2}, now=NOW)
    apply_coupon(store, coupon_key="spring", customer_key="c1", now=NOW)
    grant_credit(
        store, customer_key="c2", kind=GrantKind.PREPAID, amount=Money(6000, USD), key="one", by="Ada", now=NOW
    )
    grant_credit(
        store, customer_key="c3", kind=GrantKind.PROMOTIONAL, amount=Money(9000, USD), key="two", by="Ada", now=NOW
    )
    fee = price_from("fee", {"name": "Help", "shape": "flat", "fee": "5", "charged": "advance"}, meters={})
    apply_catalogue(store, meters={}, plans=[Plan("help", 1, "Help", USD, (fee,))], now=NOW)
    for key in ("c1", "c2", "c4"):
        subscribe(store, customer_key=key, plan_key="help", starts_on=date(2026, 1, 10))


def said(store: PostgresStore) -> list[tuple[object, ...]]:
    """All that each invoice says but its number, and what is booked for it."""
    told: list[tuple[object, ...]] = []
    for who, invoice in list_invoices(store, person=None):
        draft = invoice.draft
        frozen = {name: value for name, value in draft.frozen.items() if name != "entity"}
        lines = [(line.name, line.period, line.quantity, str(line.amount), line.kind) for line in draft.lines]
        if draft.parts:
            lines.sort(key=lambda one: one[0])  # Which part comes first is by the subscriptions' ids.
        reckoning = draft.reckoning
        taken_off = [(one.key, one.amounts) for one in reckoning.discounts if one.kind.value == "coupon"]
        taxes = [(one.key, one.amount, one.lines) for one in reckoning.taxes]
        paid = [one.amount for one in reckoning.credits]
        told.append((who.key, draft.at, lines, str(invoice.total), taken_off, taxes, paid, sorted(frozen)))
    with store.transaction():
        booked = sorted(
            (each.kind, each.booked_on, sorted((str(one.account), one.amount.minor) for one in each.postings))
            for each in store.all_transactions()
        )
    return [*sorted(told, key=lambda one: (str(one[0]), str(one[1]), str(one[3]))), ("booked", booked)]


@pytest.fixture
def alone(shared_database: Database) -> PostgresStore:
    """Another store, on which each is billed by itself."""
    return fresh_store(shared_database)


@pytest.mark.parametrize("together", [2, 3, 500])
def test_who_is_billed_with_others_is_billed_as_alone(
    store: PostgresStore, alone: PostgresStore, together: int
) -> None:
    for shop, at_a_time in ((store, together), (alone, 1)):
        every_kind(shop)
        close_period(shop, through=JANUARY, now=NOW, at_once=at_a_time)
        late = {**dict(sent("late", tokens=5000)), "subject": "c5"}  # type: ignore[call-overload]
        record(shop, late)
        close_period(shop, through=FEBRUARY, now=NOW, at_once=at_a_time)
        assert check_books(shop) == []
    assert said(store) == said(alone)
    assert [one.sequence for one in invoices(store)] == list(range(1, len(invoices(store)) + 1))


def test_drafts_wait_and_are_held_together_as_alone(store: PostgresStore, alone: PostgresStore) -> None:
    waits = replace(BillingPolicy(grace=timedelta(hours=1)))
    start = NOW.replace(month=2, day=1, hour=0)
    for shop, at_a_time in ((store, 500), (alone, 1)):
        open_shop(shop)
        customers(shop, 5)
        set_policy(shop, waits, by="Ada", now=NOW)
        close_period(shop, through=JANUARY, now=start + timedelta(minutes=1), at_once=at_a_time)
        waiting = list_drafts(shop)
        assert len(waiting) == 6, "January of each; the grace of what was due at their start has passed"
        held = next(view for view in waiting if view.customer.key == "c2")
        hold_draft(shop, held.pending.invoice_id, why="A question", by="Ada")
        for hours in (1, 2, 3):
            close_period(shop, through=JANUARY, now=start + timedelta(hours=hours), at_once=at_a_time)
        assert check_books(shop) == []
    assert said(store) == said(alone)
    issued = [who.key for who, _ in list_invoices(store, person=None)]
    assert (issued.count("c1"), issued.count("c2")) == (2, 1)


def test_what_slices_billed_counts_in_a_chunk_beside_customers_of_one_invoice(
    store: PostgresStore, alone: PostgresStore
) -> None:
    price = price_from("tokens", {"meter": "tokens", "shape": "per_unit", "unit": "1"}, meters=METERS)
    plan = Plan("plain", 1, "Plain", USD, (price,), bill_above=Decimal(50))
    used = {"k0": (60, 10), "k1": (20, 5), "k2": (120, 70), "k3": (90, 1)}
    for shop, at_a_time in ((store, 500), (alone, 1)):
        apply_catalogue(shop, meters=METERS, plans=[plan, SUPPORT], now=NOW)
        for key in used:
            add_customer(shop, key=key, name=key, in_zone="UTC", now=NOW)
            subscribe(shop, customer_key=key, plan_key="plain", starts_on=date(2026, 1, 1))
        subscribe(shop, customer_key="k3", plan_key="support", starts_on=date(2026, 1, 1))
        set_customer_billing(shop, customer_key="k3", together=True, by="Ada", now=NOW)
        close_period(shop, through=date(2025, 12, 31), now=at("2026-01-01T00:30"), at_once=at_a_time)
        for number, day in enumerate((5, 8)):
            noon = at(f"2026-01-{day:02}T12:00")
            for key, tokens in used.items():
                event = sent(f"{key}-{number}", time=noon.isoformat(), tokens=tokens[number])
                record(shop, {**dict(event), "subject": key}, now=noon)  # type: ignore[call-overload]
            bill_accrued(shop, now=noon)
        close_period(shop, through=JANUARY, now=at("2026-02-01T02:00"), at_once=at_a_time)
        assert check_books(shop) == []
    assert said(store) == said(alone)
    lines = [
        [(line.price_key, line.amount.minor) for line in one.draft.lines]
        for who, one in list_invoices(store, person=None)
        if who.key == "k0"
    ]
    assert lines == [[("tokens", 1000)], [("tokens", 6000)]], "the crossing, then the rest of January"


def test_one_who_cannot_be_billed_later_on_takes_nobody_along(store: PostgresStore) -> None:
    """The first moment can be billed, the second cannot: of them neither is, of all others both."""
    open_shop(store)
    customers(store, 4)
    record(store, sent("absurd", tokens="9e19"), sent("more", tokens="9e19"))
    with pytest.raises(Refused, match="acme could not be billed"):
        close_period(store, through=JANUARY, now=NOW)
    keys = [who.key for who, _ in list_invoices(store, person=None)]
    assert sorted(keys) == ["c0", "c0", "c1", "c1", "c2", "c2", "c3", "c3"]
    assert check_books(store) == []


def test_threads_share_a_close(store: PostgresStore) -> None:
    open_shop(store)
    customers(store, 20)
    answers = at_once(*[lambda: close_period(store, through=FEBRUARY, now=NOW, at_once=3)] * 4)
    assert all(isinstance(answer, RunTotals) for answer in answers), answers
    each_moment_once(store, customers=21)


def each_moment_once(store: PostgresStore, *, customers: int) -> None:
    """Every moment has one invoice, and the numbers have no gap."""
    kept = invoices(store)
    assert len({(one.draft.subscription_id, one.draft.at) for one in kept}) == len(kept)
    assert len({one.draft.customer_id for one in kept}) == customers
    assert [one.sequence for one in kept] == list(range(1, len(kept) + 1))
    assert check_books(store) == []


def _close(url: str, seller_id: UUID) -> None:
    """What each of several processes does."""
    database = Database(url, vault=Vault(bytes(KEY_BYTES)))
    close_period(database.for_seller(seller_id), through=FEBRUARY, now=NOW, at_once=7)
    database.close()


@contextmanager
def closing(urls: DatabaseUrls, seller_id: UUID, *, processes: int) -> Iterator[list[SpawnProcess]]:
    """So many processes that close while the block lasts; all have ended after it."""
    started = [get_context("spawn").Process(target=_close, args=(urls.app, seller_id)) for _ in range(processes)]
    for process in started:
        process.start()
    yield started
    for process in started:
        process.join(timeout=120)


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_share_a_close_and_one_that_is_killed_loses_nothing(
    database: Database, database_urls: DatabaseUrls, processes: int
) -> None:
    seller = new_seller()
    database.add_seller(seller)
    store = database.for_seller(seller.seller_id)
    open_shop(store)
    customers(store, 60)
    with (
        closing(database_urls, seller.seller_id, processes=processes) as started,
        psycopg.connect(database_urls.owner, autocommit=True) as owner,
    ):
        until = time.monotonic() + 100
        while time.monotonic() < until and any(process.is_alive() for process in started):
            row = owner.execute("SELECT count(*) FROM farthing.invoice").fetchone()
            if row is not None and row[0] > 0:
                break
            time.sleep(0.01)
        victim = started[0].pid
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
    assert [process.exitcode for process in started[1:]] == [0] * (processes - 1)
    close_period(store, through=FEBRUARY, now=NOW)
    each_moment_once(store, customers=61)
    with store.transaction():
        assert not store.due_subscriptions(through=NOW.replace(month=2, day=28))
