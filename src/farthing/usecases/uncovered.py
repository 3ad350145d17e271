"""Usage that no subscription covers is found, with what would make it billable: it must never go unnoticed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from farthing.core.parties import Customer
from farthing.core.period import local_date, start_of_day
from farthing.core.pricing.plan import Plan
from farthing.core.subscriptions.subscription import Standing, Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore, Unattributed


@dataclass(frozen=True, slots=True)
class Uncovered:
    """One customer's events of one type that will not be billed; days are local to the customer.

    `plans` are those whose newest version prices the type. `in_the_way` are the subscriptions that price it at some
    other time and so leave no room for one from `first_on`; `withdrawable` says that none of them has begun.
    """

    customer: Customer
    type: str
    events: int
    first_on: date
    last_on: date
    plans: Sequence[str]
    in_the_way: Sequence[Subscription]
    withdrawable: bool


def find_uncovered(store: SellerStore, *, customer_key: str | None = None, now: datetime) -> list[Uncovered]:
    """What no subscription covers, of one customer or of all, by customer's key and type."""
    with store.transaction():
        customer = None if customer_key is None else find_customer(store, customer_key, person=None)
        return uncovered_in(store, customer=customer, now=now)


def uncovered_in(store: SellerStore, *, customer: Customer | None, now: datetime) -> list[Uncovered]:
    """The same, to be called in a transaction."""
    plans = store.plans()
    found = []
    for group in store.unattributed(customer_id=None if customer is None else customer.customer_id):
        whose = customer or store.customer(group.customer_id)
        assert whose is not None, f"customer {group.customer_id} has usage"
        found.append(_uncovered(store, group, whose, plans, now=now))
    return sorted(found, key=lambda one: (one.customer.key, one.type))


def _uncovered(
    store: SellerStore, group: Unattributed, customer: Customer, plans: Sequence[Plan], *, now: datetime
) -> Uncovered:
    first_on = local_date(group.first_at, in_zone=customer.in_zone)
    starts_at = start_of_day(first_on, in_zone=customer.in_zone)
    in_the_way = []
    for subscription in store.subscriptions(customer_id=customer.customer_id):
        if subscription.withdrawn or (subscription.ends_at is not None and subscription.ends_at <= starts_at):
            continue
        if group.type in agreement_of(store, subscription).event_types:
            in_the_way.append(subscription)
    return Uncovered(
        customer=customer,
        type=group.type,
        events=group.events,
        first_on=first_on,
        last_on=local_date(group.last_at, in_zone=customer.in_zone),
        plans=[plan.key for plan in plans if group.type in plan.event_types],
        in_the_way=in_the_way,
        withdrawable=all(
            subscription.billed_through is None and subscription.standing(at=now) is Standing.COMING
            for subscription in in_the_way
        ),
    )
