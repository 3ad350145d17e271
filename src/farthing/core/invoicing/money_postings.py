"""How credit notes and payments are booked; what came in is the customer's balance until it pays an invoice."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.payment import Payment, Refund
from farthing.core.invoicing.reckoning import DiscountKind
from farthing.core.ledger.transaction import Account, Posting, Transaction, TransactionKind
from farthing.core.money import Money, zero


def book_credit_note(note: CreditNote, invoice: Invoice, *, deferred: Money) -> Transaction:
    """The one transaction of a credit note: what the invoice booked, back again.

    A fee paid ahead was earned once its period has passed; until then it is taken out of deferred revenue, as far as
    `deferred`, what the subscription has there, reaches.
    """
    amounts: dict[Account, Money] = defaultdict(lambda: zero(note.currency))
    amounts[Account.RECEIVABLE] -= note.off_receivable
    amounts[Account.PREPAID_CREDIT] -= note.given_back
    amounts[Account.TAX_PAYABLE] += note.tax
    later = zero(note.currency)
    for at, credited in enumerate(note.lines):
        line = invoice.draft.lines[credited.number - 1]
        net = credited.amount - (note.tax_of_line(credited.number) if note.tax_included else zero(note.currency))
        promotional = sum(
            (one.amounts[at] for one in note.discounts if one.kind is DiscountKind.PROMOTIONAL),
            start=zero(note.currency),
        )
        amounts[Account.PROMOTIONAL_CREDIT] -= promotional
        amounts[Account.REVENUE] += net + promotional
        if line.advance and line.period.end > note.issued_at:
            later += net + promotional
    out_of_deferred = Money(max(0, min(later.minor, deferred.minor)), note.currency)
    amounts[Account.DEFERRED_REVENUE] += out_of_deferred
    amounts[Account.REVENUE] -= out_of_deferred
    return Transaction(
        transaction_id=id_of("transaction", TransactionKind.CREDIT_NOTE, note.credit_note_id),
        kind=TransactionKind.CREDIT_NOTE,
        about=note.credit_note_id,
        booked_on=note.issued_on,
        postings=tuple(
            Posting(account, note.customer_id, note.subscription_id, money)
            for account, money in amounts.items()
            if money or account in (Account.RECEIVABLE, Account.REVENUE)
        ),
    )


def book_payment(payment: Payment) -> Transaction:
    """Money came in; we owe it to the customer until it pays something."""
    return _moved(
        TransactionKind.PAYMENT,
        payment.payment_id,
        payment.received_on,
        payment.customer_id,
        payment.amount,
        to=Account.CASH,
        out_of=Account.CUSTOMER_BALANCE,
    )


def book_allocation(about: UUID, customer_id: UUID, amount: Money, *, booked_on: date) -> Transaction:
    """The customer's balance pays invoices; below zero, what paid them is the customer's balance again."""
    return _moved(
        TransactionKind.ALLOCATION,
        about,
        booked_on,
        customer_id,
        amount,
        to=Account.CUSTOMER_BALANCE,
        out_of=Account.RECEIVABLE,
    )


def book_refund(refund: Refund) -> Transaction:
    """Money went back out of the customer's balance."""
    return _moved(
        TransactionKind.REFUND,
        refund.refund_id,
        refund.refunded_on,
        refund.customer_id,
        refund.amount,
        to=Account.CUSTOMER_BALANCE,
        out_of=Account.CASH,
    )


def _moved(
    kind: TransactionKind,
    about: UUID,
    booked_on: date,
    customer_id: UUID,
    amount: Money,
    *,
    to: Account,
    out_of: Account,
) -> Transaction:
    return Transaction(
        transaction_id=id_of("transaction", kind, about),
        kind=kind,
        about=about,
        booked_on=booked_on,
        postings=(Posting(to, customer_id, None, amount), Posting(out_of, customer_id, None, -amount)),
    )
