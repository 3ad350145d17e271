"""Credit in real books: it pays the usage of its time, is spent once whoever bills, and what is over is earned once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from farthing.core.ids import id_of
from farthing.core.invoicing.credits import Grant, GrantKind
from farthing.core.ledger.transaction import Account
from farthing.core.money import USD, Money
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import price_from
from farthing.core.refused import Clash
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period, close_subscription
from farthing.usecases.credits import expire_credit, grant_credit, show_credit
from farthing.usecases.subscribe import subscribe
from tests.databases import NOW
from tests.usecases.shop import METERS, at_once, invoices, open_shop, record, sent

RUN = id_of("run", "credit")
YEAR = date(2026, 1, 1)


def give(store: PostgresStore, minor: int, *, kind: GrantKind = GrantKind.PREPAID, **more: Any) -> Grant:
    """Credit of Acme's since the beginning of the year."""
    wishes = {"key": uuid4().hex, "by": "Ada", "now": NOW, "starts_on": YEAR} | more
    return grant_credit(store, customer_key="acme", kind=kind, amount=Money(minor, USD), **wishes)


def balance(store: PostgresStore, account: Account) -> str:
    with store.transaction():
        customer = store.customer_by_key("acme")
        assert customer is not None
        return str(store.balance(account, customer_id=customer.customer_id).get(USD, Money(0, USD)))


def test_promotional_credit_comes_off_and_prepaid_credit_pays(store: PostgresStore) -> None:
    open_shop(store)
    give(store, 1000, kind=GrantKind.PROMOTIONAL)
    give(store, 5000)
    assert balance(store, Account.PREPAID_CREDIT) == "-50.00 USD"
    close_period(store, through=date(2026, 1, 31), now=NOW)
    first, january = invoices(store)
    assert [str(money) for money in (first.draft.discounted, first.draft.paid_ahead, first.draft.due)] == [
        "10.00 USD", "39.00 USD", "0.00 USD"
    ]  # fmt: skip
    assert [str(money) for money in (january.draft.paid_ahead, january.draft.due)] == ["11.00 USD", "38.00 USD"]
    assert balance(store, Account.PREPAID_CREDIT) == "0.00 USD"
    assert balance(store, Account.PROMOTIONAL_CREDIT) == "10.00 USD"
    assert check_books(store) == []


def test_a_grant_pays_what_was_used_before_it_expired_and_the_rest_is_earned_once(store: PostgresStore) -> None:
    open_shop(store)
    # 0.80 by the 15th and 1.20 + 0.60 after it; the fees are of other times than the 10th to the 15th.
    record(store, sent("1", time="2026-01-12T10:00:00Z"), sent("2", time="2026-01-20T10:00:00Z"))
    granted = give(store, 500, starts_on=date(2026, 1, 10), expires_on=date(2026, 1, 15))
    close_period(store, through=date(2026, 1, 1), now=NOW)
    assert expire_credit(store, now=NOW) == [], "January's usage is not invoiced yet"
    close_period(store, through=date(2026, 1, 31), now=NOW)
    first, january = invoices(store)
    assert str(first.draft.paid_ahead) == "5.00 USD", "the first fee's time is its time too"
    assert str(january.draft.paid_ahead) == "0.00 USD"
    assert expire_credit(store, now=NOW) == []
    other = give(store, 500, starts_on=date(2026, 2, 10), expires_on=date(2026, 2, 15))
    record(store, sent("3", time="2026-02-12T10:00:00Z"), sent("4", time="2026-02-20T10:00:00Z"))
    close_period(store, through=date(2026, 2, 28), now=NOW)
    assert str(invoices(store)[2].draft.paid_ahead) == "0.80 USD", "of 1.60 what was used by the 15th"
    answers = at_once(*[partial(expire_credit, store, now=NOW)] * 4)
    assert sum(len(answer) for answer in answers if isinstance(answer, list)) == 1
    assert balance(store, Account.BREAKAGE) == "-4.20 USD"
    assert {granted.grant_id, other.grant_id} == {
        one.grant_id for one in show_credit(store, customer_key="acme", person=None, now=NOW).grants
    }
    assert check_books(store) == []


def test_two_bills_at_once_never_spend_the_same_credit(store: PostgresStore) -> None:
    """INV-10"""
    subscriptions = [open_shop(store).subscription_id]
    for number in range(5):
        key = f"fee-{number}"
        fee = price_from(key, {"shape": "flat", "fee": "10", "charged": "advance"}, meters={})
        apply_catalogue(store, meters=METERS, plans=[Plan(key, 1, key, USD, (fee,))], now=NOW)
        subscriptions.append(subscribe(store, customer_key="acme", plan_key=key, starts_on=YEAR).subscription_id)
    give(store, 2500)
    give(store, 1500, kind=GrantKind.PROMOTIONAL)
    with store.transaction():
        store.open_run(RUN, through=date(2026, 1, 31), opened_at=NOW)
    made = at_once(
        *(
            partial(close_subscription, store, one, run_id=RUN, through=date(2026, 1, 31), now=NOW)
            for one in subscriptions
        )
    )
    assert made == [2] * len(subscriptions)
    assert sum(each.draft.paid_ahead.minor for each in invoices(store)) == 2500
    assert sum(each.draft.discounted.minor for each in invoices(store)) == 1500
    assert check_books(store) == []


def test_what_is_there_pending_and_ending_is_told(store: PostgresStore) -> None:
    open_shop(store)
    close_period(store, through=date(2026, 5, 31), now=NOW)
    give(store, 6000, expires_on=date(2026, 8, 31))
    record(store, sent("1", time="2026-06-02T10:00:00Z"))
    (told,) = show_credit(store, customer_key="acme", person=None, now=NOW).balances
    assert (str(told.available), str(told.pending)) == ("60.00 USD", "49.80 USD")
    assert told.expiring == (datetime(2026, 9, 1, tzinfo=UTC), Money(6000, USD))


def test_the_same_key_makes_one_grant(store: PostgresStore) -> None:
    open_shop(store)
    first = give(store, 500, key="k")
    assert give(store, 500, key="k").grant_id == first.grant_id
    with pytest.raises(Clash, match="other credit"):
        give(store, 501, key="k")
    answers = at_once(*[partial(give, store, 700, key="other")] * 4)
    assert len({answer.grant_id for answer in answers if isinstance(answer, Grant)}) == 1
    assert balance(store, Account.PREPAID_CREDIT) == "-12.00 USD"
    assert check_books(store) == []


def test_the_database_lets_no_grant_pay_more_than_it_is(store: PostgresStore) -> None:
    """INV-10"""
    open_shop(store)
    granted = give(store, 500, kind=GrantKind.PROMOTIONAL)
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-10"), store.transaction():
        store.keep_expiry(granted, Money(501, USD), at=NOW, transaction_id=None)
