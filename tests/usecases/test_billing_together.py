"""Several subscriptions are billed on one invoice; it waits, is voided, credited and adjusted as a whole, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.policy import SANDBOX
from farthing.core.money import currency
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.price_terms import price_from
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.cancel_subscription import cancel_subscription
from farthing.usecases.changing import When
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.drafts import approve_draft, edit_draft, list_drafts, set_customer_billing, set_policy
from farthing.usecases.explain_line import explain_line
from farthing.usecases.subscribe import subscribe
from farthing.usecases.void_invoice import reissue_invoice, void_invoice
from tests.core.core_values import at
from tests.databases import NOW
from tests.usecases.shop import METERS, at_once, invoices, open_shop, record, sent
from tests.usecases.test_drafts import usd

HOTLINE = price_from("hotline", {"shape": "flat", "fee": "10", "charged": "advance"}, meters={})
SUPPORT = Plan("support", 1, "Support", currency("USD"), (HOTLINE,))


def open_both(store: PostgresStore, **policy: object) -> None:
    """Acme is on two plans from January on, under a policy."""
    open_shop(store)
    apply_catalogue(store, meters=METERS, plans=[SUPPORT], now=NOW)
    subscribe(store, customer_key="acme", plan_key="support", starts_on=date(2026, 1, 1))
    set_policy(store, replace(SANDBOX, **policy), by="Ada", now=NOW)


def close_at(store: PostgresStore, now: datetime) -> list[Invoice]:
    """Close through yesterday at an instant; all invoices by then, in sound books."""
    close_period(store, through=(now - timedelta(days=1)).date(), now=now)
    assert check_books(store) == []
    return invoices(store)


def amounts(invoice: Invoice) -> list[tuple[int, str, str]]:
    """Each line's part, price and amount."""
    return [(line.in_part, line.price_key, f"{line.amount.amount:f}") for line in invoice.draft.lines]


def test_all_that_is_due_on_a_day_is_one_invoice_of_several_parts(store: PostgresStore) -> None:
    open_both(store, together=True)
    record(store, sent("one", tokens=500))
    first, second = close_at(store, at("2026-02-01T02:00"))
    for invoice in (first, second):
        assert invoice.draft.subscription_id is None
        assert len(invoice.draft.parts) == 2
        assert len({part.subscription_id for part in invoice.draft.parts}) == 2
    assert first.total == usd("59.00")
    assert second.total == usd("60.00")
    for number in range(1, len(second.draft.lines) + 1):
        assert explain_line(store, second.number, number, person=None).holds


def test_what_comes_late_is_a_part_of_its_own_on_the_next_invoice(store: PostgresStore) -> None:
    open_both(store, together=True)
    close_at(store, at("2026-02-01T02:00"))
    record(store, sent("late", tokens=500))
    *_, march = close_at(store, at("2026-03-01T02:00"))
    assert march.draft.parts[-1].subscription_id is None
    assert amounts(march)[-1][::2] == (3, "1.00")
    assert march.total == usd("60.00")


def test_a_draft_of_several_waits_is_edited_and_approved_as_a_whole(store: PostgresStore) -> None:
    open_both(store, together=True, grace=timedelta(hours=1))
    assert close_at(store, at("2026-01-01T00:10")) == []
    (view,) = list_drafts(store)
    assert view.draft.total == usd("59.00")
    assert len(view.pending.parts) == 2
    edit_draft(store, view.pending.invoice_id, name="Thanks", amount=usd("-9.00"), why="Loyal", by="Ada", now=NOW)
    issued = approve_draft(store, view.pending.invoice_id, by="Ada", now=at("2026-01-01T00:20"))
    assert issued.total == usd("50.00")
    assert approve_draft(store, view.pending.invoice_id, by="Ada", now=at("2026-01-01T00:30")) == issued
    assert close_at(store, at("2026-01-02T00:20")) == [issued]


def test_several_that_close_at_once_bill_each_moment_once(store: PostgresStore) -> None:
    open_both(store, together=True)

    def close() -> object:
        return close_period(store, through=date(2026, 3, 31), now=at("2026-04-01T02:00"))

    for answer in at_once(*[close] * 6):
        assert not isinstance(answer, Exception), answer
    assert check_books(store) == []
    assert [invoice.total for invoice in invoices(store)] == [usd("59.00")] * 4


def test_it_is_voided_and_billed_again_part_by_part(store: PostgresStore) -> None:
    open_both(store, together=True)
    record(store, sent("one", tokens=500))
    *_, february = close_at(store, at("2026-02-01T02:00"))
    void_invoice(store, february.number, reason="Wrong.", by="Ada", now=at("2026-02-02"))
    assert check_books(store) == []
    again = reissue_invoice(store, february.number, now=at("2026-02-03"))
    assert check_books(store) == []
    assert amounts(again) == amounts(february)
    assert again.draft.revision == 1
    assert len(close_at(store, at("2026-03-01T02:00"))) == 4


def test_a_fee_paid_ahead_on_a_part_is_given_back_where_its_subscription_ends(store: PostgresStore) -> None:
    open_both(store, together=True)
    close_at(store, at("2026-01-01T02:00"))
    cancel_subscription(store, customer_key="acme", plan_key="support", when=When.NOW, now=at("2026-01-16T12:00"))
    everything = close_at(store, at("2026-02-01T02:00"))
    assert sum((invoice.total.amount for invoice in everything), Decimal(0)) < Decimal("118")


def test_too_little_stays_open_until_it_comes_to_enough(store: PostgresStore) -> None:
    open_both(store, least=Decimal(25))
    everything = close_at(store, at("2026-03-01T02:00"))
    assert [invoice.total for invoice in everything].count(usd("49.00")) == 3
    (support,) = [invoice for invoice in everything if "hotline" in {line.price_key for line in invoice.draft.lines}]
    assert support.total == usd("30.00")
    assert [part.at for part in support.draft.parts] == [at("2026-01-01"), at("2026-02-01"), at("2026-03-01")]


def test_too_little_is_billed_where_the_subscription_ends(store: PostgresStore) -> None:
    open_both(store, least=Decimal(1000))
    assert close_at(store, at("2026-02-01T02:00")) == []
    with store.transaction():
        for one in store.subscriptions():
            store.end_subscription(replace(one, ends_at=at("2026-03-01")))
    close_at(store, at("2026-03-01T02:00"))
    assert sorted(invoice.total.amount for invoice in invoices(store)) == [Decimal("20.00"), Decimal("98.00")]


def test_one_customer_may_have_it_otherwise_than_the_policy(store: PostgresStore) -> None:
    open_both(store, together=True)
    set_customer_billing(store, customer_key="acme", together=False, by="Ada", now=NOW)
    assert [invoice.total for invoice in close_at(store, at("2026-01-01T02:00"))] != [usd("59.00")]
    set_customer_billing(store, customer_key="acme", together=None, by="Ada", now=NOW)
    assert close_at(store, at("2026-02-01T02:00"))[-1].total == usd("59.00")


def test_what_comes_to_nothing_goes_on_the_next_invoice(store: PostgresStore) -> None:
    open_both(store, zero_invoices=False)
    with store.transaction():
        (support,) = [one for one in store.subscriptions() if one.plan_key == "support"]
        assert support.billed_through is None
    assert all(invoice.total for invoice in close_at(store, at("2026-03-01T02:00")))
