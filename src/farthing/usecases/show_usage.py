"""What a customer has used in the running period, and what that comes to so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from farthing.core.billing import draft_of, preview_moment
from farthing.core.invoicing.invoice import Draft, Invoice
from farthing.core.metering.meter import Meter
from farthing.core.money import Currency, Money, zero
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.period import Period, local_date, start_of_day
from farthing.core.pricing.plan import Plan
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.billing_moments import measured_for
from farthing.usecases.customers import find_customer, visible_customers
from farthing.usecases.ports import DayOfUsage, SellerStore
from farthing.usecases.reckoning import as_it_stands


@dataclass(frozen=True, slots=True)
class MeterUsage:
    """One meter's usage by local day; days to come are left out."""

    price_key: str
    name: str
    meter: Meter
    days: Sequence[DayOfUsage]


@dataclass(frozen=True, slots=True)
class SubscriptionUsage:
    """A running subscription: its period, its next invoice as it stands, and usage by day."""

    subscription: Subscription
    plan: Plan
    period: Period
    draft: Draft
    meters: Sequence[MeterUsage]


@dataclass(frozen=True, slots=True)
class UsageView:
    """What `/usage` shows. `as_of` is the seller's time at which it was asked."""

    customer: Customer
    running: Sequence[SubscriptionUsage]
    recent_invoices: Sequence[Invoice]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Spend:
    """What one customer's running period comes to so far, beside fees charged ahead; one sum a currency."""

    customer: Customer
    so_far: Sequence[Money]


def show_usage(store: SellerStore, *, customer_key: str, person: Person | None, now: datetime) -> UsageView:
    """A customer's running subscriptions, drawn only from what this person may see."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=person)
        running = []
        for subscription in store.subscriptions(customer_id=customer.customer_id):
            usage = _running(store, subscription, now=now)
            if usage is not None:
                running.append(usage)
        recent = store.invoices(customer_id=customer.customer_id, limit=5)
    return UsageView(customer, running, recent, as_of=now)


def show_spend(store: SellerStore, *, person: Person | None, now: datetime) -> list[Spend]:
    """Spend so far of every customer this person may see, largest first."""
    with store.transaction():
        visible = {customer.customer_id: customer for customer in visible_customers(store, person=person)}
        sums: dict[UUID, dict[Currency, Money]] = {customer_id: {} for customer_id in visible}
        for subscription in store.subscriptions():
            draft = None
            if subscription.customer_id in visible:
                draft = preview(store, subscription, now=now)
            if draft is not None:
                by_currency = sums[subscription.customer_id]
                by_currency[draft.currency] = by_currency.get(draft.currency, zero(draft.currency)) + draft.accrued
    spends = [Spend(visible[customer_id], tuple(money.values())) for customer_id, money in sums.items() if money]
    return sorted(spends, key=lambda spend: (-max(money.amount for money in spend.so_far), spend.customer.key))


def preview(store: SellerStore, subscription: Subscription, *, now: datetime) -> Draft | None:
    """The next invoice as it stands; None when nothing runs. To be called in a transaction."""
    moment = preview_moment(subscription, at=now)
    if moment is None:
        return None
    agreement = agreement_of(store, subscription)
    paid_ahead = store.fees_ahead(subscription.subscription_id, at=moment.at)
    draft = draft_of(agreement, moment, measured_for(store, agreement, moment), paid_ahead)
    return as_it_stands(store, draft)


def local_days(period: Period, *, in_zone: str, until: datetime | None = None) -> list[tuple[date, Period]]:
    """The local days of a period, cut to it; `until` leaves out those that start later."""
    day = period.first_day(in_zone=in_zone)
    days: list[tuple[date, Period]] = []
    while (start := max(start_of_day(day, in_zone=in_zone), period.start)) < period.end:
        if until is not None and start > until:
            break
        end = min(start_of_day(day + timedelta(days=1), in_zone=in_zone), period.end)
        if start < end and local_date(start, in_zone=in_zone) == day:
            days.append((day, Period(start, end)))
        day += timedelta(days=1)
    return days


def _running(store: SellerStore, subscription: Subscription, *, now: datetime) -> SubscriptionUsage | None:
    period = subscription.period_at(now)
    draft = preview(store, subscription, now=now)
    if period is None or draft is None:
        return None
    agreement = agreement_of(store, subscription)
    terms = agreement.terms_for(period)
    to_position = store.last_position()
    meters = [
        MeterUsage(
            price_key=item.price.key,
            name=item.price.name,
            meter=item.price.meter,
            days=store.measure_by_day(
                item.price.meter,
                customer_id=subscription.customer_id,
                days=local_days(item.segment, in_zone=subscription.cycle.in_zone, until=now),
                to_position=to_position,
                where=item.where,
                in_zone=subscription.cycle.in_zone,
            ),
        )
        for item in terms.prices
        if item.price.meter is not None
    ]
    return SubscriptionUsage(subscription, agreement.plan_at(period.start), period, draft, meters)
