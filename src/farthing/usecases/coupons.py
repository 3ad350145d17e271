"""Coupons: made once under a key, given to customers, taken back; an invoice shows what each took off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.coupon_terms import coupon_from
from farthing.core.invoicing.coupons import Applied, Coupon
from farthing.core.metering.event import is_text
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.period import local_date
from farthing.core.refused import Clash, Refused, Unknown
from farthing.usecases.coupon_ports import Had, Offered
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore


def add_coupon(store: SellerStore, *, key: str, terms: Mapping[str, Any], now: datetime) -> Coupon:
    """Make a coupon; the same one again is answered as done, another under the same key is refused."""
    coupon = coupon_from(key, terms)
    with store.transaction():
        store.lock_coupon(coupon.key)
        known = store.coupon(coupon.key)
        if known is None:
            store.keep_coupon(coupon, created_at=now)
        elif known.coupon != coupon:
            raise Clash(
                f"There is a coupon “{coupon.key}” already, with other terms, and a coupon never changes; "
                "make a new one under another key.",
                field="key",
            )
    return coupon


def list_coupons(store: SellerStore) -> Sequence[Offered]:
    """All coupons by key, with how many had each."""
    with store.transaction():
        return store.coupons()


def apply_coupon(
    store: SellerStore, *, coupon_key: str, customer_key: str, now: datetime, subscription_id: UUID | None = None
) -> Applied:
    """Give a coupon to a customer, or to one subscription of theirs: what is not billed yet is reckoned with it.

    Refuses one that they have already, whose day has passed, that all have had who may, or that is for newcomers.
    """
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)  # Read.
        store.lock_coupon(coupon_key)
        store.hold_reckoning(customer.customer_id)
        offered = _find(store, coupon_key)
        had = [one for one in store.coupons_of(customer.customer_id) if one.applied.coupon.key == coupon_key]
        _refuse_another_ones(store, customer, subscription_id)
        _refuse_twice(had, customer, subscription_id)  # Decide.
        _refuse_too_late(store, offered, customer, now=now)
        redemption = offered.redemptions + 1
        applied = Applied(
            id_of("applied_coupon", store.seller().seller_id, coupon_key, redemption),
            offered.coupon,
            customer.customer_id,
            applied_at=now,
            subscription_id=subscription_id,
        )
        store.keep_applied_coupon(applied, redemption=redemption)  # Write.
    return applied


def remove_coupon(
    store: SellerStore,
    *,
    coupon_key: str,
    customer_key: str,
    now: datetime,
    by: str,
    because: str = "",
    subscription_id: UUID | None = None,
) -> list[Applied]:
    """Take a coupon back from a customer: nothing more is taken off; what it took off stays as it was."""
    for field, text in (("by", by), ("because", because)):
        if len(text) > 500 or not is_text(text) or (field == "by" and not text.strip()):
            raise Refused(f"“{field}” is a text of at most 500 characters that says who or why.", field=field)
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)
        store.hold_reckoning(customer.customer_id)
        in_force = [
            had.applied
            for had in store.coupons_of(customer.customer_id)
            if had.applied.coupon.key == coupon_key
            and had.removed_at is None
            and subscription_id in (None, had.applied.subscription_id)
        ]
        if not in_force:
            raise Unknown(f"{customer.key} has no coupon “{coupon_key[:64]}” that could be taken back.", field="coupon")
        for applied in in_force:
            store.remove_coupon(applied.applied_id, at=now, by=by, because=because)
    return in_force


def coupons_of(store: SellerStore, *, customer_key: str, person: Person | None = None) -> tuple[Customer, list[Had]]:
    """The coupons that a customer has or had, with what each took off so far."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=person)
        return customer, list(store.coupons_of(customer.customer_id))


def find_coupon(store: SellerStore, key: str) -> Offered:
    """The coupon with this key."""
    with store.transaction():
        return _find(store, key)


def _find(store: SellerStore, key: str) -> Offered:
    offered = store.coupon(key)
    if offered is None:
        known = ", ".join(one.coupon.key for one in store.coupons()) or "none yet; farthing coupon add makes one"
        raise Unknown(f"There is no coupon “{key[:64]}”; there are: {known}.", field="coupon")
    return offered


def _refuse_another_ones(store: SellerStore, customer: Customer, subscription_id: UUID | None) -> None:
    own = {one.subscription_id for one in store.subscriptions(customer_id=customer.customer_id)}
    if subscription_id is not None and subscription_id not in own:
        raise Unknown(f"{customer.key} has no subscription {subscription_id}.", field="subscription_id")


def _refuse_twice(had: Sequence[Had], customer: Customer, subscription_id: UUID | None) -> None:
    for one in had:
        applied = one.applied
        overlap = None in (subscription_id, applied.subscription_id) or subscription_id == applied.subscription_id
        if one.is_in_force and overlap:
            raise Clash(
                f"{customer.key} has the coupon “{applied.coupon.key}” since {applied.applied_at:%Y-%m-%d} already.",
                field="coupon",
            )


def _refuse_too_late(store: SellerStore, offered: Offered, customer: Customer, *, now: datetime) -> None:
    coupon = offered.coupon
    today = local_date(now, in_zone=store.seller().entity.in_zone)
    if coupon.redeem_by is not None and today > coupon.redeem_by:
        raise Refused(f"The coupon “{coupon.key}” could be redeemed until {coupon.redeem_by}.", field="coupon")
    if coupon.most_redemptions is not None and offered.redemptions >= coupon.most_redemptions:
        raise Refused(
            f"The coupon “{coupon.key}” has been redeemed {offered.redemptions:,} times, which is all it was made for.",
            field="coupon",
        )
    if coupon.first_time_only and store.was_charged(customer.customer_id):
        raise Refused(
            f"The coupon “{coupon.key}” is for new customers, and {customer.key} has been invoiced before.",
            field="coupon",
        )
