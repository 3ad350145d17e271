"""Invoices with taxes on a real database: by rules, place, legal entity or a service; and the books stay sound."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest

from farthing.core.invoicing.invoice import Invoice, issuer
from farthing.core.invoicing.letterhead import address_in
from farthing.core.invoicing.tax import Levy, taxes_on
from farthing.core.invoicing.tax_profile import Exemption
from farthing.core.invoicing.taxing_outside import TaxAnswer, TaxQuestion
from farthing.core.parties import Customer
from farthing.core.refused import Busy, Clash, Refused, Unknown
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.entities import EntityChange, add_entity, change_entity
from farthing.usecases.show_invoices import show_invoice
from farthing.usecases.tax_details import DetailsChange, change_details
from farthing.usecases.tax_rules import apply_tax_rules, preview_tax
from tests.core.core_values import ACME, USD, subscription
from tests.core.invoicing.test_logo import png
from tests.core.invoicing.test_tax_rules import EUROPE
from tests.databases import NOW, close, new_seller, open_books, send, used

BERLIN = address_in(lines=["Musterweg 1"], postcode="10115", city="Berlin", country="DE")
PARIS = address_in(lines=["1 rue de la Paix"], postcode="75002", city="Paris", country="FR")


@pytest.fixture
def books(store: PostgresStore) -> PostgresStore:
    """Acme on the starter plan, invoiced from Germany, with 400,000 tokens in January."""
    open_books(store)
    change_entity(store, "main", EntityChange(address=BERLIN, tax_ids=["DE136695976"]))
    apply_tax_rules(store, EUROPE, now=NOW)
    send(store, [used("1", "2026-01-15T00:00:00Z", tokens=400_000)])
    return store


def invoices(store: PostgresStore) -> list[Invoice]:
    """Oldest first."""
    with store.transaction():
        return store.invoices()[::-1]


def taxes(invoice: Invoice) -> list[tuple[str, str, str, str]]:
    return [
        (tax.treatment.value, tax.jurisdiction, str(tax.base), str(tax.amount)) for tax in invoice.draft.reckoning.taxes
    ]


def test_a_customer_next_door_pays_the_tax_of_the_day(books: PostgresStore) -> None:
    change_details(books, "acme", DetailsChange(address=BERLIN))
    close(books, "2026-01-31")
    first, january = invoices(books)
    assert taxes(first) == [("standard", "DE", "34.77 USD", "6.61 USD")]
    assert [str(january.draft.subtotal), str(january.draft.net)] == ["56.90 USD", "56.90 USD"]
    assert taxes(january) == [("standard", "DE", "56.90 USD", "10.81 USD")]
    assert str(january.total) == "67.71 USD"
    assert january.draft.frozen["tax"]["rules"] == 1
    assert check_books(books) == []


def test_a_business_abroad_accounts_for_the_tax_itself_and_the_invoice_says_why(books: PostgresStore) -> None:
    change_details(books, "acme", DetailsChange(address=PARIS, is_business=True, tax_ids=["FR 40 303 265 045"]))
    close(books, "2026-01-31")
    invoice = invoices(books)[0]
    (tax,) = invoice.draft.reckoning.taxes
    assert (tax.treatment.value, tax.category, tax.reason_code) == ("reverse_charge", "AE", "VATEX-EU-AE")
    assert invoice.total == invoice.draft.subtotal
    assert check_books(books) == []


def test_prices_may_hold_the_tax_already(books: PostgresStore) -> None:
    change_entity(books, "main", EntityChange(tax_included=True))
    change_details(books, "acme", DetailsChange(address=BERLIN))
    close(books, "2026-01-31")
    january = invoices(books)[1]
    assert [str(each) for each in (january.total, january.draft.net, january.draft.tax)] == [
        "56.90 USD", "47.82 USD", "9.08 USD",
    ]  # fmt: skip
    assert check_books(books) == []


def test_an_exemption_says_its_reason_on_the_invoice(books: PostgresStore) -> None:
    exemption = Exemption(
        "Diplomatic mission.", reason_code="VATEX-EU-151", certificate="A-17", until=date(2026, 1, 31)
    )
    change_details(books, "acme", DetailsChange(address=BERLIN, exemptions=[exemption]))
    close(books, "2026-02-28")
    first, january, february = invoices(books)
    assert taxes(first) == [("exempt", "DE", "34.77 USD", "0.00 USD")]
    assert [line[0] for line in taxes(january)] == ["standard", "exempt"]
    assert [line[0] for line in taxes(february)] == ["standard"]
    assert "A-17" not in str(january.draft.frozen)
    assert check_books(books) == []


def test_what_no_rule_is_for_waits_and_the_numbers_have_no_gap(books: PostgresStore) -> None:
    apply_tax_rules(books, {"rules": [{"tax": "vat", "place": "FR", "percent": "20"}]}, now=NOW)
    change_details(books, "acme", DetailsChange(address=BERLIN))
    with pytest.raises(Refused, match=r"acme could not be billed .* No tax rule is for “standard”, sold from DE"):
        close(books, "2026-01-31")
    assert invoices(books) == []
    apply_tax_rules(books, EUROPE, now=NOW)
    close(books, "2026-01-31")
    assert [invoice.number for invoice in invoices(books)] == ["EX-000001", "EX-000002"]
    assert invoices(books)[0].draft.frozen["tax"]["rules"] == 3
    assert check_books(books) == []


def test_the_same_rules_again_are_no_new_version(books: PostgresStore) -> None:
    again = apply_tax_rules(books, EUROPE, now=NOW)
    assert (again.rules.version, again.is_new) == (1, False)


def test_rules_that_two_apply_at_once_become_two_versions(books: PostgresStore) -> None:
    together = threading.Barrier(4)

    def apply(percent: str) -> None:
        together.wait()
        apply_tax_rules(books, {"rules": [{"tax": "vat", "percent": percent}]}, now=NOW)

    threads = [threading.Thread(target=apply, args=(percent,)) for percent in ("1", "2", "3", "1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with books.transaction():
        found = [books.tax_rules(version) for version in range(2, 7)]
    kept = [rules.rules[0].rate for rules in found if rules is not None]
    assert len(kept) in (3, 4)
    assert set(kept) == {Decimal("0.01"), Decimal("0.02"), Decimal("0.03")}


def test_each_legal_entity_has_its_own_numbers_and_says_so_on_its_invoices(books: PostgresStore) -> None:
    france = EntityChange(name="Example SARL", in_zone="Europe/Paris", number_prefix="FR", address=PARIS, terms_days=7,
                          bank="IBAN FR76", legal_text="Au capital de 1 €", logo=png())  # fmt: skip
    added = add_entity(books, "france", france)
    assert add_entity(books, "france", france) == added
    with pytest.raises(Clash, match="already"):
        add_entity(books, "france", replace(france, name="Another"))
    with pytest.raises(Clash, match="open with FR already"):
        change_entity(books, "main", EntityChange(number_prefix="FR"))
    change_details(books, "acme", DetailsChange(address=PARIS, entity="france"))
    with books.transaction():
        books.add_customer(Customer(UUID(int=9), "globex", "Globex", "UTC"), email=None, created_at=NOW)
        books.add_subscription(replace(subscription(), subscription_id=UUID(int=8), customer_id=UUID(int=9)))
    close(books, "2026-01-31")
    numbers = sorted(invoice.number for invoice in invoices(books))
    assert numbers == ["EX-000001", "EX-000002", "FR-000001", "FR-000002"]
    shown = show_invoice(books, "FR-000001", person=None)
    by = issuer(shown.invoice.draft)
    assert by is not None
    assert (by.name, by.letterhead.bank, by.letterhead.address) == ("Example SARL", "IBAN FR76", PARIS)
    assert taxes(shown.invoice)[0][:2] == ("standard", "FR")
    assert (shown.invoice.due_on - shown.invoice.issued_on).days == 7
    with books.transaction():
        logo = books.logo(by.letterhead.logo)
    assert logo is not None
    assert logo.content == png()
    change_entity(books, "france", EntityChange(name="Renamed", logo=b""))
    unchanged = issuer(show_invoice(books, "FR-000001", person=None).invoice.draft)
    assert unchanged == by
    assert check_books(books) == []


def test_a_new_legal_entity_does_not_become_the_first(books: PostgresStore) -> None:
    add_entity(books, "aaa", EntityChange(name="Aaa", in_zone="UTC", number_prefix="AAA"))
    with books.transaction():
        assert books.seller().entity.key == "main"
        assert books.entity_of(ACME).key == "main"


def test_to_whom_an_invoice_was_made_out_stays_and_can_be_erased(books: PostgresStore) -> None:
    change_details(books, "acme", DetailsChange(address=BERLIN, tax_ids=["DE136695976"]))
    close(books, "2026-01-31")
    change_details(books, "acme", DetailsChange(address=PARIS, tax_ids=[]))
    shown = show_invoice(books, "EX-000001", person=None)
    assert shown.addressee is not None
    assert (shown.addressee.name, shown.addressee.address) == ("Acme Corp.", BERLIN)
    assert [str(tax_id) for tax_id in shown.addressee.tax_ids] == ["DE136695976"]
    assert "Acme" not in str(shown.invoice.draft)
    assert "Musterweg" not in str(shown.invoice.draft.frozen["tax"])
    with pytest.raises(psycopg.Error, match=r"INV-08|permission denied"), books.transaction():
        books.connection.execute("UPDATE farthing.invoice_addressee SET name = 'x'")
    with books.transaction():
        books.connection.execute("DELETE FROM farthing.invoice_addressee")
    assert show_invoice(books, "EX-000001", person=None).addressee is None
    assert check_books(books) == []


def test_a_preview_says_what_a_line_would_bear(books: PostgresStore) -> None:
    change_details(books, "acme", DetailsChange(address=PARIS, is_business=True, tax_ids=["FR40303265045"]))
    asked = {"amount": Decimal(100), "in_currency": USD, "on": date(2026, 3, 1)}
    business = preview_tax(books, customer_key="acme", **asked)
    assert [tax.treatment.value for tax in business.taxes] == ["reverse_charge"]
    reduced = preview_tax(books, place=BERLIN.place, category="ebook", **asked)
    assert (str(reduced.gross), str(reduced.net)) == ("107.00 USD", "100.00 USD")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (EntityChange(tax_ids=["DE136695977"]), "cannot be a VAT id"),
        (EntityChange(in_zone="Mars/Base"), "is not a time zone"),
        (EntityChange(number_prefix="x y"), "cannot open document numbers"),
        (EntityChange(credit_prefix="EX"), "another prefix than invoices"),
        (EntityChange(terms_days=-1), "0 to 365 days"),
        (EntityChange(taxed_by="magic"), "no tax service “magic”"),
        (EntityChange(logo=b"GIF89a"), "neither"),
        (EntityChange(currency="XX"), "XX"),
        (EntityChange(name=" "), "needs a name"),
    ],
)
def test_what_cannot_be_said_of_a_legal_entity_is_refused(
    books: PostgresStore, change: EntityChange, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        change_entity(books, "main", change)


def test_a_legal_entity_that_is_not_there_is_told(books: PostgresStore) -> None:
    with pytest.raises(Unknown, match="there are: main"):
        change_details(books, "acme", DetailsChange(entity="nowhere"))


# An outside service --------------------------------------------------------------------------------------------


@dataclass
class SimulatedService:
    """A tenth of each line; it may be down, or answer what does not fit."""

    asked: list[TaxQuestion] = field(default_factory=list)
    is_down: bool = False

    def taxes(self, question: TaxQuestion) -> TaxAnswer:
        self.asked.append(question)
        if self.is_down:
            raise Busy("The tax service “simulated” did not answer; try again shortly.")
        levy = Levy("gst", "GST", question.customer.code, Decimal("0.1"))
        return TaxAnswer(taxes_on([[levy]] * len(question.lines), [line.amount for line in question.lines]), "S-1")


@pytest.fixture
def service(books: PostgresStore) -> Iterator[SimulatedService]:
    simulated = SimulatedService()
    books.tax_services = {"simulated": simulated}
    change_entity(books, "main", EntityChange(taxed_by="simulated"))
    yield simulated
    books.tax_services = {}


def test_a_services_figures_are_kept_as_given(books: PostgresStore, service: SimulatedService) -> None:
    change_details(books, "acme", DetailsChange(address=PARIS))
    close(books, "2026-01-31")
    first, january = invoices(books)
    assert len(service.asked) == 2
    assert taxes(first) == [("standard", "FR", "34.77 USD", "3.48 USD")]
    assert january.draft.frozen["tax"]["service"] == "simulated"
    assert check_books(books) == []


def test_an_invoice_waits_while_the_service_is_down_and_nothing_is_half_done(
    books: PostgresStore, service: SimulatedService
) -> None:
    service.is_down = True
    with pytest.raises(Busy, match="did not answer"):
        close(books, "2026-01-31")
    assert invoices(books) == []
    with books.transaction():
        assert books.lock_series("main").last == 0
    service.is_down = False
    close(books, "2026-01-31")
    assert [invoice.number for invoice in invoices(books)] == ["EX-000001", "EX-000002"]
    assert check_books(books) == []


def test_a_service_that_is_gone_is_told(books: PostgresStore, service: SimulatedService) -> None:
    assert service.asked == []
    books.tax_services = {}
    with pytest.raises(Refused, match="which this installation does not have"):
        close(books, "2026-01-31")
    assert new_seller().entity.taxed_by == "rules"


def test_nobody_else_waits_for_a_number_while_a_service_is_asked(
    books: PostgresStore, service: SimulatedService, shared_database: Database
) -> None:
    """The series is locked after the answer, so that another's invoice is not held up by a slow service."""
    others = shared_database.for_seller(books.seller_id)
    free: list[bool] = []

    def look(_: TaxQuestion) -> TaxAnswer:
        with others.transaction():
            others.wait_at_most(1)
            free.append(others.lock_series("main").last >= 0)
        return TaxAnswer(())

    service.taxes = look  # type: ignore[method-assign]
    close(books, "2026-01-09")
    close(books, "2026-01-31")
    assert free
    assert all(free)
