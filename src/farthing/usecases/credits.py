"""Credit: granted or topped up, looked at, and expired once all that it could still pay is invoiced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from farthing.core.ids import id_of
from farthing.core.invoicing.credits import Grant, GrantKind, in_order, left_of
from farthing.core.invoicing.postings import book_expiry, book_top_up
from farthing.core.metering.event import is_text
from farthing.core.money import Currency, Money, total
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.period import local_date, start_of_day
from farthing.core.refused import Clash, Refused
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_usage import preview


@dataclass(frozen=True, slots=True)
class Balance:
    """A customer's credit in one currency: what is there now, and what running usage will take of it.

    `expiring` is the soonest day on which some of it ends, and how much that is by now.
    """

    currency: Currency
    available: Money
    pending: Money
    expiring: tuple[datetime, Money] | None = None


@dataclass(frozen=True, slots=True)
class CreditView:
    """A customer's grants in the order in which they pay, and a balance for each currency."""

    customer: Customer
    grants: Sequence[Grant]
    balances: Sequence[Balance]


def grant_credit(
    store: SellerStore,
    *,
    customer_key: str,
    kind: GrantKind,
    amount: Money,
    key: str,
    by: str,
    now: datetime,
    name: str | None = None,
    because: str = "",
    starts_on: date | None = None,
    expires_on: date | None = None,
    priority: int = 0,
) -> Grant:
    """Give credit away, or take money ahead by hand; days are the customer's, `expires_on` the last on which it pays.

    The same `key` for the same customer makes one grant, however often it comes.
    """
    for field, text, least in (("name", name, 1), ("because", because, 0), ("by", by, 1), ("key", key, 1)):
        if text is not None and (not least <= len(text.strip()) or len(text) > 200 or not is_text(text)):
            raise Refused(f"“{field}” is a text of at most 200 characters.", field=field)
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)  # Read.
        store.hold_reckoning(customer.customer_id)
        entity = store.seller().entity
        grant = Grant(  # Decide.
            grant_id=id_of("grant", store.seller().seller_id, customer.customer_id, key),
            customer_id=customer.customer_id,
            entity_key=entity.key,
            kind=kind,
            name=name or ("Prepaid credit" if kind is GrantKind.PREPAID else "Promotional credit"),
            amount=amount,
            granted_at=now,
            starts_at=now if starts_on is None else start_of_day(starts_on, in_zone=customer.in_zone),
            expires_at=None
            if expires_on is None
            else start_of_day(expires_on + timedelta(days=1), in_zone=customer.in_zone),
            priority=priority,
        )
        known = store.grant(grant.grant_id)
        if known is not None:
            return _again(known, grant, key=key, starts_now=starts_on is None)
        transaction_id = None
        if kind is GrantKind.PREPAID:
            booked = book_top_up(grant, booked_on=local_date(now, in_zone=entity.in_zone))
            store.keep_transactions([booked])  # Write.
            transaction_id = booked.transaction_id
        store.keep_grant(grant, by=by, because=because, transaction_id=transaction_id)
    return grant


def show_credit(store: SellerStore, *, customer_key: str, person: Person | None, now: datetime) -> CreditView:
    """What a customer has, and what their running usage will take of it."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=person)
        grants = in_order(store.grants_of(customer.customer_id))
        drafts = [preview(store, one, now=now) for one in store.subscriptions(customer_id=customer.customer_id)]
    balances = []
    own = {grant.grant_id for grant in grants}
    for in_currency in sorted({grant.amount.currency for grant in grants}, key=lambda one: one.code):
        available = left_of(grants, at=now, in_currency=in_currency)
        taken = [
            *(one.amount for draft in drafts if draft for one in draft.reckoning.discounts if one.source_id in own),
            *(one.amount for draft in drafts if draft for one in draft.reckoning.credits),
        ]
        pending = total([one for one in taken if one.currency == in_currency], in_currency=in_currency)
        balances.append(Balance(in_currency, available, pending, _expiring(grants, in_currency, now=now)))
    return CreditView(customer, grants, balances)


def expire_credit(store: SellerStore, *, now: datetime) -> list[Grant]:
    """Book what is left of grants that are over, once all usage that they could pay is invoiced; each once."""
    with store.transaction():
        over = store.expired_grants(at=now)
    booked = []
    for one in over:
        with store.transaction():
            store.hold_reckoning(one.customer_id)
            grant = store.grant(one.grant_id)
            assert grant is not None, f"grant {one.grant_id} was there a moment ago"
            assert grant.expires_at is not None, f"grant {one.grant_id} is over"
            if grant.expired or not grant.left or not store.is_billed_through(grant.customer_id, grant.expires_at):
                continue
            rest, transaction_id = grant.left, None
            if grant.kind is GrantKind.PREPAID:
                today = local_date(now, in_zone=store.seller().entity.in_zone)
                transaction = book_expiry(grant, rest, booked_on=today)
                store.keep_transactions([transaction])
                transaction_id = transaction.transaction_id
            store.keep_expiry(grant, rest, at=now, transaction_id=transaction_id)
            booked.append(replace(grant, expired=rest))
    return booked


def _again(known: Grant, asked: Grant, *, key: str, starts_now: bool) -> Grant:
    starts_at = known.starts_at if starts_now else asked.starts_at
    same = replace(asked, granted_at=known.granted_at, starts_at=starts_at, used=known.used, expired=known.expired)
    if same != known:
        raise Clash(f"The key “{key}” was used for other credit of this customer; use a new key.", field="key")
    return known


def _expiring(grants: Sequence[Grant], in_currency: Currency, *, now: datetime) -> tuple[datetime, Money] | None:
    ends = [
        (grant.expires_at, grant.left)
        for grant in grants
        if grant.expires_at is not None and grant.amount.currency == in_currency and grant.is_in_force(now)
        if grant.left
    ]
    if not ends:
        return None
    soonest = min(at for at, _ in ends)
    return soonest, total([left for at, left in ends if at == soonest], in_currency=in_currency)
