"""Which tax a supply bears: the first rule of each tax that is for it, or a sentence that there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from farthing.core.invoicing.places import NOWHERE, Place, place_in
from farthing.core.invoicing.reckoning import TaxTreatment
from farthing.core.invoicing.tax import Levy
from farthing.core.invoicing.tax_ids import TaxId, tax_id_in
from farthing.core.invoicing.tax_profile import Exemption, TaxProfile
from farthing.core.invoicing.tax_rules import CustomerKind, Supply, TaxRules
from farthing.core.invoicing.tax_terms import rules_from, rules_terms
from farthing.core.refused import Refused

EUROPE: dict[str, Any] = {
    "rules": [
        {"tax": "vat", "seller": "EU", "place": "EU", "crossing": True, "customer": "business",
         "treatment": "reverse_charge", "reason": "Reverse charge: the customer accounts for VAT.",
         "reason_code": "vatex-eu-ae"},
        {"tax": "vat", "name": "MwSt.", "place": "DE", "category": "ebook", "percent": "7"},
        {"tax": "vat", "name": "MwSt.", "place": "DE", "percent": "16", "from": "2020-07-01", "until": "2020-12-31"},
        {"tax": "vat", "name": "MwSt.", "place": "DE", "percent": "19"},
        {"tax": "vat", "name": "TVA", "place": "FR", "percent": "20"},
        {"tax": "vat", "place": "*", "treatment": "outside", "reason": "Outside the scope of EU VAT."},
    ]
}  # fmt: skip
AMERICA: dict[str, Any] = {
    "rules": [
        {"tax": "state", "name": "Sales tax", "place": "US-NY", "category": "saas", "percent": "4"},
        {"tax": "city", "name": "City tax", "place": "US-NY", "category": "saas", "percent": "4.5",
         "jurisdiction": "US-NY-NYC"},
        {"tax": "state", "name": "Sales tax", "place": "US-CA", "category": ["goods"], "percent": "7.25"},
        {"tax": "state", "name": "Sales tax", "place": "US", "treatment": "zero"},
    ],
    "otherwise": "none",
}  # fmt: skip


def supply(
    to: str, kind: CustomerKind = CustomerKind.CONSUMER, *, category: str = "standard", on: str = "2026-03-31",
    seller: str = "DE",
) -> Supply:  # fmt: skip
    country, _, region = to.partition("-")
    return Supply("main", Place(seller), Place(country, region), kind, category, date.fromisoformat(on))


def rates(rules: TaxRules, asked: Supply) -> list[tuple[str, Decimal, str]]:
    return [(levy.key, levy.rate, levy.jurisdiction) for levy in rules.levies_on(asked)]


BUSINESS = CustomerKind.BUSINESS


def test_the_first_rule_that_is_for_a_supply_holds() -> None:
    rules = rules_from(EUROPE, version=1)
    assert rates(rules, supply("DE")) == [("vat", Decimal("0.19"), "DE")]
    assert rates(rules, supply("DE", category="ebook")) == [("vat", Decimal("0.07"), "DE")]
    assert rates(rules, supply("FR")) == [("vat", Decimal("0.2"), "FR")]


def test_a_rate_holds_from_its_first_to_its_last_day() -> None:
    rules = rules_from(EUROPE, version=1)
    days = ("2020-06-30", "2020-07-01", "2020-12-31", "2021-01-01")
    assert [rates(rules, supply("DE", on=day))[0][1] for day in days] == [
        Decimal("0.19"), Decimal("0.16"), Decimal("0.16"), Decimal("0.19"),
    ]  # fmt: skip


def test_a_business_in_another_member_state_accounts_for_the_tax_itself() -> None:
    rules = rules_from(EUROPE, version=1)
    (levy,) = rules.levies_on(supply("FR", BUSINESS))
    assert (levy.treatment, levy.reason_code, levy.category) == (TaxTreatment.REVERSE_CHARGE, "VATEX-EU-AE", "AE")
    assert rules.levies_on(supply("DE", BUSINESS))[0].rate == Decimal("0.19")
    assert rules.levies_on(supply("US-CA", BUSINESS))[0].treatment is TaxTreatment.OUTSIDE
    assert rules.levies_on(supply("GB", BUSINESS))[0].treatment is TaxTreatment.OUTSIDE


def test_one_supply_may_bear_taxes_of_several_places() -> None:
    rules = rules_from(AMERICA, version=1)
    assert rates(rules, supply("US-NY", category="saas")) == [
        ("state", Decimal("0.04"), "US-NY"),
        ("city", Decimal("0.045"), "US-NY-NYC"),
    ]
    assert rates(rules, supply("US-CA", category="saas")) == [("state", Decimal(0), "US")]


def test_what_no_rule_is_for_is_refused_or_bears_nothing_as_the_seller_says() -> None:
    assert rules_from(AMERICA, version=1).levies_on(supply("CA-QC")) == ()
    strict = rules_from({**AMERICA, "otherwise": "refuse"}, version=1)
    with pytest.raises(Refused, match="No tax rule is for “standard”, sold from DE to a consumer in CA-QC") as told:
        strict.levies_on(supply("CA-QC"))
    assert "farthing customer set" not in told.value.sentence
    with pytest.raises(Refused, match=r"unknown place .* say where the customer is \(farthing customer set\), add one"):
        strict.levies_on(replace(supply("CA-QC"), customer=NOWHERE))


def test_a_rule_that_is_never_reached_is_refused() -> None:
    for wider, narrower in (("EU", "DE"), ("US", "US-CA"), ("*", "EU")):
        written = [{"tax": "vat", "place": wider, "percent": 20}, {"tax": "vat", "place": narrower, "percent": 19}]
        with pytest.raises(Refused, match="Rule 2 of the tax “vat” is never reached: rule 1"):
            rules_from({"rules": written}, version=1)
        rules_from({"rules": written[::-1]}, version=1)


def test_rules_come_back_as_they_were_written() -> None:
    for written in (EUROPE, AMERICA, {**AMERICA, "places": {"NORDIC": ["NO", "IS"]}}):
        rules = rules_from(written, version=3)
        assert rules_from(rules_terms(rules), version=3) == rules


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"place": "DE", "percent": 19}, "needs a “tax”"),
        ({"tax": "vat", "place": "Germany", "percent": 19}, "give a country such as DE"),
        ({"tax": "vat", "place": "DE"}, "has no “percent”"),
        ({"tax": "vat", "place": "DE", "percent": "19%"}, "percent"),
        ({"tax": "vat", "place": "DE", "percent": -1}, "from 0 to 1000"),
        ({"tax": "vat", "place": "DE", "percent": 0}, "treatment: zero"),
        ({"tax": "vat", "place": "DE", "percent": 1, "treatment": "exempt", "reason": "x"}, "leave it out"),
        ({"tax": "vat", "place": "DE", "treatment": "exempt"}, "give a “reason”"),
        ({"tax": "vat", "place": "DE", "treatment": "reverse"}, "one of standard, zero"),
        ({"tax": "vat", "place": "DE", "percent": 1, "from": "soon"}, "as a day"),
        ({"tax": "vat", "place": "DE", "percent": 1, "from": "2026-02-01", "until": "2026-01-01"}, "before it begins"),
        ({"tax": "vat", "place": "DE", "percent": 1, "category": "E Book"}, "one word in small letters"),
        ({"tax": "vat", "place": "DE", "percent": 1, "rate": 1}, "“rate”, which means nothing"),
        ({"tax": "vat", "place": "DE", "percent": 1, "customer": "robot"}, "business, consumer, any"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_its_number(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused) as refused:
        rules_from({"rules": [rule]}, version=1)
    assert said in refused.value.sentence
    assert "ax rule 1" in refused.value.sentence


def test_a_business_is_one_that_shows_a_vat_id_whose_form_is_right() -> None:
    shown = TaxProfile(Place("FR"), is_business=True, tax_ids=(tax_id_in("FR40303265045"),))
    assert shown.kind is BUSINESS
    assert TaxProfile(Place("FR"), is_business=True).kind is CustomerKind.CONSUMER
    assert TaxProfile(Place("FR"), tax_ids=shown.tax_ids).kind is CustomerKind.CONSUMER
    unchecked = (TaxId("FR", "12", label="SIREN"),)
    assert TaxProfile(Place("FR"), is_business=True, tax_ids=unchecked).kind is CustomerKind.CONSUMER


def test_an_exemption_says_its_reason_and_has_its_days_and_place() -> None:
    exemption = Exemption(
        "Resale certificate 12.", jurisdiction="US-CA", since=date(2026, 1, 1), until=date(2026, 6, 30)
    )
    profile = TaxProfile(Place("US", "CA"), exemptions=(exemption,))
    state, vat = Levy("state", "Sales tax", "US-CA", Decimal("0.0725")), Levy("vat", "VAT", "DE", Decimal("0.19"))
    freed = profile.freed([state, vat], on=date(2026, 3, 31))
    assert [(levy.treatment.value, levy.rate, levy.reason) for levy in freed] == [
        ("exempt", Decimal(0), "Resale certificate 12."),
        ("standard", Decimal("0.19"), ""),
    ]
    assert profile.freed([state], on=date(2026, 7, 1)) == (state,)


@pytest.mark.parametrize(
    ("written", "country", "kept"),
    [
        ("DE 136.695.976", "", ("DE", "DE136695976", True)),
        ("136695976", "DE", ("DE", "DE136695976", True)),
        ("EL094259216", "", ("GR", "EL094259216", True)),
        ("IE6433435F", "FR", ("IE", "IE6433435F", True)),
        ("GB980780684", "GB", ("GB", "GB980780684", True)),
        ("7707083893", "RU", ("RU", "7707083893", True)),
        ("94-1234567", "US", ("US", "941234567", False)),
    ],
)
def test_a_vat_id_is_read_as_people_write_it(written: str, country: str, kept: tuple[str, str, bool]) -> None:
    found = tax_id_in(written, country=country)
    assert (found.country, found.number, found.checked) == kept


@pytest.mark.parametrize(
    ("written", "country"), [("DE136695977", ""), ("FR123", "FR"), ("x", ""), ("123", ""), ("", "DE")]
)
def test_a_vat_id_that_cannot_be_is_refused(written: str, country: str) -> None:
    with pytest.raises(Refused):
        tax_id_in(written, country=country)


def test_a_place_is_written_by_its_codes() -> None:
    assert place_in("us", "us-ca") == place_in("US", "CA") == Place("US", "CA")
    for country, region in (("UK", None), ("Germany", None), ("EU", None), ("", "CA"), ("US", "CALI")):
        with pytest.raises(Refused):
            place_in(country, region)
