"""An invoice as a PDF for the archive (PDF/A-3): the same invoice always gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import typst

from farthing.core.billing import ChargeKey
from farthing.core.explaining import Explainer
from farthing.core.invoicing.invoice import Invoice
from farthing.core.parties import Customer, Seller
from farthing.core.rating.rate import Used
from farthing.documents.annex import Days, annex_content
from farthing.documents.content import invoice_content
from farthing.documents.fonts import FAMILY, FONT_FOLDER

# Tagged, so that it can be read aloud. In a very long document the tags would outweigh the pages seventeen times,
# so there only the characters stay readable by machine.
TAGGED: Final = "a-3a"
UNTAGGED: Final = "a-3u"
LONG_FROM_LINES = 200
# The typesetter remembers all it laid out until this many documents later, for 2,000 lines some 400 MB.
_DOCUMENTS_REMEMBERED = 11
_LAYOUT = Path(__file__).with_name("invoice.typ")


def invoice_pdf(
    invoice: Invoice,
    customer: Customer,
    seller: Seller,
    days: Days | None = None,
    used: Mapping[ChargeKey, Used] | None = None,
) -> bytes:
    """The invoice on A4 pages; `days` (usage per local day by price key) adds the annex with the usage behind it.

    `used` is what was measured for the lines whose sums need it.

    Names and units reach the layout as data, never as part of it, so nothing written in them is carried out.
    """
    explainer = Explainer(invoice.draft, used)
    content = invoice_content(invoice, customer, seller, explainer) | {
        "family": FAMILY,
        "annex": annex_content(invoice, days or {}, explainer),
    }
    long = len(invoice.draft.lines) >= LONG_FROM_LINES
    pdf = typst.compile(
        _LAYOUT,
        root=_LAYOUT.parent,
        font_paths=_fonts(),
        format="pdf",
        pdf_standards=UNTAGGED if long else TAGGED,
        pdf_tags=not long,
        sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        # The document's own date: a second rendering may not differ from the first.
        timestamp=int(invoice.issued_at.timestamp()),
    )
    if long:
        _forget_what_was_laid_out()
    return pdf


def _forget_what_was_laid_out() -> None:
    # Empty pages push it out of the typesetter's memory: a server that prints long invoices stays small.
    for _ in range(_DOCUMENTS_REMEMBERED):
        typst.compile(b"", font_paths=_fonts(), format="svg")


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONT_FOLDER)])
