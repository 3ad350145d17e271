"""What we ask of the outside about documents: invoices, credit notes and statements as PDF, and usage as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from farthing.core.billing import ChargeKey
from farthing.core.exact import Exact
from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.invoice import Invoice, LegalEntity
from farthing.core.invoicing.logo import Logo
from farthing.core.invoicing.statement import Statement
from farthing.core.money import Money
from farthing.core.parties import Customer, Seller
from farthing.core.rating.rate import Used
from farthing.usecases.tax_ports import Addressee


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands around a document's own words: to whom it is made out, and the logo of who sends it.

    Without an addressee the customer's own name is all that is known of them.
    """

    to: Addressee | None = None
    logo: Logo | None = None


PLAIN_PAPER = Paper()


@dataclass(frozen=True, slots=True)
class StatementSheet:
    """A statement in one currency of one legal entity; `overdue` is what is open on its last day, by how long."""

    entity: LegalEntity
    statement: Statement
    overdue: Sequence[tuple[str, Money]]
    logo: Logo | None = None


class Documents(Protocol):
    """Invoices, credit notes and statements as PDF and usage as pictures."""

    def invoice_pdf(
        self,
        invoice: Invoice,
        customer: Customer,
        seller: Seller,
        days: Mapping[str, Sequence[tuple[date, Exact]]],
        used: Mapping[ChargeKey, Used],
        paper: Paper = PLAIN_PAPER,
        voided_by: CreditNote | None = None,
    ) -> bytes:
        """`days` is the usage behind each line, by price key and local day.

        `used` is what was measured for the lines whose sums need more than they hold. `voided_by` marks it as void.
        """

    def credit_note_pdf(
        self, note: CreditNote, invoice: Invoice, customer: Customer, seller: Seller, paper: Paper = PLAIN_PAPER
    ) -> bytes:
        """A credit note; the seller is with the legal entity that issued it."""

    def statement_pdf(
        self, sheets: Sequence[StatementSheet], customer: Customer, seller: Seller, to: Addressee, *, language: str
    ) -> bytes:
        """A customer's statements, each on pages of its own."""

    def usage_chart_png(
        self, title: str, series: Mapping[str, Sequence[tuple[date, Decimal]]], *, unit: str
    ) -> bytes: ...
