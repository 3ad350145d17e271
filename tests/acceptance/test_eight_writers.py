"""Eight writers send overlapping halves of the same usage in random order: exact totals, and nobody stands in a knot.

The full size: FARTHING_WRITERS_EVENTS=1000000 pytest tests/acceptance/test_eight_writers.py
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import psycopg

from tests.acceptance.processes import Home, home_in, open_shop, usage_of_january
from tests.acceptance.writers import IN_BATCH, WRITERS, write_over_http, write_to_the_store

EVENTS = int(os.environ.get("FARTHING_WRITERS_EVENTS", "8000"))
# Each event is in the halves of so many writers.
SENT_BY = WRITERS // 2


def test_eight_processes_over_http_come_to_exact_totals(empty_database: str, tmp_path: Path) -> None:
    with (
        _shop(tmp_path, empty_database) as home,
        home.serving("web") as one,
        home.serving("web") as other,
        _pool() as pool,
    ):
        addresses = [str(serving.client.base_url) for serving in (one, other)]
        writing = [
            pool.submit(write_over_http, number, EVENTS, addresses[number % 2], home.api_key)
            for number in range(WRITERS)
        ]
        _totals_are_exact(home, writing, empty_database)


def test_eight_processes_straight_into_the_store_come_to_exact_totals(empty_database: str, tmp_path: Path) -> None:
    with _shop(tmp_path, empty_database) as home, _pool() as pool:
        writing = [pool.submit(write_to_the_store, number, EVENTS, home.folder) for number in range(WRITERS)]
        _totals_are_exact(home, writing, empty_database)


@contextmanager
def _shop(folder: Path, owner_url: str) -> Iterator[Home]:
    with home_in(folder / "home", owner_url=owner_url) as home:
        with home.store() as store:
            open_shop(store, "acme")
        yield home


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(WRITERS, mp_context=get_context("spawn"))


def _totals_are_exact(home: Home, writing: list[Future[Counter[str]]], owner_url: str) -> None:
    assert EVENTS % (WRITERS * 2 * IN_BATCH) == 0, "every writer has as many"
    told: Counter[str] = sum((written.result() for written in writing), start=Counter())
    told.pop("asked to wait", None)
    assert +told == {"accepted": EVENTS, "duplicate": EVENTS * (SENT_BY - 1)}
    with home.store() as store:
        assert usage_of_january(store) == (EVENTS, sum(range(EVENTS)))
    with psycopg.connect(owner_url) as owner:
        row = owner.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert row == (0,)
    home.check()
