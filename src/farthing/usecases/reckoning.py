"""By what a customer's invoices are reckoned: the coupons, taxes and credits that hold for them."""

from __future__ import annotations

from uuid import UUID

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.invoicing.reckoning import AS_IT_IS, ReckonBy
from farthing.usecases.ports import SellerStore


def reckon_by(store: SellerStore, customer_id: UUID, entity: LegalEntity) -> ReckonBy:
    """What holds for this customer's invoices from this legal entity, each held until the transaction ends.

    Coupons are held before promotional credit and that before prepaid credit, by id within each, so that two that bill
    the same customer never wait for each other in a circle.
    """
    del store, customer_id, entity  # Nothing holds yet; each slice adds its part here.
    return AS_IT_IS
