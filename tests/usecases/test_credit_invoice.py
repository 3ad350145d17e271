"""Crediting, voiding and billing again: the books prove after each, and two at once never exceed the invoice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from farthing.core.billing import bill_by_itself
from farthing.core.invoicing.credit_note import CreditKind
from farthing.core.invoicing.crediting import Why
from farthing.core.invoicing.invoice import Invoice
from farthing.core.ledger.transaction import Account
from farthing.core.money import USD, Money
from farthing.core.refused import Clash, Refused, Unknown
from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.credit_invoice import (
    CreditWish,
    LineWish,
    credit_invoice,
    list_credit_notes,
    preview_credit,
    show_credit_note,
    standing_of,
)
from farthing.usecases.late_usage import look_for_late
from farthing.usecases.owed import find_owed
from farthing.usecases.void_invoice import reissue_invoice, void_invoice
from tests.core.core_values import ACME, ENTITY
from tests.core.invoicing.reckoned import DRAFT, RECKONING
from tests.databases import NOW, open_books
from tests.usecases.shop import at_once, invoices, open_shop, record, sent
from tests.usecases.test_correct_usage import correct, correction

BECAUSE = Why(CreditKind.CORRECTION, "It was wrong.", "Ada")


@pytest.fixture
def january(store: PostgresStore) -> Invoice:
    """Acme's January: 49 ahead, 1,600 tokens for 2.90 and one call for 0.01; the first invoice was 49 ahead."""
    open_shop(store)
    record(store, *[sent(str(number)) for number in range(4)], sent("call", type="call"))
    close_period(store, through=date(2026, 1, 31), now=NOW)
    return invoices(store)[1]


@pytest.fixture
def reckoned(store: PostgresStore) -> Invoice:
    """An invoice with a coupon, promotional credit, a tax and prepaid credit: 162 of which 40 is paid ahead."""
    open_books(store)
    with store.transaction():
        series = store.lock_series(ENTITY.key)
        issued = bill_by_itself(replace(DRAFT, reckoning=RECKONING), entity=ENTITY, series=series, now=NOW)
        store.keep_issued(issued)
    return issued.invoice


def balances(store: PostgresStore, customer_id: Any) -> dict[str, str]:
    with store.transaction():
        found = {account: store.balance(account, customer_id=customer_id) for account in Account}
    return {
        account.value: str(money.amount)
        for account, by_currency in found.items()
        for money in by_currency.values()
        if money
    }


def lines(*wishes: LineWish) -> CreditWish:
    return CreditWish(lines=wishes)


def test_units_come_off_the_top_of_the_ladder(store: PostgresStore, january: Invoice) -> None:
    first = credit_invoice(store, january.number, lines(LineWish(2, units=Decimal(100))), BECAUSE, now=NOW)
    assert str(first.total) == "0.15 USD"  # The second tier costs 0.0015 each.
    second = credit_invoice(store, january.number, lines(LineWish(2, units=Decimal(1000))), BECAUSE, now=NOW)
    assert str(second.total) == "1.75 USD"  # 500 more at 0.0015, and 500 of the first tier at 0.002.
    with pytest.raises(Refused, match=r"Line 2 of EX-000002 has 500 units left to credit, not 501"):
        credit_invoice(store, january.number, lines(LineWish(2, units=Decimal(501))), BECAUSE, now=NOW)
    rest = credit_invoice(store, january.number, lines(LineWish(2, units=Decimal(500))), BECAUSE, now=NOW)
    assert [str(rest.total), rest.number] == ["1.00 USD", "EX-CN-000003"]
    assert check_books(store) == []


def test_a_fee_has_no_units_but_an_amount_of_it_can_be_credited(store: PostgresStore, january: Invoice) -> None:
    with pytest.raises(Refused, match="one fee and has no units; credit an amount"):
        credit_invoice(store, january.number, lines(LineWish(1, units=Decimal(1))), BECAUSE, now=NOW)
    note = credit_invoice(store, january.number, lines(LineWish(1, amount=Decimal("9.50"))), BECAUSE, now=NOW)
    assert str(note.total) == "9.50 USD"
    with store.transaction():
        assert store.credit_note(note.number) == note
        assert str(standing_of(store, january).open) == "42.41 USD"
    assert check_books(store) == []


def test_a_note_comes_back_as_it_was_written(store: PostgresStore, reckoned: Invoice) -> None:
    note = credit_invoice(store, reckoned.number, CreditWish(amount=Decimal("12.34")), BECAUSE, now=NOW)
    assert (note.discounted.minor > 0, note.tax.minor > 0, note.lines[0].gross != note.lines[0].amount) == (True,) * 3
    view = show_credit_note(store, note.number, person=None)
    assert (view.note, view.invoice, view.customer.key) == (note, reckoned, "acme")
    with store.transaction():
        assert store.credit_note(note.credit_note_id) == note
        assert list(store.all_credit_notes()) == [note]
    assert [one.number for _, one in list_credit_notes(store, customer_key="acme")] == [note.number]
    with pytest.raises(Unknown, match="There is no credit note “EX-CN-9”"):
        show_credit_note(store, "EX-CN-9", person=None)


def test_a_preview_keeps_nothing(store: PostgresStore, reckoned: Invoice) -> None:
    wish = CreditWish(in_full=True)
    foreseen = preview_credit(store, reckoned.number, wish, BECAUSE, now=NOW)
    assert list_credit_notes(store) == []
    assert credit_invoice(store, reckoned.number, wish, BECAUSE, now=NOW) == foreseen


def test_a_void_leaves_nothing_on_any_account(store: PostgresStore, reckoned: Invoice) -> None:
    assert balances(store, ACME)["receivable"] == "122.00"
    credit_invoice(store, reckoned.number, CreditWish(amount=Decimal("33.33")), BECAUSE, now=NOW)
    note = void_invoice(store, reckoned.number, reason="Billed to the wrong company.", by="Ada", now=NOW)
    assert (note.voids, note.given_back) == (True, Money(4000, USD))
    assert balances(store, ACME) == {}
    with pytest.raises(Clash, match=r"EX-000001 is voided by EX-CN-000002 already"):
        void_invoice(store, reckoned.number, reason="Again.", by="Ada", now=NOW)
    with pytest.raises(Refused, match="bills no subscription; write a new invoice"):
        reissue_invoice(store, reckoned.number, now=NOW)
    assert check_books(store) == []


def test_what_was_voided_is_billed_again_with_todays_usage(store: PostgresStore, january: Invoice) -> None:
    record(store, sent("late", tokens=1000))
    assert [owed.line_number for owed in find_owed(store)] == [2]
    with pytest.raises(Refused, match="is not voided; void it first"):
        reissue_invoice(store, january.number, now=NOW)
    void_invoice(store, january.number, reason="Usage was missing.", by="Ada", now=NOW)
    assert check_books(store) == []
    assert find_owed(store) == []
    with store.transaction():
        assert store.counts().unattributed == 6
    again = reissue_invoice(store, january.number, now=NOW + timedelta(days=1))
    assert (again.number, again.draft.revision, str(again.total)) == ("EX-000003", 1, "53.41 USD")
    assert [line.slice.revision for line in again.draft.lines if line.slice is not None] == [1, 1]
    assert check_books(store) == []
    with store.transaction():
        assert store.counts().billed == 6
    with pytest.raises(Clash, match="EX-000003 is in its place"):
        reissue_invoice(store, january.number, now=NOW)
    third = reissue_invoice(store, again.number, reason="Once more.", by="Ada", now=NOW + timedelta(days=2))
    assert (third.draft.revision, third.total) == (2, again.total)
    close_period(store, through=date(2026, 2, 28), now=NOW + timedelta(days=3))
    assert check_books(store) == []


def test_a_fee_paid_ahead_is_taken_out_of_what_is_deferred(store: PostgresStore, january: Invoice) -> None:
    close_period(store, through=date(2026, 5, 31), now=NOW)
    june = invoices(store)[-1]
    assert balances(store, june.draft.customer_id)["deferred_revenue"] == "-49.00"
    credit_invoice(store, june.number, lines(LineWish(1, amount=Decimal(20))), BECAUSE, now=NOW)
    assert balances(store, june.draft.customer_id)["deferred_revenue"] == "-29.00"
    credit_invoice(store, january.number, lines(LineWish(1)), BECAUSE, now=NOW)
    assert balances(store, june.draft.customer_id)["deferred_revenue"] == "20.00"
    assert check_books(store) == []
    # What of it was earned by then is taken back by the next release; July's fee is all that is left.
    close_period(store, through=date(2026, 6, 30), now=NOW + timedelta(days=16))
    assert balances(store, june.draft.customer_id)["deferred_revenue"] == "-49.00"
    assert check_books(store) == []


def test_many_notes_at_once_never_exceed_the_invoice(store: PostgresStore, reckoned: Invoice) -> None:
    def one(amount: str) -> Any:
        return lambda: credit_invoice(store, reckoned.number, CreditWish(amount=Decimal(amount)), BECAUSE, now=NOW)

    told = at_once(*[one("30.00")] * 6, lambda: void_invoice(store, reckoned.number, reason="x", by="Ada", now=NOW))
    refused = [answer for answer in told if isinstance(answer, Exception)]
    assert all(isinstance(answer, Refused) for answer in refused), refused
    with store.transaction():
        notes = list(store.all_credit_notes())
        assert sum(note.total.minor for note in notes) == reckoned.total.minor
        assert [note.sequence for note in notes] == list(range(1, len(notes) + 1))
    assert balances(store, ACME) == {}
    assert check_books(store) == []


def test_an_invoice_is_voided_and_billed_again_once_however_many_try(store: PostgresStore, january: Invoice) -> None:
    told = at_once(*[lambda: reissue_invoice(store, january.number, reason="Wrong.", by="Ada", now=NOW)] * 5)
    assert sum(isinstance(answer, Invoice) for answer in told) == 1, told
    assert all(isinstance(answer, Invoice | Clash) for answer in told)
    assert len(invoices(store)) == 3
    assert check_books(store) == []


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (lambda: CreditWish(), "one of the three"),
        (lambda: CreditWish(amount=Decimal(1), in_full=True), "one of the three"),
        (lambda: LineWish(1, Decimal(1), Decimal(1)), "units or an amount, not both"),
    ],
)
def test_a_wish_says_one_thing(wish: Any, said: str) -> None:
    with pytest.raises(Refused, match=said):
        wish()


def test_an_amount_has_the_digits_of_its_currency(store: PostgresStore, reckoned: Invoice) -> None:
    with pytest.raises(Refused, match=r"0\.001, and USD has at most 2 digits"):
        credit_invoice(store, reckoned.number, CreditWish(amount=Decimal("0.001")), BECAUSE, now=NOW)


def test_an_invoice_that_carries_what_came_late_elsewhere_is_voided_first(
    store: PostgresStore, january: Invoice
) -> None:
    record(store, sent("late", tokens=1000))
    look_for_late(store, now=NOW)
    close_period(store, through=date(2026, 2, 28), now=NOW)
    february = invoices(store)[-1]
    assert [line.kind.value for line in february.draft.lines][-1] == "adjustment"
    with pytest.raises(Clash, match=r"EX-000003 bills more of what EX-000002 bills, or sets it right; void that first"):
        void_invoice(store, january.number, reason="Wrong.", by="Ada", now=NOW)
    again = reissue_invoice(store, february.number, reason="Wrong.", by="Ada", now=NOW)
    assert again.total == february.total
    assert check_books(store) == []
    void_invoice(store, again.number, reason="Wrong.", by="Ada", now=NOW)
    first = reissue_invoice(store, january.number, reason="Wrong.", by="Ada", now=NOW)
    last = reissue_invoice(store, again.number, now=NOW)
    assert [str(one.total) for one in (first, last)] == ["53.41 USD", "49.00 USD"]
    assert check_books(store) == []


def test_what_is_credited_and_then_voided_as_usage_is_given_back_once(store: PostgresStore, january: Invoice) -> None:
    credit_invoice(store, january.number, lines(LineWish(2, units=Decimal(400))), BECAUSE, now=NOW)
    correct(store, correction("undo", of="3"))
    look_for_late(store, now=NOW)
    assert [str(one.difference) for one in find_owed(store)] == ["0.00 USD"]
    close_period(store, through=date(2026, 2, 28), now=NOW)
    assert str(invoices(store)[-1].total) == "49.00 USD"
    assert check_books(store) == []
