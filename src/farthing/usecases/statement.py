"""A customer's statement is drawn from the documents and payments themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from farthing.core.invoicing.statement import Statement, statements
from farthing.core.parties import Customer, Seller
from farthing.core.people import Person
from farthing.core.period import local_date
from farthing.core.refused import Refused
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore


@dataclass(frozen=True, slots=True)
class StatementView:
    """A customer's statements, one for each legal entity and currency, with the two sides of them."""

    seller: Seller
    customer: Customer
    statements: Sequence[Statement]


def show_statement(
    store: SellerStore,
    customer_key: str,
    *,
    person: Person | None,
    now: datetime,
    since: date | None = None,
    through: date | None = None,
) -> StatementView:
    """From a day, the first of all if left out, through another, today if left out."""
    with store.snapshot():
        seller = store.seller()
        customer = find_customer(store, customer_key, person=person)
        through = through or local_date(now, in_zone=seller.entity.in_zone)
        since = since or date.min
        if since > through:
            raise Refused(f"A statement from {since} cannot end on {through}; name an earlier day.", field="since")
        found = statements(
            store.invoices(customer_id=customer.customer_id),
            store.credit_notes(customer_id=customer.customer_id),
            store.payments(customer_id=customer.customer_id),
            since=since,
            through=through,
        )
    return StatementView(seller, customer, found)
