"""How usage arrives, at a terminal: the sources, and a day's audit."""

from __future__ import annotations

from datetime import timedelta

from farthing.core.quality.arrivals import HOUR, arrived, hour_of
from farthing.postgres.database import PostgresStore
from farthing.usecases.record_usage import record_usage
from tests.cli.commands import MID_MARCH, Commands


def event(event_id: str, *, source: str = "eu-1", tokens: int = 400) -> dict[str, object]:
    time = "2026-03-14T10:00:00Z"
    return {
        "id": event_id, "source": source, "type": "completion", "subject": "acme", "time": time,
        "data": {"tokens": tokens},
    }  # fmt: skip


def test_the_sources_are_listed_with_their_last_day_drawn(run: Commands, books: PostgresStore) -> None:
    assert run.well("usage", "sources").startswith("No source was heard")
    now = hour_of(MID_MARCH)
    for source, newest in (("eu-1", 0), ("eu-2", 6)):
        with books.transaction():
            for number in range(newest, 14 * 24):
                at = now - number * HOUR
                many = 1 + number % 3
                books.note_sources(
                    arrived([source] * many, ["accepted"] * many, [at] * many, received_at=at), received_at=at
                )
    head, eu_1, eu_2, _, note = run.well("usage", "sources").splitlines()
    assert head.split()[:3] == ["Source", "Last", "heard"]
    assert eu_1.startswith("eu-1")
    assert "█▆▃█▆▃█▆▃█▆▃█▆▃█▆▃█▆▃█▆▃" in eu_1
    assert eu_1.endswith("as usual")
    assert "█▆▃······" in eu_2
    assert eu_2.endswith("sent nothing since 06:00")
    assert note.startswith("As of 2026-03-15 12:00:0")


def test_a_day_is_audited_in_words(acme: Commands, books: PostgresStore) -> None:
    at = MID_MARCH - timedelta(days=1)
    acme.well("customer", "add", "bee", "--name", "Bee", "--zone", "UTC")
    record_usage(books, [event("1"), {**event("2"), "subject": "bee"}, {**event("3"), "type": "x"}], now=at)
    record_usage(books, [event("1", tokens=1), event("4", source="\u202e\x1b[2Jeu")], now=at)
    said = acme.well("usage", "audit")
    assert said.startswith(
        "2026-03-14: 3 events from 2 sources; all clear but:\n"
        "  - 1 event of bee falls outside every subscription and will not be billed\n"
        "  - 1 event in conflict with another of the same source and id\n"
        "  - 1 event in quarantine because: No meter counts events of type “x”"
    )
    assert "⟨202E⟩⟨1B⟩[2Jeu" in said
    assert "\x1b" not in said
    assert "bee  completion  1 event  2026-03-14 to 2026-03-14" in said
    before = acme.well("usage", "audit", "--day", "2026-03-13")
    assert before.startswith("2026-03-13: 0 events from 0 sources; all clear but:\n  - 1 event of bee falls outside")
    assert acme.refused("usage", "audit", "--day", "2026-03-16").startswith("2026-03-16 is still to come")


def test_how_usage_arrives_can_have_a_channel_of_its_own(acme: Commands) -> None:
    assert acme.refused("slack", "bind-data", "C0123456789").startswith("No Slack workspace is connected")
    assert "data" in acme.refused("slack", "bind-data", "data")
