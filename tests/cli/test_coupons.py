"""Coupons at the command line: made, given, seen on drafts and invoices, taken back."""

from __future__ import annotations

from tests.cli.commands import Commands


def test_a_coupon_goes_from_its_making_to_an_invoice(acme: Commands) -> None:
    made = acme.well("coupon", "add", "spring", "--name", "Spring", "--percent", "20", "--periods", "2")
    assert made == "spring takes 20 % off, on 2 invoices.\n"
    assert acme.well("coupon", "apply", "spring", "acme") == "acme has spring: 20 % off, on 2 invoices.\n"
    shown = acme.well("subscription", "show", "acme")
    rows = [line.split() for line in shown.splitlines()]
    assert ["Spring", "-9.80"] in rows
    assert ["Total", "(USD)", "39.20"] in rows
    acme.well("period", "close", "--through", "2026-02-28")
    invoice = acme.well("invoice", "show", "EX-000001")
    rows = [line.split() for line in invoice.splitlines()[-3:]]
    assert rows == [["Subtotal", "49.00"], ["Spring", "-9.80"], ["Total", "39.20"]]
    assert acme.well("invoice", "show", "EX-000003").splitlines()[-1].split() == ["Total", "49.00"]
    listed = acme.well("coupon", "list", "acme")
    assert "spring  2026-03-15  20 % off, on 2 invoices         2  19.60 USD  used up" in listed
    assert "spring  Spring  20 % off, on 2 invoices  1" in acme.well("coupon", "list")
    assert acme("check").exit_code == 0


def test_an_amount_for_some_lines_is_told_whole(acme: Commands) -> None:
    made = acme.well(
        "coupon", "add", "c", "--amount", "usd=10", "--amount", "EUR=9.50", "--meter", "tokens", "--meter", "calls",
        "--periods", "forever", "--carries-over", "--minimum", "USD=100", "--max-redemptions", "5",
        "--redeem-by", "2026-12-31", "--first-time-only",
    )  # fmt: skip
    assert made == (
        "c takes 9.50 EUR or 10.00 USD off the meters tokens, calls, for ever; its rest carries over; "
        "from 100.00 USD on.\n"
    )
    assert "0 of 5" in acme.well("coupon", "list")


def test_a_coupon_is_taken_back(acme: Commands) -> None:
    acme.well("coupon", "add", "spring", "--percent", "20")
    acme.well("coupon", "apply", "spring", "acme")
    said = acme.well("coupon", "remove", "spring", "acme", "--because", "A mistake.", "--by", "Ada")
    assert said == "acme has spring no more; it took something off 0 invoices.\n"
    assert "taken back on 2026-03-15" in acme.well("coupon", "list", "acme")
    assert "no coupon" in acme.refused("coupon", "remove", "spring", "acme")


def test_what_cannot_be_is_said_in_a_sentence(acme: Commands) -> None:
    assert acme.well("coupon", "list").startswith("There are no coupons yet")
    assert acme.well("coupon", "list", "acme").startswith("acme has no coupons")
    assert "either a percent or amounts" in acme.refused("coupon", "add", "c")
    assert "such as USD=10" in acme.refused("coupon", "add", "c", "--amount", "10")
    assert "whole number" in acme.refused("coupon", "add", "c", "--percent", "1", "--periods", "1.5")
    assert "There is no coupon" in acme.refused("coupon", "apply", "c", "acme")
    assert "no customer" in acme.refused("coupon", "list", "nobody")
