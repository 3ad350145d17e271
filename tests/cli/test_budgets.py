"""Budgets at the command line: set, listed with a bar, and their alerts seen to."""

from __future__ import annotations

from tests.cli.commands import Commands


def test_a_budget_is_set_listed_and_removed(acme: Commands) -> None:
    said = acme.well("budget", "set", "acme", "250", "--at", "120", "--at", "50", "--tells", "both")
    assert said.startswith("acme has a budget of 250.00 USD a billing period; told at 50 %, 120 %.\n")
    listed = acme.well("budget", "list").splitlines()
    assert listed[1].split()[:5] == ["acme", "budget", "250.00", "USD", "0.00"]
    assert acme.well("alert", "list") == "No alert waits for anybody.\n"
    assert acme.well("budget", "remove", "acme") == "acme has no budget “budget” any more.\n"
    assert "No budget is set" in acme.well("budget", "list", "acme")


def test_what_cannot_be_is_told(acme: Commands) -> None:
    for words, says in (
        (("budget", "set", "acme", "lots"), "lots"),
        (("budget", "set", "acme", "1", "--units"), "units of a meter"),
        (("budget", "remove", "acme"), "acme has no budget “budget”"),
        (("alert", "acknowledge", "00000000-0000-0000-0000-000000000001"), "There is no such alert"),
    ):
        refused = acme(*words)
        assert refused.exit_code != 0
        assert says in refused.output
