"""Where a customer is, and what they are taxed by: said, and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.invoicing.letterhead import Address
from farthing.core.invoicing.tax_ids import TaxId, tax_id_in
from farthing.core.invoicing.tax_profile import Exemption, TaxProfile
from farthing.core.parties import Customer
from farthing.core.refused import Refused
from farthing.usecases.customers import find_customer
from farthing.usecases.entities import find_entity
from farthing.usecases.ports import SellerStore
from farthing.usecases.tax_ports import CustomerDetails

MOST_TAX_IDS = 10
MOST_EXEMPTIONS = 20


@dataclass(frozen=True, slots=True)
class DetailsChange:
    """What is to be said of a customer; None leaves it as it is."""

    address: Address | None = None
    is_business: bool | None = None
    tax_ids: Sequence[str] | None = None
    exemptions: Sequence[Exemption] | None = None
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerTaxed:
    """A customer with what they are taxed by, and who invoices them."""

    customer: Customer
    details: CustomerDetails
    entity: LegalEntity


def change_details(store: SellerStore, customer_key: str, change: DetailsChange) -> CustomerTaxed:
    """What holds for a customer's invoices from now on; issued ones keep what they say."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)
        store.lock_customer(customer.customer_id)
        details = _changed(store.customer_details(customer.customer_id), change)
        store.keep_customer_details(customer.customer_id, details)
        if change.entity is not None:
            store.bill_by_entity(customer.customer_id, find_entity(store, change.entity).key)
        return CustomerTaxed(customer, details, store.entity_of(customer.customer_id))


def show_details(store: SellerStore, customer_key: str) -> CustomerTaxed:
    """What is known of a customer."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)
        details = store.customer_details(customer.customer_id)
        return CustomerTaxed(customer, details, store.entity_of(customer.customer_id))


def _changed(known: CustomerDetails, change: DetailsChange) -> CustomerDetails:
    address = known.address if change.address is None else change.address
    tax_ids = known.profile.tax_ids if change.tax_ids is None else _tax_ids(change.tax_ids, address)
    exemptions = known.profile.exemptions if change.exemptions is None else tuple(change.exemptions)
    if len(exemptions) > MOST_EXEMPTIONS:
        raise Refused(f"Give at most {MOST_EXEMPTIONS} exemptions.", field="exemptions")
    profile = TaxProfile(
        place=address.place,
        is_business=known.profile.is_business if change.is_business is None else change.is_business,
        tax_ids=tax_ids,
        exemptions=exemptions,
    )
    return replace(known, address=address, profile=profile)


def _tax_ids(written: Sequence[str], address: Address) -> tuple[TaxId, ...]:
    if len(written) > MOST_TAX_IDS:
        raise Refused(f"Give at most {MOST_TAX_IDS} tax ids.", field="tax_ids")
    return tuple(tax_id_in(one, country=address.place.country) for one in written)
