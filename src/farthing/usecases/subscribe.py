"""A customer subscribes to a plan, or stops at the end of a period."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.parties import Customer
from farthing.core.period import Cycle, local_date, start_of_day
from farthing.core.pricing.plan import Plan
from farthing.core.refused import Clash, Refused, Unknown
from farthing.core.subscriptions.subscription import Standing, Subscription
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore


def subscribe(
    store: SellerStore, *, customer_key: str, plan_key: str, starts_on: date, anchor_day: int = 1
) -> Subscription:
    """Subscribe from the first instant of a local day; the same request again is answered as done.

    Refuses a second subscription that would price the same usage at the same time: it would be billed twice.
    """
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)  # Read.
        store.lock_customer(customer.customer_id)
        store.hold_catalogue()
        plan = store.plan(plan_key)
        if plan is None:
            known = ", ".join(known.key for known in store.plans()) or "none yet; apply a catalogue first"
            raise Unknown(f"There is no plan “{plan_key}”; there are: {known}.", field="plan")
        others = store.subscriptions(customer_id=customer.customer_id)
        withdrawn = sum(other.withdrawn for other in others)
        wanted = _wanted(customer, plan, starts_on=starts_on, anchor_day=anchor_day, attempt=withdrawn)  # Decide.
        for other in others:
            if _the_same(wanted, other):
                return other
            _refuse_overlap(store, wanted, plan, other)
        store.add_subscription(wanted)  # Write.
    return wanted


def end_subscription(
    store: SellerStore, *, customer_key: str, plan_key: str, now: datetime, subscription_id: UUID | None = None
) -> Subscription:
    """Stop at the end of the running period; what was agreed for it stands. One that has yet to begin is withdrawn.

    `subscription_id` says which one, where a customer had several of a plan.
    """
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)  # Read.
        store.lock_customer(customer.customer_id)
        to_end = [
            subscription
            for subscription in store.subscriptions(customer_id=customer.customer_id)
            if subscription.plan_key == plan_key
            and subscription_id in (None, subscription.subscription_id)
            and subscription.standing(at=now) is not Standing.ENDED
        ]
        if not to_end:
            raise Unknown(f"{customer.key} has no running subscription to “{plan_key}”.", field="plan")
        locked = store.lock_subscription(to_end[0].subscription_id)
        assert locked is not None, f"subscription {to_end[0].subscription_id} was there a moment ago"
        ended = replace(locked, ends_at=_end(locked, now=now))  # Decide.
        store.end_subscription(ended)  # Write.
    return ended


def _end(subscription: Subscription, *, now: datetime) -> datetime:
    """Where it ends: after what was billed ahead, even if the close was quicker than this request."""
    if subscription.billed_through is None and now < subscription.starts_at:
        return subscription.starts_at
    period = subscription.period_at(max(now, subscription.billed_through or now))
    assert period is not None, "a running subscription has a period"
    return period.end


def _wanted(customer: Customer, plan: Plan, *, starts_on: date, anchor_day: int, attempt: int) -> Subscription:
    if not 1970 < starts_on.year < 9000:
        raise Refused(f"{starts_on} is too far away; check how the date is written.", field="starts_on")
    return Subscription(
        subscription_id=id_of("subscription", customer.customer_id, plan.key, starts_on.isoformat(), attempt),
        customer_id=customer.customer_id,
        plan_key=plan.key,
        plan_version=plan.version,
        cycle=Cycle(anchor_day=anchor_day, in_zone=customer.in_zone),
        starts_at=start_of_day(starts_on, in_zone=customer.in_zone),
    )


def _the_same(wanted: Subscription, other: Subscription) -> bool:
    """Whether this was agreed already; the version of the plan is the one of the first time."""
    agreed = (other.plan_key, other.cycle, other.starts_at, other.ends_at)
    return agreed == (wanted.plan_key, wanted.cycle, wanted.starts_at, None)


def _refuse_overlap(store: SellerStore, wanted: Subscription, plan: Plan, other: Subscription) -> None:
    if other.withdrawn or (other.ends_at is not None and other.ends_at <= wanted.starts_at):
        return
    other_plan = store.plan(other.plan_key, other.plan_version)
    assert other_plan is not None, f"plan {other.plan_key} {other.plan_version} is subscribed to"
    if other.plan_key == wanted.plan_key or plan.event_types & other_plan.event_types:
        since = local_date(other.starts_at, in_zone=other.cycle.in_zone)
        raise Clash(
            f"This customer has been on the plan “{other.plan_key}” since {since}, with periods from day "
            f"{other.cycle.anchor_day} of the month, which covers the same usage; end that subscription first, "
            "or start the new one after it.",
            field="plan",
        )
