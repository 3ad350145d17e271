"""What a customer may use now, by all that runs: features, limits with what is used of them, and settings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import reduce

from farthing.core.entitling.allowance import Room
from farthing.core.exact import ZERO, Exact
from farthing.core.metering.meter import Meter, Reading
from farthing.core.metering.sample import Window
from farthing.core.money import EXACT
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.period import Period
from farthing.core.pricing.plan import Entitlement, EntitlementKind
from farthing.core.rating.agreement import Agreement
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore


@dataclass(frozen=True, slots=True)
class Source:
    """Where an entitlement comes from: a plan, or an add-on beside it that is there so many times."""

    subscription: Subscription
    key: str
    is_add_on: bool
    number: Decimal
    entitlement: Entitlement


@dataclass(frozen=True, slots=True)
class Entitled:
    """One feature, and the sources that made it what it is.

    `used` is what the limit's meter measures in the running period, as its invoice would have it if nothing more
    happened; it and `period` are None without a meter. `held` is what is reserved. `left` is below 0 where more is used
    and held than the limit.
    """

    entitlement: Entitlement
    sources: tuple[Source, ...]
    used: Exact | None = None
    period: Period | None = None
    held: Decimal = ZERO

    @property
    def left(self) -> Exact | None:
        """How much of the limit is left; None where nothing is measured."""
        return None if self.used is None else self.room.left

    @property
    def room(self) -> Room:
        """The limit as a bound of what may be used; where nothing is measured it bounds what is held alone."""
        entitlement = self.entitlement
        assert isinstance(entitlement.value, Decimal), f"{entitlement.feature} is a limit"
        unit = "" if entitlement.meter is None else entitlement.meter.unit
        return Room(
            bound="limit",
            unit=unit or entitlement.feature,
            most=entitlement.value,
            used=ZERO if self.used is None else self.used,
            held=self.held,
            resets_at=None if self.period is None else self.period.end,
            in_zone=self.sources[0].subscription.cycle.in_zone,
        )


@dataclass(frozen=True, slots=True)
class Entitlements:
    """All features of a customer, by name. `as_of` is the seller's time at which it was asked."""

    customer: Customer
    features: tuple[Entitled, ...]
    as_of: datetime


def show_entitlements(store: SellerStore, *, customer_key: str, person: Person | None, now: datetime) -> Entitlements:
    """What this customer may use now."""
    with store.snapshot():
        customer = find_customer(store, customer_key, person=person)
        held = store.held(customer.customer_id, at=now)
        features = [
            replace(measured(store, entitled, now=now), held=held.get(entitled.entitlement.feature, ZERO))
            for entitled in entitled_by(sources_for(store, customer, now=now))
        ]
    return Entitlements(customer, tuple(features), as_of=now)


def sources_for(store: SellerStore, customer: Customer, *, now: datetime) -> list[Source]:
    """Every entitlement of all subscriptions that run; to be called in a transaction."""
    sources: list[Source] = []
    for subscription in store.subscriptions(customer_id=customer.customer_id):
        if subscription.period_at(now) is not None:
            sources += sources_of(agreement_of(store, subscription), now)
    return sources


def sources_of(agreement: Agreement, instant: datetime) -> Iterator[Source]:
    """Every entitlement that a subscription has at an instant: the plan's as agreed, then those of its add-ons."""
    subscription, plan = agreement.subscription, agreement.plan_at(instant)
    for entitlement in plan.entitlements:
        yield Source(subscription, plan.key, False, Decimal(1), entitlement)
    for attached in sorted(subscription.add_ons, key=lambda one: (one.starts_at, one.add_on_key)):
        if attached.starts_at <= instant and (attached.ends_at is None or instant < attached.ends_at):
            add_on = agreement.add_ons[attached.add_on_key, attached.version]
            for entitlement in add_on.entitlements:
                yield Source(subscription, add_on.key, True, attached.number, entitlement)


def entitled_by(sources: Iterable[Source]) -> list[Entitled]:
    """What all of them come to, by feature: one yes is a yes, limits add up, and of settings an add-on's wins.

    Of several plans, or several add-ons, with a setting the one that began last wins. Where one makes a limit of what
    another makes a yes or a setting, the kind is decided in the same way, and what is of another kind does not count.
    """
    by_feature: dict[str, list[Source]] = {}
    for source in sources:
        by_feature.setdefault(source.entitlement.feature, []).append(source)
    return [_together(by_feature[feature]) for feature in sorted(by_feature)]


def _together(sources: list[Source]) -> Entitled:
    in_order = sorted(sources, key=lambda source: (source.is_add_on, source.subscription.starts_at))
    winner = in_order[-1].entitlement
    same = tuple(source for source in in_order if source.entitlement.kind is winner.kind)
    match winner.kind:
        case EntitlementKind.BOOLEAN:
            granting = tuple(source for source in same if source.entitlement.value)
            return Entitled(replace(winner, value=bool(granting)), granting or same)
        case EntitlementKind.LIMIT:
            meters = [source.entitlement.meter for source in same if source.entitlement.meter is not None]
            limit = reduce(EXACT.add, (_times(source) for source in same))
            return Entitled(replace(winner, value=limit, meter=meters[0] if meters else None), same)
        case EntitlementKind.CONFIGURATION:
            return Entitled(winner, (in_order[-1],))


def _times(source: Source) -> Decimal:
    """The limit, as often as its add-on is there."""
    value = source.entitlement.value
    assert isinstance(value, Decimal), f"{source.entitlement.feature} is a limit"
    return EXACT.multiply(value, source.number)


def measured(store: SellerStore, entitled: Entitled, *, now: datetime) -> Entitled:
    """The same with what is used of it, by every event there is; to be called in `snapshot()`."""
    meter = entitled.entitlement.meter
    if meter is None:
        return entitled
    subscription = next(source.subscription for source in entitled.sources if source.entitlement.meter is not None)
    period = subscription.period_at(now)
    assert period is not None, f"subscription {subscription.subscription_id} runs"
    return replace(entitled, used=_used(store, meter, subscription, period), period=period)


def _used(store: SellerStore, meter: Meter, subscription: Subscription, period: Period) -> Exact:
    cycle = subscription.cycle
    window = Window(segment=period, full=cycle.period_holding(period.start), in_zone=cycle.zone_of(period))
    return store.measure_up_to_now(Reading(meter, window), customer_id=subscription.customer_id)
