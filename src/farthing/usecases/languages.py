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


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody reads; `chosen` is what they chose themselves, if anything."""

    language: str
    chosen: str | None


def language_of_person(store: SellerStore, person: Person | None) -> Reading:
    """What somebody reads: their own choice, or else what their customer is told in, or the seller's own people.

    To be called in a transaction.
    """
    if person is None:
        return Reading(language_told(store, None), None)
    chosen = store.person_language(person.person_id)
    return Reading(chosen or language_told(store, person.customer_id), chosen)


def choose_own_language(store: SellerStore, person: Person, code: str) -> Reading:
    """What this person reads from now on is in this language; an empty one takes their choice away again."""
    chosen = known_language(code) if code.strip() else None
    with store.transaction():
        store.keep_person_language(person.person_id, chosen)
        return language_of_person(store, person)


def language_told(store: SellerStore, customer_id: UUID | None) -> str:
    """What a customer is told in, or the seller's own people where there is none; to be called in a transaction."""
    return store.seller().entity.language if customer_id is None else store.entity_of(customer_id).language


def _written(store: SellerStore, customer: Customer) -> Written:
    own = store.own_language(customer.customer_id)
    return Written(customer, store.entity_of(customer.customer_id).language, own is not None)
