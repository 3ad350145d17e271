"""A credit note takes back what an invoice said, in part or in full; it is numbered once and never changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from farthing.core.exact import Exact
from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.invoicing.reckoning import CreditUse, Discount, Tax
from farthing.core.money import Currency, Money, total, zero


class CreditKind(StrEnum):
    """A correction says that it was never owed, and counts as not billed; goodwill leaves what was billed as it is."""

    CORRECTION = "correction"
    GOODWILL = "goodwill"


@dataclass(frozen=True, slots=True)
class CreditedLine:
    """What a note takes off one line of the invoice, counted from 1.

    `gross` is off the line's own amount; `amount` is what is left of that without the discounts' share of it, and holds
    the taxes where the invoice's lines do. `units` are those that it takes off the top, where units were named.
    """

    number: int
    gross: Money
    amount: Money
    units: Exact | None = None


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A note as it was issued. Discounts have an amount for each of the note's lines, in their order.

    `taxes` name lines by their numbers on the invoice. `credits` are what goes back to grants of prepaid credit, and
    `freed` what was paid and is the customer's balance from now on; `voids` says that nothing of the invoice remains,
    so that the same may be billed again.
    """

    credit_note_id: UUID
    invoice_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    currency: Currency
    entity_key: str
    sequence: int
    number: str
    issued_at: datetime
    issued_on: date
    kind: CreditKind
    reason: str
    by: str
    lines: tuple[CreditedLine, ...]
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()
    tax_included: bool = False
    credits: tuple[CreditUse, ...] = ()
    freed: Money | None = None
    voids: bool = False

    def __post_init__(self) -> None:
        assert self.sequence > 0, f"{self.number} has the sequence number {self.sequence}"
        assert self.lines, f"{self.number} takes something off a line"
        assert not self.voids or self.kind is CreditKind.CORRECTION, f"{self.number} voids out of {self.kind}"
        for discount in self.discounts:
            assert len(discount.amounts) == len(self.lines), f"{discount.key} is not spread over {self.number}"
        taken = total([line.gross - line.amount for line in self.lines], in_currency=self.currency)
        assert taken == self.discounted, f"{self.number} leaves out {taken}, its discounts {self.discounted}"

    @property
    def discounted(self) -> Money:
        """The share of the invoice's discounts that it leaves out."""
        return total([discount.amount for discount in self.discounts], in_currency=self.currency)

    @property
    def tax(self) -> Money:
        """All taxes that it takes back."""
        return total([tax.amount for tax in self.taxes], in_currency=self.currency)

    @property
    def total(self) -> Money:
        """All that it takes back, with taxes."""
        charged = total([line.amount for line in self.lines], in_currency=self.currency)
        return charged if self.tax_included else charged + self.tax

    @property
    def net(self) -> Money:
        """What it takes back without taxes."""
        return self.total - self.tax

    @property
    def given_back(self) -> Money:
        """What goes back to grants of prepaid credit."""
        return total([use.amount for use in self.credits], in_currency=self.currency)

    @property
    def off_receivable(self) -> Money:
        """By how much less the customer owes on the invoice."""
        return self.total - self.given_back

    @property
    def to_balance(self) -> Money:
        """What was paid of it and is the customer's balance from now on."""
        return zero(self.currency) if self.freed is None else self.freed

    def tax_of_line(self, number: int) -> Money:
        """The taxes of the line with this number on the invoice."""
        on_line = [line.amount for tax in self.taxes for line in tax.lines if line.number == number]
        return total(on_line, in_currency=self.currency)


def credit_note_number(entity: LegalEntity, sequence: int) -> str:
    """The number people see; credit notes have a series of their own.

    >>> credit_note_number(LegalEntity("main", "Example", in_zone="UTC", number_prefix="EX"), 7)
    'EX-CN-000007'
    """
    return f"{entity.number_prefix}-CN-{sequence:06d}"
