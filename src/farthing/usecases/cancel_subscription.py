"""A customer leaves now, on a day or with the period, and changes their mind before that."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from farthing.core.refused import Clash
from farthing.core.subscriptions.lifecycle import Act
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.change_subscription import refuse_other_payers
from farthing.usecases.changing import (
    Changed,
    When,
    billed_at_once,
    goes_on_where_charged,
    instant_of,
    instant_of_day,
    to_change,
)
from farthing.usecases.ports import SellerStore


def cancel_subscription(
    store: SellerStore,
    *,
    customer_key: str,
    plan_key: str,
    now: datetime,
    when: When = When.PERIOD_END,
    on: date | None = None,
    subscription_id: UUID | None = None,
) -> Changed:
    """End a subscription with its period, now, or on a local day, which is the first one without it.

    Now, the last invoice is made at once: what was used up to this instant, less the rest of what was charged ahead;
    the day itself is not charged. One that has yet to begin is taken back. Of two ends the one said last counts.
    """
    with store.transaction():
        agreement = to_change(  # Read.
            store, Act.CANCEL, customer_key=customer_key, plan_key=plan_key, now=now, subscription_id=subscription_id
        )
        subscription = agreement.subscription
        ends_at = _end(subscription, when, on, now=now)  # Decide.
        changed = replace(subscription, ends_at=ends_at)
        if subscription.ends_at is not None and ends_at > subscription.ends_at:
            changed = goes_on_where_charged(store, changed, at=subscription.ends_at)
        store.end_subscription(changed)  # Write.
        store.keep_agreement(changed)
        if changed.withdrawn:
            return Changed(changed, ends_at)
        return billed_at_once(store, changed, since=ends_at, now=now)


def uncancel_subscription(
    store: SellerStore, *, customer_key: str, plan_key: str, now: datetime, subscription_id: UUID | None = None
) -> Changed:
    """Let a subscription go on that was to end and has not ended yet, as if nothing had been said.

    Refused when another subscription that begins after it pays for the same usage by now.
    """
    with store.transaction():
        agreement = to_change(  # Read.
            store, Act.UNCANCEL, customer_key=customer_key, plan_key=plan_key, now=now, subscription_id=subscription_id
        )
        subscription = agreement.subscription
        ended = subscription.ends_at
        assert ended is not None, "what is cancelled ends"
        changed = goes_on_where_charged(store, replace(subscription, ends_at=None), at=ended)  # Decide.
        plan = agreement.plan_at(ended)
        _refuse_its_like(store, changed, plan.key, since=ended)
        refuse_other_payers(store, changed, plan, f"the plan “{plan.key}”", since=ended)
        store.end_subscription(changed)  # Write.
        store.keep_agreement(changed)
    return Changed(changed, ended)


def _end(subscription: Subscription, when: When, on: date | None, *, now: datetime) -> datetime:
    if subscription.billed_through is None and now < subscription.starts_at:
        return subscription.starts_at
    if on is not None:
        return instant_of_day(subscription, on, now=now)
    # The period that is to end early is the whole one once more.
    return instant_of(replace(subscription, ends_at=None), when, now=now)


def _refuse_its_like(store: SellerStore, subscription: Subscription, plan_key: str, *, since: datetime) -> None:
    for other in store.subscriptions(customer_id=subscription.customer_id):
        is_another = other.subscription_id != subscription.subscription_id and not other.withdrawn
        goes_on = other.ends_at is None or other.ends_at > since
        if is_another and goes_on and other.plan_at(max(since, other.starts_at))[0] == plan_key:
            raise Clash(f"Another subscription to “{plan_key}” follows this one; end that one first.", field="plan")
