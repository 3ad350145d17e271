"""Collecting at the command line: a method on file, an invoice collected, what was declined, and what is past due."""

from __future__ import annotations

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


def test_a_method_on_file_collects_what_is_open_across_commands(billed: Commands) -> None:
    assert "no payment method on file" in billed.well("payment", "method", "acme")
    put = billed.well("payment", "method", "acme", "ok+lost", "--label", "Visa 4242", "--by", "Ada")
    assert "acme pays by ok+lost (Visa 4242), put on file by Ada." in put
    first = billed.well("payment", "collect", "EX-000001", "--by", "Ada")
    assert "49.00 USD of acme, EX-000001: no answer yet" in first
    assert "is being collected already" in billed.refused("payment", "collect", "EX-000001")
    for _ in range(3):
        billed.well("payment", "collect")
    assert "Nothing is to be collected now." in billed.well("payment", "collect")
    listed = billed.well("invoice", "list", "acme")
    assert listed.count(" paid") == 3
    assert "Nothing is left to pay of EX-000002" in billed.refused("payment", "collect", "EX-000002")
    assert billed.well("payment", "attempts", "acme").count(" done") == 3
    assert "no payment method" in billed.well("payment", "method", "acme", "--remove")
    assert billed.well("check") == ""


def test_a_declined_customer_is_past_due_until_another_method_pays(billed: Commands) -> None:
    assert "No gateway was asked" in billed.well("payment", "attempts")
    billed.well("payment", "method", "acme", "soft")
    told = billed.well("payment", "collect")
    assert told.count("declined for now: There is no cover at the moment.; it is tried again at 2026-03-16") == 3
    assert "+2, +4 after it, at 8:00" in billed.well("payment", "terms", "--retry-days", "2,4", "--retry-hour", "8")
    assert "active" in billed.well("subscription", "list", "acme")
    billed.well("clock", "move", "2026-03-25")
    assert billed.well("payment", "attempts", "acme").count("declined for now") == 9
    assert "past due" in billed.well("subscription", "list", "acme")
    assert "past due (EX-000001, EX-000002, EX-000003)" in billed.well("subscription", "show", "acme")
    billed.well("payment", "method", "acme", "ok")
    assert billed.well("payment", "collect").count(": done.") == 3
    assert "past due" not in billed.well("subscription", "list", "acme")
    assert billed.well("check") == ""


def test_what_cannot_be_is_told_in_a_sentence(billed: Commands) -> None:
    assert "the number of a card" in billed.refused("payment", "method", "acme", "4242424242424242")
    assert "not both" in billed.refused("payment", "method", "acme", "ok", "--remove")
    assert "name it" in billed.refused("payment", "collect", "--key", "1")
    assert "are not days" in billed.refused("payment", "terms", "--retry-days", "soon")
    assert "tried no more" in billed.well("payment", "terms", "--retry-days", "none")
