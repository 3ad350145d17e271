"""What has accrued is billed when it crosses the plan's threshold, once, and to the sum that one invoice would be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from farthing.cli.explained import explanation_lines
from farthing.core.invoicing.policy import BillingPolicy
from farthing.core.ledger.month import Month
from farthing.core.money import currency
from farthing.core.pricing.commitment import Commitment
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import price_from
from farthing.core.refused import Clash, Refused
from farthing.postgres.database import PostgresStore
from farthing.usecases.accrue_usage import accrue_usage
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.bill_accrued import bill_accrued
from farthing.usecases.cancel_subscription import cancel_subscription
from farthing.usecases.changing import When
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.drafts import approve_draft, hold_draft, list_drafts, set_policy
from farthing.usecases.explain_line import explain_line
from farthing.usecases.show_invoices import list_invoices
from farthing.usecases.subscribe import subscribe
from farthing.usecases.void_invoice import reissue_invoice, void_invoice
from tests.core.core_values import at
from tests.databases import NOW
from tests.usecases.shop import METERS, at_once, record, sent
from tests.usecases.test_correct_usage import correct, correction

TIERS = [{"up_to": "100", "unit": "1"}, {"unit": "0.5"}]


def open_shop(
    store: PostgresStore, *, shape: dict[str, object] | None = None, above: str | None = "50", floor: str | None = None
) -> None:
    """Acme pays for tokens from January on, a dollar each up to 100; what accrues is billed above so much."""
    written = {"meter": "tokens"} | (shape or {"shape": "graduated", "tiers": TIERS})
    price = price_from("tokens", written, meters=METERS)
    commitments = () if floor is None else (Commitment("floor", "Agreed", Decimal(floor)),)
    threshold = None if above is None else Decimal(above)
    plan = Plan("plain", 1, "Plain", currency("USD"), (price,), commitments=commitments, bill_above=threshold)
    apply_catalogue(store, meters=METERS, plans=[plan], now=NOW)
    add_customer(store, key="acme", name="Acme", in_zone="UTC", now=NOW)
    subscribe(store, customer_key="acme", plan_key="plain", starts_on=date(2026, 1, 1))
    close_period(store, through=date(2025, 12, 31), now=at("2026-01-01T00:30:00Z"))


def use(store: PostgresStore, event_id: str, tokens: int, day: str) -> datetime:
    """So many tokens at noon of a day; the instant half an hour later."""
    noon = at(f"{day}T12:00:00Z")
    record(store, sent(event_id, time=f"{day}T12:00:00Z", tokens=tokens), now=noon)
    return noon + timedelta(minutes=30)


def close(store: PostgresStore, through: str) -> None:
    """Close through this day, on the next one."""
    close_period(store, through=date.fromisoformat(through), now=at(through) + timedelta(days=1, hours=2))


def bills(store: PostgresStore) -> list[list[tuple[str, str]]]:
    """The prices and amounts of each invoice's lines, oldest first; the books are sound, and each line holds."""
    assert check_books(store) == []
    told = []
    for _, invoice in reversed(list_invoices(store, person=None)):
        for number, line in enumerate(invoice.draft.lines, start=1):
            explained = explain_line(store, invoice.number, number, person=None)
            assert explained.holds
            assert "\n".join(explanation_lines(explained))
            assert line.rounded()[0] == line.amount
        told.append([(line.price_key, f"{line.amount.amount:f}") for line in invoice.draft.lines])
    return told


def numbers(store: PostgresStore) -> Sequence[str]:
    """The invoices, oldest first."""
    return [invoice.number for _, invoice in reversed(list_invoices(store, person=None))]


def test_a_crossing_is_billed_once_and_the_rest_with_the_period(store: PostgresStore) -> None:
    open_shop(store)
    assert bill_accrued(store, now=use(store, "a", 49, "2026-01-05")) == 0
    now = use(store, "b", 1, "2026-01-06")
    assert bill_accrued(store, now=now) == 1
    assert bill_accrued(store, now=now) == 0
    assert bill_accrued(store, now=use(store, "c", 99, "2026-01-07")) == 1
    use(store, "d", 11, "2026-01-08")
    close(store, "2026-01-31")
    # 100 of 1 and 60 of 0.50 are 130.
    assert bills(store) == [[("tokens", "50.00")], [("tokens", "74.50")], [("tokens", "5.50")]]


def test_a_clock_that_stands_still_crosses_again_right_after(store: PostgresStore) -> None:
    open_shop(store)
    now = use(store, "a", 60, "2026-01-05")
    assert bill_accrued(store, now=now) == 1
    record(store, sent("b", time="2026-01-05T12:10:00Z", tokens=140), now=now)
    assert bill_accrued(store, now=now) == 1
    close(store, "2026-01-31")
    assert bills(store) == [[("tokens", "60.00")], [("tokens", "90.00")], [("tokens", "0.00")]]


def test_two_workers_make_one_invoice(store: PostgresStore) -> None:
    open_shop(store)
    now = use(store, "a", 60, "2026-01-05")
    made = at_once(*[lambda: bill_accrued(store, now=now)] * 4)
    assert made.count(1) == 1
    assert made.count(0) == 3
    assert bills(store) == [[("tokens", "60.00")]]


def test_a_minimum_and_a_commitment_are_asked_at_the_end_alone(store: PostgresStore) -> None:
    open_shop(store, shape={"shape": "per_unit", "unit": "1", "minimum": "80"}, floor="100")
    assert bill_accrued(store, now=use(store, "a", 60, "2026-01-05")) == 1
    close(store, "2026-01-31")
    assert bills(store) == [[("tokens", "60.00")], [("tokens", "20.00"), ("floor", "20.00")]]


def test_a_slice_below_zero_waits_for_the_next(store: PostgresStore) -> None:
    # With the 101st token all of them are half as dear.
    open_shop(store, shape={"shape": "volume", "tiers": TIERS})
    assert bill_accrued(store, now=use(store, "a", 100, "2026-01-05")) == 1
    assert bill_accrued(store, now=use(store, "b", 20, "2026-01-06")) == 0
    assert bill_accrued(store, now=use(store, "c", 180, "2026-01-07")) == 1
    assert bill_accrued(store, now=use(store, "d", 2, "2026-01-08")) == 0
    close(store, "2026-01-31")
    assert bills(store) == [[("tokens", "100.00")], [("tokens", "50.00")], [("tokens", "1.00")]]


def test_what_is_voided_afterwards_comes_off_the_last_slice(store: PostgresStore) -> None:
    open_shop(store)
    bill_accrued(store, now=use(store, "a", 60, "2026-01-05"))
    use(store, "b", 10, "2026-01-06")
    correct(store, correction("void", "a"))
    close(store, "2026-01-31")
    assert bills(store) == [[("tokens", "60.00")], [("tokens", "-50.00")]]


def test_late_usage_stands_on_the_ladder_that_all_slices_climbed(store: PostgresStore) -> None:
    open_shop(store, floor="120")
    bill_accrued(store, now=use(store, "a", 90, "2026-01-05"))
    close(store, "2026-01-31")
    record(store, sent("late", time="2026-01-31T23:00:00Z", tokens=20), now=at("2026-02-03"))
    close(store, "2026-02-28")
    # 110 tokens are 105; the true-up falls from 30 to 15.
    assert bills(store) == [
        [("tokens", "90.00")],
        [("tokens", "0.00"), ("floor", "30.00")],
        [("tokens", "0.00"), ("floor", "120.00"), ("tokens", "15.00"), ("floor", "-15.00")],
    ]
    with store.transaction():
        assert store.counts().late == 0


def test_an_event_behind_a_crossing_is_billed_with_the_rest_and_never_late(store: PostgresStore) -> None:
    open_shop(store)
    bill_accrued(store, now=use(store, "a", 60, "2026-01-05"))
    record(store, sent("behind", time="2026-01-02T08:00:00Z", tokens=7), now=at("2026-01-06"))
    with store.transaction():
        counts = store.counts()
    assert (counts.billed, counts.open, counts.late) == (1, 1, 0)
    close(store, "2026-01-31")
    assert bills(store) == [[("tokens", "60.00")], [("tokens", "7.00")]]


def test_a_voided_slice_is_billed_with_the_rest(store: PostgresStore) -> None:
    open_shop(store)
    bill_accrued(store, now=use(store, "a", 60, "2026-01-05"))
    void_invoice(store, numbers(store)[0], reason="too early", by="Ada", now=at("2026-01-06"))
    use(store, "b", 5, "2026-01-07")
    close(store, "2026-01-31")
    assert bills(store) == [[("tokens", "60.00")], [("tokens", "65.00")]]
    with pytest.raises(Refused, match="Nothing is to be billed"):
        reissue_invoice(store, numbers(store)[0], now=at("2026-02-03"))


def test_a_voided_slice_is_billed_again_and_the_rest_follows_it(store: PostgresStore) -> None:
    open_shop(store)
    bill_accrued(store, now=use(store, "a", 60, "2026-01-05"))
    use(store, "b", 5, "2026-01-07")
    reissue_invoice(store, numbers(store)[0], reason="address", by="Ada", now=at("2026-01-08"))
    use(store, "c", 1, "2026-01-09")
    close(store, "2026-01-31")
    assert bills(store) == [[("tokens", "60.00")], [("tokens", "65.00")], [("tokens", "1.00")]]


def test_the_last_slice_voided_and_billed_again_leaves_the_first_alone(store: PostgresStore) -> None:
    open_shop(store)
    bill_accrued(store, now=use(store, "a", 60, "2026-01-05"))
    use(store, "b", 50, "2026-01-07")
    close(store, "2026-01-31")
    first, last = numbers(store)
    with pytest.raises(Clash, match="void that first"):
        void_invoice(store, first, reason="wrong", by="Ada", now=at("2026-02-02"))
    reissue_invoice(store, last, reason="wrong", by="Ada", now=at("2026-02-02"))
    with pytest.raises(Clash, match="void that first"):
        void_invoice(store, first, reason="wrong", by="Ada", now=at("2026-02-02"))
    assert bills(store) == [[("tokens", "60.00")], [("tokens", "45.00")], [("tokens", "45.00")]]


def test_leaving_now_bills_the_rest_of_what_was_used(store: PostgresStore) -> None:
    open_shop(store)
    bill_accrued(store, now=use(store, "a", 60, "2026-01-05"))
    now = use(store, "b", 50, "2026-01-07")
    cancel_subscription(store, customer_key="acme", plan_key="plain", now=now, when=When.NOW)
    assert bills(store) == [[("tokens", "60.00")], [("tokens", "45.00")]]


def test_a_draft_of_a_crossing_waits_and_is_approved_as_any_other(store: PostgresStore) -> None:
    open_shop(store)
    set_policy(store, BillingPolicy(grace=timedelta(hours=1)), by="Ada", now=NOW)
    now = use(store, "a", 60, "2026-01-05")
    assert bill_accrued(store, now=now) == 0
    use(store, "b", 60, "2026-01-05")
    assert bill_accrued(store, now=now + timedelta(minutes=30)) == 0
    [waiting] = list_drafts(store)
    assert f"{waiting.draft.total}" == "110.00 USD"
    hold_draft(store, waiting.pending.invoice_id, why="look", by="Ada")
    assert bill_accrued(store, now=now + timedelta(hours=3)) == 0
    approve_draft(store, waiting.pending.invoice_id, by="Ada", now=now + timedelta(hours=4))
    assert bill_accrued(store, now=now + timedelta(hours=5)) == 0
    use(store, "c", 100, "2026-01-06")
    assert bill_accrued(store, now=now + timedelta(days=2)) == 0
    assert bill_accrued(store, now=now + timedelta(days=2, hours=2)) == 1
    close(store, "2026-01-31")
    assert bills(store)[:2] == [[("tokens", "110.00")], [("tokens", "50.00")]]


def test_a_month_accrues_what_is_on_no_slice(store: PostgresStore) -> None:
    open_shop(store)
    bill_accrued(store, now=use(store, "a", 60, "2026-01-05"))
    use(store, "b", 20, "2026-01-20")
    january = Month(2026, 1)
    assert accrue_usage(store, january) == 1
    with store.transaction():
        [subscription] = store.subscriptions()
        [accrued] = store.accrued(subscription.subscription_id, january).values()
    assert f"{accrued.amount}" == "20.00 USD"
    close(store, "2026-01-31")
    assert accrue_usage(store, january) == 0
    assert bills(store) == [[("tokens", "60.00")], [("tokens", "20.00")]]


def test_without_a_threshold_nothing_is_billed_early(store: PostgresStore) -> None:
    open_shop(store, above=None)
    assert bill_accrued(store, now=use(store, "a", 10_000, "2026-01-05")) == 0
    assert bills(store) == []
