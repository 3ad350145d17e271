"""Subscriptions that end, are taken back, or are asked for again in another way."""

from datetime import UTC, date, datetime, timedelta

import pytest

from farthing.core.ledger.transaction import Account
from farthing.core.refused import Clash, Unknown
from farthing.core.subscriptions.subscription import Standing
from farthing.postgres.database import PostgresStore
from farthing.usecases.bind_channel import bind_customer_channel, bind_finance_channel
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import SlackInstall
from farthing.usecases.subscribe import end_subscription, subscribe
from tests.databases import NOW
from tests.usecases.shop import at_once, open_shop


def test_a_start_that_was_mistyped_can_be_taken_back(store: PostgresStore) -> None:
    open_shop(store, starts_on=date(2062, 1, 1))
    with pytest.raises(Clash, match="since 2062-01-01"):
        subscribe(store, customer_key="acme", plan_key="starter", starts_on=date(2026, 1, 1))

    withdrawn = end_subscription(store, customer_key="acme", plan_key="starter", now=NOW)
    assert withdrawn.withdrawn

    subscribe(store, customer_key="acme", plan_key="starter", starts_on=date(2026, 1, 1))
    close_period(store, through=date(2026, 5, 31), now=NOW)
    assert check_books(store) == []
    with store.transaction():
        assert withdrawn.subscription_id not in store.due_subscriptions(through=datetime(2070, 1, 1, tzinfo=UTC))


def test_the_same_start_can_be_agreed_anew_after_it_was_taken_back(store: PostgresStore) -> None:
    first = open_shop(store, starts_on=date(2030, 1, 1))
    end_subscription(store, customer_key="acme", plan_key="starter", now=NOW)
    second = subscribe(store, customer_key="acme", plan_key="starter", starts_on=date(2030, 1, 1))
    assert second.subscription_id != first.subscription_id
    assert second.standing(at=NOW) is Standing.COMING


def test_another_billing_day_is_another_request(store: PostgresStore) -> None:
    first = open_shop(store)
    assert subscribe(store, customer_key="acme", plan_key="starter", starts_on=date(2026, 1, 1)) == first
    with pytest.raises(Clash, match="periods from day 1 of the month"):
        subscribe(store, customer_key="acme", plan_key="starter", starts_on=date(2026, 1, 1), anchor_day=15)


def test_a_subscription_that_ended_is_not_taken_for_a_running_one(store: PostgresStore) -> None:
    open_shop(store)
    end_subscription(store, customer_key="acme", plan_key="starter", now=NOW)
    with pytest.raises(Clash):
        subscribe(store, customer_key="acme", plan_key="starter", starts_on=date(2026, 1, 1))


def test_ending_names_the_one_that_is_meant(store: PostgresStore) -> None:
    old = open_shop(store)
    ended = end_subscription(store, customer_key="acme", plan_key="starter", now=NOW)
    assert ended.ends_at is not None
    new = subscribe(store, customer_key="acme", plan_key="starter", starts_on=ended.ends_at.date())
    later = ended.ends_at + timedelta(days=3)
    with pytest.raises(Unknown, match="no running subscription"):
        end_subscription(store, customer_key="acme", plan_key="starter", now=later, subscription_id=old.subscription_id)
    with store.transaction():
        kept = {one.subscription_id: one.ends_at for one in store.subscriptions()}
    assert kept[new.subscription_id] is None


def test_a_close_that_was_quicker_than_the_end_keeps_what_it_charged_ahead(store: PostgresStore) -> None:
    open_shop(store, starts_on=date(2026, 5, 1))
    midnight = datetime(2026, 6, 1, tzinfo=UTC)
    close_period(store, through=date(2026, 5, 31), now=midnight)
    ended = end_subscription(store, customer_key="acme", plan_key="starter", now=midnight - timedelta(milliseconds=1))
    assert ended.ends_at == datetime(2026, 7, 1, tzinfo=UTC)
    close_period(store, through=date(2026, 6, 30), now=ended.ends_at)
    with store.transaction():
        assert not any(store.balance(Account.DEFERRED_REVENUE, customer_id=ended.customer_id).values())


def test_a_customer_with_another_email_is_not_the_same_request(store: PostgresStore) -> None:
    add_customer(store, key="globex", name="Globex", in_zone="UTC", email="ap@globex.example", now=NOW)
    add_customer(store, key="globex", name="Globex", in_zone="UTC", email="ap@globex.example", now=NOW)
    add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
    with pytest.raises(Clash):
        add_customer(store, key="globex", name="Globex", in_zone="UTC", email="new@globex.example", now=NOW)


def test_one_channel_never_becomes_both_finances_and_a_customers(store: PostgresStore) -> None:
    open_shop(store)
    install = SlackInstall("T1", "U1", "xoxb-1", None, None, None, NOW)
    for turn in range(8):
        with store.transaction():
            store.keep_slack_install(install)
        channel = f"C{turn}"
        at_once(
            lambda channel=channel: bind_customer_channel(store, customer_key="acme", channel_id=channel),
            lambda channel=channel: bind_finance_channel(store, channel_id=channel),
        )
        with store.transaction():
            kept = store.slack_install()
            assert kept is not None
            assert (kept.finance_channel == channel) != (store.customer_of_channel(channel) is not None)
