"""A customer's statement: what was owed at the start, each document and payment since, and what is owed at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.payment import PaymentStanding
from farthing.core.money import Currency, Money, zero


class EntryKind(StrEnum):
    """What moved the balance: invoices and refunds raise what is owed, credit notes and payments lower it."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Entry:
    """A document or payment on its day: by how much more is owed, less where it is below zero, and what is then.

    `name` is its number, or the payment's reference; `note` says more in words where there is more to say. Of an
    invoice `due_on` says until when it is to be paid, and `paid_ahead` what prepaid credit paid of it.
    """

    on: date
    kind: EntryKind
    name: str
    amount: Money
    balance: Money
    note: str = ""
    due_on: date | None = None
    paid_ahead: Money | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One currency of one legal entity, from a day through another; below zero we owe the customer."""

    entity_key: str
    currency: Currency
    since: date
    through: date
    opening: Money
    entries: tuple[Entry, ...]

    @property
    def closing(self) -> Money:
        """What is owed at the end."""
        return self.entries[-1].balance if self.entries else self.opening


# On one day what raises the balance comes first.
_ORDER = {kind: place for place, kind in enumerate(EntryKind)}


def statements(
    invoices: Iterable[Invoice],
    notes: Iterable[CreditNote],
    payments: Iterable[PaymentStanding],
    *,
    since: date,
    through: date,
) -> list[Statement]:
    """One customer's statements, by legal entity and currency.

    What prepaid credit paid of an invoice was paid when it was bought, so only what is due of it counts; and of a
    credit note only what does not go back to such credit.
    """
    moved: dict[tuple[str, str], list[Entry]] = {}

    def add(entity_key: str, entry: Entry) -> None:
        if entry.on <= through:
            moved.setdefault((entity_key, entry.amount.currency.code), []).append(entry)

    for invoice in invoices:
        note, ahead = f"due {invoice.due_on}", invoice.draft.paid_ahead
        if ahead:
            note += f", {ahead} of {invoice.total} paid by prepaid credit"
        entry = _entry(invoice.issued_on, EntryKind.INVOICE, invoice.number, invoice.due, note)
        add(invoice.entity_key, replace(entry, due_on=invoice.due_on, paid_ahead=ahead or None))
    for credited in notes:
        off = -credited.off_receivable
        entry = _entry(credited.issued_on, EntryKind.CREDIT_NOTE, credited.number, off, credited.reason)
        add(credited.entity_key, entry)
    for standing in payments:
        payment = standing.payment
        way = payment.paid_by.value.replace("_", " ")
        name = payment.reference or way
        add(payment.entity_key, _entry(payment.received_on, EntryKind.PAYMENT, name, -payment.amount, way))
        for refund in standing.refunds:
            entry = _entry(refund.refunded_on, EntryKind.REFUND, name, refund.amount, refund.reason)
            add(payment.entity_key, entry)
    return [
        _statement(entity_key, sorted(rows, key=lambda row: (row.on, _ORDER[row.kind], row.name)), since, through)
        for (entity_key, _), rows in sorted(moved.items())
    ]


def _entry(on: date, kind: EntryKind, name: str, amount: Money, note: str) -> Entry:
    """An entry whose balance is still to be worked out."""
    return Entry(on, kind, name, amount, amount, note)


def _statement(entity_key: str, rows: Sequence[Entry], since: date, through: date) -> Statement:
    in_currency = rows[0].amount.currency
    balance = opening = zero(in_currency)
    entries: list[Entry] = []
    for row in rows:
        balance += row.amount
        if row.on < since:
            opening = balance
        else:
            entries.append(replace(row, balance=balance))
    return Statement(entity_key, in_currency, since, through, opening, tuple(entries))
