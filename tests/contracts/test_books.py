"""What every Books promises: what was written comes back as it was, and what contradicts it is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.billing import Bill, bill, bill_by_itself
from farthing.core.ids import id_of
from farthing.core.invoicing.invoice import Series
from farthing.core.ledger.transaction import Account
from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.money import Money
from farthing.core.parties import Customer, Seller
from farthing.core.period import Cycle
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.plan import AddOn, Plan, Price
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.rate import Used
from farthing.core.refused import Clash
from farthing.core.subscriptions.subscription import AgreedQuantity, AgreedVersion, Attached, Subscription
from farthing.postgres.database import Database, PostgresStore
from tests.core.core_values import ACME, CALLS, ENTITY, STARTER, TOKENS, USD, at, plans, single, zones
from tests.core.invoicing.reckoned import DRAFT, RECKONING
from tests.databases import NOW, close, fresh_store, law, open_books, send, used

RUN = id_of("run", "test")


# Parties and catalogue -----------------------------------------------------------------------------------------------


def test_the_seller_comes_back_as_it_was_added(store: PostgresStore, seller: Seller) -> None:
    with store.transaction():
        assert store.seller() == seller
        store.set_clock_shift(timedelta(days=400, microseconds=1))
        assert store.seller().clock_shift == timedelta(days=400, microseconds=1)


def test_a_seller_is_added_once(shared_database: Database, seller: Seller) -> None:
    with pytest.raises(Clash, match="already"):
        shared_database.add_seller(seller)
    assert seller.seller_id in shared_database.sellers()


def test_customers_come_back_by_id_by_key_and_by_subject(store: PostgresStore) -> None:
    customers = [Customer(uuid4(), key, f"{key} Ltd «é»", "Asia/Kolkata") for key in ("Zulu", "acme", "émile", "b-2")]
    with store.transaction():
        for customer in customers:
            store.add_customer(customer, email=None, created_at=NOW)
        assert [store.customer(customer.customer_id) for customer in customers] == customers
        assert [store.customer_by_key(customer.key) for customer in customers] == customers
        assert [customer.key for customer in store.customers()] == ["Zulu", "acme", "b-2", "émile"]
        found = store.customers_by_subject(["acme", "Acme", "b-2", "nul\x00", "half\ud800"])
        assert found == {"acme": customers[1].customer_id, "b-2": customers[3].customer_id}
        assert [store.customer(uuid4()), store.customer_by_key("ACME"), store.customer_by_key("\x00")] == [None] * 3


def test_a_key_belongs_to_one_customer(store: PostgresStore) -> None:
    with store.transaction():
        store.add_customer(Customer(uuid4(), "acme", "Acme", "UTC"), email=None, created_at=NOW)
    with pytest.raises(Clash, match="There is a customer “acme” already"), store.transaction():
        store.add_customer(Customer(uuid4(), "acme", "Another", "UTC"), email=None, created_at=NOW)


def test_the_newest_version_of_a_meter_counts(store: PostgresStore) -> None:
    newer = Meter("tokens", 2, "inference", Count(), unit="calls")
    with store.transaction():
        for meter in (TOKENS, newer, CALLS):
            store.keep_meter(meter, created_at=NOW)
        assert store.meters() == {"tokens": newer, "calls": CALLS}


@law
@given(plan=plans())
def test_a_plan_comes_back_as_it_was_kept(shared_database: Database, plan: Plan) -> None:
    store = fresh_store(shared_database)
    newer = Plan(plan.key, plan.version + 1, plan.name, plan.currency, plan.prices[:1])
    with store.transaction():
        store.lock_catalogue()
        store.keep_plan(plan, created_at=NOW)
        store.keep_plan(newer, created_at=NOW)
        assert store.plan(plan.key, plan.version) == plan
        assert store.plan(plan.key) == newer
        assert store.plans() == [newer]
        assert [store.plan(plan.key, 99), store.plan(f"{plan.key}?"), store.plan("\x00")] == [None] * 3


def test_add_ons_come_in_versions_too(store: PostgresStore) -> None:
    first = AddOn("backup", 1, "Backup", USD, (Price("fee", "Backup", Flat(Decimal(7))),))
    newer = replace(first, version=2, name="Backups")
    with store.transaction():
        for add_on in (first, newer):
            store.keep_add_on(add_on, created_at=NOW)
        assert store.add_on("backup", 1) == first
        assert store.add_on("backup") == newer
        assert store.add_ons() == [newer]
        assert [store.add_on("backup", 9), store.add_on("other"), store.add_on("\x00")] == [None] * 3


def test_a_version_may_be_for_those_who_start_on_a_day_or_later(store: PostgresStore) -> None:
    later = replace(STARTER, version=2, name="Starter of March")
    with store.transaction():
        store.keep_plan(STARTER, created_at=NOW)
        store.keep_plan(later, created_at=NOW, starts_from=date(2026, 3, 1))
        assert store.plan("starter", for_start=date(2026, 2, 28)) == STARTER
        assert store.plan("starter", for_start=date(2026, 3, 1)) == later
        assert store.plan("starter") == later
        assert [store.plan_starts_from("starter", version) for version in (1, 2)] == [None, date(2026, 3, 1)]


# Subscriptions -------------------------------------------------------------------------------------------------------


def test_a_subscription_is_due_at_its_start_then_at_each_periods_end_and_last_at_its_own(store: PostgresStore) -> None:
    subscribed = open_books(store, starts_at=at("2026-01-10"))
    subscription_id = subscribed.subscription_id

    def due(through: str) -> list[UUID]:
        with store.transaction():
            return store.due_subscriptions(through=at(through))

    assert (due("2026-01-09T23:59:59"), due("2026-01-10")) == ([], [subscription_id])
    close(store, "2026-01-10")
    assert (due("2026-01-31T23:59:59"), due("2026-02-01")) == ([], [subscription_id])
    with store.transaction():
        locked = store.lock_subscription(subscription_id)
        assert locked is not None
        ended = Subscription(
            subscription_id,
            ACME,
            locked.plan_key,
            locked.plan_version,
            locked.cycle,
            locked.starts_at,
            at("2026-01-20"),
            locked.billed_through,
        )
        store.end_subscription(ended)
        assert store.subscriptions() == [ended]
    assert due("2026-01-20") == [subscription_id]
    close(store, "2026-01-20")
    assert due("2036-01-01") == []


def test_what_is_agreed_over_time_comes_back_in_order_and_what_was_kept_is_kept(store: PostgresStore) -> None:
    subscribed = open_books(store, starts_at=at("2026-01-01"))
    backup = AddOn("backup", 1, "Backup", USD, (Price("fee", "Backup", Flat(Decimal(7))),))
    agreed = replace(
        subscribed,
        versions=(AgreedVersion(at("2026-03-01"), "starter", 2), AgreedVersion(at("2026-04-01"), "starter", 1)),
        quantities=(
            AgreedQuantity(at("2026-02-01"), "seats", Decimal("2.5")),
            AgreedQuantity(at("2026-02-01"), "seats", Decimal(3)),
            AgreedQuantity(at("2026-05-01"), "hosts", Decimal(1)),
        ),
        add_ons=(Attached("backup", 1, at("2026-02-03"), number=Decimal(2)),),
    )
    ended = replace(agreed, add_ons=(replace(agreed.add_ons[0], ends_at=at("2026-04-01")),))
    with store.transaction():
        store.keep_plan(replace(STARTER, version=2), created_at=NOW)
        store.keep_add_on(backup, created_at=NOW)
        for kept in (agreed, agreed, ended):
            store.keep_agreement(kept)
            assert store.lock_subscription(subscribed.subscription_id) == kept
        assert store.subscriptions_of_plans(["starter"]) == [ended]
        assert store.subscriptions_of_plans(["starter"], after=subscribed.subscription_id) == []
        assert store.subscriptions_of_plans(["other"]) == []
    assert ended.quantity_at("seats", at("2026-02-01")) == 3
    assert [ended.version_at(at(day)) for day in ("2026-02-28", "2026-03-01", "2026-04-01")] == [1, 2, 1]


def test_subscriptions_come_by_customer_and_start(store: PostgresStore) -> None:
    first = open_books(store)
    other = Customer(id_of("customer", "other"), "other", "Other", "UTC")
    cycle = Cycle.monthly(31, "Asia/Kolkata")
    second = Subscription(uuid4(), ACME, "starter", 1, cycle, at("2026-03-01"), ends_at=at("2026-09-01"))
    third = Subscription(uuid4(), other.customer_id, "starter", 1, cycle, at("2025-03-01"))
    with store.transaction():
        store.add_customer(other, email=None, created_at=NOW)
        store.add_subscription(third)
        store.add_subscription(second)
        assert store.subscriptions(customer_id=ACME) == [first, second]
        assert set(store.subscriptions()) == {first, second, third}
        assert store.due_subscriptions(through=at("2027-01-01")) == [
            third.subscription_id,
            first.subscription_id,
            second.subscription_id,
        ]
        assert store.lock_subscription(uuid4()) is None


# Billing -------------------------------------------------------------------------------------------------------------


@st.composite
def billed_moments(draw: st.DrawFn) -> tuple[Plan, Cycle, list[Decimal]]:
    """Any plan, any cycle, and what to measure."""
    quantity = st.decimals(min_value=-(10**4), max_value=10**9, places=9)
    cycle = Cycle.monthly(draw(st.integers(1, 31)), draw(zones))
    return draw(plans()), cycle, draw(st.lists(quantity, min_size=12, max_size=12))


@law
@given(drawn=billed_moments())
def test_what_was_billed_comes_back_to_the_digit(
    shared_database: Database, drawn: tuple[Plan, Cycle, list[Decimal]]
) -> None:
    """INV-08: invoices with their lines, steps, shares and slices, and transactions, exactly as they were decided."""
    plan, cycle, quantities = drawn
    store = fresh_store(shared_database)
    subscription = Subscription(uuid4(), ACME, plan.key, plan.version, cycle, at("2026-01-10"))
    bills: list[Bill] = []
    with store.transaction():
        store.add_customer(Customer(ACME, "acme", "Acme", cycle.in_zone), email=None, created_at=NOW)
        store.keep_plan(plan, created_at=NOW)
        store.add_subscription(subscription)
        store.open_run(RUN, through=date(2026, 3, 31), opened_at=NOW)
        entity = store.seller().entity
        for moment in list(subscription.moments_due(through=at("2026-03-30"))):
            measured = {
                (price.key, moment.ended.start): Used(single(ACME, price.meter, moment.ended, 7, quantities.pop(), 3))
                for price in plan.prices
                if price.meter is not None and moment.ended is not None
            }
            made = bill(
                Agreement.plain(subscription, plan),
                moment,
                measured,
                ahead=store.paid_ahead(
                    customer_id=ACME,
                    subscription_id=subscription.subscription_id,
                    in_currency=plan.currency,
                    entity_key=entity.key,
                ),
                entity=entity,
                series=store.lock_series("main"),
                now=NOW,
            )
            store.keep_bill(made, run_id=RUN)
            bills.append(made)
            subscription = made.subscription
    invoices = [made.invoice for made in bills if made.invoice is not None]
    transactions = [transaction for made in bills for transaction in made.transactions]
    slices = [line.slice for invoice in invoices for line in invoice.draft.lines if line.slice is not None]
    with store.snapshot():
        assert list(store.all_invoices()) == invoices
        assert store.invoices(customer_id=ACME) == invoices[::-1]
        assert [store.invoice(invoice.number) for invoice in invoices] == invoices
        assert [store.invoice(invoice.invoice_id) for invoice in invoices] == invoices
        assert {one.transaction_id: one for one in store.all_transactions()} == {
            one.transaction_id: one for one in transactions
        }
        assert list(store.all_slices()) == sorted(slices, key=lambda one: (one.charge_id, one.revision, one.after))
        assert store.subscriptions() == [subscription]
        owed = sum((invoice.total for invoice in invoices), start=Money(0, plan.currency))
        balance = store.balance(Account.RECEIVABLE, customer_id=ACME)
        assert balance.get(plan.currency, Money(0, plan.currency)) == owed
        for transaction in transactions:
            if transaction.kind == "invoice":
                assert store.transaction_of(transaction.about) == transaction.transaction_id


def test_closing_adds_up_and_closing_again_adds_nothing(store: PostgresStore) -> None:
    open_books(store)
    send(store, [used("1", "2026-01-15T00:00:00Z", tokens=400_000), used("2", "2026-01-20T00:00:00Z", tokens=900_000)])
    first = close(store, "2026-02-28")
    again = close(store, "2026-02-28")
    assert first == again
    # 49 x 22/31 ahead; then 49, 10 x 22/31, 2 + 0.45 and 0.002; then 49 and 10.
    assert (first.invoices, [str(total) for total in first.totals]) == (3, ["152.32 USD"])
    with store.transaction():
        assert store.lock_series("main") == Series(3, NOW)
        assert store.balance(Account.DEFERRED_REVENUE, customer_id=ACME) == {USD: Money(-4900, USD)}
        assert [run.run_id for run in store.runs()] == [first.run_id]
        assert store.invoices(run_id=first.run_id, limit=1)[0].number == "EX-000003"
        assert [store.invoice("EX-000004"), store.invoice("EX\x00"), store.invoice(uuid4())] == [None] * 3
        assert store.run_totals(uuid4()) is None
    assert [invoice.total for _, invoice in first.largest] == sorted(
        (invoice.total for _, invoice in first.largest), key=lambda money: -money.minor
    )
    assert {customer.key for customer, _ in first.largest} == {"acme"}


def test_runs_come_newest_first(store: PostgresStore) -> None:
    with store.transaction():
        for number, day in enumerate((date(2026, 1, 31), date(2026, 3, 31), date(2026, 2, 28))):
            store.open_run(id_of("run", number), through=day, opened_at=NOW)
            store.open_run(id_of("run", number), through=day, opened_at=NOW + timedelta(days=1))
        runs = store.runs()
    assert [(run.through.month, run.invoices, list(run.totals), list(run.largest)) for run in runs] == [
        (3, 0, [], []),
        (2, 0, [], []),
        (1, 0, [], []),
    ]
    assert {run.opened_at for run in runs} == {NOW}


def test_a_transaction_is_not_nested(store: PostgresStore) -> None:
    with store.transaction(), pytest.raises(AssertionError, match="open in this thread already"):
        store.transaction().__enter__()


def test_nothing_is_asked_outside_of_a_transaction(store: PostgresStore) -> None:
    with pytest.raises(AssertionError, match="inside transaction"):
        store.seller()


def test_the_plan_of_a_subscription_is_kept_with_its_meters(store: PostgresStore) -> None:
    open_books(store)
    with store.transaction():
        assert store.plan(STARTER.key, STARTER.version) == STARTER


# Reckonings ----------------------------------------------------------------------------------------------------------


def test_an_invoice_comes_back_with_its_discounts_taxes_and_credits(store: PostgresStore) -> None:
    open_books(store)
    with store.transaction():
        issued = bill_by_itself(
            replace(DRAFT, reckoning=RECKONING), entity=ENTITY, series=store.lock_series(ENTITY.key), now=NOW
        )
        store.keep_issued(issued)
    with store.transaction():
        assert store.invoice(issued.invoice.number) == issued.invoice
        assert list(store.all_transactions()) == list(issued.transactions)
        assert store.balance(Account.RECEIVABLE, customer_id=ACME) == {USD: issued.invoice.due}
