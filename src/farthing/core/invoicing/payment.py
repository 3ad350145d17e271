"""Payments: what came in, which invoices it pays, what was paid back; all else, such as overdue, follows from that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.crediting import open_of
from farthing.core.invoicing.invoice import Invoice
from farthing.core.money import Money, zero


class PaidBy(StrEnum):
    """How money came in."""

    BANK_TRANSFER = "bank_transfer"
    CASH = "cash"
    CHECK = "check"
    OTHER = "other"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came in from a customer, and is theirs until it pays an invoice. `by` is whose word that is."""

    payment_id: UUID
    customer_id: UUID
    entity_key: str
    amount: Money
    paid_by: PaidBy
    reference: str
    received_on: date
    recorded_at: datetime
    by: str

    def __post_init__(self) -> None:
        assert self.amount.minor > 0, f"payment {self.payment_id} brings {self.amount}"


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of a payment that pays an invoice; below zero it is the payment's again. `number` counts the payment's."""

    payment_id: UUID
    number: int
    invoice_id: UUID
    amount: Money
    transaction_id: UUID
    allocated_at: datetime

    def __post_init__(self) -> None:
        assert self.amount, f"allocation {self.number} of payment {self.payment_id} moves something"


@dataclass(frozen=True, slots=True)
class Refund:
    """What was paid back of a payment, and why."""

    refund_id: UUID
    payment_id: UUID
    customer_id: UUID
    amount: Money
    reason: str
    by: str
    refunded_on: date
    refunded_at: datetime

    def __post_init__(self) -> None:
        assert self.amount.minor > 0, f"refund {self.refund_id} pays back {self.amount}"


@dataclass(frozen=True, slots=True)
class PaymentStanding:
    """A payment with all that became of it; nobody gets more out of it than came in (INV-12)."""

    payment: Payment
    allocations: tuple[Allocation, ...] = ()
    refunds: tuple[Refund, ...] = ()

    def __post_init__(self) -> None:
        """INV-12 Allocations never exceed the payment or the invoice."""
        assert self.free.minor >= 0, f"payment {self.payment.payment_id} gives {-self.free} more than it brought"

    @property
    def allocated(self) -> Money:
        """What pays invoices."""
        return sum((one.amount for one in self.allocations), start=zero(self.payment.amount.currency))

    @property
    def refunded(self) -> Money:
        """What was paid back."""
        return sum((one.amount for one in self.refunds), start=zero(self.payment.amount.currency))

    @property
    def free(self) -> Money:
        """What pays nothing yet: the customer's balance from this payment."""
        return self.payment.amount - self.allocated - self.refunded

    @property
    def refundable(self) -> Money:
        """What can be paid back: paid less refunded."""
        return self.payment.amount - self.refunded

    def paying(self) -> dict[UUID, Money]:
        """What it pays of each invoice, the one that it paid last first."""
        paid: dict[UUID, Money] = {}
        for one in self.allocations:
            paid[one.invoice_id] = paid.get(one.invoice_id, zero(one.amount.currency)) + one.amount
        return {invoice_id: money for invoice_id, money in reversed(paid.items()) if money}


class PaidState(StrEnum):
    """How an invoice stands on a day, as its documents and payments say."""

    PAID = "paid"
    OPEN = "open"
    PARTLY_PAID = "partly_paid"
    OVERDUE = "overdue"
    CREDITED = "credited"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class InvoiceStanding:
    """An invoice with its credit notes and what payments pay of it."""

    invoice: Invoice
    notes: tuple[CreditNote, ...]
    allocated: Money

    @property
    def open(self) -> Money:
        """What is left to pay."""
        return open_of(self.invoice, self.notes, allocated=self.allocated)

    @property
    def credited(self) -> Money:
        """What notes took off its total."""
        return sum((note.total for note in self.notes), start=zero(self.allocated.currency))

    @property
    def voided_by(self) -> CreditNote | None:
        """The note that voids it."""
        return next((note for note in self.notes if note.voids), None)

    def state(self, *, on: date) -> PaidState:
        """Overdue is what is open after the day it was due."""
        if self.voided_by is not None:
            return PaidState.VOIDED
        if self.open.minor <= 0:
            everything = self.credited and self.credited == self.invoice.total
            return PaidState.CREDITED if everything else PaidState.PAID
        if on > self.invoice.due_on:
            return PaidState.OVERDUE
        return PaidState.PARTLY_PAID if self.allocated else PaidState.OPEN


def oldest_first(free: Money, invoices: Iterable[InvoiceStanding]) -> list[tuple[UUID, Money]]:
    """What an amount pays of each of these invoices, which are in the order in which they are to be paid.

    Nothing is paid twice, and what is over stays.
    """
    paid: list[tuple[UUID, Money]] = []
    for standing in invoices:
        part = Money(min(free.minor, standing.open.minor), free.currency)
        if part.minor > 0:
            paid.append((standing.invoice.invoice_id, part))
            free -= part
    return paid


def newest_back(amount: Money, payments: Sequence[PaymentStanding], invoice_id: UUID) -> list[tuple[UUID, Money]]:
    """From which payments an invoice gives this amount back: the one that paid last gives first."""
    back: list[tuple[UUID, Money]] = []
    for standing in reversed(payments):
        paid = standing.paying().get(invoice_id, zero(amount.currency))
        part = Money(min(amount.minor, paid.minor), amount.currency)
        if part.minor > 0:
            back.append((standing.payment.payment_id, part))
            amount -= part
    assert not amount, f"{amount} of invoice {invoice_id} was paid by nobody"
    return back
