"""`usage quarantine`: what is kept apart is listed and counted, and replayed when it or its cause is mended."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.record_usage import record_usage
from tests.cli.commands import MID_MARCH, Commands

KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def apart(acme: Commands, books: PostgresStore) -> Commands:
    """Two events of somebody unknown, one without its number."""
    usual = {"source": "api", "type": "completion", "time": "2026-03-05T10:00:00Z", "data": {"tokens": 5}}
    sent = [
        {**usual, "id": "1", "subject": "globex"},
        {**usual, "id": "2", "subject": "globex"},
        {**usual, "id": "3", "subject": "acme", "data": {}},
    ]
    assert len(record_usage(books, sent, now=MID_MARCH)) == 3
    return acme


def accepted(books: PostgresStore) -> int:
    with books.transaction():
        return books.counts().accepted


def test_it_is_listed_and_counted_by_reason(apart: Commands) -> None:
    told = apart.well("usage", "quarantine")
    assert told == apart.well("usage", "quarantine", "list")
    assert "3 events in quarantine:" in told
    assert "  2  No customer has the key “globex”" in told
    assert len(KEY.findall(told)) == 3
    assert "api 3" in apart.well("usage", "quarantine", "list", "--reason", "has no “tokens”")
    assert "fits" in apart.well("usage", "quarantine", "list", "--source", "other")


def test_it_is_replayed_once_its_cause_is_mended(apart: Commands, books: PostgresStore) -> None:
    apart.well("customer", "add", "globex", "--name", "Globex", "--zone", "UTC")
    told = apart.well("usage", "quarantine", "replay", "--subject", "globex")
    assert "2 events screened again." in told
    assert "2  accepted" in told
    assert accepted(books) == 2
    assert "1  still in quarantine" in apart.well("usage", "quarantine", "replay", "--all")
    assert "fits" in apart.refused("usage", "quarantine", "replay", "--subject", "globex")


def test_a_corrected_event_is_taken_from_a_file(apart: Commands, books: PostgresStore, tmp_path: Path) -> None:
    (key,) = KEY.findall(apart.well("usage", "quarantine", "list", "--subject", "acme"))
    file = tmp_path / "mended.json"
    mended = {"type": "completion", "subject": "acme", "time": "2026-03-05T10:00:00Z", "data": {"tokens": 6}}
    file.write_text(json.dumps(mended), encoding="utf-8")
    assert "accepted" in apart.well("usage", "quarantine", "replay", key, "--event", str(file))
    assert accepted(books) == 1
    assert "mended meanwhile" in apart.refused("usage", "quarantine", "replay", key, "--event", str(file))
    assert "In conflict" in apart.well("usage", "quarantine")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Say which to replay"),
        (["--all", "--type", "completion"], "Say which to replay"),
        (["--all", "--event", "here.json"], "give its KEY"),
        (["00000000-0000-0000-0000-000000000000", "--event", "here.json"], "no JSON that can be read"),
        (["00000000-0000-0000-0000-000000000000", "--event", "list.json"], "no event"),
        (["00000000-0000-0000-0000-000000000000"], "fits"),
    ],
)
def test_a_replay_that_cannot_be_meant_is_refused(
    acme: Commands, tmp_path: Path, arguments: list[str], says: str
) -> None:
    (tmp_path / "here.json").write_text('{"data": {"tokens": NaN}}', encoding="utf-8")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    assert says in acme.refused("usage", "quarantine", "replay", *arguments)
