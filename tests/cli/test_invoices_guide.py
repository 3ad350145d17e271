"""The guide to invoices is true: its commands, run in their order, print what stands below them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.cli.commands import Commands

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "invoices.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\n(\$ farthing .*?)```", GUIDE, re.DOTALL)
LATE = "when,tokens\n" + "".join(f"2026-01-05 10:00:0{second},400\n" for second in range(4))


def test_the_commands_of_the_guide_print_what_stands_below_them(acme: Commands, tmp_path: Path) -> None:
    (tmp_path / "late.csv").write_text(LATE, encoding="utf-8")
    known: dict[str, str] = {}
    commands = [part for block in BLOCKS for part in block.split("$ farthing ")[1:]]
    assert len(commands) >= 9
    for command in commands:
        typed, _, printed = command.partition("\n")
        for name, value in known.items():
            typed, printed = typed.replace(name, value), printed.replace(name, value)
        said = acme.well(*shlex.split(typed))
        known |= _found(said)
        for name, value in known.items():
            printed = printed.replace(name, value)
        for line in printed.splitlines():
            assert _words(line) in _words(said), typed
    acme.well("check")


def _found(said: str) -> dict[str, str]:
    """What the guide writes in angle brackets, as it was told."""
    draft = re.search(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b", said)
    seen = re.search(r"--seen (\w{16})", said)
    found = {} if draft is None else {"<draft>": draft.group()}
    return found if seen is None else found | {"<seen>": seen[1]}


def _words(text: str) -> str:
    """The text, however its columns are spaced."""
    return " ".join(text.split())
