"""Payments are recorded, pay the oldest invoices first unless others are named, and are paid back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.invoicing.money_postings import book_allocation, book_payment, book_refund
from farthing.core.invoicing.payment import (
    Allocation,
    InvoiceStanding,
    PaidBy,
    Payment,
    PaymentStanding,
    Refund,
    oldest_first,
)
from farthing.core.money import Money, currency, exact_money, zero
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.period import local_date
from farthing.core.refused import Clash, Refused, Unknown
from farthing.usecases.credit_invoice import entity_of, standings_of
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_invoices import find_invoice


@dataclass(frozen=True, slots=True)
class Paid:
    """What somebody says came in. `reference` is the bank's word for it, or the sender's."""

    customer_key: str
    amount: Decimal
    currency: str
    paid_by: PaidBy = PaidBy.BANK_TRANSFER
    reference: str = ""
    received_on: date | None = None


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment with what became of it, whose it is, and the invoices it pays."""

    standing: PaymentStanding
    customer: Customer
    paying: Sequence[tuple[str, Money]]


def record_payment(
    store: SellerStore,
    paid: Paid,
    *,
    by: str,
    now: datetime,
    invoices: Sequence[str] = (),
    allocate: bool = True,
) -> PaymentView:
    """Keep a payment, and let it pay the named invoices, or the oldest first; what is over is the customer's balance.

    The same reference from the same customer, on the same day and for the same amount, is refused as the same payment.
    """
    with store.transaction():
        customer = find_customer(store, paid.customer_key, person=None)  # Read.
        store.lock_money(customer.customer_id)
        entity = store.entity_of(customer.customer_id)
        known = store.payments(customer_id=customer.customer_id)
        payment = _payment(paid, customer, entity, known, by=by, now=now)  # Decide.
        keep_payment(store, payment)  # Write.
        if allocate:
            allocate_payment(store, PaymentStanding(payment), invoices, now=now)
        return _view(store, payment.payment_id, customer)


def use_balance(
    store: SellerStore, customer_key: str, *, now: datetime, invoices: Sequence[str] = ()
) -> list[PaymentView]:
    """Let what is free of a customer's payments pay what is open; the payments that did."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)
        store.lock_money(customer.customer_id)
        used: list[PaymentView] = []
        for standing in store.payments(customer_id=customer.customer_id):
            if standing.free and allocate_payment(store, standing, invoices, now=now, all_or_nothing=False):
                used.append(_view(store, standing.payment.payment_id, customer))
        return used


def refund_payment(
    store: SellerStore,
    payment_id: UUID,
    amount: Decimal,
    *,
    reason: str,
    by: str,
    now: datetime,
    reopen: bool = False,
) -> PaymentView:
    """Note that so much of a payment was paid back by hand; never more than was paid and not paid back.

    What is free of it goes first. What pays invoices goes only with `reopen`, and they are open again by as much.
    """
    with store.transaction():
        standing, customer = lock_payment(store, payment_id)
        money = exact_money(amount, standing.payment.amount.currency, field="amount")
        refund_id = id_of("refund", payment_id, len(standing.refunds) + 1)
        keep_refund(store, standing, money, refund_id=refund_id, reason=reason, by=by, now=now, reopen=reopen)
        return _view(store, payment_id, customer)


def list_payments(
    store: SellerStore, *, person: Person | None = None, customer_key: str | None = None, limit: int | None = None
) -> list[PaymentView]:
    """Newest first."""
    with store.transaction():
        customer_id = None
        if customer_key is not None:
            customer_id = find_customer(store, customer_key, person=person).customer_id
        customers = {customer.customer_id: customer for customer in store.customers()}
        found = store.payments(customer_id=customer_id, limit=limit)
        return [
            PaymentView(standing, customers[standing.payment.customer_id], _paying(store, standing))
            for standing in reversed(found)
        ]


def show_payment(store: SellerStore, payment_id: UUID) -> PaymentView:
    """One payment with all that became of it."""
    with store.transaction():
        standing = find_payment(store, payment_id)
        customer = store.customer(standing.payment.customer_id)
        assert customer is not None, f"payment {payment_id} has a customer"
        return PaymentView(standing, customer, _paying(store, standing))


def find_payment(store: SellerStore, payment_id: UUID) -> PaymentStanding:
    """The payment; to be called in a transaction."""
    standing = store.payment(payment_id)
    if standing is None:
        raise Unknown(f"There is no payment {payment_id} here; see the list of payments.", field="payment")
    return standing


def lock_payment(store: SellerStore, payment_id: UUID) -> tuple[PaymentStanding, Customer]:
    """The payment and whose it is; nobody else moves their money until the transaction ends."""
    customer_id = find_payment(store, payment_id).payment.customer_id
    store.lock_money(customer_id)
    customer = store.customer(customer_id)
    assert customer is not None, f"payment {payment_id} has a customer"
    return find_payment(store, payment_id), customer


def keep_payment(store: SellerStore, payment: Payment) -> None:
    """Keep a payment and book it; to be called while its customer's money is locked."""
    store.keep_payment(payment, book_payment(payment))


def allocate_payment(
    store: SellerStore,
    standing: PaymentStanding,
    invoices: Sequence[str | UUID],
    *,
    now: datetime,
    all_or_nothing: bool = True,
) -> bool:
    """Let what is free of a payment pay these invoices, or the oldest open ones; whether it paid any.

    A named invoice with nothing left to pay is refused, unless it is not `all_or_nothing`.
    """
    payment = standing.payment
    to_pay = _to_pay(store, payment, invoices, all_or_nothing=all_or_nothing)
    paid = oldest_first(standing.free, to_pay)
    if not paid:
        return False
    number = len(standing.allocations)
    together = sum((part for _, part in paid), start=zero(payment.amount.currency))
    booked = book_allocation(
        id_of("allocation", payment.payment_id, number + 1),
        payment.customer_id,
        together,
        booked_on=_today(store, payment.entity_key, now=now),
        entity_key=payment.entity_key,
    )
    store.keep_allocations(
        [
            Allocation(payment.payment_id, number + at, invoice_id, part, booked.transaction_id, now)
            for at, (invoice_id, part) in enumerate(paid, start=1)
        ],
        [booked],
    )
    return True


def keep_refund(
    store: SellerStore,
    standing: PaymentStanding,
    amount: Money,
    *,
    refund_id: UUID,
    reason: str,
    by: str,
    now: datetime,
    reopen: bool,
) -> None:
    """Keep that so much was paid back; to be called while its customer's money is locked."""
    payment = standing.payment
    refuse_refund(standing, amount, reason=reason, reopen=reopen)
    today = _today(store, payment.entity_key, now=now)
    lacking = amount - standing.free
    if lacking.minor > 0:
        booked = book_allocation(
            id_of("reopened", refund_id),
            payment.customer_id,
            -lacking,
            booked_on=today,
            entity_key=payment.entity_key,
        )
        taken: list[Allocation] = []
        for invoice_id, paid in standing.paying().items():
            part = Money(min(paid.minor, lacking.minor), lacking.currency)
            if part.minor > 0:
                number = len(standing.allocations) + len(taken) + 1
                taken.append(Allocation(payment.payment_id, number, invoice_id, -part, booked.transaction_id, now))
                lacking -= part
        store.keep_allocations(taken, [booked])
    refund = Refund(refund_id, payment.payment_id, payment.customer_id, amount, reason, by, today, now)
    store.keep_refund(refund, book_refund(refund, entity_key=payment.entity_key))


def refuse_refund(standing: PaymentStanding, amount: Money, *, reason: str, reopen: bool) -> None:
    """Refuses to pay back nothing, more than there is, and, unless it may reopen them, what pays invoices."""
    if not reason.strip():
        raise Refused("Say why it is paid back, in words.", field="reason")
    if amount.minor <= 0:
        raise Refused("What is paid back is more than 0.", field="amount")
    if amount.minor > standing.refundable.minor:
        raise Refused(
            f"Of this payment {standing.refundable} can be paid back, not {amount}: {standing.payment.amount} came in "
            f"and {standing.refunded} was paid back.",
            field="amount",
        )
    if amount.minor > standing.free.minor and not reopen:
        raise Refused(
            f"Only {standing.free} of this payment is free; the rest pays invoices. Credit those first, or let them be "
            "open again.",
            field="reopen",
        )


def _payment(
    paid: Paid,
    customer: Customer,
    entity: LegalEntity,
    known: Sequence[PaymentStanding],
    *,
    by: str,
    now: datetime,
) -> Payment:
    money = exact_money(paid.amount, currency(paid.currency), field="amount")
    today = local_date(now, in_zone=entity.in_zone)
    received_on = paid.received_on or today
    if money.minor <= 0:
        raise Refused("A payment is more than 0; what is paid back is a refund.", field="amount")
    if received_on > today:
        raise Refused(f"{received_on} has not come yet; a payment is recorded once it is there.", field="received_on")
    for each in known:
        one = each.payment
        same = (one.reference, one.received_on, one.amount) == (paid.reference, received_on, money)
        if paid.reference and same:
            raise Clash(
                f"{customer.key} paid {money} with the reference “{paid.reference[:64]}” on {received_on}, and that is "
                f"recorded already ({one.payment_id}).",
                field="reference",
            )
    return Payment(
        payment_id=id_of("payment", customer.customer_id, len(known) + 1),
        customer_id=customer.customer_id,
        entity_key=entity.key,
        amount=money,
        paid_by=paid.paid_by,
        reference=paid.reference,
        received_on=received_on,
        recorded_at=now,
        by=by,
    )


def _to_pay(
    store: SellerStore, payment: Payment, invoices: Sequence[str | UUID], *, all_or_nothing: bool
) -> list[InvoiceStanding]:
    if not invoices:
        found = store.open_invoices(payment.customer_id)
    else:
        found = [find_invoice(store, named, person=None) for named in dict.fromkeys(invoices)]
    to_pay: list[InvoiceStanding] = []
    for standing in standings_of(store, found):
        invoice = standing.invoice
        ours = (invoice.draft.customer_id, invoice.entity_key) == (payment.customer_id, payment.entity_key)
        payable = ours and invoice.draft.currency == payment.amount.currency
        if payable and standing.open.minor > 0:
            to_pay.append(standing)
        elif invoices and all_or_nothing:
            raise Refused(_why_not(standing, payment, ours=ours, payable=payable), field="invoices")
    return to_pay


def _why_not(standing: InvoiceStanding, payment: Payment, *, ours: bool, payable: bool) -> str:
    number = standing.invoice.number
    if not ours:
        return f"{number} is another customer's, so this payment cannot pay it."
    if not payable:
        return f"{number} is in {standing.invoice.draft.currency}, and the payment in {payment.amount.currency}."
    return f"Nothing is left to pay of {number}; name others, or none for the oldest."


def _today(store: SellerStore, entity_key: str, *, now: datetime) -> date:
    return local_date(now, in_zone=entity_of(store, entity_key).in_zone)


def _view(store: SellerStore, payment_id: UUID, customer: Customer) -> PaymentView:
    standing = find_payment(store, payment_id)
    return PaymentView(standing, customer, _paying(store, standing))


def _paying(store: SellerStore, standing: PaymentStanding) -> list[tuple[str, Money]]:
    paying: list[tuple[str, Money]] = []
    for invoice_id, money in reversed(standing.paying().items()):
        invoice = store.invoice(invoice_id)
        assert invoice is not None, f"payment {standing.payment.payment_id} pays invoice {invoice_id}"
        paying.append((invoice.number, money))
    return paying
