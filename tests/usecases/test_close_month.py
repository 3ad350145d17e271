"""A month is closed once all that belongs to it is booked; then it takes nothing, and its revenue is its own."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

import pytest

from farthing.core.ledger.month import Month
from farthing.core.ledger.transaction import Account, TransactionKind
from farthing.core.refused import Clash, Refused
from farthing.postgres.database import PostgresStore
from farthing.usecases.accrue_usage import accrue_usage
from farthing.usecases.check_books import check_books
from farthing.usecases.close_month import close_month, list_locks, lock_month, unlock_month
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.release_revenue import release_revenue
from farthing.usecases.subscribe import subscribe
from tests.databases import NOW
from tests.usecases.shop import at_once, instant, open_shop, record, sent

JANUARY, FEBRUARY, MARCH = Month(2026, 1), Month(2026, 2), Month(2026, 3)
FIRST_OF_FEBRUARY = instant("2026-02-01T08:00:00")


def booked(store: PostgresStore, *accounts: Account) -> dict[str, int]:
    """What stands on these accounts by booking date, in cents."""
    sums: dict[str, int] = defaultdict(int)
    with store.transaction():
        for transaction in store.all_transactions():
            for posting in transaction.postings:
                if posting.account in accounts:
                    sums[str(transaction.booked_on)] -= posting.amount.minor
    return {day: minor for day, minor in sums.items() if minor}


def january(store: PostgresStore, *, through: date = date(2026, 1, 31), now: datetime = FIRST_OF_FEBRUARY) -> None:
    """Acme starts on 1 January, uses 400 tokens, and is billed in time."""
    open_shop(store)
    close_period(store, through=date(2025, 12, 31), now=instant("2026-01-01T08:00:00"))
    record(store, sent("one"), now=instant("2026-01-16"))
    close_period(store, through=through, now=now)


def close(store: PostgresStore, month: Month, *, now: datetime = NOW) -> None:
    closed = close_month(store, month, by="Ada", now=now)
    assert closed.is_locked, closed.in_the_way


def test_a_month_has_the_revenue_of_its_own_days_and_usage(store: PostgresStore) -> None:
    january(store)
    close(store, JANUARY, now=FIRST_OF_FEBRUARY)
    # 49.00 of fee earned in January, 0.80 of usage accrued; the reversal meets the invoice of 1 February.
    assert booked(store, Account.REVENUE, Account.ACCRUED_REVENUE) == {
        "2026-01-31": 4980,
        "2026-02-01": 175,  # The first day of February's fee.
    }
    assert booked(store, Account.ACCRUED_RECEIVABLE) == {"2026-01-31": -80, "2026-02-01": 80}
    assert check_books(store) == []


def test_closing_says_what_is_in_the_way_and_locks_nothing(store: PostgresStore) -> None:
    january(store, through=date(2025, 12, 31), now=instant("2026-01-01T08:00:00"))
    closed = close_month(store, JANUARY, by="Ada", now=FIRST_OF_FEBRUARY)
    assert list(closed.in_the_way) == [
        "acme is not billed for “starter”; bill it with farthing period close --through 2026-01-31."
    ]
    assert list_locks(store) == []


def test_a_month_is_closed_when_it_is_over_and_after_the_one_before_it(store: PostgresStore) -> None:
    january(store)
    with pytest.raises(Refused, match="2026-02 has not ended yet"):
        close_month(store, FEBRUARY, by="Ada", now=FIRST_OF_FEBRUARY)
    close_period(store, through=date(2026, 2, 28), now=instant("2026-03-01T08:00:00"))
    with pytest.raises(Refused, match="2026-01 has bookings and is not closed"):
        close_month(store, FEBRUARY, by="Ada", now=NOW)
    close(store, JANUARY)
    with pytest.raises(Clash, match="locked already"):
        close_month(store, JANUARY, by="Ada", now=NOW)


def test_what_comes_for_a_locked_month_is_booked_in_the_open_one(store: PostgresStore) -> None:
    january(store)
    lock_month(store, JANUARY, by="Ada", because="Audited.", now=NOW)
    assert release_revenue(store, now=instant("2026-02-14T12:00:00")) == 1
    assert booked(store, Account.DEFERRED_REVENUE)["2026-02-14"] == -2450
    with pytest.raises(Clash, match=r"first open day is 2026-02-01; book it there, or unlock the month"):
        accrue_usage(store, JANUARY)
    assert check_books(store) == []


def test_only_the_last_locked_month_is_unlocked_and_who_did_it_is_kept(store: PostgresStore) -> None:
    january(store)
    close_period(store, through=date(2026, 2, 28), now=instant("2026-03-01T08:00:00"))
    close(store, JANUARY)
    close(store, FEBRUARY)
    with pytest.raises(Clash, match="Only the last locked month, 2026-02"):
        unlock_month(store, JANUARY, by="Ada", because="A mistake.", now=NOW)
    with pytest.raises(Clash, match="2026-03 is not locked"):
        unlock_month(store, MARCH, by="Ada", because="A mistake.", now=NOW)
    with pytest.raises(Refused, match="Say who"):
        unlock_month(store, FEBRUARY, by="Ada", because=" ", now=NOW)
    unlock_month(store, FEBRUARY, by="Grace", because="A mistake.", now=NOW)
    assert [(str(act.month), act.locked, act.by, act.because) for act in list_locks(store)] == [
        ("2026-02", False, "Grace", "A mistake."),
        ("2026-02", True, "Ada", "Closed."),
        ("2026-01", True, "Ada", "Closed."),
    ]
    close(store, FEBRUARY)


def test_usage_of_a_running_period_is_accrued_to_the_months_end(store: PostgresStore) -> None:
    """A period from the 15th: what is used by 31 January is January's, however much comes before it is billed."""
    open_shop(store, starts_on=date(2026, 1, 15))
    with store.transaction():
        (subscription,) = store.subscriptions()
    assert subscription.cycle.anchor_day == 1 or subscription.cycle.anchor_day == 15
    record(store, sent("in", time="2026-01-31T23:59:59Z"), sent("after", time="2026-02-01T00:00:00Z"))
    close_period(store, through=date(2026, 1, 15), now=instant("2026-01-16T08:00:00"))
    assert accrue_usage(store, JANUARY) == 1
    assert booked(store, Account.ACCRUED_REVENUE) == {"2026-01-31": 80, "2026-02-01": -80}
    record(store, sent("late", time="2026-01-30T00:00:00Z"))
    assert accrue_usage(store, JANUARY) == 1
    assert booked(store, Account.ACCRUED_REVENUE) == {"2026-01-31": 160, "2026-02-01": -160}
    assert accrue_usage(store, JANUARY) == 0
    assert check_books(store) == []


def test_what_is_accrued_for_a_billed_period_is_what_was_billed(store: PostgresStore) -> None:
    january(store)
    record(store, sent("late", time="2026-01-30T00:00:00Z"), now=NOW)
    accrue_usage(store, JANUARY)
    assert booked(store, Account.ACCRUED_REVENUE) == {"2026-01-31": 80, "2026-02-01": -80}


def test_threads_that_release_accrue_and_close_at_once_do_each_thing_once(store: PostgresStore) -> None:
    january(store)
    for number in range(3):
        add_customer(store, key=f"c{number}", name="C", in_zone="UTC", now=NOW)
        subscribe(store, customer_key=f"c{number}", plan_key="starter", starts_on=date(2026, 2, 1))

    def act() -> object:
        release_revenue(store, now=NOW)
        accrue_usage(store, JANUARY)
        return lock_month(store, JANUARY, by="Ada", because="Closed.", now=NOW)

    answers = at_once(*[act] * 4)
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert {type(answer) for answer in answers if isinstance(answer, Exception)} == {Clash}
    with store.transaction():
        kinds = [transaction.kind for transaction in store.all_transactions()]
    assert (kinds.count(TransactionKind.ACCRUAL), kinds.count(TransactionKind.ACCRUAL_REVERSAL)) == (1, 1)
    assert [act.locked for act in list_locks(store)] == [True]
    assert check_books(store) == []


def test_who_locks_waits_for_who_is_booking(store: PostgresStore) -> None:
    """A bill that is being written when a month is locked is in it; one that comes after is not."""
    january(store)

    def bill() -> object:
        return close_period(store, through=date(2026, 5, 31), now=NOW)

    def lock() -> object:
        return lock_month(store, Month(2026, 5), by="Ada", because="Closed.", now=NOW)

    answers = at_once(bill, lock, bill)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert check_books(store) == []
