"""Units of a feature are reserved: held for a while, so that what was promised to one is not promised to another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from farthing.core.entitling.allowance import Allowance
from farthing.core.entitling.reservation import Ended, Reservation, Standing, refuse_another, wanted
from farthing.core.exact import ZERO
from farthing.core.people import Person
from farthing.core.refused import Clash, Refused, Unknown
from farthing.usecases.check_entitlement import known_of
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore

# So long one waits for others who reserve the same, each of whom takes a moment.
_PATIENCE_SECONDS = 5.0


class NotHeld(Clash):
    """There is not so much left; `allowance` says how much there is."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(allowance.why, field="units")
        self.allowance = allowance


def reserve(
    store: SellerStore,
    *,
    customer_key: str,
    reservation_id: str,
    feature: str,
    units: Decimal,
    for_seconds: int,
    now: datetime,
) -> tuple[Reservation, Allowance | None]:
    """Hold so many units, or refuse (NotHeld) where that many are not left; the same request again is answered as done.

    Tells the answer that was given, None where it was done before. What was used is measured before the lock is taken,
    up to a position; whatever was held then and is usage by now still counts as held, so that nothing is promised twice
    and nobody waits for a measurement.
    """
    with store.snapshot():
        customer = find_customer(store, customer_key, person=None)  # Read.
        asked = wanted(
            reservation_id,
            customer_id=customer.customer_id,
            feature=feature,
            units=units,
            for_seconds=for_seconds,
            now=now,
        )
        known = known_of(store, customer, feature, now=now)
        upto = store.last_position() if known.is_measured else None
    with store.transaction():
        store.lock_feature(customer.customer_id, feature, patience_seconds=_PATIENCE_SECONDS)
        held = store.held(customer.customer_id, at=now, after_position=upto)
        allowance = known.allowance(units=units, held=held.get(feature, ZERO))  # Decide.
        refusal = _refusal(allowance)
        if refusal is None and store.keep_reservation(asked):  # Write.
            assert allowance.room is not None, f"{feature} is counted"
            return asked, replace(allowance, room=replace(allowance.room, held=allowance.room.held + units))
        # What was done before is done, whatever is left by now.
        there = store.reservation(customer.customer_id, reservation_id)
        if there is not None:
            refuse_another(there, asked)
            return there, None
    assert refusal is not None, f"no reservation {reservation_id} was there"
    raise refusal


def _refusal(allowance: Allowance) -> Refused | None:
    """Why nothing can be held; None where it can."""
    if not allowance.allowed:
        return NotHeld(allowance)
    if allowance.room is None:
        return Refused(f"{allowance.why} Only a limit can be reserved of.", field="feature")
    return None


def release(store: SellerStore, *, customer_key: str, reservation_id: str, now: datetime) -> Reservation:
    """Give back what is held. One that was committed, released, or is over stays as it is, and is told so."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)  # Read.
        there = store.lock_reservation(customer.customer_id, reservation_id)
        if there is None:
            raise _unknown(customer.key, reservation_id)
        if there.standing(at=now) is not Standing.HELD:
            return there
        released = replace(there, ended=Ended(max(now, there.held_at)))  # Decide.
        store.release_reservation(released)  # Write.
    return released


def show_reservation(
    store: SellerStore, *, customer_key: str, reservation_id: str, person: Person | None
) -> Reservation:
    """One reservation, whatever became of it."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=person)
        there = store.reservation(customer.customer_id, reservation_id)
    if there is None:
        raise _unknown(customer.key, reservation_id)
    return there


def show_reservations(
    store: SellerStore,
    *,
    customer_key: str,
    person: Person | None,
    now: datetime,
    after: str | None = None,
    limit: int = 500,
) -> list[Reservation]:
    """A page of those that are held now, by id, from the one after `after` on."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=person)
        return store.held_reservations(customer.customer_id, at=now, after=after, limit=limit)


def _unknown(customer_key: str, reservation_id: str) -> Unknown:
    return Unknown(f"{customer_key} has no reservation “{reservation_id[:64]}”.", field="id")
