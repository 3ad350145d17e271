"""What has accrued in a period that runs is billed when it crosses the plan's threshold, once for each crossing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from farthing.core.billing import draft_of
from farthing.core.money import Money, round_to_money
from farthing.core.refused import Busy, Refused
from farthing.core.subscriptions.subscription import Moment, Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.billing_moments import billed_already, draft_moment, goes_out, issue_drafted, measured_for
from farthing.usecases.late_usage import position_to_bill
from farthing.usecases.ports import SellerStore
from farthing.usecases.slice_ports import Crossing

# What is billed at an instant is billed through it; another crossing at that very instant comes right after it.
_RIGHT_AFTER = timedelta(microseconds=1)


def bill_accrued(store: SellerStore, *, now: datetime) -> int:
    """Bill what has accrued of every subscription that crossed its threshold; how many invoices that made.

    Only those are looked at for which usage came. May run in several processes at once: a subscription is locked while
    it is looked at, so one crossing makes one invoice (INV-07). One that cannot be billed keeps no other from it.
    """
    more = True
    while more:
        with store.transaction():
            more = store.look_for_accrued(now=now)
    with store.transaction():
        noted = store.accruing()
    made, faults = 0, list[Refused]()
    for subscription_id in noted:
        try:
            made += _bill_if_crossed(store, subscription_id, now=now)
        except Busy:
            raise
        except Refused as fault:
            faults.append(fault)
    if faults:
        raise faults[0]
    return made


def _bill_if_crossed(store: SellerStore, subscription_id: UUID, *, now: datetime) -> int:
    with store.transaction():
        subscription = store.lock_subscription(subscription_id)  # Read.
        assert subscription is not None, f"subscription {subscription_id} has usage"
        position = position_to_bill(store)
        now = now if subscription.billed_through is None else max(now, subscription.billed_through + _RIGHT_AFTER)
        moment = next(subscription.moments_due(through=now), None)
        if moment is None:
            found = _crossing(store, subscription, position=position, now=now)  # Decide.
            if found is None:
                store.settle_accruing(subscription_id, upto=position)
                return 0
            subscription = replace(subscription, crossings=(*subscription.crossings, found.since))
            store.keep_crossing(found, subscription=subscription)  # Write.
            [moment] = subscription.moments_due(through=found.since)
        elif moment.so_far is None or _waits(store, subscription, moment, now=now):
            # What is due before it is billed by whoever closes periods.
            return 0
        drafted = draft_moment(store, subscription, moment, to_position=position)
        if not goes_out(store, drafted, now=now):
            return 0
        return issue_drafted(store, drafted, run_id=None, now=now).invoice is not None


def _waits(store: SellerStore, subscription: Subscription, moment: Moment, *, now: datetime) -> bool:
    pending = store.pending_of(subscription.subscription_id, billed_at=moment.at)
    return pending is not None and not pending.may_go(now=now)


def _crossing(store: SellerStore, subscription: Subscription, *, position: int, now: datetime) -> Crossing | None:
    """Whether what has accrued and is on no invoice has crossed the threshold by now."""
    running = subscription.period_at(now)
    if running is None or running.start == now:
        return None
    agreement = agreement_of(store, subscription)
    plan = agreement.plan_at(now)
    if plan.bill_above is None:
        return None
    moment = Moment(now, ended=None, begins=None, so_far=running)
    accrued = draft_of(
        agreement,
        moment,
        measured_for(store, agreement, moment, to_position=position),
        billed_already=billed_already(store, agreement, moment),
    ).subtotal
    threshold: Money = round_to_money(plan.bill_above, plan.currency)
    if accrued.minor < threshold.minor:
        return None
    return Crossing(subscription.subscription_id, now, position, accrued, threshold)
