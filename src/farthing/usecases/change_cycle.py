"""A customer moves to another time zone, or a subscription's periods are counted from another day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from farthing.core.parties import Customer
from farthing.core.period import zone
from farthing.core.refused import Refused
from farthing.core.subscriptions.subscription import Standing, Subscription
from farthing.usecases.change_subscription import next_beginning, running
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore


@dataclass(frozen=True, slots=True)
class Moved:
    """A customer in their zone, and from when on each of their subscriptions is cut by its clock."""

    customer: Customer
    subscriptions: tuple[tuple[Subscription, datetime], ...]


def move_customer(store: SellerStore, *, customer_key: str, in_zone: str, now: datetime) -> Moved:
    """Move a customer to another time zone; the same request again is answered as done.

    Each subscription follows with its next period, which absorbs the hours: it starts where the one before ends and
    stays one whole period, so that nothing is prorated and nothing is billed twice or never (INV-16).
    """
    zone(in_zone)
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)  # Read.
        store.lock_customer(customer.customer_id)
        moved = replace(customer, in_zone=in_zone)
        following = []
        for found in store.subscriptions(customer_id=customer.customer_id):
            subscription = store.lock_subscription(found.subscription_id)
            assert subscription is not None, f"subscription {found.subscription_id} was there a moment ago"
            since = _next_period(subscription, now=now)  # Decide.
            if since is not None:
                cycle = subscription.cycle.changed(since=since, in_zone=in_zone)
                following.append((replace(subscription, cycle=cycle), since))
                if cycle != subscription.cycle:
                    store.keep_cycle(following[-1][0])  # Write.
        store.move_customer(moved)
    return Moved(moved, tuple(following))


def change_anchor(
    store: SellerStore,
    *,
    customer_key: str,
    plan_key: str,
    anchor: date,
    now: datetime,
    subscription_id: UUID | None = None,
) -> tuple[Subscription, datetime]:
    """Count the periods of a subscription from another day; the same request again is answered as done.

    The running period ends as it was agreed. From its end a stub leads to the new anchor, prorated by the full period
    of the new cycle that holds it.
    """
    if not 1970 < anchor.year < 9000:
        raise Refused(f"{anchor} is too far away; check how the date is written.", field="anchor")
    with store.transaction():
        store.lock_customer(find_customer(store, customer_key, person=None).customer_id)
        subscription = running(  # Read.
            store, customer_key=customer_key, plan_key=plan_key, now=now, subscription_id=subscription_id
        )
        since = _next_period(subscription, now=now)  # Decide.
        if since is None:
            raise Refused("It ends with its running period; there is none that could start on another day.",
                          field="anchor")  # fmt: skip
        cycle = subscription.cycle.changed(since=since, anchor=anchor)
        if cycle != subscription.cycle:
            subscription = replace(subscription, cycle=cycle)
            store.keep_cycle(subscription)  # Write.
    return subscription, since


def _next_period(subscription: Subscription, *, now: datetime) -> datetime | None:
    """Where the first period begins of which nothing is billed yet; None when there is none any more."""
    if (
        subscription.withdrawn
        or subscription.standing(at=max(now, subscription.billed_through or now)) is Standing.ENDED
    ):
        return None
    since = next_beginning(subscription, now=now)
    return None if subscription.ends_at is not None and since >= subscription.ends_at else since
