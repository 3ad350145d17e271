"""Drafts wait for their grace, are held when they are unlike the usual, and go out as somebody saw them, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.policy import BillingPolicy
from farthing.core.money import Money, currency
from farthing.core.rating.line import LineKind
from farthing.core.refused import Clash, Refused, Unknown
from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.drafts import (
    DraftView,
    approve_draft,
    edit_draft,
    hold_draft,
    list_drafts,
    set_policy,
    show_draft,
)
from farthing.usecases.invoice_once import Item, invoice_once
from tests.core.core_values import at
from tests.databases import NOW
from tests.usecases.shop import at_once, invoices, open_shop, record, sent

USD = currency("USD")
FEBRUARY = at("2026-02-01")


def usd(amount: str) -> Money:
    """An amount in dollars."""
    return Money(int(Decimal(amount) * 100), USD)


def wait(store: PostgresStore, *, hours: int = 1, **policy: object) -> None:
    """From now on drafts wait for so long."""
    set_policy(store, replace(BillingPolicy(grace=timedelta(hours=hours)), **policy), by="Ada", now=NOW)


def close_at(store: PostgresStore, now: datetime) -> list[Invoice]:
    """Close through yesterday at an instant; all invoices by then."""
    close_period(store, through=(now - timedelta(days=1)).date(), now=now)
    assert check_books(store) == []
    return invoices(store)


def only(store: PostgresStore) -> DraftView:
    """The one draft that waits."""
    (view,) = list_drafts(store)
    return view


def test_a_draft_waits_for_its_grace_and_takes_in_what_comes_meanwhile(store: PostgresStore) -> None:
    open_shop(store)
    close_at(store, at("2026-01-02"))
    wait(store)
    assert len(close_at(store, FEBRUARY + timedelta(minutes=5))) == 1
    assert only(store).draft.total == usd("49.00")
    record(store, sent("one", tokens=500))
    assert only(store).draft.total == usd("50.00")
    assert len(close_at(store, FEBRUARY + timedelta(minutes=59))) == 1
    *_, issued = close_at(store, FEBRUARY + timedelta(minutes=61))
    assert issued.total == usd("50.00")
    assert list_drafts(store) == []


def test_an_approval_issues_what_was_seen_and_later_usage_is_an_adjustment(store: PostgresStore) -> None:
    open_shop(store)
    close_at(store, at("2026-01-02"))
    wait(store)
    close_at(store, FEBRUARY + timedelta(minutes=1))
    seen = only(store)
    record(store, sent("late", tokens=1000))
    approved = approve_draft(
        store,
        seen.pending.invoice_id,
        by="Ada",
        now=FEBRUARY + timedelta(minutes=9),
        seen=seen.fingerprint,
        position=seen.position,
    )
    assert approved.total == usd("49.00")
    *_, march = close_at(store, at("2026-03-01T02:00"))
    assert [(line.kind, line.amount) for line in march.draft.lines][-1] == (LineKind.ADJUSTMENT, usd("2.00"))


def test_what_an_approval_leaves_out_is_billed_though_it_was_looked_at_before(store: PostgresStore) -> None:
    open_shop(store)
    close_at(store, at("2026-01-02"))
    wait(store)
    close_at(store, FEBRUARY + timedelta(minutes=1))
    seen = only(store)
    record(store, sent("late", tokens=1000))
    close_at(store, FEBRUARY + timedelta(minutes=2))
    approve_draft(store, seen.pending.invoice_id, by="Ada", now=FEBRUARY + timedelta(minutes=9), position=seen.position)
    *_, march = close_at(store, at("2026-03-01T02:00"))
    assert [(line.kind, line.amount) for line in march.draft.lines][-1] == (LineKind.ADJUSTMENT, usd("2.00"))
    with store.transaction():
        assert store.counts().late == 0


def test_nobody_approves_what_they_did_not_see(store: PostgresStore) -> None:
    open_shop(store)
    wait(store)
    close_at(store, FEBRUARY + timedelta(minutes=1))
    first = only(store)
    edit_draft(store, first.pending.invoice_id, name="Setup", amount=usd("5"), why="Agreed", by="Ada", now=FEBRUARY)
    with pytest.raises(Clash, match="changed since you saw it"):
        approve_draft(store, first.pending.invoice_id, by="Bo", now=FEBRUARY, seen=first.fingerprint)


def test_threads_that_approve_and_close_at_once_make_one_invoice(store: PostgresStore) -> None:
    open_shop(store)
    wait(store)
    close_at(store, at("2026-01-01T00:10"))
    view = only(store)
    now = at("2026-01-02T03:00")

    def approve() -> str:
        return approve_draft(store, view.pending.invoice_id, by="Ada", now=now).number

    def close() -> str:
        close_at(store, now)
        return invoices(store)[0].number

    assert at_once(*[approve, close] * 3) == [invoices(store)[0].number] * 6
    assert len(invoices(store)) == 1


def test_an_edit_is_a_line_of_its_own_that_says_who_and_why(store: PostgresStore) -> None:
    open_shop(store)
    wait(store)
    close_at(store, at("2026-01-01T00:10"))
    held = only(store).pending.invoice_id
    view = edit_draft(store, held, name="Goodwill", amount=usd("-9"), why="The outage", by="Ada", now=NOW)
    assert view.draft.total == usd("40.00")
    with pytest.raises(Refused, match="credit note"):
        edit_draft(store, held, name="More", amount=usd("-41"), why="Too much", by="Ada", now=NOW)
    issued = approve_draft(store, held, by="Bo", now=at("2026-01-01T00:20"))
    line = issued.draft.lines[-1]
    assert (line.kind, line.name, line.amount, line.note) == (
        LineKind.ITEM,
        "Goodwill",
        usd("-9"),
        "The outage (Ada)",
    )
    assert check_books(store) == []


def test_a_draft_that_is_held_waits_for_approval_and_so_does_what_comes_after_it(store: PostgresStore) -> None:
    open_shop(store)
    wait(store)
    close_at(store, at("2026-01-01T00:10"))
    held = hold_draft(store, only(store).pending.invoice_id, why="New customer", by="Ada")
    assert held.pending.reasons == ("New customer (Ada)",)
    assert close_at(store, at("2026-03-01T12:00")) == []
    approve_draft(store, held.pending.invoice_id, by="Bo", now=at("2026-03-02"))
    assert [one.draft.at for one in close_at(store, at("2026-03-03"))] == [
        at("2026-01-01"),
        at("2026-02-01"),
        at("2026-03-01"),
    ]


def test_what_is_unlike_the_last_six_is_held_with_its_reason(store: PostgresStore) -> None:
    open_shop(store)
    for month in range(1, 5):
        close_at(store, at(f"2026-0{month}-02"))
    record(store, sent("spike", time="2026-04-15T00:00:00Z", tokens=1_000_000))
    assert len(close_at(store, at("2026-05-02"))) == 4
    view = only(store)
    assert view.pending.reasons == (
        f"It is {view.draft.total}, more than 3 times the usual 49.00 USD (the median of the last 4 invoices).",
    )
    approve_draft(store, view.pending.invoice_id, by="Ada", now=at("2026-05-02"), seen=view.fingerprint)
    assert len(close_at(store, at("2026-06-02"))) == 6


def test_a_first_invoice_is_held_where_the_policy_says_so(store: PostgresStore) -> None:
    open_shop(store)
    wait(store, hours=0, hold_first=True)
    assert close_at(store, at("2026-01-02")) == []
    assert only(store).pending.reasons == ("It is the customer's first invoice.",)


def test_a_draft_that_is_not_there_is_told_of(store: PostgresStore) -> None:
    open_shop(store)
    with pytest.raises(Unknown, match="no draft"):
        show_draft(store, open_shop(store).subscription_id)


def test_what_is_billed_by_itself_is_billed_once_for_its_key(store: PostgresStore) -> None:
    open_shop(store)
    items = [Item("Training", usd("500"), "Two days"), Item("Discount", usd("-50"))]

    def make() -> str:
        return invoice_once(store, customer_key="acme", items=items, key="po-7", by="Ada", now=NOW).number

    assert len(set(at_once(*[make] * 4))) == 1
    (issued,) = invoices(store)
    assert issued.total == usd("450")
    assert [line.note for line in issued.draft.lines] == ["Two days (Ada)", "Ada"]
    assert check_books(store) == []
    with pytest.raises(Clash, match="says something else"):
        invoice_once(store, customer_key="acme", items=items[:1], key="po-7", by="Ada", now=NOW)
    with pytest.raises(Refused, match="less than nothing"):
        invoice_once(store, customer_key="acme", items=items[1:], key="po-8", by="Ada", now=NOW)


def test_a_policy_says_what_it_cannot_be() -> None:
    with pytest.raises(Refused, match="31 days"):
        BillingPolicy(grace=timedelta(days=32))
    with pytest.raises(Refused, match="more than 1"):
        BillingPolicy(hold_factor=Decimal(1))
