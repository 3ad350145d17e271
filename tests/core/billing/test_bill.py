"""Billing: the same inputs give the same bill, and what is booked over a subscription's life comes out even."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.billing import bill, measurements_wanted, preview_moment
from farthing.core.ledger.deferral import Deferral, PaidAhead
from farthing.core.ledger.transaction import Account, TransactionKind
from farthing.core.money import Money, zero
from farthing.core.notices import InvoiceIssued
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.plan import Plan, Price, Timing
from farthing.core.rating.rate import Used
from tests.core.core_values import ENTITY, STARTER, USD, at, subscription
from tests.core.held_books import HeldBooks, closed_quarter

IN_ANOTHER_PROCESS = "from tests.core.held_books import closed_quarter; print(repr(closed_quarter()))"


def test_the_same_inputs_give_the_same_bill_byte_for_byte_in_any_process() -> None:
    """INV-15: nothing depends on the order of a set, an address or a clock."""
    told = []
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            env=os.environ
            | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TZ": "Asia/Tokyo"},
            capture_output=True,
            check=True,
        )
        told.append(ran.stdout)
    assert told[0] == told[1] == f"{closed_quarter()!r}\n".encode()


def test_a_quarter_from_a_stub_to_the_third_invoice() -> None:
    books = closed_quarter()
    assert [(invoice.number, str(invoice.total)) for invoice in books.invoices()] == [
        # 49 x 22/31 ahead.
        ("EX-000001", "34.77 USD"),
        # 49 ahead; 10 x 22/31; 1.3 M tokens: 2 + 0.45; 2 calls.
        ("EX-000002", "58.55 USD"),
        # 49 ahead; 10; nothing used.
        ("EX-000003", "59.00 USD"),
        # 49 ahead; 10; 500 k tokens: 1; 1 call.
        ("EX-000004", "60.00 USD"),
    ]


amounts = st.integers(0, 3_000_000)
uses = st.lists(st.tuples(st.integers(0, 100), amounts), max_size=8)


@given(uses, st.none() | st.integers(1, 80), st.integers(1, 31))
def test_over_a_life_every_transaction_is_zero_and_every_fee_paid_ahead_is_released(
    used: list[tuple[int, int]], ends_after: int | None, anchor: int
) -> None:
    ends_at = None if ends_after is None else at("2026-01-10") + timedelta(days=ends_after)
    books = HeldBooks(subscription(ends_at=ends_at, anchor_day=anchor))
    for day, tokens in sorted(used):
        books.usage.add(at("2026-01-05") + timedelta(days=day), tokens=tokens)
    books.close(through=at("2026-05-01"))

    assert all(sum(p.amount.minor for p in transaction.postings) == 0 for transaction in books.transactions())
    owed = sum(invoice.total.minor for invoice in books.invoices())
    assert books.balance(Account.RECEIVABLE).minor == owed
    ahead = [
        line.amount.minor
        for invoice in books.invoices()
        for line in invoice.draft.lines
        if line.advance and line.period.end > at("2026-05-01")
    ]
    assert -books.balance(Account.DEFERRED_REVENUE).minor == sum(ahead)
    if ends_at is not None:
        assert not books.balance(Account.DEFERRED_REVENUE)
        assert -books.balance(Account.REVENUE).minor == owed


def test_a_bill_moves_the_subscription_on_and_announces_its_invoice() -> None:
    books = HeldBooks(subscription())
    first = books.close(through=at("2026-01-31"))
    assert [made.subscription.billed_through for made in first] == [at("2026-01-10")]
    assert first[0].invoice is not None
    assert first[0].notices == (InvoiceIssued(first[0].invoice.invoice_id, subscription().customer_id),)
    assert [transaction.kind for transaction in first[0].transactions] == [TransactionKind.INVOICE]
    second = books.close(through=at("2026-02-01"))
    assert [transaction.kind for transaction in second[0].transactions] == [
        TransactionKind.RELEASE,
        TransactionKind.INVOICE,
    ]


def test_a_start_with_nothing_to_pay_ahead_makes_no_invoice_and_takes_no_number() -> None:
    arrears = Plan("later", 1, "Later", USD, (Price("fee", "Fee", Flat(Decimal(5))),))
    books = HeldBooks(subscription(), plan=arrears)
    start, january = books.close(through=at("2026-02-01"))
    assert (start.invoice, start.transactions, start.notices) == (None, (), ())
    assert start.subscription.billed_through == at("2026-01-10")
    assert january.invoice is not None
    assert january.invoice.sequence == 1


def test_an_invoice_of_nothing_is_issued_and_booked() -> None:
    free = Plan("free", 1, "Free", USD, (Price("fee", "Fee", Flat(Decimal(0)), timing=Timing.ADVANCE),))
    books = HeldBooks(subscription(), plan=free)
    start, january = books.close(through=at("2026-02-01"))
    for made in (start, january):
        assert made.invoice is not None
        assert made.invoice.total == zero(USD)
        # There is nothing to release of a fee of nothing.
        assert [transaction.kind for transaction in made.transactions] == [TransactionKind.INVOICE]


def test_both_transactions_of_a_bill_are_dated_where_the_entity_is() -> None:
    """A period that ends at midnight in Tokyo ends on the day before in Paris."""
    books = HeldBooks(subscription(starts_at=at("2026-01-09T15:00"), in_zone="Asia/Tokyo"))
    made = books.close(through=at("2026-02-01"))[-1]
    assert made.subscription.billed_through == at("2026-01-31T15:00")
    release, _ = made.transactions
    assert release.booked_on == date(2026, 1, 31)


def test_what_is_frozen_is_enough_to_read_the_plan_again() -> None:
    frozen = closed_quarter().invoices()[0].draft.frozen
    assert (frozen["zone"], frozen["anchor_day"], frozen["rules_version"]) == ("UTC", 1, "1")
    assert (frozen["plan_key"], frozen["plan_version"]) == (STARTER.key, STARTER.version)


def test_a_preview_is_the_running_period_as_if_it_ended_as_planned() -> None:
    running = subscription(ends_at=at("2026-02-14"))
    moment = preview_moment(running, at=at("2026-02-03"))
    assert moment is not None
    assert moment == list(running.moments_due(through=at("2026-03-01")))[-1]
    assert preview_moment(running, at=at("2026-02-14")) is None
    assert preview_moment(running, at=at("2026-01-01")) is None


def test_a_moment_is_billed_with_the_deferred_fee_it_ends() -> None:
    books = closed_quarter()
    moment = list(replace(books.subscription, billed_through=None).moments_due(through=at("2026-02-01")))[1]
    assert moment.ended is not None
    agreement = books.agreement(books.subscription)
    measured = {
        charge: Used(books.measure(asked.this, customer_id=books.subscription.customer_id, to_position=99))
        for charge, asked in measurements_wanted(agreement, moment).items()
    }
    made = bill(
        agreement,
        moment,
        measured,
        ahead=PaidAhead([Deferral(Money(1234, USD), date(2026, 1, 10), days=22, since=date(2026, 1, 10))]),
        entity=ENTITY,
        series=books.series,
        now=at("2026-02-01"),
    )
    assert made.transactions[0].postings[0].amount == Money(1234, USD)
    assert made.transactions[0].booked_on == date(2026, 1, 31), "the last day that earned it, not the day of the bill"


@pytest.mark.parametrize("day", ["2026-01-01", "2026-01-09T23:59"])
def test_nothing_is_billed_before_the_start(day: str) -> None:
    assert HeldBooks(subscription()).close(through=at(day)) == []
