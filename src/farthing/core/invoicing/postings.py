"""How an invoice is booked: the customer owes it; usage is revenue now, a fee paid ahead is revenue later."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.invoice import Invoice
from farthing.core.ledger.transaction import Account, Posting, Transaction, TransactionKind
from farthing.core.money import Money, zero


def book_invoice(invoice: Invoice) -> Transaction:
    """The one transaction of an issued invoice (INV-02)."""
    draft = invoice.draft
    credits: dict[Account, Money] = defaultdict(lambda: zero(draft.currency))
    for line in draft.lines:
        account = Account.DEFERRED_REVENUE if line.advance else Account.REVENUE
        credits[account] += line.amount
    amounts = {Account.RECEIVABLE: invoice.total} | {account: -money for account, money in credits.items()}
    return Transaction(
        transaction_id=id_of("transaction", TransactionKind.INVOICE, invoice.invoice_id),
        kind=TransactionKind.INVOICE,
        about=invoice.invoice_id,
        booked_on=invoice.issued_on,
        postings=tuple(
            Posting(account, draft.customer_id, draft.subscription_id, money) for account, money in amounts.items()
        ),
    )


def book_release(
    deferred: Money, *, customer_id: UUID, subscription_id: UUID, about: UUID, booked_on: date
) -> Transaction:
    """A fee that was paid ahead becomes revenue when its period has passed."""
    return Transaction(
        transaction_id=id_of("transaction", TransactionKind.RELEASE, about),
        kind=TransactionKind.RELEASE,
        about=about,
        booked_on=booked_on,
        postings=(
            Posting(Account.DEFERRED_REVENUE, customer_id, subscription_id, deferred),
            Posting(Account.REVENUE, customer_id, subscription_id, -deferred),
        ),
    )
