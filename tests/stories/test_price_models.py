"""Price models of other systems: each row of the page costs what the page says, by the calculator that people use."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from farthing.cli.price import command

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "price_models.md").read_text(encoding="utf-8")
[METERS] = re.findall(r"```yaml\n(meters:\n.*?)```", PAGE, re.DOTALL)
_ROW = re.compile(r"^\| (?P<model>[^|]+) \| `(?P<terms>[^`]+)` \| (?:`(?P<used>[^`]+)` )?\| (?P<costs>-?[0-9.]+) \|$")


@dataclass(frozen=True)
class Row:
    """One model of one system."""

    system: str
    model: str
    terms: str
    used: str
    costs: str

    @property
    def catalogue(self) -> str:
        """A catalogue file with this price, or these prices, alone."""
        if self.terms.startswith("prices: "):
            plan = f"{{currency: USD, {self.terms}}}"
        elif re.match(r"\{(units|prices): ", self.terms):
            plan = f"{{currency: USD, {self.terms[1:-1]}}}"
        else:
            plan = f"{{currency: USD, prices: {{price: {self.terms}}}}}"
        return f"{METERS}plans:\n  row: {plan}\n"


def _rows() -> list[Row]:
    found, system = [], ""
    for line in PAGE.splitlines():
        if line.startswith("## "):
            system = line.removeprefix("## ")
        row = _ROW.match(line)
        if row is not None:
            found.append(Row(system, row["model"], row["terms"], row["used"] or "", row["costs"]))
    return found


ROWS = _rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.system}: {row.model.partition(':')[0]}")
def test_a_model_of_another_system_costs_here_what_the_page_says(row: Row, tmp_path: Path) -> None:
    file = tmp_path / "row.yaml"
    file.write_text(row.catalogue, encoding="utf-8")
    answer = CliRunner().invoke(command, [str(file), "--json", *shlex.split(row.used)])
    assert answer.exception is None, answer.exception
    assert json.loads(answer.stdout)["total"] == {"amount": row.costs, "currency": "USD"}


def test_no_row_of_the_page_goes_unread() -> None:
    written = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| model |")]
    assert len(ROWS) == len(written)


@pytest.mark.parametrize(("system", "least"), [("Orb", 36), ("Lago", 8), ("OpenMeter", 6), ("Kill Bill", 4)])
def test_every_system_has_its_models(system: str, least: int) -> None:
    assert len({row.model for row in ROWS if row.system == system}) >= least
