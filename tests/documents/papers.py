"""Documents of every kind with both sides' addresses, for tests that print them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from farthing.core.invoicing.credit_note import CreditKind, CreditNote
from farthing.core.invoicing.crediting import LineCredit, Why, credit, in_full
from farthing.core.invoicing.invoice import Invoice, Series, issue
from farthing.core.invoicing.letterhead import Letterhead, address_in
from farthing.core.invoicing.logo import Logo, LogoKind, logo_in
from farthing.core.invoicing.statement import statements
from farthing.core.invoicing.tax_ids import tax_id_in
from farthing.core.money import USD, Money
from farthing.core.parties import Customer, Seller
from farthing.documents.invoice import credit_note_pdf, invoice_pdf
from farthing.documents.statement import statement_pdf
from farthing.languages.language import Language
from farthing.usecases.document_ports import Paper, StatementSheet
from farthing.usecases.tax_ports import Addressee
from tests.core.core_values import ENTITY
from tests.core.core_values import at as instant
from tests.core.invoicing.reckoned import DRAFT, RECKONING
from tests.documents.samples import sample

LETTERHEAD = Letterhead(
    address=address_in(lines=["Musterweg 1"], postcode="10115", city="Berlin", country="DE"),
    tax_ids=(tax_id_in("DE136695976", country="DE"),),
    bank="IBAN DE02 1203 0000 0000 2020 51",
    legal_text="Amtsgericht Berlin HRB 1",
)
TO = Addressee(
    "Northwind SARL",
    address_in(lines=["12, rue de la Paix"], postcode="75002", city="Paris", country="FR"),
    (tax_id_in("FR40303265045", country="FR"),),
)


@dataclass(frozen=True)
class Papers:
    """An invoice, a note about a part of it, and one that voids it, with their sides."""

    invoice: Invoice
    note: CreditNote
    void: CreditNote
    customer: Customer
    seller: Seller


def papers(language: str = "en") -> Papers:
    """162.00 with a coupon, promotional credit, a tax and prepaid credit; 30.00 of the first line is credited."""
    entity = replace(ENTITY, letterhead=LETTERHEAD, language=language)
    invoice = issue(replace(DRAFT, reckoning=RECKONING), entity, Series(), now=instant("2026-02-01"))
    of = sample()

    def credited(asked: list[LineCredit], kind: CreditKind, *, voids: bool) -> CreditNote:
        why = Why(kind, "Two days without service.", "Ada")
        return credit(
            invoice,
            (),
            asked,
            why,
            allocated=Money(1000, USD) if voids else Money(0, USD),
            entity=entity,
            series=Series(),
            now=instant("2026-02-05"),
            voids=voids,
        )

    return Papers(
        invoice,
        credited([LineCredit(1, Money(3000, USD))], CreditKind.GOODWILL, voids=False),
        credited(list(in_full(invoice, ())), CreditKind.CORRECTION, voids=True),
        replace(of.customer, customer_id=DRAFT.customer_id),
        replace(of.seller, entity=entity),
    )


def sheets(of: Papers, logo: Logo | None = None) -> list[StatementSheet]:
    """The statement of the invoice and the note."""
    found = statements([of.invoice], [of.note], [], since=date.min, through=date(2026, 3, 1))
    overdue = [("not_due", Money(1200, USD)), ("1-30", Money(7748, USD)), ("over_90", Money(0, USD))]
    return [StatementSheet(of.seller.entity, one, overdue, logo) for one in found]


def every_document(language: Language) -> dict[str, Callable[[], bytes]]:
    """One of each kind, in a language."""
    of, used = papers(), sample(more_lines=12)
    paper = Paper(TO, svg_logo(300, 60))
    return {
        "invoice": lambda: invoice_pdf(of.invoice, of.customer, of.seller, paper=paper, in_language=language),
        "usage": lambda: invoice_pdf(used.invoice, used.customer, used.seller, used.days, in_language=language),
        "voided": lambda: invoice_pdf(
            of.invoice, of.customer, of.seller, paper=paper, voided_by=of.void, in_language=language
        ),
        "credit note": lambda: credit_note_pdf(
            of.note, of.invoice, of.customer, of.seller, paper, in_language=language
        ),
        "void": lambda: credit_note_pdf(of.void, of.invoice, of.customer, of.seller, paper, in_language=language),
        "statement": lambda: statement_pdf(sheets(of, paper.logo), of.customer, of.seller, TO, language),
    }


def svg_logo(width: int, height: int) -> Logo:
    shape = f'<rect width="{width}" height="{height}" fill="#2f5d8a"/>'
    return logo_in(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{shape}</svg>'.encode())


def png_logo(width: int, height: int, *, broken: bool = False) -> Logo:
    """A picture with some transparency; a broken one looks whole and is not."""
    rows = (
        b"\x78\x9c broken"
        if broken
        else zlib.compress(b"".join(b"\0" + b"\x2f\x5d\x8a\x80" * width for _ in range(height)))
    )

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b""))
    return Logo(LogoKind.PNG, logo_in(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).content)
