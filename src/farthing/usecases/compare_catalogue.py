"""What a catalogue would change on the next invoices, worked out on what customers have really used so far."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from farthing.core.invoicing.invoice import Draft
from farthing.core.money import Currency, Money, zero
from farthing.core.period import Period
from farthing.core.pricing.plan import Plan
from farthing.core.refused import Refused
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_usage import preview
from farthing.usecases.supposed import supposed

PAGE = 200
MOST_TOLD = 20

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class NextInvoice:
    """One subscription's next invoice under what is agreed, and as it would be."""

    customer_key: str
    subscription_id: UUID
    plan_key: str
    period: Period
    in_zone: str
    now: Money
    then: Money

    @property
    def difference(self) -> Money:
        """What it would be more; less, when it is negative."""
        return self.then - self.now


@dataclass(frozen=True, slots=True)
class Sums:
    """The invoices in one currency that would be others, added up."""

    invoices: int
    now: Money
    then: Money


@dataclass(frozen=True, slots=True)
class _Changed:
    """A subscription whose next invoice would be another."""

    subscription: Subscription
    period: Period
    now: Money
    then: Money


@dataclass(slots=True)
class Impact:
    """Which next invoices would change, the largest changes first; and how many would not, or cannot be told.

    `agreed_for_later` is of how many the present terms are those that are agreed already for a later period.
    """

    rows: Sequence[NextInvoice] = ()
    sums: dict[Currency, Sums] = field(default_factory=dict)
    changed: int = 0
    same: int = 0
    in_phase: int = 0
    impossible: int = 0
    agreed_for_later: int = 0
    reasons: list[str] = field(default_factory=list)


def compare_invoices(
    store: SellerStore, plans: Sequence[Plan], *, now: datetime, limit: int, progress: Progress | None = None
) -> Impact:
    """The next invoices of those who are on these plans, under their present terms and under these versions.

    Each is the running period with what was used so far, as if the new version had been in force since it began. Who
    has agreed already to another version from a later period on is compared with that one in the same way: what it
    changes is not the file's doing. Keeps nothing and locks nothing; at most `limit` rows are held at a time.
    """
    impact = Impact()
    if not plans:
        return impact
    largest: list[tuple[Decimal, int, _Changed]] = []
    with store.snapshot():
        at_hand = supposed(store, plans)
        versions = {plan.key: plan for plan in plans}
        for number, subscription in enumerate(_running(store, plans, now=now)):
            key, _ = subscription.plan_at(now)
            changed = _compared(at_hand, subscription, versions[key], impact, now=now)
            if changed is not None:
                kept = (abs((changed.then - changed.now).amount), -number, changed)
                if len(largest) < limit:
                    heapq.heappush(largest, kept)
                else:
                    heapq.heappushpop(largest, kept)
            if progress is not None:
                progress(number + 1)
        rows = [_row(store, changed) for _, _, changed in largest]
    impact.rows = sorted(rows, key=lambda row: (-abs(row.difference.amount), row.customer_key))
    return impact


def _running(store: SellerStore, plans: Sequence[Plan], *, now: datetime) -> Iterator[Subscription]:
    """The subscriptions to these plans of which a period runs."""
    keys = [plan.key for plan in plans]
    after: UUID | None = None
    while True:
        page = store.subscriptions_of_plans(keys, after=after, limit=PAGE)
        yield from (
            subscription
            for subscription in page
            if subscription.period_at(now) is not None and subscription.plan_at(now)[0] in keys
        )
        if len(page) < PAGE:
            return
        after = page[-1].subscription_id


def _compared(
    store: SellerStore, subscription: Subscription, plan: Plan, impact: Impact, *, now: datetime
) -> _Changed | None:
    """The two invoices where they differ; what becomes of the others is counted."""
    period = subscription.period_at(now)
    assert period is not None, "a period runs"
    moved = subscription.as_if_on(plan.key, plan.version)
    agreed = _agreed_at_last(subscription, period)
    impact.agreed_for_later += agreed is not subscription
    try:
        present = preview(store, agreed, now=now)
        assert present is not None, "a period runs"
        running = _phase(store, subscription, period)
        if any(_phase(store, other, period) != running for other in (agreed, moved)):
            impact.in_phase += 1
            return None
        then = _then(store, moved, present, now=now)
    except Refused as fault:
        impact.impossible += 1
        if len(impact.reasons) < MOST_TOLD:
            impact.reasons.append(f"{_customer_key(store, subscription)}: {fault.sentence}")
        return None
    if then.total == present.total:
        impact.same += 1
        return None
    impact.changed += 1
    before = impact.sums.get(present.currency, Sums(0, zero(present.currency), zero(present.currency)))
    impact.sums[present.currency] = Sums(before.invoices + 1, before.now + present.total, before.then + then.total)
    return _Changed(subscription, period, present.total, then.total)


def _agreed_at_last(subscription: Subscription, period: Period) -> Subscription:
    """The subscription as if the last version that is agreed had been in force since this period began."""
    if all(version.since <= period.start for version in subscription.versions):
        return subscription
    last = subscription.versions[-1]
    return subscription.as_if_on(last.plan_key, last.plan_version)


def _row(store: SellerStore, changed: _Changed) -> NextInvoice:
    return NextInvoice(
        customer_key=_customer_key(store, changed.subscription),
        subscription_id=changed.subscription.subscription_id,
        plan_key=changed.subscription.plan_at(changed.period.start)[0],
        period=changed.period,
        in_zone=changed.subscription.cycle.in_zone,
        now=changed.now,
        then=changed.then,
    )


def _customer_key(store: SellerStore, subscription: Subscription) -> str:
    customer = store.customer(subscription.customer_id)
    assert customer is not None, f"subscription {subscription.subscription_id} has a customer"
    return customer.key


def _then(store: SellerStore, moved: Subscription, present: Draft, *, now: datetime) -> Draft:
    then = preview(store, moved, now=now)
    assert then is not None, "a period runs"
    if then.currency != present.currency:
        raise Refused(f"it has prices in {then.currency}, and the subscription is in {present.currency}.")
    return then


def _phase(store: SellerStore, subscription: Subscription, period: Period) -> str | None:
    return agreement_of(store, subscription).terms_for(period).phase
