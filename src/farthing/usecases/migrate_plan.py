"""All customers of a plan move to another one, each by the rules of a single change; previewed first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from farthing.core.money import Currency, Money, zero
from farthing.core.refused import Busy, Refused
from farthing.core.subscriptions.subscription import Standing, Subscription
from farthing.usecases.change_plan import change_plan
from farthing.usecases.changing import Changed, When, preview_change
from farthing.usecases.ports import SellerStore

PAGE = 200
MOST_TOLD = 20


@dataclass(slots=True)
class Migrated:
    """How many move, what is billed for it at once in each currency, and who stays and why."""

    moved: int = 0
    billed: dict[Currency, Money] = field(default_factory=dict)
    stayed: int = 0
    reasons: list[str] = field(default_factory=list)


def migrate_plan(
    store: SellerStore,
    *,
    plan_key: str,
    to: str,
    when: When,
    now: datetime,
    preview: bool,
    progress: Callable[[int], None] | None = None,
) -> Migrated:
    """Move everyone who is on a plan to the newest version of another, now or with their next period.

    Each in a transaction of its own, so one that cannot move keeps no other from it; asked again it moves those who
    did not move yet. A preview does the same and keeps nothing.
    """
    told = Migrated()
    after: UUID | None = None
    done = 0
    while True:
        with store.transaction():
            page = store.subscriptions_of_plans([plan_key], after=after, limit=PAGE)
        for subscription in page:
            if _is_on(subscription, plan_key, now=now):
                _move(store, subscription, to, told, when=when, now=now, preview=preview)
        done += len(page)
        if progress is not None:
            progress(done)
        if len(page) < PAGE:
            return told
        after = page[-1].subscription_id


def _move(
    store: SellerStore,
    subscription: Subscription,
    to: str,
    told: Migrated,
    *,
    when: When,
    now: datetime,
    preview: bool,
) -> None:
    with store.transaction():
        customer = store.customer(subscription.customer_id)
    assert customer is not None, f"subscription {subscription.subscription_id} has a customer"
    act = partial(
        change_plan,
        customer_key=customer.key,
        plan_key=subscription.plan_key,
        to=to,
        when=when,
        now=now,
        subscription_id=subscription.subscription_id,
    )
    try:
        changed: Changed = preview_change(store, act, now=now).changed if preview else act(store)
    except Busy:
        raise
    except Refused as fault:
        told.stayed += 1
        if len(told.reasons) < MOST_TOLD:
            told.reasons.append(f"{customer.key}: {fault.sentence}")
        return
    told.moved += 1
    for invoice in changed.invoices:
        so_far = told.billed.get(invoice.total.currency, zero(invoice.total.currency))
        told.billed[invoice.total.currency] = so_far + invoice.total


def _is_on(subscription: Subscription, plan_key: str, *, now: datetime) -> bool:
    """Whether it is on the plan, and will be on no other from a later period on."""
    runs = subscription.standing(at=now) is Standing.ACTIVE
    last = max([now, *(agreed.since for agreed in subscription.versions)])
    return runs and subscription.plan_at(now)[0] == plan_key == subscription.plan_at(last)[0]
