"""The language of a customer's documents: their own, or else that of the legal entity that invoices them."""

from __future__ import annotations

from dataclasses import dataclass

from farthing.core.invoicing.invoice import known_language
from farthing.core.parties import Customer
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore


@dataclass(frozen=True, slots=True)
class Written:
    """In which language a customer is written to; `own` says whether they chose it."""

    customer: Customer
    language: str
    own: bool


def choose_language(store: SellerStore, customer_key: str, code: str) -> Written:
    """What is issued to a customer from now on is in this language; an empty one takes their own away again."""
    chosen = known_language(code) if code.strip() else None
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)
        store.keep_own_language(customer.customer_id, chosen)
        return _written(store, customer)


def show_language(store: SellerStore, customer_key: str) -> Written:
    """In which language a customer is written to."""
    with store.transaction():
        return _written(store, find_customer(store, customer_key, person=None))


def _written(store: SellerStore, customer: Customer) -> Written:
    own = store.own_language(customer.customer_id)
    return Written(customer, store.entity_of(customer.customer_id).language, own is not None)
