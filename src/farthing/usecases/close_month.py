"""A month of the books is closed: what is earned is released, what is used accrued, all is proved, and it is locked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.ledger.month import Month
from farthing.core.refused import Clash, Refused
from farthing.usecases.accrue_usage import accrue_usage
from farthing.usecases.check_books import check_books
from farthing.usecases.entities import entity_named
from farthing.usecases.ledger_ports import MonthLock
from farthing.usecases.ports import SellerStore
from farthing.usecases.release_revenue import release_revenue

_MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing a month came to: what was booked for it, and what kept it from being locked, in sentences."""

    month: Month
    released: int
    accrued: int
    in_the_way: Sequence[str]
    is_locked: bool


def close_month(
    store: SellerStore, month: Month, *, by: str, now: datetime, dry_run: bool = False, entity_key: str | None = None
) -> Closed:
    """Release, accrue, prove and lock. What is booked stays when something is in the way of locking.

    With `dry_run` only tell what is in the way. Refuses a month that runs, is locked, or comes after one that is not
    closed.
    """
    with store.transaction():
        entity = entity_named(store, entity_key)
        locked_through = store.hold_month(entity.key)
        _refuse_to_lock(month, entity.in_zone, locked_through, now=now)
        _refuse_a_gap(store, month, entity.key, locked_through)
    waiting = list(_unbilled(store, month, entity))
    if waiting or dry_run:
        return Closed(month, 0, 0, [*waiting, *_breaches(store)], is_locked=False)
    released = release_revenue(store, now=now, entity_key=entity.key)
    accrued = accrue_usage(store, month, entity_key=entity.key)
    breaches = list(_breaches(store))
    if not breaches:
        lock_month(store, month, by=by, because="Closed.", now=now, entity_key=entity.key)
    return Closed(month, released, accrued, breaches, is_locked=not breaches)


def lock_month(
    store: SellerStore, month: Month, *, by: str, because: str, now: datetime, entity_key: str | None = None
) -> MonthLock:
    """From here on nothing is booked in this month or an earlier one; corrections go into the open month (INV-25)."""
    return _act(store, month, by=by, because=because, now=now, locked=True, entity_key=entity_key)


def unlock_month(
    store: SellerStore, month: Month, *, by: str, because: str, now: datetime, entity_key: str | None = None
) -> MonthLock:
    """Open the last locked month again."""
    return _act(store, month, by=by, because=because, now=now, locked=False, entity_key=entity_key)


def list_locks(store: SellerStore, *, entity_key: str | None = None) -> Sequence[MonthLock]:
    """Who locked and unlocked months, the newest act first."""
    with store.transaction():
        return store.month_locks(entity_named(store, entity_key).key)


def _act(
    store: SellerStore, month: Month, *, by: str, because: str, now: datetime, locked: bool, entity_key: str | None
) -> MonthLock:
    if not by.strip() or not because.strip():
        raise Refused("Say who locks or unlocks a month, and why; both are kept.", field="because")
    lock = MonthLock(month, locked=locked, at=now, by=by.strip(), because=because.strip())
    with store.transaction():
        entity = entity_named(store, entity_key)
        locked_through = store.hold_month_alone(entity.key)
        if locked:
            _refuse_to_lock(month, entity.in_zone, locked_through, now=now)
        elif locked_through != month.last_day:
            raise Clash(_not_the_last(month, locked_through), field="month")
        store.keep_month_lock(entity.key, lock)
    return lock


def _refuse_to_lock(month: Month, in_zone: str, locked_through: date | None, *, now: datetime) -> None:
    if locked_through is not None and month.first_day <= locked_through:
        raise Clash(f"{month} is locked already; the books are locked through {locked_through}.", field="month")
    if month.end(in_zone=in_zone) > now:
        raise Refused(f"{month} has not ended yet (it is {now:%Y-%m-%d %H:%M} UTC); close it then.", field="month")


def _refuse_a_gap(store: SellerStore, month: Month, entity_key: str, locked_through: date | None) -> None:
    first = store.first_booking(entity_key, after=locked_through)
    if first is not None and first < month.first_day:
        raise Refused(
            f"{Month.holding(first)} has bookings and is not closed; months are closed one after the other, so close "
            "it first.",
            field="month",
        )


def _not_the_last(month: Month, locked_through: date | None) -> str:
    if locked_through is None:
        return f"{month} is not locked; no month is."
    last = Month.holding(locked_through)
    if month > last:
        return f"{month} is not locked; the books are locked through {locked_through}."
    return f"Only the last locked month, {last}, can be unlocked; unlock it first to reach {month}."


def _unbilled(store: SellerStore, month: Month, entity: LegalEntity) -> Iterator[str]:
    """The subscriptions of which something that ended with the month or before is not billed, or only drafted."""
    ends_at = month.end(in_zone=entity.in_zone)
    with store.transaction():
        waiting = {
            subscription_id: one
            for one in store.all_pending()
            for subscription_id, billed_at in one.moments
            if billed_at <= ends_at
        }
        due = [one for one in store.due_subscriptions(through=ends_at) if one not in waiting]
        whose = {one.subscription_id: one for one in store.subscriptions()}
        unbilled = [one for one in [*waiting, *due] if store.entity_of(whose[one].customer_id).key == entity.key]
        for subscription_id in unbilled[:_MOST_TOLD]:
            subscription = whose[subscription_id]
            customer = store.customer(subscription.customer_id)
            assert customer is not None, f"subscription {subscription_id} has a customer"
            draft = waiting.get(subscription_id)
            yield (
                f"{customer.key} is not billed for “{subscription.plan_key}”; bill it with farthing period close "
                f"--through {month.last_day}."
                if draft is None
                else f"{customer.key} has a draft for “{subscription.plan_key}” that waits; look at it with farthing "
                f"draft show {draft.invoice_id}, and approve it."
            )
    more = len(unbilled) - _MOST_TOLD
    if more > 0:
        yield f"{more:,} more subscriptions are not billed either."


def _breaches(store: SellerStore) -> list[str]:
    return [str(finding) for finding in check_books(store)]
