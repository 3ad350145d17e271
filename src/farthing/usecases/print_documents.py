"""Documents are printed: an invoice, a credit note, or a customer's statement, as the file that people keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from farthing.core.invoicing.invoice import issuer
from farthing.core.invoicing.logo import Logo
from farthing.core.money import Money
from farthing.core.people import Person
from farthing.core.period import local_date
from farthing.core.refused import Refused
from farthing.usecases.credit_invoice import show_credit_note
from farthing.usecases.document_ports import Documents, Paper, StatementSheet
from farthing.usecases.ledger_ports import OpenItem
from farthing.usecases.ports import SellerStore
from farthing.usecases.report_books import Aged, Bucket
from farthing.usecases.show_invoices import InvoiceView, show_invoice
from farthing.usecases.statement import show_statement
from farthing.usecases.tax_ports import Addressee


@dataclass(frozen=True, slots=True)
class Printed:
    """A file, and what it is to be called."""

    name: str
    content: bytes


def print_invoice(
    store: SellerStore,
    documents: Documents,
    number_or_id: str | UUID,
    *,
    person: Person | None,
    as_issued: bool = False,
) -> Printed:
    """An invoice; one that was voided says so, unless it is wanted as it was issued, byte for byte."""
    return print_view(documents, show_invoice(store, number_or_id, person=person), as_issued=as_issued)


def print_view(documents: Documents, view: InvoiceView, *, as_issued: bool = False) -> Printed:
    """An invoice that was looked at already."""
    content = documents.invoice_pdf(
        view.invoice,
        view.customer,
        view.seller,
        view.days,
        view.used,
        Paper(view.addressee, view.logo),
        None if as_issued else view.voided_by,
    )
    return Printed(_file_name(view.invoice.number), content)


def print_credit_note(
    store: SellerStore, documents: Documents, number_or_id: str | UUID, *, person: Person | None
) -> Printed:
    """A credit note, to whom its invoice was made out."""
    view = show_credit_note(store, number_or_id, person=person)
    with store.transaction():
        seller = replace(store.seller(), entity=view.entity)
        by, to = issuer(view.invoice.draft), store.addressee(view.invoice.invoice_id)
        logo = None if by is None else logo_of(store, by.letterhead.logo)
    content = documents.credit_note_pdf(view.note, view.invoice, view.customer, seller, Paper(to, logo))
    return Printed(_file_name(view.note.number), content)


def print_statement(
    store: SellerStore,
    documents: Documents,
    customer_key: str,
    *,
    person: Person | None,
    now: datetime,
    since: date | None = None,
    through: date | None = None,
) -> Printed:
    """A customer's statements by legal entity and currency, in the language that they are written to in today."""
    view = show_statement(store, customer_key, person=person, now=now, since=since, through=through)
    customer = view.customer
    if not view.statements:
        raise Refused(f"{customer.key} has no documents and no payments to state.", field="customer")
    with store.transaction():
        entities = {entity.key: entity for entity in store.entities()}
        details, speaks = store.customer_details(customer.customer_id), store.entity_of(customer.customer_id).language
        day = through or local_date(now, in_zone=view.seller.entity.in_zone)
        sheets = []
        for statement in view.statements:
            entity = entities[statement.entity_key]
            items = store.open_items(entity.key, as_of=day, customer_id=customer.customer_id)
            own = [item for item in items if item.open.currency == statement.currency]
            logo = logo_of(store, entity.letterhead.logo)
            sheets.append(StatementSheet(entity, statement, _overdue(own, as_of=day), logo))
    to = Addressee(customer.name, details.address, details.profile.tax_ids)
    content = documents.statement_pdf(sheets, customer, view.seller, to, language=speaks)
    return Printed(_file_name(f"statement-{customer.key}-{day}"), content)


def logo_of(store: SellerStore, digest: str) -> Logo | None:
    """The logo of this digest, where there is one; to be called in a transaction."""
    return store.logo(digest) if digest else None


def _overdue(items: Sequence[OpenItem], *, as_of: date) -> list[tuple[str, Money]]:
    if not items:
        return []
    aged = Aged("", items[0].open.currency, items, as_of)
    return [(bucket.value, aged.within(bucket)) for bucket in Bucket]


def _file_name(name: str) -> str:
    """What every system can call a file."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name) + ".pdf"
