"""All that a customer agreed to: plan, currency, phase, quantities, add-ons, own terms, and what comes of it next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from farthing.core.billing import draft_of
from farthing.core.invoicing.invoice import Draft, Invoice
from farthing.core.money import Currency, Money
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.pricing.plan import AddOn, Phase, Plan, Price, Timing
from farthing.core.rating.agreement import Agreement, add_on_price_key, phase_running
from farthing.core.rating.rate import rate_fee
from farthing.core.refused import Unknown
from farthing.core.subscriptions.lifecycle import State, state_of
from farthing.core.subscriptions.subscription import Attached, Moment, Standing, Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.collect_due import past_due_of
from farthing.usecases.customers import find_customer, visible_customers
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_usage import preview


@dataclass(frozen=True, slots=True)
class PhaseNow:
    """The phase that runs, and the instant at which it is over."""

    phase: Phase
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class AgreedQuantityNow:
    """An agreed quantity: how many, and since when; `said` is False for the 1 that counts when nothing was said."""

    name: str
    number: Decimal
    since: datetime
    said: bool = True


@dataclass(frozen=True, slots=True)
class Agreed:
    """A subscription as it stands at `as_of`; of one that has yet to begin as it begins, of one that ended as it did.

    `quantities` are those in force and then those to come; `draft` is the next invoice as it stands, where one runs.
    `past_due` are those of its invoices that should have been paid.
    """

    customer: Customer
    subscription: Subscription
    agreement: Agreement
    plan: Plan
    phase: PhaseNow | None
    quantities: tuple[AgreedQuantityNow, ...]
    draft: Draft | None
    as_of: datetime
    past_due: tuple[Invoice, ...] = ()

    @property
    def state(self) -> State:
        """Where it is in its life; past due says no more than that, and stops nothing."""
        trialing = self.phase is not None and self.phase.phase.trial
        return state_of(self.subscription, at=self.as_of, trialing=trialing, overdue=bool(self.past_due))

    @property
    def standing(self) -> Standing:
        """Whether it is coming, runs, or has ended."""
        return self.subscription.standing(at=self.as_of)

    @property
    def currency(self) -> Currency:
        """What its invoices are in."""
        return self.plan.currency

    def add_on(self, attached: Attached) -> AddOn:
        """An add-on of it in its currency."""
        return self.agreement.add_ons[attached.add_on_key, attached.version].in_currency(self.currency.code)


def show_subscriptions(
    store: SellerStore,
    *,
    customer_key: str | None,
    person: Person | None,
    now: datetime,
    plan_key: str | None = None,
    with_drafts: bool = False,
) -> list[Agreed]:
    """What this customer agreed to, or all whom this person may see; of one plan, if one is named.

    With drafts, each that runs has its next invoice as it stands.
    """
    with store.transaction():
        if customer_key is None:
            customers = visible_customers(store, person=person)
        else:
            customers = [find_customer(store, customer_key, person=person)]
        by_id = {customer.customer_id: customer for customer in customers}
        subscriptions = store.subscriptions(customer_id=None if customer_key is None else customers[0].customer_id)
        known = cast(SellerStore, _KnownOffers(store))
        return [
            _agreed(known, by_id[subscription.customer_id], subscription, now=now, with_draft=with_drafts)
            for subscription in subscriptions
            if subscription.customer_id in by_id and plan_key in (None, subscription.plan_key)
        ]


def show_subscription(store: SellerStore, subscription_id: UUID, *, person: Person | None, now: datetime) -> Agreed:
    """What one subscription agreed to, with its next invoice as it stands."""
    with store.transaction():
        visible = {customer.customer_id: customer for customer in visible_customers(store, person=person)}
        for subscription in store.subscriptions():
            if subscription.subscription_id == subscription_id and subscription.customer_id in visible:
                return _agreed(store, visible[subscription.customer_id], subscription, now=now, with_draft=True)
    raise Unknown(f"There is no subscription {subscription_id} here; see GET /v1/subscriptions.")


def named_of(store: SellerStore, subscription_id: UUID) -> tuple[str, str]:
    """The customer's key, and the key of the plan that a subscription began with."""
    with store.transaction():
        for subscription in store.subscriptions():
            if subscription.subscription_id == subscription_id:
                customer = store.customer(subscription.customer_id)
                assert customer is not None, f"subscription {subscription_id} has a customer"
                return customer.key, subscription.plan_key
    raise Unknown(f"There is no subscription {subscription_id} here; see GET /v1/subscriptions.")


def agreed_in(store: SellerStore, subscription: Subscription, *, now: datetime) -> Agreed:
    """What a subscription at hand agreed to; to be called in a transaction."""
    customer = store.customer(subscription.customer_id)
    assert customer is not None, f"subscription {subscription.subscription_id} has a customer"
    return _agreed(store, customer, subscription, now=now, with_draft=False)


def first_draft(agreement: Agreement) -> Draft:
    """What is charged at the very start, ahead; a draft without lines where nothing is."""
    subscription = agreement.subscription
    begins = subscription.period_at(subscription.starts_at)
    assert begins is not None, f"subscription {subscription.subscription_id} begins"
    return draft_of(agreement, Moment(subscription.starts_at, ended=None, begins=begins), {})


def full_fee(agreed: Agreed, price: Price, *, at: datetime, number: Decimal) -> Money:
    """What a fee comes to for so many and a whole period, whatever part of it is charged."""
    cycle = agreed.subscription.cycle
    line = rate_fee(price, cycle.period_holding(at), cycle, in_currency=agreed.currency, number=number)
    return line.amount


def fees_of(agreed: Agreed, attached: Attached) -> list[tuple[Price, Money]]:
    """The fees of an add-on as often as it is there, each for a whole period, or once."""
    return [
        (
            replace(price, key=add_on_price_key(attached.add_on_key, price.key)),
            full_fee(agreed, price, at=attached.starts_at, number=attached.number),
        )
        for price in agreed.add_on(attached).prices
        if price.meter is None
    ]


def fees_for(agreed: Agreed, name: str, *, at: datetime) -> list[Price]:
    """The fees that are for an agreed quantity, as they are agreed at an instant; what is charged once is left out."""
    plan = agreed.agreement.plan_at(at)
    phase = phase_running(plan, agreed.subscription, at)
    prices = plan.prices if phase is None else phase.prices
    return [price for price in prices if price.quantity == name and price.timing is not Timing.ONCE]


def _agreed(
    store: SellerStore, customer: Customer, subscription: Subscription, *, now: datetime, with_draft: bool
) -> Agreed:
    agreement = agreement_of(store, subscription)
    at = max(now, subscription.starts_at)
    if subscription.ends_at is not None and not subscription.withdrawn:
        at = min(at, subscription.ends_at - timedelta(microseconds=1))
    plan = agreement.plan_at(at)
    running = phase_running(plan, subscription, at)
    over = subscription.phase_at(at)
    return Agreed(
        customer=customer,
        subscription=subscription,
        agreement=agreement,
        plan=plan,
        phase=None if running is None else PhaseNow(running, subscription.phase_ends[over]),
        quantities=tuple(_quantities(plan, subscription, at)),
        draft=preview(store, subscription, now=now) if with_draft else None,
        as_of=now,
        past_due=tuple(past_due_of(store, subscription, now=now)),
    )


def _quantities(plan: Plan, subscription: Subscription, at: datetime) -> Sequence[AgreedQuantityNow]:
    names = sorted({price.quantity for price in plan.all_prices if price.quantity is not None})
    said = [agreed for agreed in subscription.quantities if agreed.since <= at]
    now = []
    for name in names:
        own = [agreed for agreed in said if agreed.name == name]
        if own:
            now.append(AgreedQuantityNow(name, own[-1].number, own[-1].since))
        else:
            now.append(AgreedQuantityNow(name, Decimal(1), subscription.starts_at, said=False))
    to_come = {(agreed.since, agreed.name): agreed for agreed in subscription.quantities if agreed.since > at}
    return [*now, *(AgreedQuantityNow(agreed.name, agreed.number, agreed.since) for agreed in to_come.values())]


class _KnownOffers:
    """The same store, which reads each version of a plan or an add-on once."""

    def __init__(self, store: SellerStore) -> None:
        self._store = store
        self._plans: dict[tuple[str, int], Plan | None] = {}
        self._add_ons: dict[tuple[str, int], AddOn | None] = {}

    def plan(self, key: str, version: int) -> Plan | None:
        """This version of a plan."""
        if (key, version) not in self._plans:
            self._plans[key, version] = self._store.plan(key, version)
        return self._plans[key, version]

    def add_on(self, key: str, version: int) -> AddOn | None:
        """This version of an add-on."""
        if (key, version) not in self._add_ons:
            self._add_ons[key, version] = self._store.add_on(key, version)
        return self._add_ons[key, version]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
