"""What is printed is what was issued: the language, the logo and the addressee of then, and a void that is told."""

from __future__ import annotations

import io
from datetime import date

import pytest
from pypdf import PdfReader

from farthing.core.invoicing.credit_note import CreditKind
from farthing.core.invoicing.crediting import Why
from farthing.core.invoicing.invoice import Invoice, language_of
from farthing.core.money import USD, Money
from farthing.core.refused import Refused, Unknown
from farthing.documents.printer import Printer
from farthing.postgres.database import PostgresStore
from farthing.usecases.close_period import close_period
from farthing.usecases.credit_invoice import CreditWish, credit_invoice
from farthing.usecases.entities import EntityChange, change_entity
from farthing.usecases.invoice_once import Item, invoice_once
from farthing.usecases.languages import choose_language, show_language
from farthing.usecases.print_documents import Printed, print_credit_note, print_invoice, print_statement
from farthing.usecases.void_invoice import reissue_invoice, void_invoice
from tests.core.core_values import ENTITY
from tests.databases import NOW
from tests.documents.papers import png_logo
from tests.usecases.shop import invoices, open_shop

DOCUMENTS = Printer()


@pytest.fixture
def shop(store: PostgresStore) -> PostgresStore:
    open_shop(store)
    return store


def billed(store: PostgresStore, through: str = "2026-01-31") -> Invoice:
    close_period(store, through=date.fromisoformat(through), now=NOW)
    return invoices(store)[-1]


def text_of(printed: Printed) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(printed.content)).pages).split())


def printed(store: PostgresStore, number: str, *, as_issued: bool = False) -> Printed:
    return print_invoice(store, DOCUMENTS, number, person=None, as_issued=as_issued)


def test_an_invoice_keeps_the_language_it_was_issued_in(shop: PostgresStore) -> None:
    choose_language(shop, "acme", "ru")
    january = billed(shop)
    first = printed(shop, january.number)
    assert "Счёт" in text_of(first)
    choose_language(shop, "acme", "en")
    assert printed(shop, january.number) == first
    february = billed(shop, "2026-02-28")
    assert (language_of(january.draft), language_of(february.draft)) == ("ru", "en")
    assert "Amount due by" in text_of(printed(shop, february.number))


def test_a_customer_without_a_language_has_that_of_who_invoices_them(shop: PostgresStore) -> None:
    assert (show_language(shop, "acme").language, show_language(shop, "acme").own) == ("en", False)
    change_entity(shop, ENTITY.key, EntityChange(language="ru"))
    assert (show_language(shop, "acme").language, show_language(shop, "acme").own) == ("ru", False)
    assert language_of(billed(shop).draft) == "ru"
    choose_language(shop, "acme", "en")
    assert (show_language(shop, "acme").language, show_language(shop, "acme").own) == ("en", True)
    once = invoice_once(
        shop, customer_key="acme", items=[Item("Training", Money(5000, USD), "")], key="k", by="Ada", now=NOW
    )
    assert language_of(once.draft) == "en"
    assert choose_language(shop, "acme", " ").language == "ru"


def test_a_language_that_nobody_translated_is_refused(shop: PostgresStore) -> None:
    with pytest.raises(Refused, match="written in en or ru, not in “fr”"):
        choose_language(shop, "acme", "fr")
    with pytest.raises(Refused, match="written in en or ru"):
        change_entity(shop, ENTITY.key, EntityChange(language="xx"))
    with pytest.raises(Unknown):
        choose_language(shop, "nobody", "ru")


def test_a_voided_invoice_is_marked_and_its_file_as_issued_stays_the_same(shop: PostgresStore) -> None:
    january = billed(shop)
    before = printed(shop, january.number)
    note = void_invoice(shop, january.number, reason="Wrong company.", by="Ada", now=NOW)
    marked = printed(shop, january.number)
    assert f"Void: taken back in full by credit note {note.number}" in text_of(marked)
    assert printed(shop, january.number) == marked
    assert printed(shop, january.number, as_issued=True) == before
    assert f"Voids invoice {january.number}" in text_of(print_credit_note(shop, DOCUMENTS, note.number, person=None))


def test_what_is_billed_again_is_in_the_language_of_today(shop: PostgresStore) -> None:
    january = billed(shop)
    choose_language(shop, "acme", "ru")
    again = reissue_invoice(shop, january.number, now=NOW, reason="Wrong company.", by="Ada")
    assert language_of(again.draft) == "ru"


def test_a_credit_note_is_in_the_language_of_its_invoice(shop: PostgresStore) -> None:
    choose_language(shop, "acme", "ru")
    january = billed(shop)
    choose_language(shop, "acme", "en")
    why = Why(CreditKind.GOODWILL, "Two days without service.", "Ada")
    note = credit_invoice(shop, january.number, CreditWish(in_full=True), why, now=NOW)
    file = print_credit_note(shop, DOCUMENTS, note.number, person=None)
    assert file.name == f"{note.number}.pdf"
    assert "Кредит-нота" in text_of(file)


def test_an_invoice_keeps_its_logo_and_a_statement_has_todays(shop: PostgresStore) -> None:
    change_entity(shop, ENTITY.key, EntityChange(logo=png_logo(300, 60).content))
    january = billed(shop)
    with_logo = printed(shop, january.number)
    change_entity(shop, ENTITY.key, EntityChange(logo=b""))
    assert printed(shop, january.number) == with_logo
    choose_language(shop, "acme", "ru")
    file = print_statement(shop, DOCUMENTS, "acme", person=None, now=NOW)
    said = text_of(file)
    assert file.name.startswith("statement-acme-20")
    assert "Выписка" in said
    assert january.number in said


def test_a_customer_without_documents_has_no_statement(shop: PostgresStore) -> None:
    with pytest.raises(Refused, match="acme has no documents"):
        print_statement(shop, DOCUMENTS, "acme", person=None, now=NOW)
