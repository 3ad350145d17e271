"""By what a customer's invoices are reckoned: the coupons, taxes and credits that hold for them."""

from __future__ import annotations

from uuid import UUID

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.invoicing.reckoning import ReckonBy
from farthing.usecases.ports import SellerStore
from farthing.usecases.taxes import taxes_by


def reckon_by(store: SellerStore, customer_id: UUID, entity: LegalEntity) -> ReckonBy:
    """What holds for this customer's invoices from this legal entity, each held until the transaction ends.

    Coupons are held before promotional credit and that before prepaid credit, by id within each, so that two that bill
    the same customer never wait for each other in a circle.
    """
    return ReckonBy(taxes=taxes_by(store, customer_id, entity))
