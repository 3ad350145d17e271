"""Drafts at the command line: they wait, are held, edited and approved; and invoices that belong to no period."""

from __future__ import annotations

import re

from tests.cli.commands import Commands

DRAFT = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def test_a_draft_that_is_held_is_listed_edited_and_approved_as_it_was_seen(acme: Commands) -> None:
    said = acme.well("draft", "policy", "--hold-first")
    assert "A customer's first invoice is held." in said
    assert "No draft waits." in acme.well("draft", "list")
    acme.well("period", "close", "--through", "2026-02-28")
    listed = acme.well("draft", "list")
    assert "49.00  USD  approval: It is the customer's first invoice." in listed
    found = DRAFT.search(listed)
    assert found is not None
    draft = found.group()
    shown = acme.well("draft", "show", draft)
    seen = re.findall(r"draft approve .* --seen (\w+) --position (\d+)", shown)[0]
    assert "credit note" in acme.refused("draft", "edit", "--because", "x", draft, "Much", "--", "-50")
    edited = acme.well("draft", "edit", draft, "Setup", "20", "--because", "As agreed", "--by", "Ada")
    assert "Setup: As agreed (Ada)" in edited
    assert "changed since" in acme.refused("draft", "approve", draft, "--seen", seen[0], "--position", seen[1])
    assert acme.well("draft", "approve", draft) == acme.well("draft", "approve", draft)
    assert "Setup: As agreed (Ada)" in acme.well("invoice", "show", "EX-000001")
    assert "2 new invoices" in acme.well("period", "close", "--through", "2026-02-28")
    assert "no draft" in acme.refused("draft", "hold", draft, "--because", "Late")
    acme.well("check")


def test_a_draft_whose_grace_runs_is_held_with_a_reason(acme: Commands) -> None:
    acme.well("draft", "policy", "--grace-minutes", "43200")
    acme.well("period", "close", "--through", "2026-02-28")
    listed = acme.well("draft", "list")
    assert "its grace, until 2026-03-30" in listed
    found = DRAFT.search(listed)
    assert found is not None
    held = acme.well("draft", "hold", found.group(), "--because", "A dispute", "--by", "Ada")
    assert held == "Held: the draft for acme of 49.00 USD. A dispute (Ada)\n"


def test_what_belongs_to_no_period_is_billed_explained_and_printed(acme: Commands) -> None:
    create = ["invoice", "create", "acme", "--currency", "EUR", "--item", "Training=500.00", "--item", "Travel=40.5"]
    create += ["--key", "po-7", "--because", "Two days", "--by", "Ada"]
    assert "Total     540.50" in acme.well(*create, "--preview")
    assert "no invoices yet" in acme.well("invoice", "list")
    assert "EX-000001, due 2026-04-14." in acme.well(*create)
    assert "EX-000001" in acme.well(*create)
    shown = acme.well("invoice", "show", "EX-000001")
    assert "Training: Two days (Ada)" in shown
    assert "EX-000002" not in acme.well("invoice", "list")
    assert "the same to the digit" in acme.well("invoice", "explain", "EX-000001")
    acme.well("invoice", "pdf", "EX-000001")
    assert "has at most 2 digits" in acme.refused(*create[:3], "--currency", "EUR", "--item", "X=0.001", "--key", "k")
    assert "write it like" in acme.refused(*create[:3], "--currency", "EUR", "--item", "X", "--key", "k")
    acme.well("check")
