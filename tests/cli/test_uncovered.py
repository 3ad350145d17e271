"""Usage that no subscription covers is told wherever usage is looked at, with what would bill it."""

from __future__ import annotations

from pathlib import Path

import pytest

from farthing.postgres.database import PostgresStore
from tests.cli.commands import Commands

MAPPED = ["--type", "completion", "--time", "when", "--value", "tokens=tokens", "--zone", "UTC"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "usage.csv"
    rows = "".join(f"2023-11-{16 + day} 10:00:0{second},400\n" for day in range(2) for second in range(3))
    written.write_text(f"when,tokens\n{rows}", encoding="utf-8")
    return written


def test_usage_of_a_customer_without_a_subscription_is_told_and_the_named_command_bills_it(
    acme: Commands, file: Path, books: PostgresStore
) -> None:
    acme.well("customer", "add", "bee", "--name", "Bee", "--zone", "UTC")
    said = (
        "6 events of bee (type “completion”, from 2023-11-16 to 2023-11-17) fall outside every subscription and will "
        "not be billed; to bill them: farthing subscription add bee starter --from 2023-11-16\n"
    )
    assert said in acme.well("usage", "import", str(file), "--customer", "bee", *MAPPED)
    assert said in acme.well("usage", "show", "bee")
    assert "outside every subscription" not in acme.well("usage", "show", "acme")
    assert acme.well("check") == said
    checked = acme.well("check", "-v")
    assert "  6  in no subscription: will not be billed\n" in checked
    assert said in checked
    acme.well(*said.partition("to bill them: farthing ")[2].split())
    assert acme.well("check") == ""
    acme.well("period", "close", "--through", "2023-11-30")
    with books.transaction():
        assert books.counts().billed == 6


def test_one_that_has_yet_to_begin_is_to_be_withdrawn_first(acme: Commands, file: Path) -> None:
    acme.well("customer", "add", "bee", "--name", "Bee", "--zone", "UTC")
    acme.well("subscribe", "bee", "starter", "--from", "2026-04-01")
    told = acme.well("usage", "import", str(file), "--customer", "bee", *MAPPED)
    commands = told.partition("to bill them: farthing ")[2].splitlines()[0].split(", then farthing ")
    assert commands == ["subscription end bee starter", "subscription add bee starter --from 2023-11-16"]
    for command in commands:
        acme.well(*command.split())
    assert "outside every subscription" not in acme.well("usage", "show", "bee")


def test_one_that_runs_cannot_be_moved_back_and_that_is_said(acme: Commands, file: Path) -> None:
    told = acme.well("usage", "import", str(file), "--customer", "acme", *MAPPED)
    assert "acme is on the plan starter since 2026-01-01, which cannot be moved back" in told
    dry = acme.well("usage", "import", str(file), "--customer", "acme", *MAPPED, "--dry-run")
    assert "outside every subscription" not in dry
