"""What we ask of the store about the books as such: months, what was paid ahead, accruals, reports, beginnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from farthing.core.invoicing.invoice import Invoice
from farthing.core.ledger.deferral import PaidAhead
from farthing.core.ledger.month import Month
from farthing.core.ledger.opening import Opening, OpeningItem
from farthing.core.ledger.transaction import Account, Transaction
from farthing.core.money import Currency, Money


@dataclass(frozen=True, slots=True)
class MonthLock:
    """That a month was locked, or unlocked: when, by whom and why."""

    month: Month
    locked: bool
    at: datetime
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """Whose fees that were paid ahead are not all earned."""

    customer_id: UUID
    subscription_id: UUID | None
    currency: Currency


@dataclass(frozen=True, slots=True)
class Accrued:
    """What was accrued at a month's end so far, and in how many transactions."""

    amount: Money
    times: int


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """One account in one currency over some days: where it began, what was put on it and taken off it, where it ended.

    Debits are positive; `debit` and `credit` are both 0 or more.
    """

    account: Account
    opening: Money
    debit: Money
    credit: Money

    @property
    def closing(self) -> Money:
        """Where it ended."""
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """A place in the journal: after the transaction that this names."""

    booked_on: date
    transaction_id: UUID


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A document of which something is still to be paid, and how much."""

    customer_id: UUID
    customer_key: str
    number: str
    issued_on: date
    due_on: date
    open: Money


class LedgerStore(Protocol):
    """The books of one seller as such."""

    # Months (INV-25)
    def locked_through(self, entity_key: str) -> date | None:
        """The last day that is locked."""

    def hold_month(self, entity_key: str) -> date | None:
        """The last day that is locked; until the transaction ends no month is locked or unlocked."""

    def hold_month_alone(self, entity_key: str) -> date | None:
        """The same for who locks or unlocks: until the transaction ends nobody books. Waits for who is booking."""

    def month_locks(self, entity_key: str) -> list[MonthLock]:
        """Who locked and unlocked months, the newest act first."""

    def keep_month_lock(self, entity_key: str, lock: MonthLock) -> None:
        """Lock a month, or unlock the last locked one; to be called after `hold_month_alone`."""

    def first_booking(self, entity_key: str, *, after: date | None) -> date | None:
        """The first day after this one, or of all, on which something is booked."""

    def keep_transactions(self, transactions: Sequence[Transaction]) -> None:
        """Book them; refuses (Clash) what lies in a locked month."""

    # Paid ahead (INV-26)
    def paid_ahead(
        self, *, customer_id: UUID, subscription_id: UUID | None, in_currency: Currency, entity_key: str
    ) -> PaidAhead:
        """What was paid ahead and what was released of it; holds the month, as `hold_month` does."""

    def all_paid_ahead(self, entity_key: str) -> list[Ahead]:
        """Those with something on *deferred revenue*, by customer."""

    # Accruals
    def invoices_issued_after(self, day: date, *, subscription_id: UUID) -> list[Invoice]:
        """A subscription's invoices with a date of issue after this day."""

    def accrued(self, subscription_id: UUID, month: Month) -> Mapping[Currency, Accrued]:
        """What was accrued for a subscription at the end of a month."""

    # Reports
    def account_balances(self, entity_key: str, *, since: date | None, through: date | None) -> list[AccountBalance]:
        """Every account that was ever used, by account and currency; `since` and `through` are days that count."""

    def journal(
        self,
        entity_key: str,
        *,
        since: date | None,
        through: date | None,
        after: JournalPlace | None = None,
        limit: int | None = None,
    ) -> list[Transaction]:
        """A page of what was booked on these days, in the order of booking dates."""

    def invoice_numbers(self, invoice_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """The numbers of these invoices."""

    def open_items(self, entity_key: str, *, as_of: date, customer_id: UUID | None = None) -> list[OpenItem]:
        """What is still to be paid of documents issued by that day, by customer and due date."""

    # Beginnings
    def keep_opening(self, opening: Opening) -> None:
        """Begin the books with what was open in another system; refuses (Clash) when they have begun already."""

    def opening(self, entity_key: str) -> Opening | None: ...
    def opening_items(self, entity_key: str) -> list[OpeningItem]:
        """What the books began with, by customer and number."""
