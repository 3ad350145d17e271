"""Prepaid credit is looked at: where it runs low, finance and the customer are told once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from farthing.core.alerting.credit import CreditStanding
from farthing.core.invoicing.credits import GrantKind
from farthing.core.money import Currency, Money, currency, total
from farthing.core.notices import CreditLow
from farthing.core.parties import Customer
from farthing.core.refused import Unknown
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_usage import preview


@dataclass(frozen=True, slots=True)
class CreditView:
    """Whose credit ran low, and how it stood then."""

    customer: Customer
    standing: CreditStanding
    noted_at: datetime


def watch_credit(store: SellerStore, *, now: datetime) -> int:
    """Look at all prepaid credit; how many ran low. May run in several processes at once: each is told once."""
    with store.transaction():
        customers = store.customers_with_prepaid()
    return sum(_look(store, customer_id, now=now) for customer_id in customers)


def show_credit(store: SellerStore, customer_id: UUID, code: str, number: int) -> CreditView:
    """How it stood when it ran low."""
    with store.transaction():
        customer, mark = store.customer(customer_id), store.credit_mark(customer_id, code, number=number)
        if customer is None or mark is None:
            raise Unknown("There is no such alert.")
        money = currency(code)
        standing = CreditStanding(Money(mark.left_minor, money), Money(mark.of_minor, money))
        return CreditView(customer, standing, mark.noted_at)


def _look(store: SellerStore, customer_id: UUID, *, now: datetime) -> int:
    told = 0
    with store.snapshot():
        standings = dict(_standings(store, customer_id, now=now))
    for money, standing in standings.items():
        with store.transaction():
            store.lock_credit_mark(customer_id)  # Read.
            last = store.credit_mark(customer_id, money.code)
            was_low = last is not None and last.is_low
            is_low = standing.is_low(was_low=was_low)  # Decide.
            if is_low is was_low:
                continue
            number = 1 if last is None else last.number + 1
            store.keep_credit_mark(  # Write.
                customer_id,
                money.code,
                number=number,
                is_low=is_low,
                left_minor=standing.left.minor,
                of_minor=standing.of.minor,
                noted_at=now,
            )
            if is_low:
                ears = [CreditLow(customer_id, money.code, number, to_customer=False)]
                if store.customer_channel(customer_id) is not None:
                    ears.append(CreditLow(customer_id, money.code, number, to_customer=True))
                store.write_notices(ears, written_at=now)
                told += 1
    return told


def _standings(store: SellerStore, customer_id: UUID, *, now: datetime) -> Iterator[tuple[Currency, CreditStanding]]:
    """By currency; what runs and is not invoiced yet is taken off, since the credit will pay it."""
    grants = [
        grant for grant in store.grants_of(customer_id) if grant.kind is GrantKind.PREPAID and grant.is_in_force(now)
    ]
    accrued: dict[Currency, list[Money]] = {}
    for subscription in store.subscriptions(customer_id=customer_id) if grants else ():
        draft = preview(store, subscription, now=now)
        if draft is not None:
            accrued.setdefault(draft.currency, []).append(draft.accrued)
    for money in {grant.amount.currency for grant in grants}:
        of_currency = [grant for grant in grants if grant.amount.currency == money]
        left = total([grant.left for grant in of_currency], in_currency=money)
        used = total(accrued.get(money, []), in_currency=money)
        # What is used up altogether says nothing of how much there usually is, unless all of it is.
        counted = [grant for grant in of_currency if grant.left.minor] or of_currency[-1:]
        of = total([grant.amount for grant in counted], in_currency=money)
        yield money, CreditStanding(Money(max(0, left.minor - max(0, used.minor)), money), of)
