"""Entitlements in the terminal: a yes or no with its reason, and what is held."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.commands import Commands

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "entitlements.md").read_text(encoding="utf-8")


@pytest.fixture
def team(run: Commands, tmp_path: Path) -> Commands:
    """The plan of the guide, and Acme on it since 1 March 2026; it is 15 March."""
    (catalogue,) = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    (tmp_path / "catalog.yaml").write_text(catalogue, encoding="utf-8")
    run.well("catalog", "apply", "catalog.yaml")
    run.well("customer", "add", "acme", "--name", "Acme GmbH", "--zone", "UTC")
    run.well("subscribe", "acme", "team", "--from", "2026-03-01")
    return run


def test_the_guide_says_what_the_commands_say(team: Commands) -> None:
    (session,) = re.findall(r"^```\n(\$ farthing entitlement.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    for part in session.split("$ farthing ")[1:]:
        command, _, says = part.partition("\n")
        # The sandbox's clock has gone on by some seconds.
        said = re.sub(r"12:(\d)\d:\d\d", r"12:\g<1>0:00", team.well(*shlex.split(command)))
        assert said.rstrip() == says.rstrip(), command


def test_a_check_ends_with_one_where_the_answer_is_no(team: Commands) -> None:
    told = team("entitlement", "check", "acme", "tokens", "10000.5")
    assert (told.exit_code, told.stdout) == (
        1,
        "No. The limit is 10000 tokens until 2026-04-01: used 0, held 0, left 10000, asked for 10000.5.\n",
    )
    assert team("entitlement", "check", "acme", "sso").stdout == "No. “sso” is not part of what this customer has.\n"
    assert "there are: jobs, sso, tokens" in team("entitlement", "check", "acme", "tokenz").stdout


def test_what_is_not_left_is_not_held(team: Commands) -> None:
    team.well("entitlement", "reserve", "acme", "jobs", "2", "--id", "a")
    assert team.refused("entitlement", "reserve", "acme", "jobs", "--id", "b") == (
        "The limit is 2 jobs: used 0, held 2, left 0, asked for 1."
    )
    again = team.well("entitlement", "reserve", "acme", "jobs", "2", "--id", "a")
    assert again.startswith("a holds 2 of jobs until 2026-03-15 12:")
    assert "an id of its own" in team.refused("entitlement", "reserve", "acme", "jobs", "1", "--id", "a")
    assert "cannot be a reservation's id" in team.refused("entitlement", "reserve", "acme", "jobs", "--id", "a b")
    assert "acme has no reservation “b”" in team.refused("entitlement", "release", "acme", "b")
    assert "no customer “nobody”" in team.refused("entitlement", "list", "nobody")
    assert "is no number" in team.refused("entitlement", "check", "acme", "jobs", "many")


def test_what_became_of_a_reservation_is_told(team: Commands, tmp_path: Path) -> None:
    team.well("entitlement", "reserve", "acme", "tokens", "500", "--id", "used")
    (tmp_path / "usage.jsonl").write_text(
        '{"id": "1", "source": "api", "type": "completion", "subject": "acme", "time": "2026-03-15T11:00:00Z", '
        '"data": {"tokens": 400}, "reservation": "used"}\n',
        encoding="utf-8",
    )
    team.well("usage", "import", "usage.jsonl")
    assert team.well("entitlement", "release", "acme", "used") == (
        "used held 500 of tokens, and the event at position 1 used it.\n"
    )
    team.well("entitlement", "reserve", "acme", "tokens", "500", "--id", "over", "--for", "1")
    team.well("clock", "move", "2026-03-16")
    assert "and its time is over" in team.well("entitlement", "release", "acme", "over")
    assert team.well("entitlement", "list", "acme") == "Nothing is held for acme now.\n"
    assert "used 400, held 0, left 9600" in team.well("entitlement", "check", "acme", "tokens")
    team.well("check")
