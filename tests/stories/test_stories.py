"""Stories: every example goes as it says, and one that does not is told where and why."""

import re
from pathlib import Path

import psycopg
import pytest

from farthing.core.refused import Refused
from farthing_rehearsal.story.play import play_story
from farthing_rehearsal.story.script import read_script
from farthing_rehearsal.story.stage import Stage
from tests.databases import DatabaseUrls

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.story"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_goes_as_it_says(file: Path, stage: Stage) -> None:
    script = read_script(file.read_text(encoding="utf-8"), name=file.name)
    assert play_story(script, stage) is None


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 6


def test_the_story_in_the_readme_goes_as_it_says(stage: Stage) -> None:
    [told] = re.findall(r"```\n(\d{4}-\d{2}-\d{2} plan .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert play_story(read_script(told, name="README"), stage) is None


BEGUN = """\
2026-01-01 plan starter USD
  tokens  per_unit 0.01
2026-01-01 subscribe acme starter
2026-01-05 usage acme tokens 100
2026-02-01 close
"""


@pytest.mark.parametrize(
    ("line", "expected", "happened"),
    [
        ("2026-02-01 invoice acme 1.01 USD", "1.01 USD", "1.00 USD"),
        ("2026-02-01 invoice acme 1.00 USD\n  tokens 99 1.00", "tokens 99 1.00", "tokens 100 1.00"),
        ("2026-02-01 invoices acme 2", "2 invoices", "1"),
        ("2026-02-01 preview acme 1.00 USD", "1.00 USD", "0.00 USD"),
        ("2026-02-01 balance receivable acme 9.00 USD", "9.00 USD", "1.00 USD"),
        ("2026-02-01 usage acme tokens 1 -> duplicate", "duplicate", "accepted"),
        ("2026-02-01 slack #billing Good morning", "“Good morning”", "Billing run"),
        ("2026-02-01 messages #billing 2", "2 messages", "1"),
        ("2026-02-01 subscribe acme starter", "no refusal", "since 2026-01-01"),
        ("2026-02-01 subscribe acme starter !! too late", "“too late”", "since 2026-01-01"),
        ("2026-02-01 close !! nothing to close", "“nothing to close”", "it was done"),
        ("2026-02-01 dance", "a verb: ", "“dance”"),
        ("2026-02-01 end acme", "end CUSTOMER PLAN", "end acme"),
    ],
)
def test_a_line_that_goes_another_way_says_what_was_expected_and_what_happened(
    line: str, expected: str, happened: str, stage: Stage
) -> None:
    failure = play_story(read_script(BEGUN + line, name="a story"), stage)
    assert failure is not None
    assert failure.line == 6
    assert expected in failure.expected
    assert happened in failure.happened
    assert "a story, line 6: 2026-02-01" in str(failure)


def test_books_that_were_tampered_with_end_the_story(stage: Stage, database_urls: DatabaseUrls) -> None:
    assert play_story(read_script(BEGUN, name="begun"), stage) is None
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        owner.execute("ALTER TABLE farthing.invoice_line DISABLE TRIGGER ALL")
        owner.execute("UPDATE farthing.invoice_line SET quantity = quantity + 1")
    failure = play_story(read_script("2026-02-02 usage acme tokens 1 id after", name="after"), stage)
    assert failure is not None
    assert failure.expected == "books in which every invariant holds"
    assert "INV-" in failure.happened


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("yesterday usage acme", "line 1: “yesterday usage acme” is not a line of a story"),
        ("  tokens flat 1", "an indented line needs a line above"),
        ("2026-02-31 close", "there is no 2026-02-31"),
        ("2026-02-02 close\n2026-02-01 close", "line 2: 2026-02-01 is before the line above"),
    ],
)
def test_what_is_no_story_is_refused_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(Refused, match=re.escape(sentence)):
        read_script(text, name="a story")
