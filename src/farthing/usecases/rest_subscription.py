"""A subscription rests and goes on: no fees meanwhile, and what is used all the same is billed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from farthing.core.period import start_of_day
from farthing.core.refused import Refused
from farthing.core.subscriptions.lifecycle import Act
from farthing.core.subscriptions.subscription import Pause
from farthing.usecases.changing import Changed, When, billed_at_once, instant_of, refuse_beyond_the_end, to_change
from farthing.usecases.ports import SellerStore


def pause_subscription(
    store: SellerStore,
    *,
    customer_key: str,
    plan_key: str,
    now: datetime,
    when: When = When.NOW,
    until: date | None = None,
    subscription_id: UUID | None = None,
) -> Changed:
    """Stop fees from now or from the next period on, up to a local day or until somebody resumes.

    What was charged ahead for today and later is given back at once. What is used in a pause is billed when its
    period ends, on a line of its own that says so.
    """
    with store.transaction():
        agreement = to_change(  # Read.
            store, Act.PAUSE, customer_key=customer_key, plan_key=plan_key, now=now, subscription_id=subscription_id
        )
        subscription = agreement.subscription
        since = instant_of(subscription, when, now=now)  # Decide.
        refuse_beyond_the_end(subscription, since)
        ends_at = None if until is None else start_of_day(until, in_zone=subscription.cycle.in_zone)
        if ends_at is not None and ends_at <= since:
            raise Refused(f"A pause lasts; {until} is not after it begins.", field="until")
        to_come = [pause for pause in subscription.pauses if pause.ends_at is None or pause.ends_at > since]
        if to_come:
            raise Refused("A pause is agreed for later already; resume takes it back.", field="when")
        changed = replace(subscription, pauses=(*subscription.pauses, Pause(since, ends_at)))
        store.keep_agreement(changed)  # Write.
        return billed_at_once(store, changed, since=since, now=now)


def resume_subscription(
    store: SellerStore, *, customer_key: str, plan_key: str, now: datetime, subscription_id: UUID | None = None
) -> Changed:
    """Go on from now: fees are charged from today on, for the days that are left of the period."""
    with store.transaction():
        agreement = to_change(  # Read.
            store, Act.RESUME, customer_key=customer_key, plan_key=plan_key, now=now, subscription_id=subscription_id
        )
        subscription = agreement.subscription
        since = instant_of(subscription, When.NOW, now=now)  # Decide.
        resumed = tuple(replace(pause, ends_at=since) if now in pause else pause for pause in subscription.pauses)
        changed = replace(subscription, pauses=resumed)
        store.keep_agreement(changed)  # Write.
        return billed_at_once(store, changed, since=since, now=now)
