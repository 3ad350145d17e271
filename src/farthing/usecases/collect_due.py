"""What customers owe is collected from their methods on file when it is due, and again on days that the seller set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.collecting import (
    AttemptState,
    CollectingTerms,
    Tried,
    is_past_due,
    next_attempt_at,
)
from farthing.core.invoicing.invoice import Invoice
from farthing.core.parties import Customer
from farthing.core.period import local_date
from farthing.core.refused import Refused
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.collect import ask_gateway, method_on_file
from farthing.usecases.collecting_ports import Method
from farthing.usecases.credit_invoice import entity_of, lock_invoice, standing_of, standings_of
from farthing.usecases.customers import find_customer
from farthing.usecases.payment_ports import Attempt, Gateway
from farthing.usecases.ports import Installation, SellerStore

BY_ITSELF = "collected by itself"


@dataclass(frozen=True, slots=True)
class AttemptView:
    """An attempt with whose it is, what it collects, and when it is tried again, if it is."""

    attempt: Attempt
    customer: Customer
    invoice: Invoice | None
    again_at: datetime | None


def gateway_for(installation: Installation, store: SellerStore) -> Gateway:
    """Who moves money for this seller; refused where nobody does."""
    gateway = installation.gateway(store)
    if gateway is None:
        raise Refused("No gateway moves money for this seller; record what was paid by hand.")
    return gateway


def collect_due(store: SellerStore, gateway: Gateway, *, now: datetime) -> list[Attempt]:
    """Make every attempt that is due by now, each once, however many ask for it at the same moment."""
    with store.transaction():
        found = store.invoices_to_collect()
    made: list[Attempt] = []
    for invoice_id in found:
        attempt = _begin(store, invoice_id, now=now)
        if attempt is not None:
            made.append(ask_gateway(store, gateway, attempt, now=now))
    return made


def collecting_moments(store: SellerStore) -> list[datetime]:
    """When something is to be collected next, invoice by invoice; to be called in a transaction."""
    found = [store.invoice(invoice_id) for invoice_id in store.invoices_to_collect()]
    moments = [_next_at(store, invoice) for invoice in found if invoice is not None]
    return [at for at in moments if at is not None]


def set_collecting_terms(store: SellerStore, terms: CollectingTerms, *, by: str, now: datetime) -> None:
    """From now on what was declined is tried again by these terms, earlier declines included."""
    with store.transaction():
        if store.collecting_terms() != terms:
            store.keep_collecting_terms(terms, set_at=now, set_by=by)


def show_collecting_terms(store: SellerStore) -> CollectingTerms:
    """The terms in force."""
    with store.transaction():
        return store.collecting_terms()


def list_attempts(
    store: SellerStore, *, customer_key: str | None = None, limit: int | None = None
) -> list[AttemptView]:
    """What the gateway was asked for, newest first."""
    with store.transaction():
        customer_id = None
        if customer_key is not None:
            customer_id = find_customer(store, customer_key, person=None).customer_id
        return [_view(store, one) for one in store.attempts(customer_id=customer_id, limit=limit)]


def show_attempt(store: SellerStore, attempt: Attempt) -> AttemptView:
    """One attempt as people see it."""
    with store.transaction():
        return _view(store, attempt)


def past_due_invoices(store: SellerStore, customer_id: UUID, *, now: datetime) -> list[Invoice]:
    """Those of a customer that should have been paid, or that nothing collects any more; to be called in a transaction.

    The one that was due first is first. Derived from documents, payments and attempts alone: who pays is out of it.
    """
    standings = standings_of(store, store.open_invoices(customer_id))
    if not standings:
        return []
    terms, method = store.collecting_terms(), method_on_file(store, customer_id)
    attempts = store.attempts_at([one.invoice.invoice_id for one in standings])
    past_due = []
    for standing in standings:
        invoice = standing.invoice
        tried = _by_method(attempts.get(invoice.invoice_id, ()), method)
        today = local_date(now, in_zone=entity_of(store, invoice.entity_key).in_zone)
        if is_past_due(standing, tried, terms=terms, on=today):
            past_due.append(invoice)
    return past_due


def past_due_of(store: SellerStore, subscription: Subscription, *, now: datetime) -> list[Invoice]:
    """Those of them that bill this subscription; to be called in a transaction."""
    own = subscription.subscription_id
    return [
        invoice
        for invoice in past_due_invoices(store, subscription.customer_id, now=now)
        if any(part.subscription_id == own for part in invoice.draft.all_parts)
    ]


def _begin(store: SellerStore, invoice_id: UUID, *, now: datetime) -> Attempt | None:
    with store.transaction():
        invoice = lock_invoice(store, invoice_id)  # Read.
        method = method_on_file(store, invoice.draft.customer_id)
        unpaid = standing_of(store, invoice).open
        at = _next_at(store, invoice)
        if method is None or unpaid.minor <= 0 or at is None or at > now:  # Decide.
            return None
        number = len(_by_method(store.attempts_at([invoice_id]).get(invoice_id, ()), method)) + 1
        attempt = Attempt(
            attempt_id=id_of("due attempt", invoice_id, method.number, number),
            customer_id=invoice.draft.customer_id,
            invoice_id=invoice_id,
            payment_id=None,
            amount=unpaid,
            method=method.token,
            reason="",
            by=BY_ITSELF,
            begun_at=now,
            method_number=method.number,
        )
        return attempt if store.keep_attempt(attempt) else None  # Write.


def _next_at(store: SellerStore, invoice: Invoice) -> datetime | None:
    customer_id = invoice.draft.customer_id
    method, customer = method_on_file(store, customer_id), store.customer(customer_id)
    assert customer is not None, f"{invoice.number} has a customer"
    attempts = store.attempts_at([invoice.invoice_id]).get(invoice.invoice_id, ())
    if method is None or any(one.state is AttemptState.LIVE for one in attempts):
        return None
    return next_attempt_at(
        _by_method(attempts, method),
        since=max(method.put_at, invoice.issued_at),
        terms=store.collecting_terms(),
        in_zone=customer.in_zone,
    )


def _by_method(attempts: Sequence[Attempt], method: Method | None) -> list[Tried]:
    number = None if method is None else method.number
    return [Tried(one.state, one.ended_at) for one in attempts if number is not None and one.method_number == number]


def _view(store: SellerStore, attempt: Attempt) -> AttemptView:
    customer = store.customer(attempt.customer_id)
    assert customer is not None, f"attempt {attempt.attempt_id} has a customer"
    invoice = None if attempt.invoice_id is None else store.invoice(attempt.invoice_id)
    again_at = None
    if invoice is not None and standing_of(store, invoice).open.minor > 0:
        again_at = _next_at(store, invoice)
    return AttemptView(attempt, customer, invoice, again_at)
