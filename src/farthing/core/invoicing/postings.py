"""How an invoice is booked: the customer owes it; usage is revenue now, a fee paid ahead is revenue later."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.credits import Grant, GrantKind
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.reckoning import DiscountKind
from farthing.core.ledger.transaction import Account, Posting, Transaction, TransactionKind
from farthing.core.money import Money, zero


def book_invoice(invoice: Invoice) -> Transaction:
    """The one transaction of an issued invoice (INV-02).

    Coupons lower the revenue they are on; promotional credit is booked against it; what prepaid credit pays is owed by
    us no more, and by the customer never.
    """
    draft = invoice.draft
    amounts: dict[Account, Money] = defaultdict(lambda: zero(draft.currency))
    amounts[Account.RECEIVABLE] += draft.due
    amounts[Account.PREPAID_CREDIT] += draft.paid_ahead
    for number, (line, net) in enumerate(zip(draft.lines, draft.line_nets, strict=True), start=1):
        promotional = draft.reckoning.off_line(number, in_currency=draft.currency, kind=DiscountKind.PROMOTIONAL)
        amounts[Account.DEFERRED_REVENUE if line.advance else Account.REVENUE] -= net + promotional
        amounts[Account.PROMOTIONAL_CREDIT] += promotional
    amounts[Account.TAX_PAYABLE] -= draft.tax
    always = (
        Account.RECEIVABLE,
        *(Account.DEFERRED_REVENUE if line.advance else Account.REVENUE for line in draft.lines),
    )
    return Transaction(
        transaction_id=id_of("transaction", TransactionKind.INVOICE, invoice.invoice_id),
        kind=TransactionKind.INVOICE,
        about=invoice.invoice_id,
        booked_on=invoice.issued_on,
        postings=tuple(
            Posting(account, draft.customer_id, draft.subscription_id, money)
            for account, money in amounts.items()
            if money or account in always
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


def book_top_up(grant: Grant, *, booked_on: date) -> Transaction:
    """Money that was paid ahead is owed to the customer until it pays an invoice: no revenue, and without tax."""
    assert grant.kind is GrantKind.PREPAID, f"grant {grant.grant_id} is {grant.kind}"
    return _between(TransactionKind.TOP_UP, Account.CASH, Account.PREPAID_CREDIT, grant, grant.amount, booked_on)


def book_expiry(grant: Grant, rest: Money, *, booked_on: date) -> Transaction:
    """What will never be used of money that was paid ahead is earned: breakage."""
    assert grant.kind is GrantKind.PREPAID, f"grant {grant.grant_id} is {grant.kind}"
    return _between(TransactionKind.EXPIRY, Account.PREPAID_CREDIT, Account.BREAKAGE, grant, rest, booked_on)


def _between(
    kind: TransactionKind, debit: Account, credit: Account, grant: Grant, amount: Money, booked_on: date
) -> Transaction:
    return Transaction(
        transaction_id=id_of("transaction", kind, grant.grant_id),
        kind=kind,
        about=grant.grant_id,
        booked_on=booked_on,
        postings=(
            Posting(debit, grant.customer_id, None, amount),
            Posting(credit, grant.customer_id, None, -amount),
        ),
    )
