"""May this customer use so many more? Asked before something is done, answered for this moment, binding nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from farthing.core.entitling.allowance import Allowance, may_use, without_it
from farthing.core.exact import ZERO
from farthing.core.money import plain
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.pricing.entitlement import EntitlementKind
from farthing.core.refused import Refused
from farthing.usecases.customers import find_customer
from farthing.usecases.entitlements import Entitled, entitled_by, measured, sources_for
from farthing.usecases.ports import SellerStore


@dataclass(frozen=True, slots=True)
class Known:
    """A feature of a customer, with what is used of it by every event there is; and what else they have.

    `entitled` is None where nothing that runs gives the feature.
    """

    customer: Customer
    feature: str
    entitled: Entitled | None
    features: tuple[str, ...]

    @property
    def is_measured(self) -> bool:
        """Whether events count against it; otherwise only what is held does."""
        return self.entitled is not None and self.entitled.used is not None

    def allowance(self, *, units: Decimal, held: Decimal) -> Allowance:
        """The answer, while so much is held."""
        if self.entitled is None:
            return without_it(self.feature, there=self.features, units=units)
        if self.entitled.entitlement.kind is not EntitlementKind.LIMIT:
            return may_use(self.entitled.entitlement, (), units=units)
        # What else bounds a feature, such as a budget or money that is left, is one more room.
        return may_use(self.entitled.entitlement, (replace(self.entitled, held=held).room,), units=units)


def check_entitlement(
    store: SellerStore, *, customer_key: str, feature: str, units: Decimal, person: Person | None, now: datetime
) -> tuple[Customer, Allowance]:
    """Whether this customer may use so many units of a feature now, and why."""
    if units <= 0:
        raise Refused(f"Ask for more than nothing, not for {plain(units)}.", field="units")
    with store.snapshot():
        customer = find_customer(store, customer_key, person=person)
        known = known_of(store, customer, feature, now=now)
        held = store.held(customer.customer_id, at=now)
    return customer, known.allowance(units=units, held=held.get(feature, ZERO))


def known_of(store: SellerStore, customer: Customer, feature: str, *, now: datetime) -> Known:
    """What is known of one feature; to be called in `snapshot()`."""
    every = {entitled.entitlement.feature: entitled for entitled in entitled_by(sources_for(store, customer, now=now))}
    entitled = every.get(feature)
    if entitled is not None:
        entitled = measured(store, entitled, now=now)
    return Known(customer, feature, entitled, tuple(every))
