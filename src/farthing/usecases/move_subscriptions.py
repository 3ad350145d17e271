"""Running subscriptions move to newer versions of their plans, each from the beginning of one of its periods."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from farthing.core.period import local_date
from farthing.core.refused import Refused
from farthing.core.subscriptions.subscription import Standing, Subscription
from farthing.usecases.change_subscription import move_to_version
from farthing.usecases.ports import SellerStore

PAGE = 200
MOST_TOLD = 20

Progress = Callable[[int], None]


@dataclass(slots=True)
class Moved:
    """How many moved, on which days at the earliest and latest, how many were there already, and who stays and why."""

    moved: int = 0
    first: date | None = None
    last: date | None = None
    there: int = 0
    stayed: int = 0
    reasons: list[str] = field(default_factory=list)


def move_subscriptions(
    store: SellerStore,
    versions: Mapping[str, int],
    *,
    from_day: date | None,
    now: datetime,
    progress: Progress | None = None,
) -> Moved:
    """Move every subscription of these plans that goes on to the version named, each in a transaction of its own.

    From its next period, or from the first that begins on or after `from_day`; never inside a period, never before
    what is billed. Asked again it moves those that did not move yet. One that cannot move keeps no other from it.
    """
    told = Moved()
    after: UUID | None = None
    done = 0
    while True:
        with store.transaction():
            page = store.subscriptions_of_plans(versions, after=after, limit=PAGE)
        for subscription in page:
            _move(store, subscription, versions[subscription.plan_key], told, from_day=from_day, now=now)
        done += len(page)
        if progress is not None:
            progress(done)
        if len(page) < PAGE:
            return told
        after = page[-1].subscription_id


def _move(
    store: SellerStore, found: Subscription, version: int, told: Moved, *, from_day: date | None, now: datetime
) -> None:
    if _is_over(found, now=now):
        return
    try:
        with store.transaction():
            store.lock_customer(found.customer_id)
            locked = store.lock_subscription(found.subscription_id)
            assert locked is not None, f"subscription {found.subscription_id} was there a moment ago"
            if _is_over(locked, now=now):
                return
            moved = move_to_version(store, locked, version=version, from_day=from_day, now=now)
    except Refused as fault:
        told.stayed += 1
        if len(told.reasons) < MOST_TOLD:
            told.reasons.append(fault.sentence)
        return
    if moved is None:
        told.there += 1
        return
    since = local_date(moved[1], in_zone=found.cycle.in_zone)
    told.moved += 1
    told.first = since if told.first is None else min(told.first, since)
    told.last = since if told.last is None else max(told.last, since)


def _is_over(subscription: Subscription, *, now: datetime) -> bool:
    return subscription.standing(at=max(now, subscription.billed_through or now)) is Standing.ENDED
