"""An invoice is credited: a line, some units, an amount or all of it; and what was paid of that is given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from farthing.core.billing import FrozenPrices, frozen_cycle
from farthing.core.exact import ZERO, add, subtract
from farthing.core.ids import id_of
from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.crediting import LineCredit, Why, by_amount, credit, credited_so_far, in_full
from farthing.core.invoicing.invoice import Invoice, LegalEntity
from farthing.core.invoicing.money_postings import book_allocation, book_credit_note
from farthing.core.invoicing.payment import Allocation, InvoiceStanding, newest_back
from farthing.core.invoicing.reckoning import discounted_amounts
from farthing.core.money import exact_money, plain, zero
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.rating.fewer import amount_with
from farthing.core.refused import Refused, Unknown
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_invoices import find_invoice


@dataclass(frozen=True, slots=True)
class LineWish:
    """What to credit of one line, counted from 1: so many units, an amount of it, or all that is left of it."""

    number: int
    units: Decimal | None = None
    amount: Decimal | None = None

    def __post_init__(self) -> None:
        if self.units is not None and self.amount is not None:
            raise Refused(f"Line {self.number} takes units or an amount, not both.", field="lines")


@dataclass(frozen=True, slots=True)
class CreditWish:
    """What to credit of an invoice: these lines, or an amount of all of them, or everything that is left."""

    lines: Sequence[LineWish] = ()
    amount: Decimal | None = None
    in_full: bool = False

    def __post_init__(self) -> None:
        if [bool(self.lines), self.amount is not None, self.in_full].count(True) != 1:
            raise Refused("Say what to credit: lines, or one amount, or everything; one of the three.", field="lines")


@dataclass(frozen=True, slots=True)
class NoteView:
    """A credit note with the two sides of it, and the invoice it is about."""

    note: CreditNote
    invoice: Invoice
    customer: Customer
    entity: LegalEntity


def credit_invoice(
    store: SellerStore, number_or_id: str | UUID, wish: CreditWish, why: Why, *, now: datetime
) -> CreditNote:
    """Write a credit note; two at once wait for each other, so that together they never exceed the invoice."""
    with store.transaction():
        invoice = lock_invoice(store, number_or_id)  # Read.
        note = _decide(store, invoice, wish, why, now=now)  # Decide.
        keep_note(store, invoice, note, now=now)  # Write.
    return note


def preview_credit(
    store: SellerStore, number_or_id: str | UUID, wish: CreditWish, why: Why, *, now: datetime
) -> CreditNote:
    """The note that would be written; nothing is kept, and its number is the next one as it stands."""
    with store.transaction():
        invoice = lock_invoice(store, number_or_id)
        return _decide(store, invoice, wish, why, now=now)


def show_credit_note(store: SellerStore, number_or_id: str | UUID, *, person: Person | None) -> NoteView:
    """One credit note; unknown and forbidden are told alike."""
    with store.transaction():
        note = store.credit_note(number_or_id)
        if note is None or not (person is None or person.may_see(note.customer_id)):
            raise Unknown(f"There is no credit note “{str(number_or_id)[:64]}” here; see the list.", field="number")
        invoice, customer = store.invoice(note.invoice_id), store.customer(note.customer_id)
        assert invoice is not None, f"{note.number} is about an invoice"
        assert customer is not None, f"{note.number} has a customer"
        return NoteView(note, invoice, customer, entity_of(store, note.entity_key))


def list_credit_notes(
    store: SellerStore, *, customer_key: str | None = None, limit: int | None = None
) -> list[tuple[Customer, CreditNote]]:
    """Newest first."""
    with store.transaction():
        customers = {customer.customer_id: customer for customer in store.customers()}
        customer_id = None
        if customer_key is not None:
            named = store.customer_by_key(customer_key)
            if named is None:
                raise Unknown(f"There is no customer “{customer_key[:64]}” here.", field="customer")
            customer_id = named.customer_id
        notes = store.credit_notes(customer_id=customer_id, limit=limit)
    return [(customers[note.customer_id], note) for note in notes]


def lock_invoice(store: SellerStore, number_or_id: str | UUID) -> Invoice:
    """The invoice, whose customer's money nobody else moves until the transaction ends."""
    invoice = find_invoice(store, number_or_id, person=None)
    store.lock_customer(invoice.draft.customer_id)
    store.lock_money(invoice.draft.customer_id)
    return invoice


def standing_of(store: SellerStore, invoice: Invoice) -> InvoiceStanding:
    """An invoice with its notes and what is paid of it; to be called in a transaction."""
    return standings_of(store, [invoice])[0]


def standings_of(store: SellerStore, invoices: Sequence[Invoice]) -> list[InvoiceStanding]:
    """The same of several, in their order."""
    ids = [invoice.invoice_id for invoice in invoices]
    notes, paid = store.notes_of(ids), store.allocated_to(ids)
    return [
        InvoiceStanding(
            invoice,
            tuple(notes.get(invoice.invoice_id, ())),
            paid.get(invoice.invoice_id, zero(invoice.draft.currency)),
        )
        for invoice in invoices
    ]


def keep_note(store: SellerStore, invoice: Invoice, note: CreditNote, *, now: datetime) -> None:
    """Keep a note that was just decided; what it frees of payments is the customer's balance from then on."""
    store.keep_credit_note(note, book_credit_note(note, invoice))
    if note.freed is None:
        return
    payments = store.payments(customer_id=note.customer_id)
    booked = book_allocation(
        id_of("freed", note.credit_note_id),
        note.customer_id,
        -note.freed,
        booked_on=note.issued_on,
        entity_key=note.entity_key,
    )
    known = {standing.payment.payment_id: standing for standing in payments}
    store.keep_allocations(
        [
            Allocation(
                payment_id=payment_id,
                number=len(known[payment_id].allocations) + 1,
                invoice_id=invoice.invoice_id,
                amount=-part,
                transaction_id=booked.transaction_id,
                allocated_at=now,
            )
            for payment_id, part in newest_back(note.freed, payments, invoice.invoice_id)
        ],
        [booked],
    )


def entity_of(store: SellerStore, key: str) -> LegalEntity:
    """The legal entity of a document; to be called in a transaction."""
    entity = store.entity(key)
    assert entity is not None, f"the legal entity {key} is the seller's"
    return entity


def _decide(store: SellerStore, invoice: Invoice, wish: CreditWish, why: Why, *, now: datetime) -> CreditNote:
    standing = standing_of(store, invoice)
    if wish.in_full:
        asked = in_full(invoice, standing.notes)
    elif wish.amount is not None:
        amount = exact_money(wish.amount, invoice.draft.currency, field="amount")
        asked = by_amount(invoice, standing.notes, amount)
    else:
        asked = [_line_credit(invoice, standing.notes, line) for line in wish.lines]
    note = credit(
        invoice,
        standing.notes,
        asked,
        why,
        allocated=standing.allocated,
        entity=entity_of(store, invoice.entity_key),
        series=store.lock_credit_note_series(invoice.entity_key),
        now=now,
    )
    _refuse_what_was_given_back(store, invoice, standing.notes, note)
    return note


def _refuse_what_was_given_back(
    store: SellerStore, invoice: Invoice, notes: Sequence[CreditNote], note: CreditNote
) -> None:
    """Refuses to credit what is unused of a fee and was given back when the subscription changed."""
    given_back = store.given_back_of(invoice)
    credited = credited_so_far(invoice, [*notes, note]).amounts
    charged = discounted_amounts([line.amount for line in invoice.draft.lines], invoice.draft.reckoning.discounts)
    for number in (line.number for line in note.lines if line.number in given_back):
        beyond = credited[number - 1] + given_back[number] - charged[number - 1]
        if beyond.minor > 0:
            raise Refused(
                f"Of line {number} of {invoice.number} {given_back[number]} was given back as unused already; with "
                f"this note {beyond} would be given back twice. Credit lines of later invoices, or less of this one.",
                field="lines",
            )


def _line_credit(invoice: Invoice, notes: Sequence[CreditNote], wish: LineWish) -> LineCredit:
    lines = invoice.draft.lines
    if not 1 <= wish.number <= len(lines):
        raise Refused(f"{invoice.number} has lines 1 to {len(lines)}; there is no line {wish.number}.", field="lines")
    if wish.amount is not None:
        return LineCredit(wish.number, exact_money(wish.amount, invoice.draft.currency, field="amount"))
    if wish.units is None:
        return LineCredit(wish.number)
    line = lines[wish.number - 1]
    taken = credited_so_far(invoice, notes).units[wish.number - 1]
    left = subtract(line.quantity, taken)
    if not ZERO < wish.units <= left:
        raise Refused(
            f"Line {wish.number} of {invoice.number} has {plain(left)} {line.unit or 'units'} left to credit, "
            f"not {plain(wish.units)}.",
            field="units",
        )
    price, cycle = None, None
    frozen = FrozenPrices(invoice.draft).of(line)
    if frozen is not None:
        price, cycle = frozen.price, frozen_cycle(invoice.draft.part_of(line))
    # Units come off the top of the ladder: what the line came to with those before, less what it comes to without.
    above = line.amount if not taken else amount_with(line, subtract(line.quantity, taken), price, cycle)
    below = amount_with(line, subtract(line.quantity, add(taken, wish.units)), price, cycle)
    return LineCredit(wish.number, above - below, wish.units)
