"""INV-22: taxes come out again from what the invoice froze, and what was done to them is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from farthing.core.billing import Bill
from farthing.core.invariants import prove
from farthing.core.invoicing.invoice import Draft, LegalEntity
from farthing.core.invoicing.letterhead import Address, Letterhead
from farthing.core.invoicing.places import Place
from farthing.core.invoicing.reckoning import ReckonBy, Tax, TaxTreatment
from farthing.core.invoicing.tax import Levy, taxes_on
from farthing.core.invoicing.tax_ids import tax_id_in
from farthing.core.invoicing.tax_profile import Exemption, TaxProfile
from farthing.core.invoicing.tax_terms import rules_from
from farthing.core.invoicing.taxing import levies_of, taxed, taxed_by_rules
from farthing.core.invoicing.taxing_outside import ServiceTaxes, TaxAnswer, TaxQuestion
from farthing.core.money import Money, currency
from farthing.core.period import Period
from farthing.core.rating.line import LineKind, Origin
from farthing.core.refused import Refused
from tests.core.core_values import USD, at, subscription
from tests.core.held_books import HeldBooks
from tests.core.invoicing.reckoned import DRAFT, item, usd

RULES = rules_from(
    {
        "rules": [
            {"tax": "vat", "place": "FR", "percent": "20", "from": "2026-02-01"},
            {"tax": "vat", "place": "FR", "percent": "19.6"},
        ],
        "otherwise": "none",
    },
    version=4,
)
FRANCE = TaxProfile(Place("FR"))
SELLER = LegalEntity("main", "Example", in_zone="Europe/Paris", number_prefix="EX",
                     letterhead=Letterhead(Address(place=Place("FR"))))  # fmt: skip


def closed(**changes: Any) -> HeldBooks:
    """Two months of the starter plan, taxed in France."""
    books = HeldBooks(subscription(), rules=RULES, profile=FRANCE, **changes)
    books.usage.add(at("2026-01-20"), tokens=333_333)
    books.close(through=at("2026-03-01"))
    return books


def test_books_with_taxes_prove_sound() -> None:
    books = closed()
    taxes = [invoice.draft.reckoning.taxes for invoice in books.invoices()]
    assert [[(tax.rate, tax.amount.minor) for tax in each] for each in taxes] == [
        [(Decimal("0.196"), 681)],
        # Billed in February: January's usage at January's rate, the fee ahead at February's.
        [(Decimal("0.2"), 980), (Decimal("0.196"), 152)],
        [(Decimal("0.2"), 1180)],
    ]
    assert prove(books) == []
    assert books.invoices()[0].draft.frozen["tax"]["rules"] == 4


def test_a_tax_that_its_rules_do_not_come_to_is_found() -> None:
    books = closed()
    made = books.bills[0]
    assert made.invoice is not None
    (tax,) = made.invoice.draft.reckoning.taxes
    other = replace(tax, rate=Decimal("0.2"))
    draft = replace(made.invoice.draft, reckoning=replace(made.invoice.draft.reckoning, taxes=(other,)))
    books.bills[0] = Bill(made.subscriptions, replace(made.invoice, draft=draft), made.transactions, made.notices)
    found = [finding for finding in prove(books) if finding.number == 22]
    assert len(found) == 1
    assert "says VAT 0.2 on" in found[0].sentence
    assert "its rules come to VAT 0.196" in found[0].sentence


def test_rules_that_are_gone_are_told() -> None:
    books = closed()
    books.rules = None
    assert {str(finding) for finding in prove(books)} == {
        f"INV-22 Invoice {invoice.number} was taxed by rules of version 4, which are not kept."
        for invoice in books.invoices()
    }


def drafted(*lines: Any) -> Draft:
    return replace(DRAFT, lines=lines)


def test_what_sets_an_earlier_invoice_right_bears_what_that_one_bore() -> None:
    then = Levy("vat", "VAT", "FR", Decimal("0.055"))
    by = taxed_by_rules(
        RULES, FRANCE, SELLER, in_zone="UTC", charged_then=lambda origin: (then,) if origin.line_number == 2 else ()
    )
    unused = replace(item("fee", -4000), kind=LineKind.UNUSED, origin=Origin(DRAFT.invoice_id, 2))
    reckoning = ReckonBy(taxes=by).reckon([item("work", 10_000), unused], at=at("2026-03-01"), in_currency=USD)
    assert [(tax.rate, tax.base.minor, tax.amount.minor) for tax in reckoning.taxes] == [
        (Decimal("0.196"), 10_000, 1_960),
        (Decimal("0.055"), -4_000, -220),
    ]
    assert levies_of(replace(DRAFT, lines=(item("a", 1), unused), reckoning=reckoning), 2) == (then,)


def test_a_customer_whose_place_nobody_knows_is_taxed_as_a_consumer_next_door() -> None:
    stranger = TaxProfile(is_business=True, tax_ids=(tax_id_in("DE136695976"),))
    found = taxed(stranger, SELLER, in_zone="UTC")
    assert (found.customer, found.kind.value) == (Place("FR"), "consumer")


def test_an_exemption_holds_by_the_day_of_the_supply() -> None:
    exempt = replace(FRANCE, exemptions=(Exemption("Embassy.", certificate="17/2", until=date(2026, 1, 5)),))
    by = taxed_by_rules(RULES, exempt, SELLER, in_zone="UTC", charged_then=lambda _: ())
    later = replace(item("later", 100), period=Period(at("2026-01-06"), at("2026-01-08")))
    taxes = by.on([item("work", 100), later], [usd(100), usd(100)])
    assert [(tax.treatment, tax.reason, tax.base.minor) for tax in taxes] == [
        (TaxTreatment.EXEMPT, "Embassy.", 100),
        (TaxTreatment.STANDARD, "", 100),
    ]
    assert "certificate" not in str(by.frozen)


class Simulated:
    """A whole stand-in for an outside service: a tenth of each line, or what it is told to answer."""

    def __init__(self) -> None:
        self.asked: list[TaxQuestion] = []
        self.answer: TaxAnswer | None = None

    def taxes(self, question: TaxQuestion) -> TaxAnswer:
        self.asked.append(question)
        if self.answer is not None:
            return self.answer
        levy = Levy("gst", "GST", question.customer.code, Decimal("0.1"))
        return TaxAnswer(taxes_on([[levy]] * len(question.lines), [line.amount for line in question.lines]), "T-1")


def by_service(service: Simulated) -> ServiceTaxes:
    return ServiceTaxes("simulated", service.taxes, taxed(FRANCE, SELLER, in_zone="UTC"))


def test_a_service_is_asked_with_all_it_needs_and_its_figures_are_kept_as_given() -> None:
    service = Simulated()
    by = by_service(service)
    taxes = by.on([item("work", 105), item("travel", 50)], [usd(100), usd(50)])
    (question,) = service.asked
    assert [(line.number, line.price, line.category, line.amount, line.on) for line in question.lines] == [
        (1, "work", "standard", usd(100), date(2026, 1, 5)),
        (2, "travel", "standard", usd(50), date(2026, 1, 5)),
    ]
    assert (question.seller, question.customer, question.kind.value) == (Place("FR"), Place("FR"), "consumer")
    assert [tax.amount for tax in taxes] == [usd(15)]
    assert (by.frozen["service"], by.frozen["reference"]) == ("simulated", "T-1")


@pytest.mark.parametrize("wrong", ["currency", "line"])
def test_an_answer_that_is_not_about_this_invoice_is_refused(wrong: str) -> None:
    service = Simulated()
    of = currency("EUR") if wrong == "currency" else USD
    tax = by_service(Simulated()).on([item("a", 100)] * 2, [Money(100, of)] * 2)[0]
    assert isinstance(tax, Tax)
    service.answer = TaxAnswer((tax,))
    with pytest.raises(Refused, match="the invoice waits"):
        by_service(service).on([item("a", 100)], [usd(100)])
