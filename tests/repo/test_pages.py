"""What is written about the code is true of it: slices, modules and words."""

import ast
import dataclasses
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import farthing.core
from tests.repo.repo_files import CORE, ROOT, SLICES, modules, short

PACKAGES = ("farthing", "farthing_slacksim", "farthing_rehearsal")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
TERMS = re.findall(r"^\| ([a-z -]+) \| (.+\.) \| `([A-Za-z_.]+)` \|$", GLOSSARY, re.MULTILINE)


def test_the_core_has_its_slices() -> None:
    assert {folder.name for folder in SLICES} >= {
        "metering",
        "pricing",
        "subscriptions",
        "rating",
        "ledger",
        "invoicing",
    }


@pytest.mark.parametrize("folder", SLICES, ids=short)
def test_a_slice_says_in_one_page_what_it_owns_and_what_not(folder: Path) -> None:
    page = (folder / "README.md").read_text(encoding="utf-8")
    headings = ("Owns.", "Does not own.", "Words.", "Times.", "Invariants.")
    places = [page.index(f"**{heading}**") for heading in headings]
    assert places == sorted(places)
    assert len(page.splitlines()) <= 60
    for name in re.findall(r"`(?:[a-z]+/)*([a-z_]+\.py)`", page):
        assert list(CORE.rglob(name)), f"{name} is not in the core"


@pytest.mark.parametrize("path", [path for package in PACKAGES for path in modules(ROOT / "src" / package)], ids=short)
def test_a_module_opens_by_saying_what_it_is_about(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said
    assert said.splitlines()[0].rstrip().endswith((".", ":"))


def test_each_term_stands_once_and_in_order() -> None:
    terms = [term for term, _, _ in TERMS]
    assert len(terms) > 50
    assert len(re.findall(r"^\| [a-z]", GLOSSARY, re.MULTILINE)) == len(terms) + 1
    assert terms == sorted(set(terms))


def _resolve(dotted: str) -> object:
    """The thing in the core that this name leads to; a field of a frozen value counts."""
    *_, found = [importlib.import_module(f"farthing.core.{name}") for name in _modules_of(dotted)]
    thing: object = found
    rest = dotted.removeprefix(found.__name__.removeprefix("farthing.core.") + ".")
    for name in rest.split("."):
        if dataclasses.is_dataclass(thing) and name in {field.name for field in dataclasses.fields(thing)}:
            return name
        thing = getattr(thing, name)
    return thing


def _modules_of(dotted: str) -> list[str]:
    known = {
        found.name.removeprefix("farthing.core.")
        for found in pkgutil.walk_packages(farthing.core.__path__, "farthing.core.")
    }
    parts = dotted.split(".")
    return [name for name in (".".join(parts[:length]) for length in range(1, len(parts) + 1)) if name in known]


@pytest.mark.parametrize("dotted", [dotted for _, _, dotted in TERMS])
def test_a_term_is_in_the_code_under_the_name_the_glossary_gives(dotted: str) -> None:
    assert _resolve(dotted) is not None


def test_a_term_that_is_not_in_the_code_is_seen() -> None:
    with pytest.raises(AttributeError):
        _resolve("rating.line.Voucher")
