"""Sources are looked after: a silence is told once, so is its end, and conflicts once an hour."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from farthing.core.quality.arrivals import HOUR, arrived
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.ports import SlackInstall
from farthing.usecases.record_usage import record_usage
from farthing.usecases.watch_sources import Watched, watch_sources
from tests.databases import NOW, fresh_store
from tests.usecases.shop import open_shop, sent

MINUTE = timedelta(minutes=1)
NOTHING = Watched((), (), ())


def hear(store: PostgresStore, source: str, *, since: datetime, until: datetime, every: timedelta = HOUR) -> None:
    """One event an hour, each received as it happens."""
    at = since
    with store.transaction():
        while at < until:
            store.note_sources(arrived([source], ["accepted"], [at], received_at=at), received_at=at)
            at += every


def look(store: PostgresStore, now: datetime, *, world: datetime = NOW) -> Watched:
    """The world's clock stands still, as if somebody had just looked."""
    return watch_sources(store, now=now, world=world)


def notices(store: PostgresStore) -> list[tuple[str, int]]:
    """The kinds that were written, with how often each was said."""
    with store.transaction():
        rows = store.connection.execute("SELECT kind, revision FROM farthing.notice ORDER BY written").fetchall()
    return [(row.kind, row.revision) for row in rows]


def bind(store: PostgresStore) -> None:
    """There is a channel in which finance hears."""
    with store.transaction():
        store.keep_slack_install(SlackInstall("T1", "U1", "xoxb", None, None, "C1", NOW))


@pytest.fixture
def heard(store: PostgresStore) -> PostgresStore:
    """Two sources, heard every hour in the three weeks before now, at half past."""
    bind(store)
    for source in ("eu-1", "eu-2"):
        hear(store, source, since=NOW - timedelta(days=21) - HOUR // 2, until=NOW)
    return store


def test_a_silence_is_told_once_and_its_end_once(heard: PostgresStore) -> None:
    assert look(heard, NOW) == NOTHING
    hear(heard, "eu-1", since=NOW + HOUR // 2, until=NOW + timedelta(days=2))
    assert look(heard, NOW + HOUR) == NOTHING
    assert look(heard, NOW + 3 * HOUR).silent == ("eu-2",)
    for minutes in range(3):
        assert look(heard, NOW + 3 * HOUR + minutes * MINUTE) == NOTHING
    assert notices(heard) == [("sources silent", 1)]
    hear(heard, "eu-2", since=NOW + 4 * HOUR, until=NOW + 4 * HOUR + MINUTE)
    assert look(heard, NOW + 4 * HOUR + MINUTE).back == ("eu-2",)
    assert look(heard, NOW + 4 * HOUR + 2 * MINUTE) == NOTHING
    assert notices(heard) == [("sources silent", 1), ("sources back", 1)]
    assert look(heard, NOW + 7 * HOUR).silent == ("eu-2",)


def test_those_that_fall_silent_together_are_told_in_one_message(heard: PostgresStore) -> None:
    assert look(heard, NOW + 3 * HOUR).silent == ("eu-1", "eu-2")
    assert notices(heard) == [("sources silent", 1)]


def test_a_single_event_does_not_end_the_silence_of_one_that_sends_many(store: PostgresStore) -> None:
    hear(store, "eu-1", since=NOW - timedelta(days=7), until=NOW, every=5 * MINUTE)
    assert look(store, NOW + 3 * HOUR).silent == ("eu-1",)
    hear(store, "eu-1", since=NOW + 4 * HOUR, until=NOW + 4 * HOUR + MINUTE)
    assert look(store, NOW + 5 * HOUR) == NOTHING
    hear(store, "eu-1", since=NOW + 6 * HOUR, until=NOW + 7 * HOUR, every=5 * MINUTE)
    assert look(store, NOW + 7 * HOUR).back == ("eu-1",)


def test_while_we_were_down_nobody_was_silent(heard: PostgresStore) -> None:
    assert look(heard, NOW, world=NOW) == NOTHING
    back = NOW + timedelta(days=2)
    assert look(heard, back, world=back) == NOTHING
    assert look(heard, back + HOUR, world=back + MINUTE) == NOTHING
    told = look(heard, back + 3 * HOUR, world=back + 2 * MINUTE)
    assert told.silent == ("eu-1", "eu-2")


def test_workers_that_look_at_once_tell_it_once(heard: PostgresStore) -> None:
    ready = threading.Barrier(4)

    def begin(number: int) -> Watched:
        ready.wait()
        return look(heard, NOW + 3 * HOUR + number * timedelta(seconds=1))

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(begin, range(4)))
    assert sorted(len(one.silent) for one in told) == [0, 0, 0, 2]
    assert notices(heard) == [("sources silent", 1)]


def test_conflicts_are_told_once_an_hour_and_again_as_there_are_more(store: PostgresStore) -> None:
    open_shop(store)
    bind(store)
    record_usage(store, [sent("1"), sent("2")], now=NOW)
    assert look(store, NOW) == NOTHING
    record_usage(store, [sent("1", tokens=1)], now=NOW)
    assert look(store, NOW + MINUTE).conflict_hours == (NOW,)
    assert look(store, NOW + MINUTE) == NOTHING
    record_usage(store, [sent("1", tokens=1)], now=NOW + MINUTE)  # The same conflict once more.
    assert look(store, NOW + MINUTE) == NOTHING
    record_usage(store, [sent("2", tokens=1)], now=NOW + MINUTE)
    assert look(store, NOW + 2 * MINUTE).conflict_hours == (NOW,)
    assert [kind for kind, _ in notices(store)] == ["conflicts found"]
    record_usage(store, [sent("2", tokens=2)], now=NOW + HOUR)
    assert look(store, NOW + 2 * HOUR).conflict_hours == (NOW + HOUR,)


def test_what_nobody_can_hear_is_no_news_later(store: PostgresStore) -> None:
    hear(store, "eu-1", since=NOW - timedelta(days=7), until=NOW)
    assert look(store, NOW + 3 * HOUR).silent == ("eu-1",)
    bind(store)
    assert look(store, NOW + 4 * HOUR) == NOTHING
    assert notices(store) == []


def test_another_sellers_sources_are_not_looked_after(heard: PostgresStore, shared_database: Database) -> None:
    other = fresh_store(shared_database)
    assert look(heard, NOW + 5 * HOUR).silent == ("eu-1", "eu-2")
    assert look(other, NOW + 5 * HOUR) == NOTHING
    assert notices(other) == []


def test_events_are_noted_as_they_are_kept_and_not_again_when_they_are_mended(store: PostgresStore) -> None:
    open_shop(store)
    good, bad = sent("1"), {**dict(sent("2")), "subject": "globex"}  # type: ignore[call-overload]
    record_usage(store, [good, good, bad, {"id": "no source"}], now=NOW)
    with store.transaction():
        (hour,) = store.source_hours(store.last_heard(since=NOW, limit=9), since=NOW, until=NOW + HOUR)
    assert (hour.accepted, hour.duplicates, hour.quarantined, hour.events) == (1, 1, 1, 3)
