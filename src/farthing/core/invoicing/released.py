"""Proof that fees paid ahead become revenue as they are earned: what is released and deferred makes the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.money_postings import deferrals_of_note
from farthing.core.invoicing.postings import deferrals_of
from farthing.core.ledger.deferral import Deferral
from farthing.core.ledger.opening import Opening
from farthing.core.ledger.transaction import Account, Transaction, TransactionKind
from farthing.core.money import Currency, Money

_Whose = tuple[str, UUID, UUID | None, Currency]


@dataclass(slots=True)
class _Ahead:
    """What one customer paid ahead for one subscription, or for none, by the documents and by the ledger."""

    deferrals: list[Deferral] = field(default_factory=list)
    deferred: int = 0
    released: int = 0
    last: date | None = None


def deferrals_ahead(invoice: Invoice) -> Iterator[tuple[_Whose, Deferral]]:
    """What an invoice charges ahead, and whose that is."""
    draft = invoice.draft
    for subscription_id, deferral in deferrals_of(invoice):
        yield (invoice.entity_key, draft.customer_id, subscription_id, draft.currency), deferral


def credited_ahead(note: CreditNote, invoice: Invoice) -> Iterator[tuple[_Whose, Deferral]]:
    """What a credit note takes back of it, below zero."""
    for subscription_id, deferral in deferrals_of_note(note, invoice):
        yield (note.entity_key, note.customer_id, subscription_id, note.currency), deferral


def released_as_earned(
    charged: Iterable[tuple[_Whose, Deferral]], openings: Iterable[Opening], transactions: Iterable[Transaction]
) -> Iterator[str]:
    """INV-26: a sentence for each that is off; `charged` is what invoices charge and credit notes take of it."""
    found: dict[_Whose, _Ahead] = {}
    for whose, deferral in charged:
        found.setdefault(whose, _Ahead()).deferrals.append(deferral)
    for opening in openings:
        for item in opening.items:
            ahead = item.deferral(since=opening.booked_on)
            if ahead is not None:
                whose = (opening.entity_key, item.customer_id, None, item.amount.currency)
                found.setdefault(whose, _Ahead()).deferrals.append(ahead)
    _add_what_is_booked(found, transactions)
    for (_, customer_id, subscription_id, in_currency), one in found.items():
        of = f"customer {customer_id}" if subscription_id is None else f"subscription {subscription_id}"
        ahead_minor = sum(deferral.amount.minor for deferral in one.deferrals)
        if one.released + one.deferred != ahead_minor:
            whole, released, deferred = (
                Money(minor, in_currency) for minor in (ahead_minor, one.released, one.deferred)
            )
            yield f"Of {whole} paid ahead for {of}, {released} was released and {deferred} is still deferred."
        elif one.last is not None:
            least, most = _earned(one.deferrals, one.last)
            if not least <= one.released <= most:
                earned, released = Money(most, in_currency), Money(one.released, in_currency)
                yield f"For {of} {released} was released by {one.last}, and {earned} was earned."


def _add_what_is_booked(found: dict[_Whose, _Ahead], transactions: Iterable[Transaction]) -> None:
    for transaction in transactions:
        for posting in transaction.postings:
            if posting.account is not Account.DEFERRED_REVENUE:
                continue
            whose = (transaction.entity_key, posting.customer_id, posting.subscription_id, posting.amount.currency)
            if whose not in found and not posting.amount:
                continue
            one = found.setdefault(whose, _Ahead())
            one.deferred -= posting.amount.minor
            if transaction.kind is TransactionKind.RELEASE:
                one.released += posting.amount.minor
                one.last = transaction.booked_on if one.last is None else max(one.last, transaction.booked_on)


def _earned(deferrals: Iterable[Deferral], through: date) -> tuple[int, int]:
    """The least and the most that can be released by a day: what is issued on it comes before or after.

    Books of version 0.1 released by period, whenever it was invoiced; their releases are held to the days alone.
    """
    least = most = 0
    for one in deferrals:
        minor = one.earned(through=through).minor
        if one.since < through:
            least, most = least + minor, most + minor
        else:
            least, most = least + min(minor, 0), most + max(minor, 0)
    return least, most
