"""What we ask of the store about credit notes and payments, and of a gateway that moves money for us."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from farthing.core.invoicing.collecting import AttemptState
from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.invoice import Invoice, Series
from farthing.core.invoicing.payment import Allocation, Payment, PaymentStanding, Refund
from farthing.core.ledger.transaction import Transaction
from farthing.core.money import Money


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a gateway is asked for once: to collect for an invoice, or to pay back out of a payment.

    Its id is the gateway's key for it: asked again, the gateway does nothing more and answers alike. `method_number` is
    that of the customer's method on file, where it was taken from there.
    """

    attempt_id: UUID
    customer_id: UUID
    invoice_id: UUID | None
    payment_id: UUID | None
    amount: Money
    method: str
    reason: str
    by: str
    begun_at: datetime
    state: AttemptState = AttemptState.LIVE
    said: str = ""
    ended_at: datetime | None = None
    method_number: int | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """How much of what a price charged for a stretch of time, in a part, is credited and counts as not billed."""

    in_part: int
    price_key: str
    starts_at: datetime
    amount: Money


class PaymentStore(Protocol):
    """Credit notes, payments and attempts of one seller, in the same transaction as its books."""

    def lock_money(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else credits this customer's invoices or moves their payments.

        To be taken before any subscription or series of numbers is locked.
        """

    def lock_credit_note_series(self, entity_key: str) -> Series:
        """The numbers of credit notes given so far, held until the transaction ends."""

    def keep_credit_note(self, note: CreditNote, transaction: Transaction) -> None:
        """Keep a note with its parts, its transaction and its number."""

    def credit_note(self, number_or_id: str | UUID) -> CreditNote | None: ...
    def credit_notes(self, *, customer_id: UUID | None = None, limit: int | None = None) -> list[CreditNote]:
        """Newest first."""

    def notes_of(self, invoice_ids: Iterable[UUID]) -> Mapping[UUID, Sequence[CreditNote]]:
        """The notes of each of these invoices that has some, in the order in which they were written."""

    def corrected_on(self, invoice_id: UUID) -> Sequence[Corrected]:
        """What notes that correct took off an invoice's lines, and off those that adjust them elsewhere."""

    def all_credit_notes(self) -> Iterator[CreditNote]:
        """By legal entity and sequence."""

    def allocated_to(self, invoice_ids: Iterable[UUID]) -> Mapping[UUID, Money]:
        """What payments pay of each of these invoices that has some."""

    def keep_payment(self, payment: Payment, transaction: Transaction) -> None: ...
    def keep_allocations(self, allocations: Sequence[Allocation], transactions: Sequence[Transaction]) -> None: ...
    def keep_refund(self, refund: Refund, transaction: Transaction) -> None: ...
    def payment(self, payment_id: UUID) -> PaymentStanding | None: ...
    def payments(self, *, customer_id: UUID | None = None, limit: int | None = None) -> list[PaymentStanding]:
        """The oldest first; with a limit, the newest so many."""

    def open_invoices(self, customer_id: UUID) -> list[Invoice]:
        """Those that may have something left to pay, the one that was due first first."""

    def set_right_later(self, invoice_id: UUID) -> list[str]:
        """The numbers of invoices, not voided, that bill more of this one's charges or set a line of it right."""

    def given_back_of(self, invoice: Invoice) -> Mapping[int, Money]:
        """What later invoices, not voided, gave back of its fees as unused, by line; above zero."""

    def keep_attempt(self, attempt: Attempt) -> bool:
        """Keep a new attempt; False where its invoice, or its payment, has a live one."""

    def attempt(self, attempt_id: UUID) -> Attempt | None: ...
    def lock_attempt(self, attempt_id: UUID) -> None:
        """Until the transaction ends nobody else keeps an answer to it. To be called after `lock_money`."""

    def end_attempt(self, attempt: Attempt) -> None:
        """Keep the answer to a locked attempt."""

    def live_attempts(self, *, customer_id: UUID | None = None) -> list[Attempt]:
        """Those without a known answer, the oldest first."""


class Said(StrEnum):
    """What a gateway says of an attempt."""

    AUTHORISED = "authorised"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    DECLINED_SOFT = "declined_soft"
    DECLINED_HARD = "declined_hard"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GatewayAnswer:
    """What a gateway says of an attempt, and why in its words; `reference` is what it calls the money by."""

    said: Said
    why: str = ""
    reference: str = ""


class GatewayLost(Exception):
    """The call went out and no answer came back: it may or may not have taken effect."""


class Gateway(Protocol):
    """Somebody who moves money for us. Every call names an attempt; the same call again has no more effect."""

    @property
    def moves_money(self) -> bool:
        """False for one that only plays at it, for sandboxes."""

    def authorise(self, attempt_id: UUID, *, method: str, amount: Money) -> GatewayAnswer:
        """Hold the amount for us; raises GatewayLost."""

    def capture(self, attempt_id: UUID) -> GatewayAnswer:
        """Take what is held; raises GatewayLost."""

    def refund(self, attempt_id: UUID, *, reference: str, amount: Money) -> GatewayAnswer:
        """Pay back out of what was captured under a reference; raises GatewayLost."""

    def ask(self, attempt_id: UUID) -> GatewayAnswer:
        """How the attempt stands there; UNKNOWN when it never came. Raises GatewayLost."""
