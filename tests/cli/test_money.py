"""Credit notes, voids, payments and statements at the command line, as a finance person types them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.commands import Commands
from tests.cli.test_nouns import import_usage, write_usage


@pytest.fixture
def billed(acme: Commands, tmp_path: Path) -> Commands:
    """Acme was billed 49.00, 49.00 and 51.90."""
    import_usage(acme, write_usage(tmp_path))
    acme.well("period", "close", "--through", "2026-02-28")
    return acme


def test_a_customers_money_from_the_credit_note_to_the_statement(billed: Commands) -> None:
    paid = billed.well("payment", "record", "acme", "60", "--currency", "USD", "--reference", "TR-1", "--by", "Ada")
    assert "60.00 USD of acme, received 2026-03-15; pays EX-000001 49.00 USD, EX-000002 11.00 USD." in paid
    assert "is recorded already" in billed.refused(
        "payment", "record", "acme", "60", "--currency", "USD", "--reference", "TR-1"
    )
    because = ["--because", "Test traffic.", "--by", "Ada"]
    assert "Nothing is kept" in billed.well(
        "credit-note", "create", "EX-000003", "--line", "2:600u", "--preview", *because
    )
    made = billed.well("credit-note", "create", "EX-000003", "--line", "2:600u", *because)
    assert "2  Tokens    600        0.90" in made
    assert "EX-CN-000001: 0.90 USD off what is left to pay of EX-000003." in made
    voided = billed.well("invoice", "void", "EX-000001", "--because", "Wrong company.", "--by", "Ada")
    assert "EX-000001 is voided by EX-CN-000002. 49.00 USD that was paid is the customer's balance." in voided
    again = billed.well("invoice", "reissue", "EX-000001", "--by", "Ada")
    assert "EX-000004 is in the place of EX-000001" in again
    assert "pays EX-000002 11.00 USD, EX-000004 49.00 USD" in billed.well(
        "payment", "use", "acme", "--invoice", "EX-000004"
    )
    listed = billed.well("invoice", "list", "acme")
    assert re.search(r"EX-000001 .* voided", listed)
    assert re.search(r"EX-000002 .* partly paid +38\.00", listed)
    assert re.search(r"EX-000003 .* open +51\.00", listed)
    assert re.search(r"EX-000004 .* paid", listed)
    assert "void" in billed.well("credit-note", "list", "acme")
    shown = billed.well("credit-note", "show", "EX-CN-000001")
    assert "about invoice EX-000003" in shown
    assert "by Ada: Test traffic." in shown
    statement = billed.well("statement", "acme")
    assert "Closing balance" in statement
    assert re.search(r"2026-03-15  Closing balance +89\.00", statement)
    (told,) = json.loads(billed.well("statement", "acme", "--json"))
    assert (told["opening"], told["closing"], told["since"]) == ("0.00", "89.00", None)
    kinds = [entry["kind"] for entry in told["entries"]]
    assert kinds == ["invoice"] * 4 + ["credit_note"] * 2 + ["payment"]
    assert billed.well("check") == ""


def test_a_payment_is_paid_back_and_listed(billed: Commands) -> None:
    billed.well(
        "payment", "record", "acme", "20", "--currency", "USD", "--keep", "--on", "2026-03-01", "--how", "check"
    )
    listed = billed.well("payment", "list", "acme")
    payment = re.search(r"[0-9a-f-]{36}", listed)
    assert payment is not None
    assert "20.00  USD  20.00      0.00" in listed
    back = billed.well("payment", "refund", payment[0], "5", "--because", "Sent twice.")
    assert "5.00 USD was paid back; 15.00 USD is the customer's balance." in back
    assert "can be paid back, not 15.01 USD" in billed.refused(
        "payment", "refund", payment[0], "15.01", "--because", "x"
    )
    later = billed.well("statement", "acme", "--from", "2026-03-10")
    assert re.search(r"2026-03-10  Opening balance +-20\.00", later)
    assert "Refund" in later


def test_what_cannot_be_is_told_in_a_sentence(billed: Commands) -> None:
    because = ["--because", "x"]
    assert "names no line" in billed.refused("credit-note", "create", "EX-000001", "--line", "x", *because)
    assert "one of the three" in billed.refused("credit-note", "create", "EX-000001", *because)
    assert "is not voided" in billed.refused("invoice", "reissue", "EX-000001")
    assert "There is no invoice" in billed.refused("invoice", "void", "EX-9", *because)
    assert "cannot end on" in billed.refused("statement", "acme", "--from", "2026-03-02", "--through", "2026-03-01")
    assert billed.well("payment", "list").startswith("There are no payments yet")
    assert billed.well("credit-note", "list").startswith("There are no credit notes")
    assert billed.well("payment", "use", "acme").startswith("Nothing was paid")


def test_documents_are_written_to_files_in_the_customers_language(billed: Commands, tmp_path: Path) -> None:
    billed.well("invoice", "void", "EX-000001", "--because", "Wrong company.", "--by", "Ada")
    for number, command in enumerate(
        (
            ("invoice", "pdf", "EX-000001"),
            ("invoice", "pdf", "EX-000001", "--as-issued"),
            ("credit-note", "pdf", "EX-CN-000001"),
            ("statement", "acme", "--pdf"),
        )
    ):
        file = tmp_path / f"{number}.pdf"
        assert str(file) in billed.well(*command, "--out", str(file))
        assert file.read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "0.pdf").read_bytes() != (tmp_path / "1.pdf").read_bytes()
    assert "cannot be written" in billed.refused("statement", "acme", "--pdf", "--out", str(tmp_path / "no" / "x.pdf"))
    assert "acme is written to in ru, their own." in billed.well("customer", "language", "acme", "ru")
    assert "Written to in" in billed.well("customer", "show", "acme")
    assert "written to in en, that of who invoices them" in billed.well("customer", "language", "acme", "default")
