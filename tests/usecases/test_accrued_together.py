"""What crosses its threshold is billed by itself; the period's rest joins the customer's other subscriptions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from farthing.core.invoicing.policy import SANDBOX
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.bill_accrued import bill_accrued
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.drafts import set_customer_billing, set_policy
from farthing.usecases.subscribe import subscribe
from farthing.usecases.void_invoice import reissue_invoice, void_invoice
from tests.core.core_values import at
from tests.databases import NOW
from tests.usecases.shop import METERS, at_once, invoices
from tests.usecases.test_bill_accrued import open_shop, use
from tests.usecases.test_billing_together import SUPPORT, amounts, close_at
from tests.usecases.test_drafts import usd


def open_combined(store: PostgresStore) -> None:
    """Acme gets one invoice a day for tokens, billed above 50, and for a hotline of 10 a month in advance."""
    open_shop(store)
    apply_catalogue(store, meters=METERS, plans=[SUPPORT], now=NOW)
    subscribe(store, customer_key="acme", plan_key="support", starts_on=date(2026, 1, 1))
    set_customer_billing(store, customer_key="acme", together=True, by="Ada", now=NOW)
    close_at(store, at("2026-01-01T02:00"))


def test_a_crossing_goes_out_and_the_periods_rest_joins_the_others(store: PostgresStore) -> None:
    open_combined(store)
    assert bill_accrued(store, now=use(store, "a", 60, "2026-01-05")) == 1
    use(store, "b", 10, "2026-01-08")
    hotline, crossing, together = close_at(store, at("2026-02-01T02:00"))
    assert hotline.total == usd("10.00")
    assert amounts(crossing) == [(1, "tokens", "60.00")]
    # Which part comes first is by the subscriptions' ids.
    assert sorted(line[1:] for line in amounts(together)) == [("hotline", "10.00"), ("tokens", "10.00")]
    assert len(together.draft.parts) == 2


def test_workers_and_closings_at_once_bill_all_of_it_once(store: PostgresStore) -> None:
    open_combined(store)
    use(store, "a", 60, "2026-01-05")
    now = at("2026-02-01T02:00")
    acts = [lambda: bill_accrued(store, now=now), lambda: close_period(store, through=date(2026, 1, 31), now=now)]
    for answer in at_once(*acts * 3):
        assert not isinstance(answer, Exception), answer
    assert check_books(store) == []
    assert sum(invoice.total.minor for invoice in invoices(store)) == usd("80.00").minor


def test_both_are_voided_and_billed_again(store: PostgresStore) -> None:
    open_combined(store)
    bill_accrued(store, now=use(store, "a", 60, "2026-01-05"))
    use(store, "b", 10, "2026-01-08")
    *_, crossing, together = close_at(store, at("2026-02-01T02:00"))
    void_invoice(store, together.number, reason="Wrong.", by="Ada", now=at("2026-02-02"))
    assert check_books(store) == []
    again = reissue_invoice(store, together.number, now=at("2026-02-03"))
    assert check_books(store) == []
    assert amounts(again) == amounts(together)
    void_invoice(store, again.number, reason="Wrong.", by="Ada", now=at("2026-02-04"))
    void_invoice(store, crossing.number, reason="Wrong.", by="Ada", now=at("2026-02-04"))
    last = reissue_invoice(store, again.number, now=at("2026-02-05"))
    assert check_books(store) == []
    assert last.total == usd("80.00")


def test_a_crossing_is_billed_whatever_invoices_have_to_come_to(store: PostgresStore) -> None:
    open_combined(store)
    set_policy(store, replace(SANDBOX, least=Decimal(100)), by="Ada", now=NOW)
    assert bill_accrued(store, now=use(store, "a", 60, "2026-01-05")) == 1
    use(store, "b", 10, "2026-01-08")
    *_, crossing = close_at(store, at("2026-02-01T02:00"))
    assert amounts(crossing) == [(1, "tokens", "60.00")]
    # What is left comes to too little, and stays open with what follows.
    use(store, "c", 200, "2026-02-10")
    *_, together = close_at(store, at("2026-03-01T02:00"))
    assert ("tokens", "10.00") in [line[1:] for line in amounts(together)]
    assert together.total.minor >= usd("100.00").minor
