"""How an invoice is booked: the customer owes it; usage is revenue now, a fee paid ahead is revenue day by day."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.credits import Grant, GrantKind
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.reckoning import DiscountKind
from farthing.core.ledger.deferral import Deferral, PaidAhead, deferral_of
from farthing.core.ledger.transaction import Account, Posting, Transaction, TransactionKind
from farthing.core.money import Money, zero


def book_invoice(invoice: Invoice) -> Transaction:
    """The one transaction of an issued invoice (INV-02).

    Coupons lower the revenue they are on; promotional credit is booked against it; what prepaid credit pays is owed by
    us no more, and by the customer never.
    """
    draft = invoice.draft
    # What is owed is owed for the whole of it; what is earned is earned part by part.
    whole = draft.subscription_id
    amounts: dict[tuple[Account, UUID | None], Money] = defaultdict(lambda: zero(draft.currency))
    always = {(Account.RECEIVABLE, whole)}
    amounts[Account.RECEIVABLE, whole] += draft.due
    amounts[Account.PREPAID_CREDIT, whole] += draft.paid_ahead
    for number, (line, net) in enumerate(zip(draft.lines, draft.line_nets, strict=True), start=1):
        promotional = draft.reckoning.off_line(number, in_currency=draft.currency, kind=DiscountKind.PROMOTIONAL)
        of = draft.part_of(line).subscription_id
        earned = (Account.DEFERRED_REVENUE if line.advance else Account.REVENUE, of)
        always.add(earned)
        amounts[earned] -= net + promotional
        amounts[Account.PROMOTIONAL_CREDIT, of] += promotional
    amounts[Account.TAX_PAYABLE, whole] -= draft.tax
    return Transaction(
        transaction_id=id_of("transaction", TransactionKind.INVOICE, invoice.invoice_id),
        kind=TransactionKind.INVOICE,
        about=invoice.invoice_id,
        booked_on=invoice.issued_on,
        postings=tuple(
            Posting(account, draft.customer_id, of, money)
            for (account, of), money in amounts.items()
            if money or (account, of) in always
        ),
        entity_key=invoice.entity_key,
    )


def deferrals_of(invoice: Invoice) -> Iterator[tuple[UUID | None, Deferral]]:
    """What an invoice charges ahead, line by line, as `book_invoice` puts it on *deferred revenue*, and of which
    subscription."""
    draft = invoice.draft
    for number, (line, net) in enumerate(zip(draft.lines, draft.line_nets, strict=True), start=1):
        if line.advance:
            promotional = draft.reckoning.off_line(number, in_currency=draft.currency, kind=DiscountKind.PROMOTIONAL)
            part = draft.part_of(line)
            yield (
                part.subscription_id,
                deferral_of(net + promotional, line.period, in_zone=part.frozen["zone"], since=invoice.issued_on),
            )


def book_releases(
    ahead: PaidAhead, *, customer_id: UUID, subscription_id: UUID | None, entity_key: str, as_of: date
) -> Iterator[Transaction]:
    """What was paid ahead and is earned by a day becomes revenue, each month's part in its month while that is open."""
    for number, due in enumerate(ahead.due(as_of=as_of), start=len(ahead.released) + 1):
        about = id_of("release", entity_key, customer_id, subscription_id, due.amount.currency, number)
        yield Transaction(
            transaction_id=id_of("transaction", TransactionKind.RELEASE, about),
            kind=TransactionKind.RELEASE,
            about=about,
            booked_on=due.booked_on,
            postings=(
                Posting(Account.DEFERRED_REVENUE, customer_id, subscription_id, due.amount),
                Posting(Account.REVENUE, customer_id, subscription_id, -due.amount),
            ),
            entity_key=entity_key,
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
        entity_key=grant.entity_key,
        postings=(
            Posting(debit, grant.customer_id, None, amount),
            Posting(credit, grant.customer_id, None, -amount),
        ),
    )
