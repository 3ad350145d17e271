"""Usage by time in the terminal, and what is added up held against the events."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.follow_usage import follow_usage
from tests.cli.commands import MID_MARCH, Commands
from tests.databases import DatabaseUrls


@pytest.fixture
def used(acme: Commands, books: PostgresStore, tmp_path: Path) -> Commands:
    """Acme used tokens on three days of March and over the change of clocks of autumn 2025, and it is added up."""
    file = tmp_path / "used.csv"
    rows = [
        "2026-03-05T10:00:00Z,1500",
        "2026-03-05T22:59:00Z,500",
        "2026-03-05T23:00:00Z,40",
        "2026-03-08T09:00:00Z,8000",
    ]
    rows += [f"2025-10-{day}:30:00Z,1" for day in ("25T22", "26T00", "26T01", "26T22")]
    file.write_text("\n".join(["when,tokens", *rows]) + "\n", encoding="utf-8")
    how = ["--customer", "acme", "--type", "completion", "--time", "when", "--value", "tokens=tokens"]
    acme.well("usage", "import", str(file), *how)
    while follow_usage(books, now=MID_MARCH):
        pass
    return acme


def test_usage_is_shown_by_day_with_a_bar_for_each(used: Commands) -> None:
    shown = used.well("usage", "show", "acme", "--meter", "tokens").splitlines()
    assert shown[0] == "tokens, in tokens: acme, 2026-03-01 00:00 to 2026-03-16 00:00 Europe/Berlin"
    assert shown[5:8] == [
        "  Thu 2026-03-05  ████████                          2,000  2 events",
        "  Fri 2026-03-06  ▏                                    40   1 event",
        "  Sat 2026-03-07                                        0  0 events",
    ]
    assert shown[8] == "  Sun 2026-03-08  ████████████████████████████████  8,000   1 event"
    assert shown[-1].startswith("As of 2026-03-15")
    assert shown[-1].endswith(", position 8.")


def test_a_day_of_25_hours_is_one_day(used: Commands) -> None:
    span = ["--from", "2025-10-26", "--to", "2025-10-27"]
    shown = used.well("usage", "show", "acme", "--meter", "tokens", *span).splitlines()
    assert shown[1:-1] == ["  Sun 2025-10-26  ████████████████████████████████  4  4 events"]
    hours = used.well("usage", "show", "acme", "--meter", "tokens", *span, "--window", "hour").splitlines()
    assert [line.split()[1] for line in hours[1:5]] == ["00:00", "01:00", "02:00", "02:00"], "two in the night, twice"


def test_what_cannot_be_shown_is_refused(used: Commands) -> None:
    for arguments, said in (
        (["--from", "2026-03-01"], "Say of which meter, too"),
        (["--meter", "token"], "did you mean tokens?"),
        (["--meter", "tokens", "--group-by", "model"], "declares no groups"),
        (["--meter", "tokens", "--from", "yesterday"], "neither a day nor an instant"),
    ):
        assert said in used.refused("usage", "show", "acme", *arguments)


def test_what_is_added_up_agrees_with_the_events(used: Commands) -> None:
    told = used.well("usage", "verify").splitlines()
    assert "tokens: 8 events of 1 customer up to position 8, in 8 hours and 4 days; they agree with the events." in told


def test_a_planted_difference_is_found_and_mended(used: Commands, database_urls: DatabaseUrls) -> None:
    with psycopg.connect(database_urls.owner) as owner:
        owner.execute("UPDATE farthing.usage_by_hour SET amount = amount + 7 WHERE starts_at = '2026-03-08 09:00Z'")
        owner.execute("DELETE FROM farthing.usage_by_day WHERE starts_at = '2026-03-05'")
    told = used.refused("usage", "verify", code=1)
    assert told.splitlines() == [
        "tokens, acme, 2026-03-08 09:00 UTC, the hour: added up to 1 event and 8,007, but the events say 1 event and "
        "8,000.",
        "tokens, acme, 2026-03-05 UTC, the day: added up to 0 events, but the events say 3 events and 2,040.",
        "2 differences; farthing usage rebuild makes what is added up anew from the events.",
    ]
    assert "2 rollups made anew." in used.well("usage", "rebuild")
    assert "they agree with the events" in used.well("usage", "verify")
    shown = used.well("usage", "show", "acme", "--meter", "tokens")
    assert "8,000   1 event" in shown
    with psycopg.connect(database_urls.owner) as owner:
        row = owner.execute("SELECT min(rollup_id) > 2 FROM farthing.usage_by_hour").fetchone()
    assert row == (True,), "what was wrong is gone"
