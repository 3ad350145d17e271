"""The clock of a sandbox is moved from the command line, forward only; a live seller's never is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from farthing.postgres.database import PostgresStore
from farthing.wiring import world_now
from tests.cli.commands import Commands
from tests.cli.test_whole import SELLER


def now_there(books: PostgresStore) -> str:
    with books.transaction():
        return books.seller().now(world_now()).isoformat()[:16]


def test_the_clock_is_moved_forward_and_what_fell_due_is_billed(acme: Commands, books: PostgresStore) -> None:
    assert "This sandbox's clock was moved" in acme.well("clock", "show")
    with books.transaction():
        in_zone = books.seller().entity.in_zone
    told = acme.well("clock", "move", "2026-05-01")
    assert told.startswith("It is 2026-05-01 00:00:0")
    assert in_zone in told
    assert told.endswith("5 invoices on the way, at 3 stops.\n")
    assert "0 new invoices" in acme.well("period", "close", "--through", "2026-04-30")
    acme.well("clock", "move", "2026-05-01T09:30Z")
    assert now_there(books) == "2026-05-01T09:30"
    assert "It is 2026-05-01" in acme.well("clock", "show")


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("2026-03-14", "a clock moves forward only"),
        ("2026-02-31", "February 2026 has 28 days"),
        ("9999-12-31", "is too far away"),
        ("tomorrow", "is not a time"),
        ("2026-05-01T25:00", "does not exist"),
    ],
)
def test_a_clock_that_cannot_be_moved_there_stays(run: Commands, books: PostgresStore, to: str, says: str) -> None:
    before = now_there(books)
    assert says in run.refused("clock", "move", to)
    with books.transaction():
        after = books.seller().now(world_now())
    assert after.isoformat()[:10] == before[:10] == "2026-03-15"
    assert "clock" in run.well("--help")


def test_a_live_clock_cannot_be_moved(tmp_path_factory: pytest.TempPathFactory, empty_database: str) -> None:
    run = Commands(tmp_path_factory.mktemp("live") / "home")
    run.well("init", *SELLER[:-1], "live", "--database-url", empty_database)
    assert "a live clock cannot be moved" in run.refused("clock", "move", f"{world_now() + timedelta(days=9):%Y-%m-%d}")
    assert "this seller is live" in run.well("clock", "show")
