"""Usage that is not billed at a month's end is revenue of that month: accrued on its last day, reversed on the next."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.ledger.month import Month
from farthing.core.ledger.transaction import Account, Posting, Transaction, TransactionKind
from farthing.core.money import Money


def book_accrual(
    amount: Money, month: Month, *, customer_id: UUID, subscription_id: UUID, number: int, entity_key: str
) -> Iterator[Transaction]:
    """The accrual and its reversal. `number` counts those of one subscription and month: more may come to light."""
    about = id_of("accrual", entity_key, subscription_id, month, amount.currency, number)
    for kind, booked_on, accrued in (
        (TransactionKind.ACCRUAL, month.last_day, amount),
        (TransactionKind.ACCRUAL_REVERSAL, month.after.first_day, -amount),
    ):
        yield Transaction(
            transaction_id=id_of("transaction", kind, about),
            kind=kind,
            about=about,
            booked_on=booked_on,
            postings=(
                Posting(Account.ACCRUED_RECEIVABLE, customer_id, subscription_id, accrued),
                Posting(Account.ACCRUED_REVENUE, customer_id, subscription_id, -accrued),
            ),
            entity_key=entity_key,
        )
