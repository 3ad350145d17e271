"""Double entry: every transaction takes as much from some accounts as it puts into others."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from farthing.core.money import Currency, Money


class Account(StrEnum):
    """The chart of accounts, as far as it is needed. Debits are positive."""

    RECEIVABLE = "receivable"
    REVENUE = "revenue"
    DEFERRED_REVENUE = "deferred_revenue"


class TransactionKind(StrEnum):
    """Why something was booked."""

    INVOICE = "invoice"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Posting:
    """An amount on an account, debit positive, for one customer's subscription."""

    account: Account
    customer_id: UUID
    subscription_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class Transaction:
    """Postings that belong together. `about` is the document or moment it books."""

    transaction_id: UUID
    kind: TransactionKind
    about: UUID
    booked_on: date
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        """INV-01 Every transaction sums to zero in each currency."""
        sums: dict[Currency, int] = defaultdict(int)
        for posting in self.postings:
            sums[posting.amount.currency] += posting.amount.minor
        assert not any(sums.values()), f"transaction {self.transaction_id} is off by {dict(sums)}"
