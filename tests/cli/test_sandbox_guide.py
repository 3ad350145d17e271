"""The guide to sandboxes is true: its commands, one after the other, print what it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from farthing.cli.sandbox import group
from farthing.postgres.database import PostgresStore
from farthing.wiring import world_now
from tests.cli.commands import Commands

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "sandbox.md").read_text(encoding="utf-8")
CATALOGUE = """
plans:
  team:
    currency: USD
    prices:
      platform: {name: Platform fee, shape: flat, fee: 49, charged: advance}
      seats: {name: Seats, quantity: seats, shape: per_unit, unit: 10, charged: advance}
"""


def _shown() -> Iterator[tuple[str, str]]:
    """Each command with what stands below it."""
    for block in re.findall(r"```\n(\$ farthing .*?)```", GUIDE, re.DOTALL):
        yield from re.findall(r"^\$ farthing (.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)


def _words(text: str) -> str:
    return " ".join(text.split())


def test_the_commands_of_the_guide_print_what_it_says(run: Commands, books: PostgresStore, tmp_path: Path) -> None:
    with books.transaction():
        books.set_clock_shift(datetime.fromisoformat("2027-01-01T00:00:00Z") - world_now())
    (tmp_path / "catalog.yaml").write_text(CATALOGUE, encoding="utf-8")
    run.well("catalog", "apply", "catalog.yaml")
    run.well("customer", "add", "acme", "--name", "Acme", "--zone", "UTC")
    run.well("subscribe", "acme", "team", "--from", "2027-01-01", "--quantity", "seats=10")
    shown = list(_shown())
    assert len(shown) == 10
    for typed, printed in shown:
        result = _words(run.well(*shlex.split(typed)))
        at = 0
        for part in map(_words, printed.split("…")):
            at = result.find(part, at)
            assert at >= 0, f"{typed}: “{part}” is not in “{result}”"
    run.well("check")


def test_the_guide_names_every_command() -> None:
    assert all(f"sandbox {name}" in GUIDE for name in group.commands)


@pytest.mark.parametrize("path", ["/v1/clock", "/v1/sandboxes", "/v1/comparison"])
def test_the_guide_names_every_address(path: str) -> None:
    assert path in GUIDE
