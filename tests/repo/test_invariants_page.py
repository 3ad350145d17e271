"""The page of invariants says what the code keeps, and the code cites no other."""

import re
from pathlib import Path

import pytest

from farthing.core.invariants import INVARIANTS
from tests.repo.repo_files import ROOT, modules, short

PAGE = (ROOT / "docs" / "invariants.md").read_text(encoding="utf-8")
NUMBERS = {invariant.number for invariant in INVARIANTS}
RESERVED = {20, 24}


def test_the_table_is_the_list() -> None:
    rows = re.findall(r"^\| (\d\d) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [(f"{rule.number:02d}", rule.sentence, rule.kept_in) for rule in INVARIANTS]


def test_numbers_rise_and_reserved_ones_are_named_and_not_taken() -> None:
    assert [rule.number for rule in INVARIANTS] == sorted(NUMBERS)
    assert not NUMBERS & RESERVED
    assert set(range(1, max(NUMBERS) + 1)) == NUMBERS | RESERVED
    reserved = next(paragraph for paragraph in PAGE.split("\n\n") if "reserved" in paragraph)
    assert {int(number) for number in re.findall(r"\b\d\d\b", reserved)} == RESERVED


def test_what_goes_through_the_books_is_exactly_what_says_so() -> None:
    for rule in INVARIANTS:
        places = rule.kept_in.split(", ")
        assert set(places) <= {"V", "D", "B", "T"}
        assert ("B" in places) == (rule.holds is not None), f"INV-{rule.number:02d}"


@pytest.mark.parametrize(
    "path", [*modules(ROOT / "src"), *modules(ROOT / "tests"), *(ROOT / "src").rglob("*.sql")], ids=short
)
def test_only_invariants_that_exist_are_cited(path: Path) -> None:
    cited = {int(number) for number in re.findall(r"\bINV-(\d\d)\b", path.read_text(encoding="utf-8"))}
    assert cited <= NUMBERS
