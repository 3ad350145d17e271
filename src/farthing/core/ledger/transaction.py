"""Double entry: every transaction takes as much from some accounts as it puts into others."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from farthing.core.money import Currency, Money


class Account(StrEnum):
    """The chart of accounts. Debits are positive: what customers owe and cash rise by them, revenue and duties fall."""

    CASH = "cash"
    RECEIVABLE = "receivable"
    ACCRUED_RECEIVABLE = "accrued_receivable"
    REVENUE = "revenue"
    ACCRUED_REVENUE = "accrued_revenue"
    DEFERRED_REVENUE = "deferred_revenue"
    PROMOTIONAL_CREDIT = "promotional_credit"
    PREPAID_CREDIT = "prepaid_credit"
    BREAKAGE = "breakage"
    CUSTOMER_BALANCE = "customer_balance"
    TAX_PAYABLE = "tax_payable"
    BAD_DEBT = "bad_debt"
    OPENING = "opening"


class TransactionKind(StrEnum):
    """Why something was booked."""

    INVOICE = "invoice"
    RELEASE = "release"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    ALLOCATION = "allocation"
    REFUND = "refund"
    WRITE_OFF = "write_off"
    TOP_UP = "top_up"
    EXPIRY = "expiry"
    ACCRUAL = "accrual"
    ACCRUAL_REVERSAL = "accrual_reversal"
    OPENING = "opening"


@dataclass(frozen=True, slots=True)
class Posting:
    """An amount on an account, debit positive, for one customer, and for one subscription where it is about one."""

    account: Account
    customer_id: UUID
    subscription_id: UUID | None
    amount: Money


@dataclass(frozen=True, slots=True)
class Transaction:
    """Postings that belong together, in the books of one legal entity. `about` is the document or moment it books."""

    transaction_id: UUID
    kind: TransactionKind
    about: UUID
    booked_on: date
    postings: tuple[Posting, ...]
    entity_key: str

    def __post_init__(self) -> None:
        """INV-01 Every transaction sums to zero in each currency."""
        sums: dict[Currency, int] = defaultdict(int)
        for posting in self.postings:
            sums[posting.amount.currency] += posting.amount.minor
        assert not any(sums.values()), f"transaction {self.transaction_id} is off by {dict(sums)}"
