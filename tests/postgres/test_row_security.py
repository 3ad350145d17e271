"""INV-19: nothing of one seller is ever read, or written, for another."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from farthing.core.alerting.alert import Act, Acted, alerts_for
from farthing.core.alerting.budget import Budget, Standing, Tells
from farthing.core.billing import bill_by_itself
from farthing.core.entitling.reservation import Reservation
from farthing.core.invoicing.collecting import CollectingTerms
from farthing.core.invoicing.coupon_terms import coupon_from
from farthing.core.invoicing.coupons import Applied
from farthing.core.invoicing.credits import Grant, GrantKind
from farthing.core.invoicing.customer_billing import CustomerBilling
from farthing.core.invoicing.logo import logo_in
from farthing.core.invoicing.pending import DraftState, Edit, Pending
from farthing.core.invoicing.policy import BillingPolicy
from farthing.core.invoicing.tax_terms import rules_from
from farthing.core.ledger.month import Month
from farthing.core.ledger.opening import Opening, OpeningItem
from farthing.core.metering.correction import Correction
from farthing.core.metering.rule import rule_from
from farthing.core.metering.screen import Mapped
from farthing.core.money import Money
from farthing.core.people import Person, Role
from farthing.core.period import Period
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.plan import AddOn, Price
from farthing.core.quality.arrivals import arrived
from farthing.core.subscriptions.subscription import AgreedQuantity, AgreedVersion, Attached, Pause
from farthing.core.telling.ahead import Occasion, Terms, Told
from farthing.core.telling.digest import Happening
from farthing.core.telling.due_days import Due, Span
from farthing.core.telling.ear import FINANCE
from farthing.core.telling.settings import usual_settings
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.audit_ports import AuditEntry, AuditKind
from farthing.usecases.collecting_ports import Method
from farthing.usecases.correction_ports import Effect
from farthing.usecases.ledger_ports import MonthLock
from farthing.usecases.payment_ports import Attempt
from farthing.usecases.payments import Paid, record_payment, refund_payment
from farthing.usecases.ports import ApartWhich, Discarding, Silence, SlackInstall
from farthing.usecases.sandbox_ports import Kind
from farthing.usecases.slice_ports import Crossing
from farthing.usecases.telling_ports import DigestRow, Hearing
from farthing.usecases.void_invoice import void_invoice
from tests.core.core_values import ACME, ENTITY, TOKENS, USD, at
from tests.core.invoicing.reckoned import DRAFT, RECKONING
from tests.core.invoicing.test_logo import png
from tests.core.invoicing.test_tax_rules import EUROPE
from tests.databases import NOW, DatabaseUrls, add_up, apart, close, fresh_store, new_seller, open_books, send, used

BACKUP = AddOn("backup", 1, "Backup", USD, (Price("fee", "Backup", Flat(Decimal(7))),))


def full_books(store: PostgresStore) -> None:
    """Something in every table."""
    subscribed = open_books(store)
    with store.transaction():
        item = OpeningItem(ACME, "R-1", Money(100, USD), due_on=date(2026, 1, 1))
        store.keep_opening(Opening(ENTITY.key, date(2025, 12, 31), 1, NOW, "Ada", (item,)))
        store.keep_month_lock(ENTITY.key, MonthLock(Month(2025, 12), True, NOW, "Ada", "A test"))
    with store.transaction():
        store.keep_add_on(BACKUP, created_at=NOW)
        store.lock_subscription(subscribed.subscription_id)
        store.keep_cycle(
            replace(subscribed, cycle=subscribed.cycle.changed(since=at("2027-01-01"), in_zone="Asia/Tokyo"))
        )
        store.keep_agreement(
            replace(
                subscribed,
                versions=(AgreedVersion(at("2027-01-01"), "starter", 1),),
                quantities=(AgreedQuantity(at("2027-01-01"), "seats", Decimal(3)),),
                add_ons=(Attached("backup", 1, at("2027-01-02")),),
                pauses=(Pause(at("2027-01-03")),),
            )
        )
    first = used("1", "2026-01-15T00:00:00Z")
    with store.transaction():
        store.keep_event_rule(rule_from(first.event.type, {"rename": {"n": "tokens"}}, version=1), created_at=NOW)
    send(store, [replace(first, mapped=Mapped(first.event, rule_version=1)), used("1", "2026-01-16T00:00:00Z")])
    send(store, [apart("2"), apart("3")])
    with store.transaction():
        gone = ApartWhich(key=apart("3").event.key)
        assert store.discard(gone, Discarding(at=NOW, by="Ada", because="A test"), limit=5) == 1
    send(store, [used("3", "2026-01-17T00:00:00Z")])
    close(store, "2026-02-28")
    with store.transaction():
        store.keep_api_key(uuid4(), secret_mac=uuid4().bytes, label="key", created_at=NOW)
        store.keep_answer("scope", "key", request=uuid4(), answer=1, created_at=NOW)
        store.keep_slack_install(SlackInstall("T1", "U1", "xoxb", None, None, None, NOW))
        store.keep_person(Person(uuid4(), "Ada", Role.OWNER), slack_team="T1", slack_user="U1", since=NOW)
        store.keep_owner_code(b"mac", made_at=NOW)
        store.keep_audit_entry(
            AuditEntry(uuid4(), uuid4(), NOW, AuditKind.ASKED, "T1", "U1", "Ada", "owner", "C1", "", "/billing")
        )
        store.bind_channel(ACME, "C1")
        store.note_sources(arrived(["api"], ["accepted"], [NOW], received_at=NOW), received_at=NOW)
        store.begin_silences([Silence("api", NOW, told_at=NOW, back_at=None)])
        store.keep_watch(watched_at=NOW, watched_since=None)
        store.keep_audit(NOW.date(), made_at=NOW, unattributed=[])
        store.note_conflicts_told(NOW, 1)
        store.hold_acceptance()
        void = Correction("ops", "1", "api", "1", "A test.", "ada")
        (of,) = store.correctable([void.of_key]).values()
        store.keep_corrections([Effect(void, store.last_position() + 1, of, None)], received_at=NOW)
        store.open_batch("backfill", opened_at=NOW)
        store.keep_batch_part("backfill", after=0, upto=1, events=1, kept_at=NOW)
        store.keep_batch_apart("backfill", [uuid4()])
        store.open_revert("backfill", by="ada", reason="A test.", at=NOW)
        assert store.revert_step("backfill") == 0
        assert store.keep_reservation(Reservation(ACME, "r1", "calls", Decimal(1), NOW, NOW + timedelta(minutes=1)))
    with store.transaction():
        store.keep_logo(logo_in(png()))
        store.keep_tax_rules(rules_from(EUROPE, version=1), created_at=NOW)
        coupon = coupon_from("spring", {"percent": 10})
        store.keep_coupon(coupon, created_at=NOW)
        given = Applied(uuid4(), coupon, ACME, NOW, subscribed.subscription_id)
        store.keep_applied_coupon(given, redemption=1)
        tomorrow = NOW + timedelta(days=1)
        gift = Grant(uuid4(), ACME, ENTITY.key, GrantKind.PROMOTIONAL, "Gift", Money(5, USD), NOW, NOW, tomorrow)
        store.keep_grant(gift, by="Ada", because="A test.", transaction_id=None)
        store.keep_expiry(gift, Money(5, USD), at=tomorrow, transaction_id=None)
        store.remove_coupon(given.applied_id, at=NOW, by="Ada", because="A test.")
    with store.transaction():
        reckoned = replace(DRAFT, reckoning=RECKONING)
        series = store.lock_series(ENTITY.key)
        issued = bill_by_itself(reckoned, entity=ENTITY, series=series, now=NOW)
        store.keep_issued(issued)
    paid = record_payment(store, Paid("acme", Decimal(200), "USD"), by="Ada", now=NOW, invoices=[issued.invoice.number])
    payment_id = paid.standing.payment.payment_id
    refund_payment(store, payment_id, Decimal(5), reason="Too much.", by="Ada", now=NOW)
    void_invoice(store, issued.invoice.number, reason="Wrong.", by="Ada", now=NOW)
    with store.transaction():
        money = Money(100, USD)
        store.keep_attempt(Attempt(uuid4(), ACME, None, payment_id, money, "card", "Too much.", "Ada", NOW))
        store.keep_method(Method(ACME, 1, "ok", "Visa 4242", NOW, "Ada"))
        store.keep_collecting_terms(CollectingTerms((1, 2)), set_at=NOW, set_by="Ada")
    with store.transaction():
        store.look_for_late(now=NOW)
        starter = store.plan("starter", 1)
        assert starter is not None
        store.keep_plan(replace(starter, version=2, bill_above=Decimal(50)), created_at=NOW)
        store.look_for_accrued(now=NOW)
        fifty = Money(5000, USD)
        crossed = Crossing(subscribed.subscription_id, at("2026-03-02"), 1, fifty, fifty)
        store.keep_crossing(crossed, subscription=subscribed)
        store.keep_billing_policy(BillingPolicy(hold_first=True), set_at=NOW, set_by="Ada")
        waits = Pending(uuid4(), subscribed.subscription_id, NOW, NOW, NOW, DraftState.WAITING)
        store.keep_pending(waits)
        parts = ((subscribed.subscription_id, NOW),)
        store.keep_pending(Pending(uuid4(), None, NOW, NOW, NOW, DraftState.WAITING, customer_id=ACME, parts=parts))
        store.keep_customer_billing(ACME, CustomerBilling(together=True), set_at=NOW, set_by="Ada")
        store.keep_edit(waits.invoice_id, Edit(1, "Setup", Money(500, USD), "Agreed", "Ada", NOW))
    with store.transaction():
        budget = Budget(uuid4(), ACME, "budget", Decimal(1), USD, None, (50,), True, Tells.FINANCE, "Ada", NOW)
        store.keep_budget(budget)
        standing = Standing(Period(NOW, tomorrow), NOW, Decimal(1), budget.most)
        (alert_id,) = store.raise_alerts(alerts_for(budget, standing, [50]))
        store.keep_act(alert_id, Acted(Act.ACKNOWLEDGED, "Ada", NOW))
    with store.transaction():
        settings = usual_settings(FINANCE, in_zone="UTC", since=NOW)
        store.keep_notice_settings(settings)
        store.keep_hearing(Hearing(ACME, is_live=True, set_by="Ada", set_at=NOW))
        store.keep_hearing_policy(new_are_quiet=False, by="Ada", at=NOW)
        due = Due(NOW.date(), NOW, late=False, missed=0)
        assert store.keep_digest(DigestRow(uuid4(), FINANCE, Span.DAILY, due, "UTC", NOW), is_told=True)
        told = Told(ACME, Occasion(Happening.RENEWAL, subscribed.subscription_id, tomorrow), tomorrow, Terms("Starter"))
        store.keep_foretold(told, foretold_at=NOW)
        store.keep_foretold_move(told.foretold_id, moved_to=None, noted_at=NOW)
        store.keep_credit_mark(ACME, "USD", number=1, is_low=True, left_minor=1, of_minor=9, noted_at=NOW)
    add_up(store, [replace(TOKENS, groups=("tokens",))])


@pytest.fixture
def two_sellers(database: Database) -> tuple[UUID, UUID]:
    copies = (uuid4(), uuid4())
    for copy_id in copies:
        # A copy of a sandbox has a row even where others have none.
        with (empty := fresh_store(database)).to_be_copied():
            empty.copy_sandbox(copy_id, name="copy", kind=Kind.FORK, stands_at=NOW, copied_at=NOW)
        full_books(database.for_seller(copy_id))
    return copies


# What arrives by COPY has no row-level security: nobody may read it but through its table (see test_guards).
BY_COPY = {"accepted_key", "accepted_event"}


def tables(url: str) -> list[str]:
    """What the product may read."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'farthing'::regnamespace AND relkind IN ('r', 'p')"
        ).fetchall()
    return sorted({row[0] for row in rows} - BY_COPY)


def visible(connection: psycopg.Connection[tuple[object, ...]], table: str) -> set[object]:
    rows = connection.execute(sql.SQL("SELECT DISTINCT seller_id FROM farthing.{}").format(sql.Identifier(table)))
    return {row[0] for row in rows.fetchall()}


def test_a_session_sees_only_the_rows_of_the_seller_it_names(
    two_sellers: tuple[UUID, UUID], database_urls: DatabaseUrls
) -> None:
    names = tables(database_urls.owner)
    assert len(names) >= 30
    with psycopg.connect(database_urls.app) as connection:
        for seller_id in two_sellers:
            connection.execute("SELECT set_config('farthing.seller', %s, true)", [str(seller_id)])
            for table in names:
                assert visible(connection, table) == {seller_id}, table
        for nobody in ("", str(uuid4())):
            connection.execute("SELECT set_config('farthing.seller', %s, true)", [nobody])
            for table in names:
                assert visible(connection, table) == set(), table


def test_every_table_is_bound_by_row_level_security_and_its_key_begins_with_the_seller(
    database_urls: DatabaseUrls,
) -> None:
    with psycopg.connect(database_urls.owner) as connection:
        unbound = connection.execute(
            """
            SELECT relname FROM pg_class WHERE relnamespace = 'farthing'::regnamespace AND relkind IN ('r', 'p')
                AND NOT (relrowsecurity AND relforcerowsecurity)
            """
        ).fetchall()
        first_of_key = connection.execute(
            """
            SELECT key.conrelid::regclass::text, attribute.attname
            FROM pg_constraint AS key JOIN pg_attribute AS attribute
                ON attribute.attrelid = key.conrelid AND attribute.attnum = key.conkey[1]
            WHERE key.connamespace = 'farthing'::regnamespace AND key.contype = 'p'
            """
        ).fetchall()
    assert {name for (name,) in unbound} == BY_COPY
    assert len(first_of_key) == len(tables(database_urls.owner)) + len(BY_COPY)
    assert {name for _, name in first_of_key} == {"seller_id"}


def test_nothing_can_be_written_for_another_seller(two_sellers: tuple[UUID, UUID], database_urls: DatabaseUrls) -> None:
    mine, other = two_sellers
    with psycopg.connect(database_urls.app, autocommit=True) as connection:
        connection.execute("SELECT set_config('farthing.seller', %s, false)", [str(mine)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(
                "INSERT INTO farthing.customer (seller_id, customer_id, key, in_zone, created_at) "
                "VALUES (%s, %s, 'mallory', 'UTC', now())",
                [other, uuid4()],
            )
        changed = connection.execute(
            "UPDATE farthing.seller SET clock_shift = '1 day' WHERE seller_id = %s", [other]
        ).rowcount
        removed = connection.execute("DELETE FROM farthing.usage_quarantine WHERE seller_id = %s", [other]).rowcount
    assert (changed, removed) == (0, 0)


def test_a_connection_goes_back_to_the_pool_naming_nobody(database: Database) -> None:
    seller = new_seller()
    database.add_seller(seller)
    store = database.for_seller(seller.seller_id)
    with store.transaction():
        store.seller()
    with database._pool.connection() as connection:
        assert connection.execute("SELECT farthing.seller()").fetchone() == (None,)


def test_two_sellers_may_use_the_same_ids_for_different_things(
    two_sellers: tuple[UUID, UUID], database: Database
) -> None:
    for seller_id in two_sellers:
        store = database.for_seller(seller_id)
        with store.transaction():
            assert [invoice.number for invoice in store.invoices()] == [
                "EX-000004",
                "EX-000003",
                "EX-000002",
                "EX-000001",
            ]
            assert store.counts().accepted == 2
