"""The README's commands work as they stand, one after the other, for whoever types them."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from farthing.cli.main import main

ROOT = Path(__file__).parents[2]


def commands() -> list[list[str]]:
    """What the first block under “Use it” has one type, without comments."""
    [block] = re.findall(r"## Use it\n\n```\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    lines = block.replace("\\\n", " ").splitlines()
    typed = [shlex.split(line, comments=True) for line in lines]
    return [words[1:] for words in typed if words and words[0] == "farthing"]


def test_every_command_under_use_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARTHING_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(ROOT)
    said = {}
    for words in commands():
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, f"farthing {shlex.join(words)}: {result.output}"
        said[" ".join(words[:2])] = result.output
    assert len(said) >= 10
    assert "EL-000002" in said["invoice list"]
    assert "Input tokens" in said["invoice explain"]
