"""One invoice is worked out again from its events and from what it froze, and every figure that differs is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from farthing.core.invariants import INVARIANTS, Finding, prove
from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.invoice import Invoice
from farthing.core.refused import Unknown
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.check_books import KeptFacts
from farthing.usecases.ports import SellerStore

# Totals, measured quantities, fees, discounts and commitments, rounding, and taxes: what one invoice says by itself.
_OF_AN_INVOICE = frozenset({3, 4, 15, 17, 22})


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How many lines an invoice has, and where it does not come out again; nowhere when it does."""

    number: str
    lines: int
    findings: Sequence[Finding]


def recompute_invoice(store: SellerStore, number: str) -> Recomputed:
    """Measure, price, discount and tax an invoice again; all of it is read as of one instant.

    What is kept of it and cannot be an invoice at all, such as a total that is not the sum of its lines, is told too.
    """
    with store.snapshot():
        try:
            invoice = store.invoice(number)
        except AssertionError as broken:
            return Recomputed(number, 0, [Finding(3, f"{number} is kept as what cannot be: {broken}.")])
        if invoice is None:
            raise Unknown(f"There is no invoice “{number[:64]}” here; see the list.", field="number")
        proved = [one for one in INVARIANTS if one.number in _OF_AN_INVOICE]
        found = prove(_OneInvoice(store, invoice), only=proved)
    own = [finding for finding in found if invoice.number in finding.sentence or "cannot be" in finding.sentence]
    return Recomputed(invoice.number, len(invoice.draft.lines), own)


@dataclass(frozen=True, slots=True)
class _OneInvoice(KeptFacts):
    """The books as far as one invoice rests on them: itself, and those whose lines it sets right."""

    about: Invoice

    def invoices(self) -> Iterable[Invoice]:
        rests_on: dict[UUID, Invoice] = {self.about.invoice_id: self.about}
        for line in self.about.draft.lines:
            if line.origin is not None:
                rests_on.setdefault(line.origin.invoice_id, self.invoice(line.origin.invoice_id))
        return list(rests_on.values())

    def credit_notes(self) -> Iterable[CreditNote]:
        notes = self.store.notes_of([invoice.invoice_id for invoice in self.invoices()])
        return [note for of_invoice in notes.values() for note in of_invoice]

    def subscriptions(self) -> Iterable[Subscription]:
        return self.store.subscriptions(customer_id=self.about.draft.customer_id)
