"""What a store promises of the sources of usage: added up by the hour, bounded, each seller's own."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest

from farthing.core.quality.arrivals import HOUR, SourceHour, arrived
from farthing.core.quality.audit import NoOnes
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.sources import MOST_SOURCES
from farthing.usecases.ports import Silence
from tests.databases import NOW, fresh_store

Sent = tuple[str, str, datetime | None]


def note(store: PostgresStore, *sent: Sent, at: datetime = NOW) -> None:
    columns = [list(column) for column in zip(*sent, strict=True)]
    with store.transaction():
        store.note_sources(arrived(*columns, received_at=at), received_at=at)  # type: ignore[arg-type]


def known(store: PostgresStore, *, since: datetime = NOW - timedelta(days=1)) -> dict[str, SourceHour]:
    with store.transaction():
        heard = store.last_heard(since=since, limit=1000)
        return {one.source: one for one in store.source_hours(heard, since=since, until=NOW + 2 * HOUR)}


def test_what_comes_in_one_hour_is_added_up_by_source(store: PostgresStore) -> None:
    minute = timedelta(minutes=1)
    note(store, ("eu", "accepted", NOW - minute), ("eu", "duplicate", None), ("us", "conflict", None), at=NOW)
    note(store, ("eu", "quarantined", NOW + 5 * minute), at=NOW + 3 * minute)
    note(store, ("eu", "accepted", None), at=NOW + HOUR)
    with store.transaction():
        first, second = store.source_hours(["eu"], since=NOW, until=NOW + 2 * HOUR)
    assert first == SourceHour(
        "eu", NOW, accepted=1, duplicates=1, conflicts=0, quarantined=1, first_received_at=NOW,
        last_received_at=NOW + 3 * minute, least_lag=-2 * minute, greatest_lag=minute,
    )  # fmt: skip
    assert (second.accepted, second.least_lag, second.greatest_lag) == (1, None, None)
    with store.transaction():
        assert store.last_heard(since=NOW, limit=10) == {"eu": NOW + HOUR, "us": NOW}
        assert store.last_heard(since=NOW, limit=1) == {"eu": NOW + HOUR}
        store.forget_source_hours(before=NOW + HOUR)
        assert store.last_heard(since=NOW, limit=10) == {"eu": NOW + HOUR}


def test_whoever_makes_up_sources_cannot_make_us_keep_more_than_so_many_an_hour(store: PostgresStore) -> None:
    note(store, *((f"made up {number:04d}", "accepted", NOW) for number in range(3 * MOST_SOURCES)))
    note(store, ("zz honest", "accepted", NOW), ("made up 0000", "accepted", NOW))
    with store.transaction():
        rows = store.connection.execute(
            "SELECT source, accepted FROM farthing.usage_source_hour ORDER BY source"
        ).fetchall()
    assert len(rows) == MOST_SOURCES + 1
    counts = {row.source: row.accepted for row in rows}
    assert counts[""] == 2 * MOST_SOURCES + 1
    assert counts["made up 0000"] == 2
    assert "" not in known(store)
    note(store, ("zz honest", "accepted", NOW), at=NOW + HOUR)
    assert "zz honest" in known(store)


@pytest.mark.parametrize(
    "source", ["<!channel>", "'; DROP TABLE farthing.usage_event; --", "\u202eевил\x01", "日" * 256]
)
def test_a_source_may_be_called_anything(store: PostgresStore, source: str) -> None:
    note(store, (source, "accepted", None))
    assert known(store)[source].accepted == 1


def test_nobody_sees_another_sellers_sources(store: PostgresStore, shared_database: Database) -> None:
    note(store, ("eu", "accepted", None))
    other = fresh_store(shared_database)
    assert known(other) == {}
    note(other, ("eu", "conflict", None))
    assert known(store)["eu"].conflicts == 0


def test_a_silence_is_kept_until_it_is_over(store: PostgresStore) -> None:
    silence = Silence("eu", NOW - HOUR, told_at=NOW, back_at=None)
    with store.transaction():
        store.begin_silences([silence])
        assert store.open_silences() == store.silences(told_at=NOW) == [silence]
        store.end_silence(silence, back_at=NOW + HOUR, told_at=NOW + 2 * HOUR)
        assert store.open_silences() == []
        (over,) = store.silences_over(told_at=NOW + 2 * HOUR)
    assert (over.since, over.back_at) == (NOW - HOUR, NOW + HOUR)


def test_an_audit_keeps_what_was_nobodys_then(store: PostgresStore) -> None:
    day, left = date(2026, 6, 14), [NoOnes("globex", "call", 7, first_on=date(2026, 6, 1), last_on=date(2026, 6, 3))]
    with store.transaction():
        assert store.unattributed_at_audit(day) is None
        store.keep_audit(day, made_at=NOW, unattributed=left)
        assert store.has_audit(day)
        assert store.unattributed_at_audit(day) == left


def test_writers_of_the_same_sources_in_any_order_wait_for_each_other_and_lose_nothing(store: PostgresStore) -> None:
    sources = [f"eu-{number}" for number in range(20)]

    def write(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(10):
            note(store, *((source, "accepted", NOW) for source in chance.sample(sources, len(sources))))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert {source: one.accepted for source, one in known(store).items()} == dict.fromkeys(sources, 80)
