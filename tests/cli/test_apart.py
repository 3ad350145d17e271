"""`usage quarantine` and `usage conflicts`: counted, discarded by a person, compared, and hinted at when mended."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.record_usage import record_usage
from tests.cli.commands import MID_MARCH, Commands

USUAL = {"source": "api", "type": "completion", "time": "2026-03-05T10:00:00Z", "data": {"tokens": 5}}
WHO = ("--by", "Ada", "--because", "A load test")


def send(books: PostgresStore, *events: dict[str, Any]) -> None:
    record_usage(books, [{**USUAL, **event} for event in events], now=MID_MARCH)


@pytest.fixture
def apart(acme: Commands, books: PostgresStore) -> Commands:
    """Two events of somebody unknown, one without its number, one in conflict."""
    send(
        books,
        {"id": "1", "subject": "globex"},
        {"id": "2", "subject": "globex", "source": "other"},
        {"id": "3", "subject": "acme", "data": {"promptTokens": 7}},
        {"id": "4", "subject": "acme"},
        {"id": "4", "subject": "acme", "data": {"tokens": 6}},
    )
    return acme


def test_they_are_counted_by_any_of_their_names(apart: Commands) -> None:
    told = apart.well("usage", "quarantine", "counts", "--by", "subject")
    assert "3 events in quarantine:" in told
    assert re.search(r"^ +2 .* globex$", told, re.MULTILINE)
    assert re.search(r"^ +1 .* acme$", told, re.MULTILINE)
    assert "other" in apart.well("usage", "quarantine", "counts", "--by", "source", "--subject", "globex")
    assert "0 events in quarantine." in apart.well("usage", "quarantine", "counts", "--before", "2026-01-01")


def test_a_list_says_where_to_go_on(apart: Commands) -> None:
    first = apart.well("usage", "quarantine", "list", "--limit", "2")
    (place,) = re.findall(r"--after (\S+)", first)
    rest = apart.well("usage", "quarantine", "list", "--limit", "2", "--after", place)
    assert len(re.findall(r"^  2026-", first, re.MULTILINE)) - rest.count("  2026-") == 2  # One of them in conflict.
    assert "is no place in this list" in apart.refused("usage", "quarantine", "list", "--after", "x")


def test_a_person_is_asked_before_many_are_discarded(apart: Commands, books: PostgresStore) -> None:
    asked = apart("usage", "quarantine", "discard", "--subject", "globex", *WHO, piped=b"n\n")
    assert "2 events in quarantine:" in asked.output
    assert "Discard all 2, never to be counted?" in asked.output
    assert "Nothing was discarded." in asked.output
    assert "and not 3" in apart.refused("usage", "quarantine", "discard", "--subject", "globex", "--expect", "3", *WHO)
    agreed = apart("usage", "quarantine", "discard", "--subject", "globex", *WHO, piped=b"y\n")
    assert "2 events are discarded" in agreed.output
    told = apart.well("usage", "quarantine", "discarded")
    assert "2 events discarded:" in told
    assert "by Ada, because: A load test" in told
    assert "was in quarantine: No customer has the key “globex”" in told
    with books.transaction():
        assert (books.discarded_events(), books.counts().accepted) == (2, 1)


def test_one_is_discarded_by_its_key_without_asking(apart: Commands) -> None:
    (key,) = re.findall(r"  (\S+)  api 3:", apart.well("usage", "quarantine", "list", "--subject", "acme"))
    assert "1 event is discarded" in apart.well("usage", "quarantine", "discard", key, *WHO)
    assert "meanwhile" in apart.refused("usage", "quarantine", "discard", key, *WHO)
    assert "Say which to discard" in apart.refused("usage", "quarantine", "discard", *WHO)
    assert "--because" in apart.refused("usage", "quarantine", "discard", key, "--by", "Ada")


def test_a_conflict_is_shown_side_by_side(apart: Commands) -> None:
    told = apart.well("usage", "conflicts")
    assert "1 event in conflict with the one that holds" in told
    assert re.search(r"^ +ACCEPTED +THE OTHER$", told, re.MULTILINE)
    assert re.search(r"^  data.tokens +5 +6$", told, re.MULTILINE)
    assert "subject" not in told
    (key,) = re.findall(r"^(\S+)  api 4$", told, re.MULTILINE)
    assert "data.tokens" in apart.well("usage", "conflicts", key)


def test_who_is_taken_on_hears_what_waits_for_them(apart: Commands) -> None:
    told = apart.well("customer", "add", "globex", "--name", "Globex", "--zone", "UTC")
    assert "2 events in quarantine might be good now; replay them with:" in told
    assert "  farthing usage quarantine replay --subject globex\n" in told
    assert "quarantine" not in apart.well("customer", "add", "hooli", "--name", "Hooli", "--zone", "UTC")


def test_a_new_rule_says_what_waits_for_it_and_a_replay_accepts_it(
    apart: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("events:\n  completion: {rename: {promptTokens: tokens}}\n", encoding="utf-8")
    assert "rule completion: new\n  reads promptTokens as tokens" in apart.well("catalog", "diff", str(file))
    assert "might be good now" not in apart.well("catalog", "apply", str(file), "--dry-run")
    told = apart.well("catalog", "apply", str(file))
    assert "rule completion: version 1" in told
    assert "3 events in quarantine might be good now; replay them with:" in told
    assert "  farthing usage quarantine replay --type completion\n" in told
    assert "1  accepted" in apart.well("usage", "quarantine", "replay", "--type", "completion", "--subject", "acme")
    exported = apart.well("catalog", "export")
    assert "events:\n  completion:\n    rename: {promptTokens: tokens}\n" in exported
    file.write_text("events:\n  completion: {rename: {promptTokens: tokens, n: calls}}\n", encoding="utf-8")
    assert "rename.n: nothing → calls" in apart.well("catalog", "diff", str(file))
    with books.transaction():
        assert books.counts().accepted == 2
