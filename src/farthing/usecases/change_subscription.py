"""What a running subscription agrees to is changed: quantities, add-ons, the plan's version; from a period on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from farthing.core.money import plain
from farthing.core.period import local_date, start_of_day
from farthing.core.refused import Clash, Refused, Unknown
from farthing.core.subscriptions.subscription import (
    AgreedQuantity,
    AgreedVersion,
    Attached,
    Standing,
    Subscription,
)
from farthing.usecases.agreed import agreement_of
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.subscribe import agreed_quantities


def agree_quantities(
    store: SellerStore, *, customer_key: str, plan_key: str, quantities: Mapping[str, Decimal], now: datetime
) -> tuple[Subscription, datetime]:
    """So many of something from the next period on, or from the start of one that has yet to begin; and since when."""
    with store.transaction():
        subscription = running(store, customer_key=customer_key, plan_key=plan_key, now=now)  # Read.
        since = next_beginning(subscription, now=now)  # Decide.
        known = agreed_quantities(agreement_of(store, subscription).plan_at(since))
        for name, number in quantities.items():
            if name not in known:
                there = f"it has {', '.join(known)}" if known else "it has none"
                raise Refused(f"The plan “{plan_key}” has no agreed quantity “{name}”; {there}.", field=name)
            if number < 0:
                raise Refused(f"There cannot be {plain(number)} of “{name}”; give 0 or more.", field=name)
        added = [
            AgreedQuantity(since, name, number)
            for name, number in sorted(quantities.items())
            if subscription.quantity_at(name, since) != number
        ]
        changed = replace(subscription, quantities=_in_order(subscription.quantities, added))
        store.keep_agreement(changed)  # Write.
    return changed, since


def attach_add_on(
    store: SellerStore,
    *,
    customer_key: str,
    plan_key: str,
    add_on_key: str,
    now: datetime,
    from_day: date | None = None,
    number: Decimal = Decimal(1),
) -> tuple[Subscription, Attached]:
    """Add an add-on from a local day on, today if none is said; the same request again is answered as done."""
    with store.transaction():
        subscription = running(store, customer_key=customer_key, plan_key=plan_key, now=now)  # Read.
        add_on = store.add_on(add_on_key)
        if add_on is None:
            known = ", ".join(known.key for known in store.add_ons()) or "none yet; add one to the catalogue"
            raise Unknown(f"There is no add-on “{add_on_key}”; there are: {known}.", field="add_on")
        agreement = agreement_of(store, subscription)
        zone = subscription.cycle.in_zone
        day = from_day or local_date(max(now, subscription.starts_at), in_zone=zone)  # Decide.
        starts_at = start_of_day(day, in_zone=zone)
        wanted = Attached(add_on.key, add_on.version, starts_at, number=number)
        for there in subscription.add_ons:
            if (there.add_on_key, there.starts_at, there.number) == (add_on.key, starts_at, number):
                return subscription, there
            if there.add_on_key == add_on.key and (there.ends_at is None or there.ends_at > starts_at):
                since = local_date(there.starts_at, in_zone=zone)
                raise Clash(f"The add-on “{add_on.key}” runs since {since}; end it before it starts anew.")
        if number <= 0:
            raise Refused(f"An add-on is added once or more, not {plain(number)} times.", field="number")
        in_currency = agreement.plan_at(max(starts_at, subscription.starts_at)).currency
        if in_currency not in add_on.currencies:
            raise Refused(
                f"The add-on “{add_on.key}” has no prices in {in_currency}, which the subscription is in; "
                "an invoice has one currency.",
                field="add_on",
            )
        _refuse_what_is_billed(subscription, starts_at)
        changed = replace(subscription, add_ons=(*subscription.add_ons, wanted))
        store.keep_agreement(changed)  # Write.
    return changed, wanted


def end_add_on(
    store: SellerStore, *, customer_key: str, plan_key: str, add_on_key: str, now: datetime
) -> tuple[Subscription, Attached]:
    """End an add-on with the running period."""
    with store.transaction():
        subscription = running(store, customer_key=customer_key, plan_key=plan_key, now=now)  # Read.
        there = [one for one in subscription.add_ons if one.add_on_key == add_on_key and one.ends_at is None]
        if not there:
            raise Unknown(f"The subscription has no running add-on “{add_on_key}”.", field="add_on")
        ended = replace(there[0], ends_at=max(there[0].starts_at, next_beginning(subscription, now=now)))  # Decide.
        changed = replace(
            subscription, add_ons=tuple(ended if one == there[0] else one for one in subscription.add_ons)
        )
        store.keep_agreement(changed)  # Write.
    return changed, ended


def move_to_version(
    store: SellerStore, subscription: Subscription, *, version: int, from_day: date | None, now: datetime
) -> tuple[Subscription, datetime] | None:
    """Move a locked subscription to a version of its plan from the first period that begins on or after a day.

    Its next period if no day is said. None when the version is in force there already. In a transaction.
    """
    since = next_beginning(subscription, now=now)
    wanted = since if from_day is None else start_of_day(from_day, in_zone=subscription.cycle.in_zone)
    while since < wanted:
        period = subscription.period_at(since)
        if period is None:
            return None
        since = period.end
    if subscription.ends_at is not None and since >= subscription.ends_at:
        return None
    if all(later.since <= since for later in subscription.versions) and subscription.version_at(since) == version:
        return None
    versions = sorted((*subscription.versions, AgreedVersion(since, version)), key=lambda agreed: agreed.since)
    changed = replace(subscription, versions=tuple(versions))
    store.keep_agreement(changed)
    return changed, since


def running(store: SellerStore, *, customer_key: str, plan_key: str, now: datetime) -> Subscription:
    """The customer's subscription to this plan that runs or has yet to begin, locked; to be called in a transaction."""
    customer = find_customer(store, customer_key, person=None)
    store.lock_customer(customer.customer_id)
    there = [
        subscription
        for subscription in store.subscriptions(customer_id=customer.customer_id)
        if subscription.plan_key == plan_key and subscription.standing(at=now) is not Standing.ENDED
    ]
    if not there:
        raise Unknown(f"{customer.key} has no running subscription to “{plan_key}”.", field="plan")
    locked = store.lock_subscription(there[0].subscription_id)
    assert locked is not None, f"subscription {there[0].subscription_id} was there a moment ago"
    return locked


def next_beginning(subscription: Subscription, *, now: datetime) -> datetime:
    """Where the first period begins of which nothing is billed or used yet."""
    if subscription.billed_through is None and now <= subscription.starts_at:
        return subscription.starts_at
    period = subscription.period_at(max(now, subscription.billed_through or now))
    assert period is not None, "a running subscription has a period"
    return period.end


def _refuse_what_is_billed(subscription: Subscription, starts_at: datetime) -> None:
    if starts_at < subscription.starts_at or (subscription.ends_at is not None and starts_at >= subscription.ends_at):
        raise Refused("An add-on starts while its subscription runs; give a day between its start and end.",
                      field="from")  # fmt: skip
    if subscription.billed_through is not None and starts_at <= subscription.billed_through:
        zone = subscription.cycle.in_zone
        first = local_date(subscription.billed_through, in_zone=zone) + timedelta(days=1)
        raise Refused(f"It is billed up to there already; the first day it can start is {first}.", field="from")


def _in_order(there: tuple[AgreedQuantity, ...], added: list[AgreedQuantity]) -> tuple[AgreedQuantity, ...]:
    return tuple(sorted((*there, *added), key=lambda agreed: agreed.since))
