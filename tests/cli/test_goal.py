"""Goals at the command line: set, signed, read, listed, printed and dropped."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.commands import Commands

NUMBERS = ("--from", "9", "--to", "1", "--unit", "days", "--until", "2031-03-31", "--owner", "Olga")


def test_a_goal_goes_its_way(acme: Commands, tmp_path: Path) -> None:
    assert acme.well("goal", "set", "Days until the month is invoiced", *NUMBERS) == (
        "Goal 1: Days until the month is invoiced, from 9 to 1 days by 2031-03-31; Olga answers for it, "
        "not signed off yet.\n"
    )
    assert "signed off by Olga" in acme.well("goal", "sign", "1", "--by", "Olga")
    assert acme.well("goal", "read", "1", "5") == "Goal 1: 50 % of the way.\n"
    [goal] = json.loads(acme.well("goal", "list", "--json"))
    assert (goal["now"], goal["percent"], goal["signed_by"]) == ("5", 50, "Olga")
    assert "50 %" in acme.well("goal", "list")
    acme.well("goal", "print", "--out", str(tmp_path / "goals.pdf"))
    assert (tmp_path / "goals.pdf").read_bytes().startswith(b"%PDF")
    assert acme.well("goal", "drop", "1") == "Dropped: Days until the month is invoiced.\n"
    assert acme.well("goal", "list").startswith("No goal is set yet")


def test_what_cannot_be_is_told(acme: Commands) -> None:
    for words, says in (
        (("goal", "set", "Fewer", *NUMBERS[:2], "--to", "9", *NUMBERS[4:]), "is to change"),
        (("goal", "sign", "2"), "There is no goal 2"),
        (("goal", "read", "1", "many"), "many"),
        (("goal", "print"), "nothing to print"),
    ):
        refused = acme(*words)
        assert refused.exit_code != 0
        assert says in refused.output
