"""A plan is what a customer agrees to: prices in one currency, in versions that never change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from farthing.core.interval import MONTH, Alignment, Every
from farthing.core.metering.meter import Meter
from farthing.core.money import Currency, plain
from farthing.core.pricing.commitment import Commitment, check_commitments
from farthing.core.pricing.entitlement import Entitlement, EntitlementKind
from farthing.core.pricing.phase import Lasting, LastingUnit, Phase, TrialUsage
from farthing.core.pricing.price import (
    Accumulate,
    CustomUnit,
    Ladder,
    Price,
    Proration,
    Timing,
    check_prices,
    effective_filter,
)
from farthing.core.pricing.shapes import Shape
from farthing.core.refused import Refused

__all__ = [
    "Accumulate",
    "AddOn",
    "Commitment",
    "CustomUnit",
    "Entitlement",
    "EntitlementKind",
    "Ladder",
    "Lasting",
    "LastingUnit",
    "Phase",
    "Plan",
    "Price",
    "Proration",
    "Shape",
    "Timing",
    "TrialUsage",
    "effective_filter",
]


@dataclass(frozen=True, slots=True)
class Plan:
    """A version of a plan; prices stand in the order in which an invoice shows them.

    `phases` come first, one after the other; then `prices` hold for ever. `others` are the same plan in its further
    currencies. `every` is how long a period is; `periods` says whether they start with the calendar's or the customer.
    What has accrued and is on no invoice yet is billed before the period is over when it comes to `bill_above`.
    """

    key: str
    version: int
    name: str
    currency: Currency
    prices: tuple[Price, ...]
    phases: tuple[Phase, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    others: tuple[Plan, ...] = ()
    every: Every = MONTH
    periods: Alignment = Alignment.CALENDAR
    bill_above: Decimal | None = None
    # What was worked out of it once, since it never changes; nobody changes that either.
    worked_out: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        of = f"plan “{self.key}”"
        if self.bill_above is not None and self.bill_above <= 0:
            raise Refused(
                f"The {of} bills what has accrued above {plain(self.bill_above)}; give more than 0.", field="bill_above"
            )
        _check_offer(self, of=of)
        check_commitments(self.commitments, [price.key for price in self.prices], of=of)
        once: set[str] = set()
        for phase in self.phases:
            if phase.key in once:
                raise Refused(f"Two phases of {of} have the key “{phase.key}”; rename one.", field="phases")
            once.add(phase.key)
            of_phase = f"the phase “{phase.key}” of {of}"
            try:
                check_prices(phase.prices, of=of_phase)
                check_commitments(phase.commitments, [price.key for price in phase.prices], of=of_phase)
            except Refused as fault:
                raise Refused(fault.sentence, field="phases") from None

    @property
    def currencies(self) -> tuple[Currency, ...]:
        """Those it is sold in, its own first."""
        return (self.currency, *(other.currency for other in self.others))

    def in_currency(self, code: str) -> Plan:
        """The plan in this currency alone."""
        for each in (self, *self.others):
            if each.currency.code == code:
                return replace(each, others=()) if each.others else each
        raise _not_sold_in(code, self, of=f"The plan “{self.key}”")

    def as_version(self, version: int) -> Plan:
        """The plan under this version, in all its currencies."""
        others = tuple(replace(other, version=version) for other in self.others)
        return replace(self, version=version, others=others)

    def with_meters(self, meters: Mapping[str, Meter]) -> Plan:
        """The plan with these versions of its meters, by key, wherever one is named."""
        return replace(
            self,
            prices=_prices_with(self.prices, meters),
            phases=tuple(replace(phase, prices=_prices_with(phase.prices, meters)) for phase in self.phases),
            entitlements=_entitlements_with(self.entitlements, meters),
            others=tuple(other.with_meters(meters) for other in self.others),
        )

    @property
    def all_prices(self) -> Iterator[Price]:
        """The prices of every phase and of all times after, a price that several have as often as they have it."""
        for phase in self.phases:
            yield from phase.prices
        yield from self.prices

    @property
    def meters(self) -> dict[str, Meter]:
        """Every meter that a price or a limit names, by key."""
        return _meters(self.all_prices, self.entitlements)

    @property
    def event_types(self) -> frozenset[str]:
        """The types of the events that some price of the plan counts."""
        return frozenset(price.meter.event_type for price in self.all_prices if price.meter is not None)


@dataclass(frozen=True, slots=True)
class AddOn:
    """A version of something that is bought beside a plan; the same as a plan, without phases and commitments."""

    key: str
    version: int
    name: str
    currency: Currency
    prices: tuple[Price, ...]
    entitlements: tuple[Entitlement, ...] = ()
    others: tuple[AddOn, ...] = ()

    def __post_init__(self) -> None:
        _check_offer(self, of=f"the add-on “{self.key}”")

    @property
    def currencies(self) -> tuple[Currency, ...]:
        """Those it is sold in, its own first."""
        return (self.currency, *(other.currency for other in self.others))

    def in_currency(self, code: str) -> AddOn:
        """The add-on in this currency alone."""
        for each in (self, *self.others):
            if each.currency.code == code:
                return replace(each, others=()) if each.others else each
        raise _not_sold_in(code, self, of=f"The add-on “{self.key}”")

    def as_version(self, version: int) -> AddOn:
        """The add-on under this version, in all its currencies."""
        others = tuple(replace(other, version=version) for other in self.others)
        return replace(self, version=version, others=others)

    def with_meters(self, meters: Mapping[str, Meter]) -> AddOn:
        """The add-on with these versions of its meters, by key, wherever one is named."""
        return replace(
            self,
            prices=_prices_with(self.prices, meters),
            entitlements=_entitlements_with(self.entitlements, meters),
            others=tuple(other.with_meters(meters) for other in self.others),
        )

    @property
    def meters(self) -> dict[str, Meter]:
        """Every meter that a price or a limit names, by key."""
        return _meters(self.prices, self.entitlements)

    @property
    def event_types(self) -> frozenset[str]:
        """The types of the events that some price of the add-on counts."""
        return frozenset(price.meter.event_type for price in self.prices if price.meter is not None)


def _check_offer(offer: Plan | AddOn, *, of: str) -> None:
    if not offer.prices:
        raise Refused(f"The {of.removeprefix('the ')} has no prices; give it at least one.", field="prices")
    check_prices(offer.prices, of=of)
    features = [entitlement.feature for entitlement in offer.entitlements]
    for feature in features:
        if features.count(feature) > 1:
            raise Refused(f"“{feature}” stands twice in the entitlements of {of}; keep one.", field="entitlements")
    codes = [currency.code for currency in offer.currencies]
    if len(set(codes)) < len(codes):
        raise Refused(f"{of[0].upper()}{of[1:]} names a currency twice; keep one of them.", field="currencies")
    for other in offer.others:
        assert not other.others, f"{of} in {other.currency} has currencies of its own"
        assert (other.key, other.version, other.name) == (offer.key, offer.version, offer.name), f"another than {of}"
        same = [price.key for price in other.prices] == [price.key for price in offer.prices]
        assert same, f"{of} has other prices in {other.currency}"


def _not_sold_in(code: str, offer: Plan | AddOn, *, of: str) -> Refused:
    known = ", ".join(currency.code for currency in offer.currencies)
    return Refused(f"{of} has no prices in {code}; it has them in {known}.", field="currency")


def _prices_with(prices: Sequence[Price], meters: Mapping[str, Meter]) -> tuple[Price, ...]:
    return tuple(
        price if price.meter is None else replace(price, meter=meters.get(price.meter.key, price.meter))
        for price in prices
    )


def _entitlements_with(entitlements: Sequence[Entitlement], meters: Mapping[str, Meter]) -> tuple[Entitlement, ...]:
    return tuple(
        each if each.meter is None else replace(each, meter=meters.get(each.meter.key, each.meter))
        for each in entitlements
    )


def _meters(prices: Iterator[Price] | Sequence[Price], entitlements: Sequence[Entitlement]) -> dict[str, Meter]:
    found = {price.meter.key: price.meter for price in prices if price.meter is not None}
    return found | {each.meter.key: each.meter for each in entitlements if each.meter is not None}
