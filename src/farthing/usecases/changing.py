"""What all changes of a running subscription have in common: who may, from when on, and what is billed at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from farthing.core.invoicing.invoice import Draft, Invoice
from farthing.core.period import start_of_day
from farthing.core.rating.agreement import Agreement, phase_running
from farthing.core.refused import Clash, Refused
from farthing.core.subscriptions.lifecycle import Act, refuse_unless_it_may, state_of
from farthing.core.subscriptions.subscription import AgreedVersion, Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.billing_moments import draft_moment, goes_out, issue_drafted
from farthing.usecases.change_subscription import in_turn, lock_customer, next_beginning, running
from farthing.usecases.collect_due import past_due_of
from farthing.usecases.joined import joined
from farthing.usecases.late_usage import position_to_bill
from farthing.usecases.ports import SellerStore

# What is billed at an instant is billed through it; a change at that very instant comes right after it.
_RIGHT_AFTER = timedelta(microseconds=1)


class When(StrEnum):
    """From when on a change counts: at once, or with the next period."""

    NOW = "now"
    PERIOD_END = "period_end"


@dataclass(frozen=True, slots=True)
class Changed:
    """A subscription after a change, the instant from which it counts, and what was billed for it at once."""

    subscription: Subscription
    since: datetime
    invoices: tuple[Invoice, ...] = ()


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a change would do: the money now, and the invoices up to the end of the period without it and with it."""

    changed: Changed
    before: tuple[Draft, ...]
    after: tuple[Draft, ...]


def to_change(
    store: SellerStore, act: Act, *, customer_key: str, plan_key: str, now: datetime, subscription_id: UUID | None
) -> Agreement:
    """The subscription that is to be changed, locked; refused where its state does not allow it. In a transaction.

    The customer is locked before the catalogue is held, and that before the subscription.
    """
    lock_customer(store, customer_key)
    store.hold_catalogue()
    subscription = running(
        store, customer_key=customer_key, plan_key=plan_key, now=now, subscription_id=subscription_id
    )
    agreement = agreement_of(store, subscription)
    at = instant_of(subscription, When.NOW, now=now)
    phase = phase_running(agreement.plan_at(max(at, subscription.starts_at)), subscription, at)
    overdue = bool(past_due_of(store, subscription, now=now))
    state = state_of(subscription, at=at, trialing=phase is not None and phase.trial, overdue=overdue)
    refuse_unless_it_may(act, state)
    return agreement


def instant_of(subscription: Subscription, when: When, *, now: datetime) -> datetime:
    """The instant from which a change counts."""
    if when is When.PERIOD_END:
        return next_beginning(subscription, now=now)
    billed = subscription.billed_through
    return now if billed is None else max(now, billed + _RIGHT_AFTER)


def instant_of_day(subscription: Subscription, day: date, *, now: datetime) -> datetime:
    """The first instant of a local day that is to come."""
    since = start_of_day(day, in_zone=subscription.cycle.in_zone)
    if since <= now or (subscription.billed_through is not None and since <= subscription.billed_through):
        raise Refused(f"{day} has begun already, or is billed; give a day to come, or say now.", field="from")
    return since


def goes_on_where_charged(store: SellerStore, subscription: Subscription, *, at: datetime) -> Subscription:
    """The subscription, cut at an instant where fees were charged up to there only: from there on they are due anew.

    Otherwise what would have ended there and goes on after all would be charged for no day after it.
    """
    reaching = store.fees_ahead(subscription.subscription_id, at=at - _RIGHT_AFTER)
    ended = any(paid.line.period.end == at for paid in reaching)
    full = subscription.cycle.period_holding(at)
    if not ended or full.start == at or (subscription.billed_through or at) >= at:
        return subscription
    key, version = subscription.plan_at(at)
    return replace(subscription, versions=in_turn(subscription.versions, [AgreedVersion(at, key, version)]))


def billed_at_once(store: SellerStore, subscription: Subscription, *, since: datetime, now: datetime) -> Changed:
    """Bill the moment of a change that counts from now on, when nothing else is due before it.

    What is due before it is billed by whoever closes periods, and the change after it.
    """
    moment = next(subscription.moments_due(through=max(now, since)), None)
    to_come = since > instant_of(subscription, When.NOW, now=now)
    if to_come or moment is None or moment.at != since:
        return Changed(subscription, since)
    drafted = draft_moment(store, subscription, moment, to_position=position_to_bill(store))
    # What bills usage waits as every such draft does; what a change gives back and charges ahead needs no grace.
    if moment.ended is not None and not goes_out(store, drafted, now=max(now, since)):
        return Changed(subscription, since)
    billed = issue_drafted(store, drafted, run_id=None, now=max(now, since))
    return Changed(billed.subscription, since, () if billed.invoice is None else (billed.invoice,))


class _Undone(Exception):
    """Everything is taken back."""


def preview_change(
    store: SellerStore,
    act: Callable[[SellerStore], Changed],
    *,
    now: datetime,
) -> Previewed:
    """What an act would do, found out by doing it; nothing of it is kept, and no number is used."""
    found: list[Previewed] = []
    try:
        with store.transaction():
            changed = act(joined(store))
            found.append(Previewed(changed, (), _to_come(store, changed.subscription, now=now)))
            raise _Undone
    except _Undone:
        [done] = found
    with store.transaction():
        kept = store.lock_subscription(done.changed.subscription.subscription_id)
        assert kept is not None, "what was changed is there"
        return replace(done, before=_to_come(store, kept, now=now))


def _to_come(store: SellerStore, subscription: Subscription, *, now: datetime) -> tuple[Draft, ...]:
    """The invoices to the end of the running period, or to where it ended, that are not made yet, as they stand."""
    running = subscription.period_at(max(now, subscription.starts_at))
    through = subscription.ends_at if running is None else running.end
    drafts = []
    for moment in () if through is None else subscription.moments_due(through=through):
        drafts.append(draft_moment(store, subscription, moment, to_position=store.last_position()).draft)
    return tuple(draft for draft in drafts if draft.lines)


def refuse_beyond_the_end(subscription: Subscription, since: datetime) -> None:
    """Refuses what would count when the subscription is over."""
    if subscription.ends_at is not None and since >= subscription.ends_at:
        raise Clash("The subscription ends before that; un-cancel it first, or say now.", field="when")
