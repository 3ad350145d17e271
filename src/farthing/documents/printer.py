"""The printer: what the rest of Farthing asks documents of."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from farthing.core.billing import ChargeKey
from farthing.core.exact import Exact
from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.invoice import Invoice
from farthing.core.parties import Customer, Seller
from farthing.core.rating.rate import Used
from farthing.documents.charts import usage_chart_png
from farthing.documents.invoice import credit_note_pdf, invoice_pdf
from farthing.documents.statement import statement_pdf
from farthing.languages.language import language as language_named
from farthing.usecases.document_ports import PLAIN_PAPER, Paper, StatementSheet
from farthing.usecases.tax_ports import Addressee


class Printer:
    """Documents as PDF and usage as pictures, as `usecases.document_ports.Documents` asks for them."""

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
        """One invoice, with the usage behind each line by price key and local day."""
        return invoice_pdf(invoice, customer, seller, days, used, paper, voided_by)

    def credit_note_pdf(
        self, note: CreditNote, invoice: Invoice, customer: Customer, seller: Seller, paper: Paper = PLAIN_PAPER
    ) -> bytes:
        """One credit note."""
        return credit_note_pdf(note, invoice, customer, seller, paper)

    def statement_pdf(
        self, sheets: Sequence[StatementSheet], customer: Customer, seller: Seller, to: Addressee, *, language: str
    ) -> bytes:
        """A customer's statements, each on pages of its own."""
        return statement_pdf(sheets, customer, seller, to, language_named(language))

    def usage_chart_png(self, title: str, series: Mapping[str, Sequence[tuple[date, Decimal]]], *, unit: str) -> bytes:
        """Usage by day as a picture."""
        return usage_chart_png(title, series, unit=unit)
