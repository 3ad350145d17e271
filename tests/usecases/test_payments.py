"""Payments: the oldest invoice first, the rest is the customer's balance, and nothing is paid or paid back twice."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from farthing.core.invoicing.credit_note import CreditKind
from farthing.core.invoicing.crediting import Why
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.payment import PaidBy, PaidState
from farthing.core.money import USD, Money
from farthing.core.refused import Clash, Refused, Unknown
from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.credit_invoice import CreditWish, credit_invoice, standings_of
from farthing.usecases.customers import add_customer
from farthing.usecases.payments import (
    Paid,
    PaymentView,
    list_payments,
    record_payment,
    refund_payment,
    show_payment,
    use_balance,
)
from farthing.usecases.void_invoice import reissue_invoice, void_invoice
from tests.databases import NOW
from tests.usecases.shop import at_once, invoices, open_shop, record, sent

BECAUSE = Why(CreditKind.GOODWILL, "Sorry.", "Ada")


@pytest.fixture
def billed(store: PostgresStore) -> list[Invoice]:
    """Three invoices of Acme's: 49.00, 51.91 and 49.00."""
    open_shop(store)
    record(store, *[sent(str(number)) for number in range(4)], sent("call", type="call"))
    close_period(store, through=date(2026, 2, 28), now=NOW)
    return invoices(store)


def pay(store: PostgresStore, amount: str, *numbers: str, **more: Any) -> PaymentView:
    paid = Paid("acme", Decimal(amount), "USD", reference=more.pop("reference", str(uuid4())))
    return record_payment(store, paid, by="Ada", now=NOW, invoices=numbers, **more)


def states(store: PostgresStore, *, on: date = date(2026, 6, 20)) -> list[tuple[str, str]]:
    """What is left to pay of each invoice, and how it stands."""
    with store.transaction():
        standings = standings_of(store, list(store.all_invoices()))
    return [(str(one.open.amount), one.state(on=on).value) for one in standings]


@pytest.mark.usefixtures("billed")
def test_a_payment_pays_the_oldest_first_and_what_is_over_pays_the_next_on_request(store: PostgresStore) -> None:
    first = pay(store, "60.00")
    assert [(number, str(money)) for number, money in first.paying] == [
        ("EX-000001", "49.00 USD"),
        ("EX-000002", "11.00 USD"),
    ]
    assert states(store) == [("0.00", "paid"), ("40.91", "partly_paid"), ("49.00", "open")]
    assert states(store, on=date(2026, 7, 16))[1:] == [("40.91", "overdue"), ("49.00", "overdue")]
    over = pay(store, "100.00")
    assert (over.standing.allocated, over.standing.free) == (Money(8991, USD), Money(1009, USD))
    assert check_books(store) == []
    close_period(store, through=date(2026, 3, 31), now=NOW)
    assert states(store)[3] == ("49.00", "open")
    (used,) = use_balance(store, "acme", now=NOW)
    assert (used.standing.free, used.paying[-1]) == (Money(0, USD), ("EX-000004", Money(1009, USD)))
    assert use_balance(store, "acme", now=NOW) == []
    assert check_books(store) == []


@pytest.mark.usefixtures("billed")
def test_a_named_invoice_is_paid_before_older_ones(store: PostgresStore) -> None:
    paid = pay(store, "60.00", "EX-000003")
    assert paid.paying == [("EX-000003", Money(4900, USD))]
    assert paid.standing.free == Money(1100, USD)
    with pytest.raises(Refused, match="Nothing is left to pay of EX-000003"):
        pay(store, "1.00", "EX-000003")
    with pytest.raises(Unknown, match="There is no invoice “EX-9”"):
        pay(store, "1.00", "EX-9")
    assert len(list_payments(store)) == 1


@pytest.mark.usefixtures("billed")
def test_a_payment_may_wait_for_its_invoice(store: PostgresStore) -> None:
    waiting = pay(store, "10.00", allocate=False)
    assert (waiting.paying, waiting.standing.free) == ([], Money(1000, USD))
    assert show_payment(store, waiting.standing.payment.payment_id) == waiting


@pytest.mark.parametrize(
    ("paid", "said"),
    [
        (Paid("acme", Decimal(0), "USD"), "more than 0"),
        (Paid("acme", Decimal(-1), "USD"), "what is paid back is a refund"),
        (Paid("acme", Decimal("0.001"), "USD"), "at most 2 digits"),
        (Paid("acme", Decimal(1), "usd"), "did you mean “USD”"),
        (Paid("acme", Decimal(1), "USD", received_on=date(2026, 6, 16)), "has not come yet"),
        (Paid("nobody", Decimal(1), "USD"), "no customer “nobody”"),
    ],
)
def test_what_is_no_payment_is_refused(store: PostgresStore, paid: Paid, said: str) -> None:
    open_shop(store)
    with pytest.raises(Refused, match=said):
        record_payment(store, paid, by="Ada", now=NOW)


@pytest.mark.usefixtures("billed")
def test_another_customers_invoice_and_another_currencys_are_not_paid(store: PostgresStore) -> None:
    add_customer(store, key="other", name="Other", in_zone="UTC", now=NOW)
    with pytest.raises(Refused, match="another customer's"):
        record_payment(store, Paid("other", Decimal(1), "USD"), by="Ada", now=NOW, invoices=["EX-000001"])
    with pytest.raises(Refused, match="is in USD, and the payment in EUR"):
        record_payment(store, Paid("acme", Decimal(1), "EUR"), by="Ada", now=NOW, invoices=["EX-000001"])
    euros = record_payment(store, Paid("acme", Decimal(1), "EUR"), by="Ada", now=NOW)
    assert euros.paying == []


@pytest.mark.usefixtures("billed")
def test_the_same_payment_is_recorded_once_however_many_try(store: PostgresStore) -> None:
    told = at_once(*[lambda: pay(store, "30.00", reference="TR-1")] * 6)
    assert sum(isinstance(one, PaymentView) for one in told) == 1, told
    assert all(isinstance(one, PaymentView | Clash) for one in told)
    with pytest.raises(Clash, match="is recorded already"):
        pay(store, "30.00", reference="TR-1")
    pay(store, "30.01", reference="TR-1")
    assert check_books(store) == []


@pytest.mark.usefixtures("billed")
def test_what_is_credited_after_it_was_paid_is_the_customers_again(store: PostgresStore) -> None:
    paid = pay(store, "80.00")
    note = credit_invoice(store, "EX-000002", CreditWish(amount=Decimal("30.00")), BECAUSE, now=NOW)
    assert (str(note.freed), note.off_receivable) == ("9.09 USD", Money(3000, USD))
    assert states(store)[1] == ("0.00", "paid")
    after = show_payment(store, paid.standing.payment.payment_id)
    assert after.standing.free == Money(909, USD)
    void_invoice(store, "EX-000001", reason="Wrong.", by="Ada", now=NOW)
    after = show_payment(store, paid.standing.payment.payment_id)
    assert (after.standing.free, after.paying) == (Money(5809, USD), [("EX-000002", Money(2191, USD))])
    assert states(store)[0] == ("0.00", "voided")
    again = reissue_invoice(store, "EX-000001", now=NOW)
    (used,) = use_balance(store, "acme", now=NOW, invoices=[again.number])
    assert used.paying[-1] == (again.number, Money(4900, USD))
    assert check_books(store) == []


@pytest.mark.usefixtures("billed")
def test_no_more_is_paid_back_than_came_in(store: PostgresStore) -> None:
    paid = pay(store, "60.00", "EX-000001")
    payment_id = paid.standing.payment.payment_id

    def refund(amount: str, **more: Any) -> PaymentView:
        return refund_payment(store, payment_id, Decimal(amount), reason="Sent twice.", by="Ada", now=NOW, **more)

    with pytest.raises(Refused, match=r"Only 11\.00 USD of this payment is free; the rest pays invoices"):
        refund("11.01")
    assert refund("5.00").standing.free == Money(600, USD)
    opened = refund("20.00", reopen=True)
    assert (opened.standing.free, opened.paying) == (Money(0, USD), [("EX-000001", Money(3500, USD))])
    assert states(store)[0] == ("14.00", "partly_paid")
    with pytest.raises(Refused, match=r"Of this payment 35\.00 USD can be paid back, not 35\.01 USD"):
        refund("35.01", reopen=True)
    for amount, said in (("0", "more than 0"), ("-1", "more than 0")):
        with pytest.raises(Refused, match=said):
            refund(amount)
    with pytest.raises(Unknown, match="There is no payment"):
        refund_payment(store, uuid4(), Decimal(1), reason="x", by="Ada", now=NOW)
    with pytest.raises(Refused, match="Say why"):
        refund_payment(store, payment_id, Decimal(1), reason=" ", by="Ada", now=NOW)
    assert check_books(store) == []


@pytest.mark.usefixtures("billed")
def test_refunds_at_once_pay_back_no_more_than_there_is(store: PostgresStore) -> None:
    payment_id = pay(store, "60.00", allocate=False).standing.payment.payment_id

    def refund() -> PaymentView:
        return refund_payment(store, payment_id, Decimal(25), reason="Sent twice.", by="Ada", now=NOW)

    told = at_once(*[refund] * 6)
    assert sum(isinstance(one, PaymentView) for one in told) == 2
    assert show_payment(store, payment_id).standing.free == Money(1000, USD)
    assert check_books(store) == []


def test_whatever_happens_to_one_customers_money_at_once_the_books_prove(
    store: PostgresStore, billed: list[Invoice]
) -> None:
    chance = random.Random(7)

    def anything(number: int) -> Any:
        def act() -> object:
            which = chance.choice(billed).number
            amount = Decimal(chance.randint(1, 6000)).scaleb(-2)
            match number % 6:
                case 0 | 1:
                    return pay(store, str(amount))
                case 2:
                    return credit_invoice(store, which, CreditWish(amount=amount), BECAUSE, now=NOW)
                case 3:
                    return reissue_invoice(store, which, reason="Again.", by="Ada", now=NOW + timedelta(days=1))
                case 4:
                    return use_balance(store, "acme", now=NOW)
                case _:
                    payments: list[UUID] = [one.standing.payment.payment_id for one in list_payments(store)]
                    chosen = chance.choice(payments) if payments else uuid4()
                    return refund_payment(store, chosen, amount, reason="x", by="Ada", now=NOW, reopen=True)

        return act

    for start in range(0, 60, 12):
        told = at_once(*[anything(number) for number in range(start, start + 12)])
        failures = [one for one in told if isinstance(one, Exception) and not isinstance(one, Refused)]
        assert failures == []
        assert check_books(store) == []


@pytest.mark.usefixtures("billed")
def test_a_payment_keeps_who_says_so_and_how_it_came(store: PostgresStore) -> None:
    paid = Paid("acme", Decimal("49.00"), "USD", PaidBy.CHECK, "no. 7 «é»", date(2026, 6, 1))
    payment = record_payment(store, paid, by="Grace", now=NOW).standing.payment
    assert (payment.paid_by, payment.reference, payment.by) == (PaidBy.CHECK, "no. 7 «é»", "Grace")
    assert (payment.received_on, payment.recorded_at) == (date(2026, 6, 1), NOW)
    (listed,) = list_payments(store, customer_key="acme")
    assert listed.standing.payment == payment
    assert states(store)[0] == ("0.00", PaidState.PAID.value)
