"""Customers are told ahead of what comes, once, and what was told follows its day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from farthing.core.notices import Foretold
from farthing.core.parties import Customer
from farthing.core.period import Period
from farthing.core.refused import Unknown
from farthing.core.telling.ahead import FORETOLD, Occasion, Terms, Told, foretold_id, moved, untold
from farthing.core.telling.ear import customer_ear
from farthing.core.telling.settings import MOST_DAYS_AHEAD, Settings
from farthing.usecases.coming import Ahead, coming_of
from farthing.usecases.notice_settings import settings_of
from farthing.usecases.ports import SellerStore

# What was told may move by as much as this and is still the same.
MOVES_WITHIN = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class ForetoldView:
    """Something a customer was told ahead, as it stands now."""

    customer: Customer
    told: Told
    settings: Settings


def foretell(store: SellerStore, *, now: datetime) -> int:
    """Tell what comes and was not told, and follow what moved; the number of customers who hear something."""
    with store.transaction():
        customers = store.customers_ahead(now=now, until=now + timedelta(days=MOST_DAYS_AHEAD))
    return sum(_foretell(store, customer_id, now=now) for customer_id in customers)


def show_foretold(store: SellerStore, told_id: UUID) -> ForetoldView:
    """One, as it stands."""
    with store.transaction():
        told = store.foretold(told_id)
        customer = None if told is None else store.customer(told.customer_id)
        if told is None or customer is None:
            raise Unknown("There is no such notice.")
        return ForetoldView(customer, told, settings_of(store, customer_ear(customer.customer_id)))


def _foretell(store: SellerStore, customer_id: UUID, *, now: datetime) -> bool:
    with store.transaction():
        store.lock_foretelling(customer_id)  # Read.
        customer = store.customer(customer_id)
        assert customer is not None, f"{customer_id} is a customer"
        hearing = store.hearing(customer_id)
        if store.customer_channel(customer_id) is None and (hearing is None or hearing.is_live):
            return False  # Nobody would hear it in time.
        settings = settings_of(store, customer_ear(customer_id))
        known = store.foretold_of(customer_id, after=now)
        until = now + timedelta(days=settings.days_ahead)
        coming = _coming(store, customer, now=now, until=now + MOVES_WITHIN if known else until)
        occasions = [_occasion(one) for one in coming]
        moves = moved(known, occasions)  # Decide.
        elsewhere = {told.foretold_id: at for told, at in moves}
        standing = [replace(one, stands_at=elsewhere.get(one.foretold_id, one.stands_at)) for one in known]
        new = untold(standing, occasions, until=until)
        for told, at in moves:  # Write.
            store.keep_foretold_move(told.foretold_id, moved_to=at, noted_at=now)
        for one in coming:
            if _occasion(one) in new:
                store.keep_foretold(Told(customer_id, _occasion(one), one.at, _terms(one)), foretold_at=now)
        notices = [Foretold(told.foretold_id, customer_id) for told, _ in moves]
        notices += [Foretold(foretold_id(occasion), customer_id) for occasion in new]
        store.write_notices(notices, written_at=now)
    return bool(notices)


def _coming(store: SellerStore, customer: Customer, *, now: datetime, until: datetime) -> Sequence[Ahead]:
    found = coming_of(
        store,
        store.subscriptions(customer_id=customer.customer_id),
        ahead=Period(now, until),
        customer_id=customer.customer_id,
        in_zone=customer.in_zone,
        small_too=False,
    )
    return [one for one in found if one.happening in FORETOLD]


def _occasion(one: Ahead) -> Occasion:
    return Occasion(one.happening, one.about_id, one.at)


def _terms(one: Ahead) -> Terms:
    return Terms(one.about, one.amount, one.before, one.after)
