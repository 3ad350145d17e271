"""The guide to the catalogue is true: its file is read, its prices cost what it says, and no word is left out."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from farthing.catalogues import format as form
from farthing.catalogues.file import read_catalogue
from farthing.cli.catalog import group
from farthing.cli.price import command

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "catalogue.md").read_text(encoding="utf-8")
FILE = "".join(re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL))
[METERS] = re.findall(r"```yaml\n(meters:\n.*?)```", GUIDE, re.DOTALL)
BY_EXAMPLE = GUIDE.partition("## Every word of a price")[2]
_ROW = re.compile(
    r"^\| (?:`(?P<terms>[^`]+)`|the same) \| (?:`(?P<used>[^`]+)` )?\| (?P<costs>[0-9.]+) \| (?P<since>[^|]+) \|$"
)


@dataclass(frozen=True)
class Row:
    """A price, what was used, and what it costs."""

    terms: str
    used: str
    costs: str

    @property
    def catalogue(self) -> str:
        """A catalogue file with this price, or this plan, alone."""
        whole = re.match(r"\{(units|prices): ", self.terms)
        plan = self.terms[1:-1] if whole else f"prices: {{price: {self.terms}}}"
        return f"{METERS}plans:\n  row: {{currency: USD, {plan}}}\n"


def _rows() -> Iterator[Row]:
    terms = ""
    for line in BY_EXAMPLE.splitlines():
        row = _ROW.match(line)
        if row is not None:
            terms = row["terms"] or terms
            yield Row(terms, row["used"] or "", row["costs"])


ROWS = list(_rows())


def _words(kind: form.Kind) -> Iterator[str]:
    """Every name and every word that a kind of value knows."""
    match kind:
        case form.Choice(among=words):
            yield from words
        case form.ListOf(of=inner) | form.Keyed(of=inner):
            yield from _words(inner)
        case form.Chosen() | form.Fields():
            if isinstance(kind, form.Chosen):
                yield kind.by
                yield from kind.words
            for name, member in kind.members.items():
                yield name
                yield from _words(member.kind)


def test_the_file_of_the_guide_is_read() -> None:
    catalogue = read_catalogue(FILE.encode(), known={})
    assert [plan.key for plan in catalogue.plans] == ["pro", "api"]
    assert [add_on.key for add_on in catalogue.add_ons] == ["backup"]


def test_in_the_guide_money_of_several_currencies_is_written_for_each() -> None:
    catalogue = read_catalogue(FILE.encode(), known={})
    [pro] = [plan for plan in catalogue.plans if plan.key == "pro"]
    dollars, euros = pro.in_currency("USD"), pro.in_currency("EUR")
    for one, other in zip(dollars.prices, euros.prices, strict=True):
        assert (one.shape == other.shape) == (one.unit_of_account is not None)
        assert one.unit_of_account is None or one.unit_of_account != other.unit_of_account
    assert [each.amount for each in dollars.commitments] != [each.amount for each in euros.commitments]


def test_the_guide_shows_every_word_of_the_format() -> None:
    words = {*_words(form.CATALOGUE), *_words(form.LIMIT)}
    assert {"flat_when_zero", "readings", "true_up", "multiplier"} <= words
    assert [word for word in sorted(words) if not re.search(rf"\b{word}\b", GUIDE)] == []


def test_every_measure_and_every_shape_has_its_example() -> None:
    rows = "".join(row.terms for row in ROWS)
    for shape in form.PRICE.words:
        assert f"shape: {shape}" in rows, shape
    for name in form.PRICE.members:
        assert f"{name}: " in rows + FILE, name
    for name in form.METER.words:
        assert re.search(rf"^\| [^|]*`{name}`[^|]*\|", GUIDE, re.MULTILINE), name


def test_the_guide_names_every_command() -> None:
    assert set(re.findall(r"farthing catalog ([a-z]+)", GUIDE)) == set(group.commands)
    apply = {option for parameter in group.commands["apply"].params for option in parameter.opts}
    assert set(re.findall(r"apply FILE (--[a-z-]+)", GUIDE)) == apply - {"file"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.terms} {row.used}")
def test_a_price_of_the_guide_costs_what_it_says(row: Row, tmp_path: Path) -> None:
    file = tmp_path / "row.yaml"
    file.write_text(row.catalogue, encoding="utf-8")
    answer = CliRunner().invoke(command, [str(file), "--json", *shlex.split(row.used)])
    assert answer.exception is None, answer.exception
    assert json.loads(answer.stdout)["total"] == {"amount": row.costs, "currency": "USD"}


def test_no_row_of_the_guide_goes_unread() -> None:
    written = [line for line in BY_EXAMPLE.splitlines() if line.startswith("| ") and not line.startswith("| terms |")]
    assert len(ROWS) == len(written) > 30
