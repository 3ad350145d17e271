"""Invoices are looked at: a list, or one of them, drawn only from what this person may see."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from farthing.core.billing import ChargeKey, FrozenPrices, frozen_zone, measured_again
from farthing.core.exact import Exact
from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.invoice import Invoice, issuer
from farthing.core.invoicing.logo import Logo
from farthing.core.parties import Customer, Seller
from farthing.core.people import Person
from farthing.core.pricing.plan import Accumulate
from farthing.core.rating.rate import Used
from farthing.core.refused import Unknown
from farthing.core.saying import message
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import RunTotals, SellerStore
from farthing.usecases.show_usage import local_days
from farthing.usecases.tax_ports import Addressee


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice with the two sides of it; `days` is the usage behind each line, by price key and local day.

    `used` is what was measured for the lines whose sums need more than they hold: the amount of each event, or what
    was measured before. The seller is with the legal entity that issued it; `addressee` is the customer as they were
    then, where that is kept, and `logo` the legal entity's of then. `voided_by` is the note that voids it.
    """

    seller: Seller
    customer: Customer
    invoice: Invoice
    days: dict[str, Sequence[tuple[date, Exact]]]
    used: dict[ChargeKey, Used]
    addressee: Addressee | None = None
    logo: Logo | None = None
    voided_by: CreditNote | None = None


def list_invoices(
    store: SellerStore, *, person: Person | None, customer_key: str | None = None, limit: int | None = None
) -> list[tuple[Customer, Invoice]]:
    """Newest first."""
    with store.transaction():
        customer_id = None
        if customer_key is not None:
            customer_id = find_customer(store, customer_key, person=person).customer_id
        elif person is not None and person.customer_id is not None:
            customer_id = person.customer_id
        customers = {customer.customer_id: customer for customer in store.customers()}
        invoices = store.invoices(customer_id=customer_id, limit=limit)
    return [(customers[invoice.draft.customer_id], invoice) for invoice in invoices]


def show_invoice(store: SellerStore, number_or_id: str | UUID, *, person: Person | None) -> InvoiceView:
    """One invoice and the usage behind it; unknown and forbidden are told alike."""
    with store.transaction():
        invoice = find_invoice(store, number_or_id, person=person)
        customer = store.customer(invoice.draft.customer_id)
        assert customer is not None, f"{invoice.number} has a customer"
        seller = store.seller()
        entity = store.entity(invoice.entity_key)
        assert entity is not None, f"{invoice.number} has a legal entity"
        addressee, by = store.addressee(invoice.invoice_id), issuer(invoice.draft)
        logo = None if by is None or not by.letterhead.logo else store.logo(by.letterhead.logo)
        notes = store.notes_of([invoice.invoice_id]).get(invoice.invoice_id, ())
        voided_by = next((note for note in notes if note.voids), None)
        prices = FrozenPrices(invoice.draft)
        days: dict[str, Sequence[tuple[date, Exact]]] = {}
        used: dict[ChargeKey, Used] = {}
        for line in invoice.draft.lines:
            frozen = prices.of(line)
            if line.slice is None or frozen is None or frozen.price.meter is None:
                continue
            part, key = invoice.draft.part_of(line), line.key_on_invoice
            measured = store.measure_by_day(
                frozen.price.meter,
                customer_id=part.customer_id,
                days=local_days(line.period, in_zone=frozen_zone(part, line)),
                to_position=line.slice.to,
                where=frozen.where,
                in_zone=frozen_zone(part, line),
            )
            # A price that changed within the period has several lines.
            days[key] = [*days.get(key, ()), *((day.day, day.quantity) for day in measured)]
            if frozen.price.shape.needs_amounts or frozen.price.accumulate is not Accumulate.PERIOD:
                used[key, line.period.start] = measured_again(store, part, line, frozen)
    return InvoiceView(replace(seller, entity=entity), customer, invoice, days, used, addressee, logo, voided_by)


def show_run(store: SellerStore, run_id: UUID) -> RunTotals:
    """What a closing run came to."""
    with store.transaction():
        totals = store.run_totals(run_id)
    if totals is None:
        raise Unknown(message("There is no such closing run."))
    return totals


def find_invoice(store: SellerStore, number_or_id: str | UUID, *, person: Person | None) -> Invoice:
    """The invoice, if this person may see it; to be called in a transaction."""
    invoice = store.invoice(number_or_id)
    if invoice is None or not (person is None or person.may_see(invoice.draft.customer_id)):
        said = message("There is no invoice “{number}” here; see the list of invoices.")
        raise Unknown(said, field="number", number=str(number_or_id)[:64])
    return invoice
