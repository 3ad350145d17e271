"""Who reads which language: a customer their own, or else that of who invoices them; staff the seller's."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from farthing.core.invoicing.invoice import known_language
from farthing.core.parties import Customer
from farthing.core.people import Person
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


def language_of_person(store: SellerStore, person: Person | None) -> str:
    """What somebody reads: their customer's language, or else the seller's; to be called in a transaction."""
    return language_told(store, None if person is None else person.customer_id)


def language_told(store: SellerStore, customer_id: UUID | None) -> str:
    """What a customer is told in, or the seller's own people where there is none; to be called in a transaction."""
    return store.seller().entity.language if customer_id is None else store.entity_of(customer_id).language


def _written(store: SellerStore, customer: Customer) -> Written:
    own = store.own_language(customer.customer_id)
    return Written(customer, store.entity_of(customer.customer_id).language, own is not None)
