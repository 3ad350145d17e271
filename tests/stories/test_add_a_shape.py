"""The guide that adds a shape is true of the code: its example works, and every file it names is there."""

import dataclasses
import doctest
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from farthing.core.pricing.shapes import SHAPES
from farthing.core.refused import Refused
from farthing_rehearsal.story.script import read_script

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "add_a_shape.md").read_text(encoding="utf-8")
[WRITTEN] = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def module() -> Iterator[ModuleType]:
    """The module that the guide writes."""
    made = ModuleType("written_in_the_guide")
    sys.modules[made.__name__] = made
    exec(compile(WRITTEN, "add_a_shape.md", "exec"), made.__dict__)
    yield made
    del sys.modules[made.__name__]


def test_the_shape_of_the_guide_works_as_it_says(module: ModuleType) -> None:
    ran = doctest.testmod(module)
    assert ran.attempted
    assert not ran.failed
    shape = module.NthFree(unit=Decimal(3), nth=Decimal(10))
    assert module.NthFree.from_terms(shape.terms(), of="The price “cups”") == shape
    assert sum(step.exact for step in shape.steps(Decimal("9.5"))) == Decimal("28.5")
    assert sum(step.exact for step in shape.steps(Decimal(-20))) == Decimal(-60)
    with pytest.raises(Refused, match="above 1"):
        module.NthFree(unit=Decimal(3), nth=Decimal(1))


def test_the_shape_of_the_guide_is_built_as_every_other_one(module: ModuleType) -> None:
    shape = module.NthFree
    assert shape.kind not in SHAPES
    assert dataclasses.is_dataclass(shape)
    for other in SHAPES.values():
        assert {"kind", "needs_amounts", "steps", "terms", "from_terms"} <= {*dir(other)} & {*dir(shape)}


def test_the_story_of_the_guide_is_one() -> None:
    [told] = re.findall(r"```\n(# Of every ten.*?)```", GUIDE, re.DOTALL)
    assert next(cue.verb for cue in read_script(told, name="guide").cues) == "catalog"


def test_every_file_that_the_guide_names_is_there() -> None:
    named = set(re.findall(r"`((?:src|tests|docs|examples)/[\w./]*)`(?! \(new\))", GUIDE))
    assert len(named) > 8
    for path in named:
        assert (ROOT / path).exists(), path


def test_every_name_of_code_that_the_guide_uses_is_in_the_file_it_says() -> None:
    for name, path in (
        ("SINGLES", "core/pricing/singles.py"),
        ("StepKind", "core/pricing/step.py"),
        ("MONEY", "core/pricing/currencies.py"),
        ("_SINGLE_SHAPES", "catalogues/format.py"),
        ("_bounds_of", "usecases/draw_price.py"),
        ("PRICES", "cli/bench_rate.py"),
    ):
        assert f"`{name}`" in GUIDE
        assert re.search(rf"^(class |def )?{name}\b", (ROOT / "src" / "farthing" / path).read_text(), re.MULTILINE), (
            name
        )
