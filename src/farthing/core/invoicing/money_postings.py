"""How credit notes and payments are booked; what came in is the customer's balance until it pays an invoice."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.payment import Payment, Refund
from farthing.core.invoicing.reckoning import DiscountKind
from farthing.core.ledger.deferral import Deferral, deferral_of
from farthing.core.ledger.transaction import Account, Posting, Transaction, TransactionKind
from farthing.core.money import Money, zero
from farthing.core.rating.line import Line


def book_credit_note(note: CreditNote, invoice: Invoice) -> Transaction:
    """The one transaction of a credit note: what the invoice booked, back again.

    What was charged ahead goes back out of deferred revenue; what of it was earned by then is taken back by the next
    release.
    """
    whole = note.subscription_id
    amounts: dict[tuple[Account, UUID | None], Money] = defaultdict(lambda: zero(note.currency))
    amounts[Account.RECEIVABLE, whole] -= note.off_receivable
    amounts[Account.PREPAID_CREDIT, whole] -= note.given_back
    amounts[Account.TAX_PAYABLE, whole] += note.tax
    for line, booked, promotional in _booked_of(note, invoice):
        of = invoice.draft.part_of(line).subscription_id
        amounts[Account.PROMOTIONAL_CREDIT, of] -= promotional
        amounts[Account.DEFERRED_REVENUE if line.advance else Account.REVENUE, of] += booked
    return Transaction(
        transaction_id=id_of("transaction", TransactionKind.CREDIT_NOTE, note.credit_note_id),
        kind=TransactionKind.CREDIT_NOTE,
        about=note.credit_note_id,
        booked_on=note.issued_on,
        postings=tuple(
            Posting(account, note.customer_id, of, money)
            for (account, of), money in amounts.items()
            if money or account in (Account.RECEIVABLE, Account.REVENUE)
        ),
        entity_key=note.entity_key,
    )


def deferrals_of_note(note: CreditNote, invoice: Invoice) -> Iterator[tuple[UUID | None, Deferral]]:
    """What a credit note takes back of what was charged ahead, line by line, below zero, and of which subscription."""
    for line, booked, _ in _booked_of(note, invoice):
        if line.advance:
            part = invoice.draft.part_of(line)
            yield (
                part.subscription_id,
                deferral_of(-booked, line.period, in_zone=part.frozen["zone"], since=note.issued_on),
            )


def _booked_of(note: CreditNote, invoice: Invoice) -> Iterator[tuple[Line, Money, Money]]:
    """Each credited line, what is taken back of its revenue, and of that what promotional credit paid."""
    for at, credited in enumerate(note.lines):
        net = credited.amount - (note.tax_of_line(credited.number) if note.tax_included else zero(note.currency))
        promotional = sum(
            (one.amounts[at] for one in note.discounts if one.kind is DiscountKind.PROMOTIONAL),
            start=zero(note.currency),
        )
        yield invoice.draft.lines[credited.number - 1], net + promotional, promotional


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
        entity_key=payment.entity_key,
    )


def book_allocation(about: UUID, customer_id: UUID, amount: Money, *, booked_on: date, entity_key: str) -> Transaction:
    """The customer's balance pays invoices; below zero, what paid them is the customer's balance again."""
    return _moved(
        TransactionKind.ALLOCATION,
        about,
        booked_on,
        customer_id,
        amount,
        to=Account.CUSTOMER_BALANCE,
        out_of=Account.RECEIVABLE,
        entity_key=entity_key,
    )


def book_refund(refund: Refund, *, entity_key: str) -> Transaction:
    """Money went back out of the customer's balance."""
    return _moved(
        TransactionKind.REFUND,
        refund.refund_id,
        refund.refunded_on,
        refund.customer_id,
        refund.amount,
        to=Account.CUSTOMER_BALANCE,
        out_of=Account.CASH,
        entity_key=entity_key,
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
    entity_key: str,
) -> Transaction:
    return Transaction(
        transaction_id=id_of("transaction", kind, about),
        kind=kind,
        about=about,
        booked_on=booked_on,
        postings=(Posting(to, customer_id, None, amount), Posting(out_of, customer_id, None, -amount)),
        entity_key=entity_key,
    )
