"""How a customer's invoices are taxed: by the seller's rules, by an outside service, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from farthing.core.invoicing.invoice import TAXED_BY_NOBODY, TAXED_BY_RULES, LegalEntity
from farthing.core.invoicing.reckoning import Taxes
from farthing.core.invoicing.tax import Levy
from farthing.core.invoicing.taxing import levies_of, taxed, taxed_by_rules
from farthing.core.invoicing.taxing_outside import ServiceTaxes
from farthing.core.rating.line import Origin
from farthing.core.refused import Refused
from farthing.usecases.ports import SellerStore


def taxes_by(store: SellerStore, customer_id: UUID, entity: LegalEntity) -> Taxes | None:
    """Who says which taxes this legal entity's invoices to a customer bear; None where nobody does.

    To be called in the transaction that makes the invoice. Without any rules there are no taxes.
    """
    if entity.taxed_by == TAXED_BY_NOBODY:
        return None
    profile = store.customer_details(customer_id).profile
    customer = store.customer(customer_id)
    assert customer is not None, f"customer {customer_id} is invoiced"
    if entity.taxed_by != TAXED_BY_RULES:
        service = store.tax_service(entity.taxed_by)
        if service is None:
            raise Refused(
                f"Taxes of “{entity.key}” are worked out by “{entity.taxed_by}”, which this installation does not "
                "have; install it, or choose another way with farthing entity set.",
                field="taxed_by",
            )
        return ServiceTaxes(
            service=entity.taxed_by,
            ask=service.taxes,
            taxed=taxed(profile, entity, in_zone=customer.in_zone),
            tax_ids=profile.tax_ids,
            exemptions=profile.exemptions,
            included=entity.tax_included,
        )
    rules = store.tax_rules()
    if rules is None:
        return None
    return taxed_by_rules(
        rules, profile, entity, in_zone=customer.in_zone, charged_then=lambda origin: charged_then(store, origin)
    )


def charged_then(store: SellerStore, origin: Origin) -> Sequence[Levy]:
    """What the line of an earlier invoice bore."""
    invoice = store.invoice(origin.invoice_id)
    assert invoice is not None, f"a line sets {origin.invoice_id} right, which is not there"
    return levies_of(invoice.draft, origin.line_number)
