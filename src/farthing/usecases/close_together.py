"""What is due of a customer is billed on as few invoices as was agreed: by day, and once it comes to enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from farthing.core.invoicing.customer_billing import AS_THE_POLICY_SAYS
from farthing.core.invoicing.pending import Pending
from farthing.core.invoicing.policy import BillingPolicy, stays_open
from farthing.core.notices import RunClosed
from farthing.core.period import local_date
from farthing.core.subscriptions.subscription import Moment, Subscription
from farthing.usecases.agreed import agreements_of, currency_of
from farthing.usecases.billing_moments import bills_so_far, draft_moment, goes_out, issue_drafted, policy_of
from farthing.usecases.billing_together import (
    DraftedTogether,
    Due,
    draft_together,
    due_of,
    goes_out_together,
    issue_together,
)
from farthing.usecases.late_usage import position_to_bill
from farthing.usecases.ports import SellerStore

# A run writes its summary with each of its bills, so that one that was cut off is told of too, and holds it back for
# much longer than the next bill takes, so that it is told of as a whole.
SUMMARY_WAITS = timedelta(minutes=2)

_EVER = datetime(9990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Group:
    """Subscriptions of a customer whose invoices may be one, or a single one."""

    customer_id: UUID
    subscription_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is drafted together: moments of one day, or those of a draft that waits."""

    customer_id: UUID
    due: tuple[Due, ...]
    pending: Pending | None = None


def groups_of(store: SellerStore, due: Sequence[UUID]) -> tuple[list[Group], list[UUID]]:
    """How subscriptions that are due are billed: in groups, and all others each by itself; both oldest first.

    Where too little for an invoice stays open, everyone is a group, perhaps of one. To be called in a transaction.
    """
    policy, said = policy_of(store, store.seller()), store.all_customer_billing()
    waiting = [one for one in store.all_pending() if one.parts]
    any_stays_open = bool(policy.least) or not policy.zero_invoices
    if not (policy.together or any_stays_open or said or waiting):
        return [], list(due)
    whose = store.customers_of(due)
    with_others = {subscription_id for one in waiting for subscription_id, _ in one.parts}
    found: dict[UUID, Group] = {}
    by_themselves: list[UUID] = []
    for subscription_id in due:
        customer_id = whose[subscription_id]
        is_together = said.get(customer_id, AS_THE_POLICY_SAYS).is_together(policy) or subscription_id in with_others
        if not (is_together or any_stays_open):
            by_themselves.append(subscription_id)
            continue
        key = customer_id if is_together else subscription_id
        own = found.setdefault(key, Group(customer_id, []))
        own.subscription_ids.append(subscription_id)
    return list(found.values()), by_themselves


def close_group(store: SellerStore, group: Group, *, run_id: UUID, through: date, now: datetime) -> int:
    """Bill what is due of a group, as far as no draft waits; the number of invoices that made.

    Each invoice in a transaction of its own, so that locks are always taken in one order: the customers, then the
    subscriptions by their ids, then what came late, then coupons and credit, then numbers.
    """
    made = 0
    waiting: set[UUID] = set()
    more = True
    while more:
        with store.transaction():
            unit = _next_unit(store, group, waiting, through=through, now=now)  # Read.
            more = unit is not None
            if unit is not None:
                issued, waits = _close_unit(store, unit, run_id=run_id, through=through, now=now)
                made += issued
                waiting |= waits
                if issued:
                    store.write_notices([RunClosed(run_id)], written_at=now, held_back=SUMMARY_WAITS)
    return made


def _next_unit(store: SellerStore, group: Group, waiting: set[UUID], *, through: date, now: datetime) -> _Unit | None:
    store.lock_customer(group.customer_id)
    subscriptions = store.lock_subscriptions([one for one in group.subscription_ids if one not in waiting])
    drafts = store.pending_with([one.subscription_id for one in subscriptions])
    in_drafts = {subscription_id for pending in drafts for subscription_id, _ in pending.parts}
    for pending in drafts:
        # What waits with it is locked too, whoever is due.
        whole = store.lock_subscriptions([subscription_id for subscription_id, _ in pending.parts])
        due = due_of(pending, whole)
        if due:
            return _Unit(group.customer_id, tuple(due), pending)
        store.end_pending(pending, by="a change of what it billed", at=now)
    free = [one for one in subscriptions if one.subscription_id not in in_drafts]
    return _first_day(store, group.customer_id, _due_first(free, through=through, now=now))


def _due_first(subscriptions: Iterable[Subscription], *, through: date, now: datetime) -> list[Due]:
    first = ((one, next(one.moments_due(through=_limit(one, through=through, now=now)), None)) for one in subscriptions)
    return [Due(one, moment) for one, moment in first if moment is not None]


def _limit(subscription: Subscription, *, through: date, now: datetime) -> datetime:
    return min(now, subscription.cycle.start_of_day(through + timedelta(days=1)))


def _first_day(store: SellerStore, customer_id: UUID, due: Sequence[Due]) -> _Unit | None:
    """Of what is due the moments of the first day, in one currency; what has accrued of a period is billed alone."""
    if not due:
        return None
    customer = store.customer(customer_id)
    assert customer is not None, f"customer {customer_id} has subscriptions"
    is_together = store.customer_billing(customer_id).is_together(policy_of(store, store.seller()))
    agreements = agreements_of(store, [one.subscription for one in due])
    by_place: dict[tuple[date, str, str], list[Due]] = {}
    for one in due:
        day = local_date(one.moment.at, in_zone=customer.in_zone)
        in_currency = currency_of(agreements[one.subscription.subscription_id])
        joins = is_together and not bills_so_far(one.moment)
        alone = "" if joins else str(one.subscription.subscription_id)
        by_place.setdefault((day, in_currency.code, alone), []).append(one)
    return _Unit(customer_id, tuple(by_place[min(by_place)]))


def _close_unit(
    store: SellerStore, unit: _Unit, *, run_id: UUID, through: date, now: datetime
) -> tuple[int, set[UUID]]:
    """How many invoices that made, and whose subscriptions wait."""
    policy, position = policy_of(store, store.seller()), position_to_bill(store)
    if unit.pending is None and len(unit.due) == 1:
        # One moment is billed as it is where nothing is billed together.
        only = unit.due[0]
        drafted = draft_moment(store, only.subscription, only.moment, to_position=position)
        # What crossed its threshold is enough to be billed, whatever coupons leave of it.
        enough = bills_so_far(only.moment) or not stays_open(drafted.draft.total, policy)
        if drafted.pending is not None or not drafted.draft.lines or enough:
            if not goes_out(store, drafted, now=now):
                return 0, {only.subscription.subscription_id}
            return int(issue_drafted(store, drafted, run_id=run_id, now=now).invoice is not None), set()
    customer = store.customer(unit.customer_id)
    assert customer is not None, f"customer {unit.customer_id} has subscriptions"
    this = draft_together(store, customer, unit.due, pending=unit.pending, to_position=position)
    if unit.pending is None and stays_open(this.draft.total, policy):
        grown = _grown(store, this, policy, through=through, now=now, to_position=position)
        if grown is None:
            return 0, {one.subscription.subscription_id for one in this.due}
        this = grown
    if not goes_out_together(store, this, policy, now=now):
        return 0, {one.subscription.subscription_id for one in this.due}
    return int(issue_together(store, this, run_id=run_id, now=now).invoice is not None), set()


def _grown(
    store: SellerStore, this: DraftedTogether, policy: BillingPolicy, *, through: date, now: datetime, to_position: int
) -> DraftedTogether | None:
    """The same with what these subscriptions bill next, as long as it comes to too little; None where it stays open.

    It goes out however little it is where nothing of these subscriptions follows, and before a change within a period:
    what that gives back of a fee has to be on an invoice first.
    """
    while this.draft.lines and stays_open(this.draft.total, policy):
        last = {one.subscription.subscription_id: one for one in this.due}
        followed = {key: _following(one) for key, one in last.items()}
        coming = [(last[key].subscription, moment) for key, moment in followed.items() if moment is not None]
        if not coming:
            break
        due = [Due(one, moment) for one, moment in coming if moment.at <= _limit(one, through=through, now=now)]
        if not due:
            store.come_up_again(list(last), at=min(moment.at for _, moment in coming))
            return None
        if any(one.moment.ended is None for one in due):
            break
        this = draft_together(store, this.customer, [*this.due, *due], pending=None, to_position=to_position)
    return this


def _following(due: Due) -> Moment | None:
    """The moment of the same subscription that comes next, whenever that is."""
    return next(replace(due.subscription, billed_through=due.moment.at).moments_due(through=_EVER), None)
