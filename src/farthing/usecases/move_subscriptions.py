"""Running subscriptions move to newer versions of their plans, each from the beginning of one of its periods."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
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
class Days:
    """Some days: how many, the earliest and the latest."""

    number: int = 0
    first: date | None = None
    last: date | None = None

    def add(self, day: date) -> None:
        """One more."""
        self.number += 1
        self.first = day if self.first is None else min(self.first, day)
        self.last = day if self.last is None else max(self.last, day)


@dataclass(slots=True)
class Moved:
    """How many moved and on which days, how many of them were to move sooner, and who stays and why.

    `there` are on the version already, or end before; `to_come` agreed already to move on a later day.
    """

    days: Days = field(default_factory=Days)
    postponed: int = 0
    there: int = 0
    to_come: Days = field(default_factory=Days)
    stayed: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """How many moved."""
        return self.days.number

    @property
    def first(self) -> date | None:
        """The earliest day on which one moves."""
        return self.days.first

    @property
    def last(self) -> date | None:
        """The latest."""
        return self.days.last


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
    what is billed. Asked again it moves those that did not move yet, and with a later day it postpones their moves.
    One that cannot move keeps no other from it, and none goes back to an older version.
    """
    told = Moved()
    after: UUID | None = None
    done = 0
    while True:
        with store.transaction():
            page = store.subscriptions_of_plans(versions, after=after, limit=PAGE)
        for subscription in page:
            key, _ = subscription.plan_at(max(now, subscription.starts_at))
            if key in versions:
                _move(store, subscription, (key, versions[key]), told, from_day=from_day, now=now)
        done += len(page)
        if progress is not None:
            progress(done)
        if len(page) < PAGE:
            return told
        after = page[-1].subscription_id


def _move(
    store: SellerStore, found: Subscription, to: tuple[str, int], told: Moved, *, from_day: date | None, now: datetime
) -> None:
    key, version = to
    if _is_over(found, now=now):
        return
    try:
        with store.transaction():
            store.lock_customer(found.customer_id)
            locked = store.lock_subscription(found.subscription_id)
            assert locked is not None, f"subscription {found.subscription_id} was there a moment ago"
            if _is_over(locked, now=now):
                return
            # Somebody applied a newer catalogue while this one was on its way: what is newer stays.
            if any(agreed.plan_key == key and agreed.plan_version > version for agreed in locked.versions):
                told.there += 1
                return
            moved = move_to_version(store, locked, plan_key=key, version=version, from_day=from_day, now=now)
    except Refused as fault:
        told.stayed += 1
        if len(told.reasons) < MOST_TOLD:
            told.reasons.append(fault.sentence)
        return
    if moved is None:
        to_come = _agreed_for_later(locked, version, now=now)
        if to_come is None:
            told.there += 1
        else:
            told.to_come.add(local_date(to_come, in_zone=found.cycle.in_zone))
        return
    told.days.add(local_date(moved[1], in_zone=found.cycle.in_zone))
    told.postponed += locked.version_at(moved[1] - timedelta(microseconds=1)) == version


def _agreed_for_later(subscription: Subscription, version: int, *, now: datetime) -> datetime | None:
    """When a version comes into force that is not yet, and is agreed to."""
    if subscription.version_at(max(now, subscription.starts_at)) == version:
        return None
    to_come = (agreed.since for agreed in subscription.versions if agreed.since > now)
    return next((since for since in to_come if subscription.version_at(since) == version), None)


def _is_over(subscription: Subscription, *, now: datetime) -> bool:
    return subscription.standing(at=max(now, subscription.billed_through or now)) is Standing.ENDED
