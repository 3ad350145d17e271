"""A customer's statement: what was owed at the start, each document and payment since, and what is owed at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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

    `name` is its number, or the payment's reference; `note` says more in words where there is more to say.
    """

    on: date
    kind: EntryKind
    name: str
    amount: Money
    balance: Money
    note: str = ""


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
    moved: dict[tuple[str, str], list[tuple[date, EntryKind, str, Money, str]]] = {}

    def add(entity_key: str, on: date, kind: EntryKind, name: str, amount: Money, note: str = "") -> None:
        if on <= through:
            moved.setdefault((entity_key, amount.currency.code), []).append((on, kind, name, amount, note))

    for invoice in invoices:
        note = f"due {invoice.due_on}"
        if invoice.draft.paid_ahead:
            note += f", {invoice.draft.paid_ahead} of {invoice.total} paid by prepaid credit"
        add(invoice.entity_key, invoice.issued_on, EntryKind.INVOICE, invoice.number, invoice.due, note)
    for credited in notes:
        add(
            credited.entity_key,
            credited.issued_on,
            EntryKind.CREDIT_NOTE,
            credited.number,
            -credited.off_receivable,
            credited.reason,
        )
    for standing in payments:
        payment = standing.payment
        way = payment.paid_by.value.replace("_", " ")
        add(payment.entity_key, payment.received_on, EntryKind.PAYMENT, payment.reference or way, -payment.amount, way)
        for refund in standing.refunds:
            name = payment.reference or way
            add(payment.entity_key, refund.refunded_on, EntryKind.REFUND, name, refund.amount, refund.reason)
    return [
        _statement(entity_key, sorted(rows, key=lambda row: (row[0], _ORDER[row[1]], row[2])), since, through)
        for (entity_key, _), rows in sorted(moved.items())
    ]


def _statement(
    entity_key: str, rows: Sequence[tuple[date, EntryKind, str, Money, str]], since: date, through: date
) -> Statement:
    in_currency = rows[0][3].currency
    balance = opening = zero(in_currency)
    entries: list[Entry] = []
    for on, kind, name, amount, note in rows:
        balance += amount
        if on < since:
            opening = balance
        else:
            entries.append(Entry(on, kind, name, amount, balance, note))
    return Statement(entity_key, in_currency, since, through, opening, tuple(entries))
