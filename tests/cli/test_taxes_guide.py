"""The guide to taxes is true: its commands, run in their order, print what stands below them."""

from __future__ import annotations

import re
import shlex

from tests.cli.commands import Commands
from tests.repo.repo_files import ROOT

GUIDE = (ROOT / "docs" / "guides" / "taxes.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\n(\$ farthing .*?)```", GUIDE, re.DOTALL)


def test_the_commands_of_the_guide_print_what_stands_below_them(acme: Commands) -> None:
    commands = [part for block in BLOCKS for part in block.split("$ farthing ")[1:]]
    assert len(commands) >= 7
    for command in commands:
        typed, _, printed = command.partition("\n")
        said = acme.well(*shlex.split(typed.replace("examples/", f"{ROOT}/examples/")))
        for line in printed.splitlines():
            assert " ".join(line.split()) in " ".join(said.split()), typed
    acme.well("check")
