"""By what a customer's invoices are reckoned: the coupons, taxes and credits that hold for them."""

from __future__ import annotations

from uuid import UUID

from farthing.core.billing import reckoned
from farthing.core.invoicing.coupons import Coupons
from farthing.core.invoicing.invoice import Draft, LegalEntity
from farthing.core.invoicing.reckoning import ReckonBy
from farthing.usecases.ports import SellerStore


def reckon_by(store: SellerStore, customer_id: UUID, entity: LegalEntity, *, hold: bool = True) -> ReckonBy:
    """What holds for this customer's invoices from this legal entity, held until the transaction ends.

    One lock holds a customer's coupons and credit, so that two that bill the same customer never wait for each other in
    a circle; it is taken before the series of numbers. Who only looks does not hold.
    """
    del entity
    if hold:
        store.hold_reckoning(customer_id)
    in_force = tuple(had.applied for had in store.coupons_of(customer_id) if had.is_in_force)
    return ReckonBy(coupons=Coupons(in_force) if in_force else None)


def as_it_stands(store: SellerStore, draft: Draft) -> Draft:
    """A draft with what would be taken off and added if it were issued now; to be called in a transaction."""
    entity = store.seller().entity
    return reckoned(draft, reckon_by(store, draft.customer_id, entity, hold=False))
