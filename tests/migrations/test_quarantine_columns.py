"""What was kept apart by an older version is found by its type, subject and source, whatever characters they hold."""

from __future__ import annotations

from pathlib import Path

import psycopg

from farthing.core.metering.event import UsageEvent
from farthing.postgres.apart import found_by
from farthing.postgres.mapped import event_text

VERSIONS = Path(__file__).parents[2] / "src/farthing/postgres/migrations/versions"
ODD = [
    UsageEvent('a "quoted" \\ source', "1", "com.example/call", "é💶", None, {"type": "x", "source": ["y"]}),
    UsageEvent("api", "2", "", "", "2026-01-05T10:00:00Z", {"a": ',"source":"no","subject":"no","type":"no"}'}),
    UsageEvent("\x7f\n", "3", "x" * 5_000, "y" * 256, "soon", 7),
    UsageEvent("null", "4", "null", "a\\u0000b", None, None),
    UsageEvent("s\x00", "5", "\ud800", "\x00acme", None, {}),
]


def test_events_kept_apart_before_are_found_as_those_kept_apart_since(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        for version in sorted(VERSIONS.glob("r000[1-5]*.sql")):
            connection.execute(version.read_bytes())
        for event in ODD:
            connection.execute(
                "INSERT INTO farthing.usage_quarantine (seller_id, key, content, received_at, reason, event) "
                "VALUES ('00000000-0000-0000-0000-000000000001', %s, %s, now(), 'Because.', %s)",
                [event.key, event.content, event_text(event)],
            )
        connection.execute((VERSIONS / "r0006_quarantine.sql").read_bytes())
        rows = connection.execute("SELECT key, type, subject, source FROM farthing.usage_quarantine").fetchall()
        found = {key: (event_type, subject, source) for key, event_type, subject, source in rows}
        assert found == {
            event.key: (found_by(event.type), found_by(event.subject), found_by(event.source)) for event in ODD
        }
        forced = connection.execute(
            "SELECT relforcerowsecurity FROM pg_class WHERE oid = 'farthing.usage_quarantine'::regclass"
        ).fetchone()
        assert forced == (True,)
        connection.rollback()
