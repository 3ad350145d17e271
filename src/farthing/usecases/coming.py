"""What comes: trials that end, renewals, price changes with what they would have meant, credit that expires."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from farthing.core.billing import draft_of
from farthing.core.interval import MONTH, Every, Unit
from farthing.core.invoicing.credits import Grant
from farthing.core.money import Money
from farthing.core.period import Period, local_date
from farthing.core.rating.agreement import Agreement
from farthing.core.subscriptions.subscription import Moment, Subscription
from farthing.core.telling.digest import Happening
from farthing.usecases.agreed import agreement_of, agreements_of
from farthing.usecases.billing_moments import measured_for
from farthing.usecases.ports import SellerStore

_INSTANT = timedelta(microseconds=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ahead:
    """Something that happens at an instant, on a day of its reader; `about_id` is the subscription or the grant.

    `amount` is what is charged then, or what expires. `before` and `after` are what the customer's own last period came
    to, and would have come to by the new prices.
    """

    happening: Happening
    customer_id: UUID
    about_id: UUID
    at: datetime
    day: date
    about: str
    amount: Money | None = None
    before: Money | None = None
    after: Money | None = None


def coming_of(
    store: SellerStore,
    subscriptions: Sequence[Subscription],
    *,
    ahead: Period,
    customer_id: UUID | None,
    in_zone: str,
    small_too: bool = True,
) -> Iterator[Ahead]:
    """What happens in this time to these subscriptions and to their customer's credit, or to all credit.

    `small_too` tells of every billing period that closes. To be called in a transaction.
    """
    wanted = [one for one in subscriptions if not one.withdrawn and (one.ends_at or ahead.start) >= ahead.start]
    for agreement in agreements_of(store, wanted).values():
        yield from _of_subscription(store, agreement, ahead, in_zone=in_zone, small_too=small_too)
    grants = store.all_grants() if customer_id is None else store.grants_of(customer_id)
    yield from _of_credit(grants, ahead, in_zone=in_zone)


def _of_subscription(
    store: SellerStore, agreement: Agreement, ahead: Period, *, in_zone: str, small_too: bool
) -> Iterator[Ahead]:
    subscription = agreement.subscription

    def told(happening: Happening, at: datetime, about: str, amount: Money | None = None) -> Ahead:
        day = local_date(at, in_zone=in_zone)
        return Ahead(happening, subscription.customer_id, subscription.subscription_id, at, day, about, amount)

    for end in subscription.phase_ends:
        if end in ahead and subscription.period_at(end) is not None and _is_trial(agreement, end - _INSTANT):
            yield told(Happening.TRIAL_END, end, agreement.plan_at(end).name, _fees_from(agreement, end))
    if subscription.ends_at is not None and subscription.ends_at in ahead:
        last = max(subscription.starts_at, subscription.ends_at - _INSTANT)
        yield told(Happening.ENDS, subscription.ends_at, agreement.plan_at(last).name)
    for end in _period_ends(subscription, ahead):
        if subscription.period_at(end) is None or subscription.paused_at(end) or end in subscription.phase_ends:
            continue
        if _is_long(subscription.cycle.every):
            yield told(Happening.RENEWAL, end, agreement.plan_at(end).name, _fees_from(agreement, end))
        elif small_too:
            yield told(Happening.PERIOD_END, end, agreement.plan_at(end).name)
    yield from _price_changes(store, agreement, ahead, in_zone=in_zone)


def _period_ends(subscription: Subscription, ahead: Period) -> Iterator[datetime]:
    period = subscription.period_at(max(ahead.start - _INSTANT, subscription.starts_at))
    while period is not None and period.end < ahead.end:
        if period.end in ahead:
            yield period.end
        period = subscription.period_at(period.end)


def _price_changes(store: SellerStore, agreement: Agreement, ahead: Period, *, in_zone: str) -> Iterator[Ahead]:
    subscription = agreement.subscription
    for since in sorted({agreed.since for agreed in subscription.versions if agreed.since in ahead}):
        old, new = subscription.plan_at(since - _INSTANT), subscription.plan_at(since)
        if old == new or subscription.period_at(since) is None:
            continue
        before, after = (_last_period_on(store, subscription, plan, at=since) for plan in (old, new))
        yield Ahead(
            Happening.PRICE_CHANGE,
            subscription.customer_id,
            subscription.subscription_id,
            since,
            local_date(since, in_zone=in_zone),
            agreement.plan_at(since).name,
            before=before,
            after=after,
        )


def _last_period_on(
    store: SellerStore, subscription: Subscription, plan: tuple[str, int], *, at: datetime
) -> Money | None:
    """What the customer's own last whole period comes to by a plan; None where there was none, or a trial."""
    supposed = subscription.as_if_on(*plan)
    running = supposed.period_at(at)
    if running is None or running.start <= subscription.starts_at:
        return None
    period = supposed.period_at(running.start - _INSTANT)
    # Of a period that has not ended, only a part was used.
    now_measured = subscription.usage_billed_through or _LONG_AGO
    while period is not None and period.end > now_measured:
        period = supposed.period_at(period.start - _INSTANT)
    agreement = agreement_of(store, supposed)
    if period is None or agreement.terms_for(period).trial:
        return None
    ended = Moment(period.end, ended=period, begins=None)
    begun = Moment(period.start, ended=None, begins=period)
    used = draft_of(agreement, ended, measured_for(store, agreement, ended))
    return used.subtotal + draft_of(agreement, begun, {}).subtotal


def _fees_from(agreement: Agreement, at: datetime) -> Money | None:
    """The fees that are charged ahead then, before taxes, discounts and credit."""
    begins = agreement.subscription.period_at(at)
    if begins is None:
        return None
    subtotal = draft_of(agreement, Moment(at, ended=None, begins=begins), {}).subtotal
    return subtotal or None


def _is_trial(agreement: Agreement, at: datetime) -> bool:
    period = agreement.subscription.period_at(at)
    return period is not None and agreement.terms_for(period).trial


def _is_long(every: Every) -> bool:
    return every.unit is Unit.MONTH and every.number > MONTH.number


def _of_credit(grants: Iterable[Grant], ahead: Period, *, in_zone: str) -> Iterator[Ahead]:
    for grant in grants:
        if grant.expires_at is not None and grant.expires_at in ahead and grant.left.minor > 0:
            # The first instant at which it pays no more; its last day is the one before.
            day = local_date(grant.expires_at - _INSTANT, in_zone=in_zone)
            at, whose = grant.expires_at, grant.customer_id
            yield Ahead(Happening.CREDIT_EXPIRES, whose, grant.grant_id, at, day, grant.name, grant.left)
