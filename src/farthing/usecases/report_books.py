"""What the books say of a month, or of all time: the trial balance, the journal, and who owes what for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from farthing.core.ledger.month import Month
from farthing.core.ledger.transaction import Transaction, TransactionKind
from farthing.core.money import Currency, Money, zero
from farthing.core.parties import Customer, Seller
from farthing.core.period import local_date
from farthing.usecases.customers import find_customer
from farthing.usecases.ledger_ports import AccountBalance, JournalPlace, OpenItem
from farthing.usecases.ports import SellerStore

_PAGE = 1_000
_KINDS = {
    TransactionKind.INVOICE: "Invoice",
    TransactionKind.RELEASE: "Revenue of what was paid ahead",
    TransactionKind.CREDIT_NOTE: "Credit note",
    TransactionKind.PAYMENT: "Payment",
    TransactionKind.ALLOCATION: "Allocation of a payment",
    TransactionKind.REFUND: "Refund",
    TransactionKind.WRITE_OFF: "Write-off",
    TransactionKind.TOP_UP: "Top-up of credit",
    TransactionKind.EXPIRY: "Expiry of credit",
    TransactionKind.ACCRUAL: "Accrued usage",
    TransactionKind.ACCRUAL_REVERSAL: "Reversal of accrued usage",
    TransactionKind.OPENING: "Opening balance",
}


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Each account in each currency over a month, or over all time; the closing balances of a currency are zero."""

    seller: Seller
    month: Month | None
    locked_through: date | None
    accounts: Sequence[AccountBalance]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A transaction with whom it concerns and what it is, in words."""

    transaction: Transaction
    customer: Customer
    narration: str


class Bucket(StrEnum):
    """How long something is overdue."""

    NOT_DUE = "not_due"
    DAYS_30 = "1-30"
    DAYS_60 = "31-60"
    DAYS_90 = "61-90"
    OLDER = "over_90"


@dataclass(frozen=True, slots=True)
class Aged:
    """What one customer has still to pay in one currency, by how long it is overdue, with the documents behind it."""

    customer_key: str
    currency: Currency
    items: Sequence[OpenItem]
    as_of: date

    def within(self, bucket: Bucket) -> Money:
        """What is overdue for so long."""
        found = [item.open for item in self.items if bucket_of(item, as_of=self.as_of) is bucket]
        return sum(found, start=zero(self.currency))

    @property
    def total(self) -> Money:
        """All of it."""
        return sum((item.open for item in self.items), start=zero(self.currency))


def trial_balance(store: SellerStore, month: Month | None) -> TrialBalance:
    """The balances of a month, or of all that was ever booked."""
    with store.snapshot():
        seller = store.seller()
        since, through = (None, None) if month is None else (month.first_day, month.last_day)
        return TrialBalance(
            seller,
            month,
            store.locked_through(seller.entity.key),
            store.account_balances(seller.entity.key, since=since, through=through),
        )


def journal_page(
    store: SellerStore, month: Month | None, *, after: JournalPlace | None, limit: int
) -> Sequence[JournalEntry]:
    """A page of what was booked, in the order of booking dates."""
    with store.snapshot():
        return list(_told(store, _page(store, month, after=after, limit=limit), {}))


def journal_entries(store: SellerStore, month: Month | None) -> Iterator[JournalEntry]:
    """All that was booked in a month or ever, in the order of booking dates; to be called in a snapshot."""
    customers: dict[UUID, Customer] = {}
    after: JournalPlace | None = None
    while page := _page(store, month, after=after, limit=_PAGE):
        yield from _told(store, page, customers)
        after = JournalPlace(page[-1].booked_on, page[-1].transaction_id)


def aging(
    store: SellerStore, *, as_of: date | None, customer_key: str | None, now: datetime
) -> tuple[date, Sequence[Aged]]:
    """What is still to be paid on a day (today where none is given), by customer and currency."""
    with store.snapshot():
        entity = store.seller().entity
        day = local_date(now, in_zone=entity.in_zone) if as_of is None else as_of
        customer = None if customer_key is None else find_customer(store, customer_key, person=None)
        items = store.open_items(entity.key, as_of=day, customer_id=None if customer is None else customer.customer_id)
    by_customer: dict[tuple[str, str], list[OpenItem]] = {}
    for item in items:
        by_customer.setdefault((item.customer_key, item.open.currency.code), []).append(item)
    return day, [Aged(key, own[0].open.currency, own, day) for (key, _), own in by_customer.items()]


def bucket_of(item: OpenItem, *, as_of: date) -> Bucket:
    """How long it is overdue: what is due on a day is overdue from the next one on."""
    days = (as_of - item.due_on).days
    if days <= 0:
        return Bucket.NOT_DUE
    for most, bucket in ((30, Bucket.DAYS_30), (60, Bucket.DAYS_60), (90, Bucket.DAYS_90)):
        if days <= most:
            return bucket
    return Bucket.OLDER


def _page(store: SellerStore, month: Month | None, *, after: JournalPlace | None, limit: int) -> Sequence[Transaction]:
    since, through = (None, None) if month is None else (month.first_day, month.last_day)
    return store.journal(store.seller().entity.key, since=since, through=through, after=after, limit=limit)


def _told(store: SellerStore, page: Sequence[Transaction], customers: dict[UUID, Customer]) -> Iterator[JournalEntry]:
    numbers = store.invoice_numbers([one.about for one in page if one.kind is TransactionKind.INVOICE])
    for one in page:
        customer_id = one.postings[0].customer_id
        if customer_id not in customers:
            found = store.customer(customer_id)
            assert found is not None, f"transaction {one.transaction_id} is about a customer {customer_id}"
            customers[customer_id] = found
        number = numbers.get(one.about)
        narration = _KINDS[one.kind] if number is None else f"{_KINDS[one.kind]} {number}"
        yield JournalEntry(one, customers[customer_id], narration)
