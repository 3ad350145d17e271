"""Invoices: numbered without gaps as they are issued, dated where their sender is, and booked as they say."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.billing import draft_of, measurements_wanted
from farthing.core.invoicing.invoice import Draft, Series, invoice_number, issue
from farthing.core.invoicing.postings import book_invoice, book_releases, deferrals_of
from farthing.core.ledger.deferral import PaidAhead
from farthing.core.ledger.transaction import Account
from farthing.core.money import Money, zero
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.rate import Used
from tests.core.core_values import ENTITY, STARTER, USD, Usage, at, instants, subscription


def _draft(*, tokens: int = 1_300_000) -> Draft:
    usage = Usage()
    usage.add(at("2026-01-15"), tokens=tokens)
    owner = subscription()
    _, january = owner.moments_due(through=at("2026-02-01"))
    agreement = Agreement.plain(owner, STARTER)
    measured = {
        charge: Used(usage.measure(asked.this, customer_id=owner.customer_id, to_position=9))
        for charge, asked in measurements_wanted(agreement, january).items()
    }
    return draft_of(agreement, january, measured)


DRAFT = _draft()


@given(st.lists(instants, min_size=1, max_size=8))
def test_numbers_have_no_gaps_and_rise_with_the_time_of_issue_whatever_the_clock_does(clock: list[datetime]) -> None:
    """INV-09"""
    series, issued = Series(), []
    for now in clock:
        invoice = issue(DRAFT, ENTITY, series, now=now)
        assert invoice.issued_at >= now
        issued.append(invoice)
        series = Series(invoice.sequence, invoice.issued_at)
    assert [invoice.sequence for invoice in issued] == list(range(1, len(clock) + 1))
    assert [invoice.issued_at for invoice in issued] == sorted(invoice.issued_at for invoice in issued)
    assert len({invoice.number for invoice in issued}) == len(clock)
    assert issued[-1].issued_at == max(clock)


def test_dates_are_those_of_the_legal_entity() -> None:
    late = at("2026-01-31T23:30")
    assert issue(DRAFT, ENTITY, Series(), now=late).issued_on == date(2026, 2, 1)
    assert issue(DRAFT, replace(ENTITY, in_zone="America/New_York"), Series(), now=late).issued_on == date(2026, 1, 31)


@given(st.integers(0, 400))
def test_an_invoice_is_due_after_the_terms(days: int) -> None:
    invoice = issue(DRAFT, replace(ENTITY, terms_days=days), Series(), now=at("2026-02-01"))
    assert invoice.due_on - invoice.issued_on == timedelta(days=days)


def test_numbers_grow_beyond_six_digits_and_stay_different() -> None:
    assert invoice_number(ENTITY, 999_999) == "EX-999999"
    assert invoice_number(ENTITY, 1_000_000) == "EX-1000000"


def test_an_invoice_whose_total_is_not_the_sum_of_its_lines_cannot_be() -> None:
    """INV-03"""
    invoice = issue(DRAFT, ENTITY, Series(), now=at("2026-02-01"))
    with pytest.raises(AssertionError, match="its lines"):
        replace(invoice, total=invoice.total + Money(1, USD))
    with pytest.raises(AssertionError, match="sequence number 0"):
        replace(invoice, sequence=0)


def test_an_invoice_is_booked_as_owed_and_earned_or_paid_ahead() -> None:
    invoice = issue(DRAFT, ENTITY, Series(), now=at("2026-02-01"))
    # 10.00 x 22/31 support, 1 M at 0.000002 + 0.3 M at 0.0000015, one call at 0.001; 49.00 ahead for February.
    assert [line.amount.minor for line in DRAFT.lines] == [4900, 710, 245, 0]
    booked = {posting.account: posting.amount.minor for posting in book_invoice(invoice).postings}
    assert booked == {Account.RECEIVABLE: 5855, Account.DEFERRED_REVENUE: -4900, Account.REVENUE: -955}
    assert book_invoice(invoice) == book_invoice(invoice)
    assert book_invoice(invoice).about == invoice.invoice_id


def test_a_fee_paid_ahead_is_released_to_revenue_as_its_days_earn_it() -> None:
    invoice = issue(DRAFT, ENTITY, Series(), now=at("2026-02-01"))
    ((_, ahead),) = deferrals_of(invoice)
    assert (ahead.amount.minor, ahead.first_day, ahead.days, ahead.since) == (
        4900, date(2026, 2, 1), 28, date(2026, 2, 1),
    )  # fmt: skip
    released = list(
        book_releases(
            PaidAhead([ahead]),
            customer_id=DRAFT.customer_id,
            subscription_id=DRAFT.subscription_id,
            entity_key="main",
            as_of=date(2026, 2, 14),
        )
    )
    assert [(one.booked_on, one.entity_key) for one in released] == [(date(2026, 2, 14), "main")]
    assert {posting.account: posting.amount.minor for posting in released[0].postings} == {
        Account.DEFERRED_REVENUE: 2450,
        Account.REVENUE: -2450,
    }


def test_a_draft_of_nothing_is_worth_nothing() -> None:
    assert replace(DRAFT, lines=()).total == zero(USD)
