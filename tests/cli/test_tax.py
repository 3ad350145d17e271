"""Taxes, legal entities and what customers are taxed by, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from farthing.cli.tax_file import read_tax_file, tax_file_text
from farthing.core.invoicing.tax_terms import rules_from, rules_terms
from farthing.core.refused import Refused
from tests.cli.commands import Commands
from tests.core.invoicing.test_logo import png
from tests.repo.repo_files import ROOT

EXAMPLE = ROOT / "examples" / "tax.yaml"


def test_a_german_seller_taxes_its_customers(acme: Commands, tmp_path: Path) -> None:
    assert "Version 1 of the tax rules holds from now on: 14 rules." in acme.well("tax", "apply", str(EXAMPLE))
    assert "Nothing changes: version 1 says the same." in acme.well("tax", "apply", str(EXAMPLE))
    logo = tmp_path / "logo.png"
    logo.write_bytes(png())
    shown = acme.well("entity", "set", "main", "--country", "DE", "--city", "Berlin", "--tax-id", "DE136695976",
                      "--bank", "IBAN DE89\\nBIC X", "--logo", str(logo))  # fmt: skip
    assert "Address      Berlin, DE" in shown
    assert "Bank         IBAN DE89 / BIC X" in shown
    acme.well("customer", "set", "acme", "--address", "Musterweg 1", "--city", "Bonn", "--country", "DE")
    acme.well("period", "close", "--through", "2026-01-31")
    invoice = acme.well("invoice", "show", "EX-000001")
    assert "Musterweg 1, Bonn, DE" in invoice
    assert "USt. 19 % (DE)" in invoice
    assert "USt. 19 % (DE) on " in invoice
    assert "sound" in acme.well("check", "-v")
    preview = acme.well("tax", "preview", "100", "--customer", "acme", "--on", "2020-08-01")
    assert "USt. 16 % (DE)   16.00" in preview
    reverse = acme.well("tax", "preview", "100", "--country", "FR", "--business")
    assert "reverse charge (FR) (Reverse charge: VAT is due" in reverse


def test_the_rules_are_shown_as_a_file_that_can_be_applied(acme: Commands, tmp_path: Path) -> None:
    acme.well("tax", "apply", str(EXAMPLE))
    file = tmp_path / "again.yaml"
    file.write_text(acme.well("tax", "show"), encoding="utf-8")
    assert "Nothing changes" in acme.well("tax", "apply", str(file))


def test_legal_entities_are_added_and_listed(acme: Commands) -> None:
    acme.well("entity", "add", "uk", "--name", "Example Ltd", "--zone", "Europe/London", "--prefix", "UK")
    assert "uk    Example Ltd" in acme.well("entity", "list")
    assert "Invoiced by    uk" in acme.well("customer", "set", "acme", "--entity", "uk")
    acme.well("period", "close", "--through", "2026-01-31")
    assert "UK-000001" in acme.well("invoice", "list")


def test_a_customers_details_are_said_and_shown(acme: Commands) -> None:
    acme.well("customer", "set", "acme", "--country", "FR", "--business", "--tax-id", "FR40303265045",
              "--exempt", "Embassy.", "--certificate", "12", "--exempt-until", "2026-12-31")  # fmt: skip
    shown = acme.well("customer", "show", "acme")
    assert "Taxed as       a business" in shown
    assert "Exempt         Embassy, certificate 12, until 2026-12-31" in shown
    assert "Exempt" not in acme.well("customer", "set", "acme", "--not-exempt")
    assert "a consumer" in acme.well("customer", "set", "acme", "--consumer")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["customer", "set", "acme"], "Say what is to be changed"),
        (["customer", "set", "acme", "--tax-id", "DE1"], "cannot be a VAT id of DE"),
        (["customer", "set", "acme", "--region", "CA"], "A region needs the country"),
        (["customer", "set", "acme", "--certificate", "1"], "needs its reason"),
        (["entity", "set", "main"], "Say what is to be changed"),
        (["entity", "set", "nowhere", "--city", "X"], "There is no legal entity “nowhere”"),
        (["entity", "add", "uk"], "needs its name"),
        (["tax", "show"], "There are no tax rules yet"),
        (["tax", "preview", "1"], "There are no tax rules yet"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(acme: Commands, arguments: list[str], said: str) -> None:
    assert said in acme.refused(*arguments)


def test_the_example_comes_back_as_it_was(tmp_path: Path) -> None:
    rules = rules_from(read_tax_file(EXAMPLE), version=1)
    file = tmp_path / "tax.yaml"
    file.write_text(tax_file_text(rules_terms(rules)), encoding="utf-8")
    assert rules_from(read_tax_file(file), version=1) == rules


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [", "This is not YAML"),
        ("- a", "holds no tax rules"),
        ("rules: []\nrules: []", "stands twice in one place, the second time in line 2"),
        ("? [a]\n: b", "unhashable key"),
        ("rules: &a [*a]", "needs rules"),
        ("!!python/object/apply:os.system [x]", "YAML"),
    ],
)
def test_a_file_that_holds_no_rules_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "tax.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=said):
        rules_from(read_tax_file(file), version=1)


def test_no_digit_of_a_percent_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "tax.yaml"
    file.write_text("rules: [{tax: vat, percent: 7.250000000000001, from: 2026-01-01}]\n", encoding="utf-8")
    rules = rules_from(read_tax_file(file), version=1)
    assert str(rules.rules[0].rate) == "0.07250000000000001"
