"""Credit at the command line: given away, topped up, seen, and over."""

from __future__ import annotations

from tests.cli.commands import Commands


def test_credit_goes_from_a_top_up_to_an_invoice(acme: Commands) -> None:
    said = acme.well("credit", "top-up", "acme", "40", "usd", "--from", "2026-01-01", "--key", "k1")
    assert said == "acme has 40.00 USD of prepaid credit more: Prepaid credit.\n"
    assert acme.well("credit", "top-up", "acme", "40", "usd", "--from", "2026-01-01", "--key", "k1") == said
    acme.well(
        "credit", "grant", "acme", "19", "USD", "--name", "Sorry", "--from", "2026-01-01", "--until", "2026-02-28",
        "--because", "The outage.",
    )  # fmt: skip
    acme.well("period", "close", "--through", "2026-01-31")
    rows = [line.split() for line in acme.well("invoice", "show", "EX-000001").splitlines()[-5:]]
    assert rows == [
        ["Subtotal", "49.00"],
        ["Sorry", "-19.00"],
        ["Total", "30.00"],
        ["Paid", "by", "Prepaid", "credit", "-30.00"],
        ["Left", "to", "pay", "0.00"],
    ]
    shown = acme.well("credit", "show", "acme")
    assert "Sorry           promotional  2026-03-01    19.00  19.00           0.00  USD" in shown
    assert "Prepaid credit  prepaid                    40.00  40.00           0.00  USD" in shown
    assert "0.00 USD available, 0.00 USD of it pending." in shown
    assert acme.well("credit", "expire") == "0 grants expired.\n"
    assert acme("check").exit_code == 0


def test_what_cannot_be_is_said_in_a_sentence(acme: Commands) -> None:
    assert acme.well("credit", "show", "acme").startswith("acme has no credit")
    assert "above zero" in acme.refused("credit", "grant", "acme", "0", "USD")
    assert "2 digits" in acme.refused("credit", "grant", "acme", "0.001", "USD")
    assert "expires after" in acme.refused("credit", "grant", "acme", "1", "USD", "--until", "2026-01-01")
    assert "no customer" in acme.refused("credit", "top-up", "nobody", "1", "USD")
