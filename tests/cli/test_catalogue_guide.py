"""The guide to the catalogue is true: its file is read, its commands are there, and no measure or shape is left out."""

from __future__ import annotations

import re
from pathlib import Path

from farthing.cli import catalogue_format as form
from farthing.cli.catalog import group
from farthing.cli.catalogue_file import read_catalogue

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "catalogue.md").read_text(encoding="utf-8")
FILE = "".join(re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL))


def test_the_file_of_the_guide_is_read() -> None:
    catalogue = read_catalogue(FILE.encode(), known={})
    assert [plan.key for plan in catalogue.plans] == ["pro"]
    assert [add_on.key for add_on in catalogue.add_ons] == ["storage"]


def test_the_guide_names_every_measure_every_shape_and_every_command() -> None:
    for word in (*form.METER.words, *form.PRICE.words):
        assert re.search(rf"\b{word}\b", GUIDE), word
    assert set(re.findall(r"farthing catalog ([a-z]+)", GUIDE)) == set(group.commands)
    apply = {option for parameter in group.commands["apply"].params for option in parameter.opts}
    assert set(re.findall(r"apply FILE (--[a-z-]+)", GUIDE)) == apply - {"file"}
