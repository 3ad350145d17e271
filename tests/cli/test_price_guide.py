"""The guide to prices is true: its commands print what it says, and its request is answered so."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from farthing.cli.main import main
from farthing.cli.price import command
from tests.cli.commands import Commands
from tests.documents.test_usage_chart import png_size

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "prices.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```\n\$ farthing (price .+)\n((?:.*\n)*?)```", GUIDE)


@pytest.mark.parametrize(("typed", "printed"), SHOWN, ids=[typed for typed, _ in SHOWN])
def test_a_command_of_the_guide_prints_what_stands_below_it(
    typed: str, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    [lite] = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "lite.yaml").write_text(lite, encoding="utf-8")
    result = CliRunner().invoke(main, shlex.split(typed.replace("lite.yaml", str(tmp_path / "lite.yaml"))))
    assert result.exit_code == 0, result.output
    for part in printed.split("…\n"):
        assert _words(part) in _words(result.output)


def _words(text: str) -> str:
    """The text, however its columns are spaced."""
    return " ".join(text.split())


def test_the_guide_shows_commands() -> None:
    assert len(SHOWN) == 3
    assert "35.716653" in SHOWN[1][1]


def test_the_guide_names_every_option() -> None:
    named = set(re.findall(r"^\| `(--[a-z-]+)", GUIDE, re.MULTILINE))
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    assert named == options - {"--cells"}


def test_the_picture_of_the_guide_is_the_one_that_is_drawn(tmp_path: Path) -> None:
    drawn = tmp_path / "seats.png"
    Commands(tmp_path).well("price", str(ROOT / "examples" / "catalog-team.yaml"), "--quantity", "seats=10", "--png",
                            str(drawn))  # fmt: skip
    kept = (ROOT / "docs" / "images" / "price-of-seats.png").read_bytes()
    assert png_size(kept) == png_size(drawn.read_bytes())


def test_the_request_of_the_guide_names_what_the_example_has() -> None:
    written, of_events = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    request = json.loads(written)
    known = {"of", "group", "quantity", "amounts", "events", "before"}
    assert all(each.keys() <= known for each in json.loads(of_events)["measured"])
    typed = [f"--usage={name}={quantity}" for name, quantity in request["usage"].items()]
    typed += [f"--quantity={name}={quantity}" for name, quantity in request["quantities"].items()]
    typed += [
        f"--group={each['of']}:{','.join(f'{key}={value}' for key, value in each['group'].items())}={each['quantity']}"
        for each in request["measured"]
    ]
    result = CliRunner().invoke(main, ["price", str(ROOT / "examples" / "catalog-team.yaml"), *typed])
    assert result.exit_code == 0, result.output
    assert "Large model: 40.04 USD" in result.output
