"""Where books begin that another system kept before: what was still to be paid there, and what was paid ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.ledger.deferral import Deferral
from farthing.core.ledger.transaction import Account, Posting, Transaction, TransactionKind
from farthing.core.money import Money


@dataclass(frozen=True, slots=True)
class OpeningItem:
    """An invoice of the other system that is not paid, due on a day; or what is left of a fee paid ahead, for days.

    `number` is what it is called there.
    """

    customer_id: UUID
    number: str
    amount: Money
    due_on: date | None = None
    first_day: date | None = None
    days: int | None = None

    def __post_init__(self) -> None:
        assert self.amount.minor > 0, f"{self.number} opens with {self.amount}"
        assert (self.due_on is None) == (self.first_day is not None), f"{self.number} is due, or for some days"
        assert (self.first_day is None) == (self.days is None), f"{self.number} is for days from a first one"

    def deferral(self, *, since: date) -> Deferral | None:
        """What is still to become revenue of it."""
        if self.first_day is None or self.days is None:
            return None
        return Deferral(self.amount, self.first_day, self.days, since)


@dataclass(frozen=True, slots=True)
class Opening:
    """The first booking date of a legal entity's books, the number of its next invoice, and what was open."""

    entity_key: str
    booked_on: date
    next_invoice: int
    at: datetime
    by: str
    items: tuple[OpeningItem, ...] = ()


def item_id(opening: Opening, item: OpeningItem) -> UUID:
    """The id of what was open: of one customer, by its number and kind."""
    return id_of("opening", opening.entity_key, item.customer_id, item.number, item.due_on is None)


def book_opening(opening: Opening, item: OpeningItem) -> Transaction:
    """Its other side stands on *opening*, where the seller's accountant meets the books of before."""
    about = item_id(opening, item)
    is_receivable = item.due_on is not None
    account, amount = (Account.RECEIVABLE, item.amount) if is_receivable else (Account.DEFERRED_REVENUE, -item.amount)
    return Transaction(
        transaction_id=id_of("transaction", TransactionKind.OPENING, about),
        kind=TransactionKind.OPENING,
        about=about,
        booked_on=opening.booked_on,
        postings=(
            Posting(account, item.customer_id, None, amount),
            Posting(Account.OPENING, item.customer_id, None, -amount),
        ),
        entity_key=opening.entity_key,
    )
