"""Credit notes, voided invoices and statements as PDF, with logo and addressee, in each language."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, PdfObject, StreamObject

from farthing.core.invoicing.invoice import Invoice, Series, issue
from farthing.core.invoicing.statement import statements
from farthing.core.money import USD, Money
from farthing.documents.invoice import credit_note_pdf, invoice_pdf
from farthing.documents.statement import statement_pdf
from farthing.languages.language import english, russian
from farthing.usecases.document_ports import Paper, StatementSheet
from tests.core.core_values import at as instant
from tests.core.every_line import every_price, invoice_of, many_groups, used_of
from tests.core.invoicing.reckoned import DRAFT
from tests.documents.papers import TO, every_document, papers, png_logo, sheets, svg_logo
from tests.documents.samples import sample
from tests.languages.pseudo import pseudo


def pages(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    return " ".join(pages(pdf))


def test_both_sides_stand_on_an_invoice_with_address_and_tax_ids() -> None:
    of = papers()
    said = text_of(invoice_pdf(of.invoice, of.customer, of.seller, paper=Paper(TO)))
    for expected in (
        "Musterweg 1 10115 Berlin Germany DE136695976",
        "Billed to Northwind SARL 12, rue de la Paix 75002 Paris France FR40303265045 northwind",
        "IBAN DE02 1203 0000 0000 2020 51 Amtsgericht Berlin HRB 1",
    ):
        assert expected in said, (expected, said)


def test_a_credit_note_says_what_it_takes_back_of_which_invoice_and_where_the_money_goes() -> None:
    of = papers()
    said = text_of(credit_note_pdf(of.note, of.invoice, of.customer, of.seller, Paper(TO)))
    for expected in (
        "Credit note number LI-CN-000001".replace("LI", of.seller.entity.number_prefix),
        f"About Invoice {of.invoice.number}",
        "Issue date 5 February 2026",
        "Reason Two days without service.",
        "From line 1 of 100.00 30.00",
        "Subtotal 30.00",
        "Share of Launch -2.00",
        "Share of Sorry -0.90",
        "on 27.10 5.42",
        "Total credited USD 32.52",
        "Off what was left to pay 32.52",
        "Credited USD 32.52",
    ):
        assert expected in said, (expected, said)


def test_a_note_that_voids_names_what_goes_back_to_credit_and_to_the_balance() -> None:
    of = papers()
    said = text_of(credit_note_pdf(of.void, of.invoice, of.customer, of.seller))
    for expected in (
        f"Voids invoice {of.invoice.number}: nothing of it remains.",
        "All of line 1",
        "Total credited USD 162.00",
        "Off what was left to pay 112.00 Back to Top-up 40.00 Paid before, and now your balance 10.00",
    ):
        assert expected in said, (expected, said)


def test_a_voided_invoice_says_so_and_is_not_asked_to_be_paid() -> None:
    of = papers()
    as_issued = invoice_pdf(of.invoice, of.customer, of.seller)
    marked = invoice_pdf(of.invoice, of.customer, of.seller, voided_by=of.void)
    void = f"Void: taken back in full by credit note {of.void.number} of 5 February 2026. Nothing is to be paid."
    assert void in text_of(marked)
    assert "Amount due by" not in text_of(marked)
    assert "Amount due by" in text_of(as_issued)
    assert invoice_pdf(of.invoice, of.customer, of.seller) == as_issued
    assert invoice_pdf(of.invoice, of.customer, of.seller, voided_by=of.void) == marked


def test_a_statement_leads_from_what_was_owed_to_what_is_owed_and_says_how_old_that_is() -> None:
    of = papers()
    said = text_of(statement_pdf(sheets(of), of.customer, of.seller, TO, english()))
    for expected in (
        "Customer Northwind SARL",
        "From The beginning Through 1 March 2026 Currency USD",
        "You owe on 1 March 2026 USD 89.48",
        "Owed before 0.00",
        f"1 February 2026 Invoice {of.invoice.number} due 3 March 2026, 40.00 of 162.00 paid by prepaid credit 122.00",
        f"5 February 2026 Credit note {of.note.number} Two days without service. -32.52 89.48",
        "Owed at the end USD 89.48",
        "Not due yet 12.00 1 to 30 days overdue 77.48",
    ):
        assert expected in said, (expected, said)
    assert "More than 90" not in said


def many_invoices(number: int) -> list[Invoice]:
    of = papers()
    made, series = list[Invoice](), Series()
    for place in range(number):
        issued = issue(DRAFT, of.seller.entity, series, now=instant(f"2026-02-{place % 28 + 1:02d}"))
        made.append(issued)
        series = Series(issued.sequence, issued.issued_at)
    return made


@pytest.mark.parametrize("number", [1, 24, 25, 26, 27, 28, 150, 400])
def test_the_balance_at_the_end_stands_on_the_page_of_the_last_entry(number: int) -> None:
    of = papers()
    found = statements(many_invoices(number), [], [], since=date.min, through=date(2027, 1, 1))
    read = pages(statement_pdf([StatementSheet(of.seller.entity, found[0], [])], of.customer, of.seller, TO, english()))
    (place,) = (at for at, page in enumerate(read) if "Owed at the end" in page)
    assert f"{number:06d}" in read[place]
    assert all("Day Document Amount (USD) Balance" in page for page in read[: place + 1])


def test_a_statement_in_two_currencies_has_a_sheet_for_each() -> None:
    of = papers()
    (sheet,) = sheets(of)
    read = pages(statement_pdf([sheet, sheet], of.customer, of.seller, TO, english()))
    assert len(read) == 2
    assert all("You owe on 1 March 2026" in page and "of 2" in page for page in read)


def test_a_logo_wide_or_tall_stands_on_the_page_with_a_text_for_who_cannot_see_it() -> None:
    of = papers()
    without = invoice_pdf(of.invoice, of.customer, of.seller)
    for logo in (svg_logo(800, 40), svg_logo(40, 800), png_logo(300, 60), png_logo(2, 300)):
        pdf = invoice_pdf(of.invoice, of.customer, of.seller, paper=Paper(None, logo))
        assert pdf != without
        assert len(pages(pdf)) == 1
        assert alternatives(pdf) == [f"Logo of {of.seller.entity.name}"]


def alternatives(pdf: bytes) -> list[str]:
    """What the file says of its pictures to who cannot see them."""
    found: list[str] = []

    def look(at: object) -> None:
        node = at.get_object() if isinstance(at, PdfObject) else at
        if isinstance(node, DictionaryObject):
            found.extend([str(node["/Alt"])] if "/Alt" in node else [])
            look(node.get("/K"))
        elif isinstance(node, ArrayObject):
            for each in node:
                look(each)

    look(PdfReader(io.BytesIO(pdf)).root_object["/StructTreeRoot"])
    return found


def test_a_logo_that_only_looks_whole_keeps_no_invoice_from_being_printed() -> None:
    of = papers()
    pdf = invoice_pdf(of.invoice, of.customer, of.seller, paper=Paper(None, png_logo(30, 30, broken=True)))
    assert of.invoice.number in text_of(pdf)


def test_a_document_is_written_in_the_language_that_was_frozen_with_it() -> None:
    of = papers("ru")
    said = text_of(invoice_pdf(of.invoice, of.customer, of.seller, paper=Paper(TO)))
    for expected in ("Счёт", "Номер счёта", "1 февраля 2026 г.", "Итого 162,00 USD", "Германия", "Страница 1 из 1"):
        assert expected in said, (expected, said)
    assert "Кредит-нота" in text_of(credit_note_pdf(of.note, of.invoice, of.customer, of.seller))
    # What was issued before languages were kept is in English.
    frozen = {key: value for key, value in of.invoice.draft.frozen.items() if key != "language"}
    old = replace(of.invoice, draft=replace(of.invoice.draft, frozen=frozen))
    assert "Total USD 162.00" in text_of(invoice_pdf(old, of.customer, of.seller))


def test_in_russian_every_number_and_word_of_the_sums_is_russian() -> None:
    of = sample()
    said = text_of(invoice_pdf(of.invoice, of.customer, of.seller, of.days, in_language=russian()))
    for expected in (
        "Ступень 1, от 0 до 1 000 000 1 000 000 × 0,000002 = 2,00 2,00",
        "300 000 × 0,0000015 + 5,00 фикс. = 5,45",
        "1–31 янв. 2026 г. · 1 234 события",
        "Сумма data.tokens по событиям типа «inference».",
        "Итого 186,33 USD",
    ):
        assert expected in said.replace("\xa0", " "), (expected, said)


ENGLISH_WORDS = ("the", "of", "and", "to", "per", "before", "in", "by", "Tier", "Usage", "Fee", "days", "each")


def test_no_english_word_is_left_in_the_russian_sums_of_any_line() -> None:
    priced = [*every_price(""), many_groups(6)]
    made = invoice_of(priced, starts_on=date(2026, 1, 17))
    of = sample()
    whose = replace(of.customer, customer_id=made.draft.customer_id)
    pdf = invoice_pdf(made, whose, of.seller, None, used_of(priced, made), in_language=russian())
    words = text_of(pdf).split()
    assert [word for word in words if word in ENGLISH_WORDS] == []


@pytest.mark.parametrize("kind", list(every_document(english())))
def test_words_twice_as_long_stay_on_the_page_and_none_is_left_untranslated(kind: str) -> None:
    pdf = every_document(pseudo())[kind]()
    edges: list[float] = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=lambda _text, _cm, tm, _font, _size: edges.append(tm[4]))
    assert max(edges) < 595 - 40
    said = text_of(pdf)
    for untranslated in ("Invoice ", "Total ", "Amount ", "Page ", "Credit ", "Due ", "Owed ", "Usage "):
        assert untranslated not in said, (untranslated, said)


@pytest.mark.parametrize("kind", list(every_document(english())))
def test_every_kind_is_for_the_archive_and_the_same_again(kind: str) -> None:
    for language in (english(), russian()):
        printed = every_document(language)[kind]
        pdf = printed()
        reader = PdfReader(io.BytesIO(pdf))
        metadata = reader.root_object["/Metadata"].get_object()
        assert isinstance(metadata, StreamObject)
        assert b"pdfaid" in metadata.get_data()
        assert reader.root_object["/Lang"] == language.code
        assert reader.root_object["/MarkInfo"]["/Marked"]
        assert printed() == pdf


def test_a_statement_in_the_customers_favour_says_so() -> None:
    of = papers()
    found = statements([], [of.note], [], since=date.min, through=date(2026, 3, 1))
    sheet = StatementSheet(of.seller.entity, found[0], [("not_due", Money(0, USD))])
    said = text_of(statement_pdf([sheet], of.customer, of.seller, TO, english()))
    assert "In your favour on 1 March 2026 USD 32.52" in said
