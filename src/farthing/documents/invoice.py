"""An invoice as a PDF, and the credit note that takes something of it back."""

from __future__ import annotations

from collections.abc import Mapping

from farthing.core.billing import ChargeKey
from farthing.core.explaining import Explainer
from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.invoice import Invoice, language_of
from farthing.core.parties import Customer, Seller
from farthing.core.rating.rate import Used
from farthing.documents.annex import Days, annex_content
from farthing.documents.content import credit_note_content, invoice_content
from farthing.documents.typeset import printed
from farthing.languages.language import Language, language
from farthing.usecases.document_ports import PLAIN_PAPER, Paper


def invoice_pdf(
    invoice: Invoice,
    customer: Customer,
    seller: Seller,
    days: Days | None = None,
    used: Mapping[ChargeKey, Used] | None = None,
    paper: Paper = PLAIN_PAPER,
    voided_by: CreditNote | None = None,
    *,
    in_language: Language | None = None,
) -> bytes:
    """The invoice on A4 pages; `days` (usage per local day by price key) adds the annex with the usage behind it.

    `used` is what was measured for the lines whose sums need it. It is in the language that it froze.
    """
    written = in_language or language(language_of(invoice.draft))
    explainer = Explainer(invoice.draft, used)
    content = invoice_content(invoice, customer, seller, explainer, written, paper, voided_by)
    content["annex"] = annex_content(invoice, days or {}, explainer, written)
    at = invoice.issued_at if voided_by is None else voided_by.issued_at
    return printed("invoice", content, at=at, rows=len(invoice.draft.lines), logos=[paper.logo])


def credit_note_pdf(
    note: CreditNote,
    invoice: Invoice,
    customer: Customer,
    seller: Seller,
    paper: Paper = PLAIN_PAPER,
    *,
    in_language: Language | None = None,
) -> bytes:
    """A credit note on A4 pages, in the language of its invoice."""
    written = in_language or language(language_of(invoice.draft))
    content = credit_note_content(note, invoice, customer, seller, written, paper)
    return printed("invoice", content, at=note.issued_at, rows=len(note.lines), logos=[paper.logo])
