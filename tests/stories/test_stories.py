"""Stories: every example goes as it says, and one that does not is told where and why."""

import asyncio
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from farthing.core.pricing.shapes import SHAPES
from farthing.core.refused import Refused
from farthing_rehearsal.slack import running_app
from farthing_rehearsal.story.plans import read_plan
from farthing_rehearsal.story.play import VERBS, play_story
from farthing_rehearsal.story.script import read_script
from farthing_rehearsal.story.stage import Stage
from farthing_rehearsal.story.usage import read_event
from tests.databases import DatabaseUrls

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "stories.md").read_text(encoding="utf-8")
IN_THE_GUIDE = re.findall(r"```\n(\d{4}-\d{2}-\d{2} .*?)```", GUIDE, re.DOTALL)
EXAMPLES = sorted((ROOT / "examples").glob("*.story"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_goes_as_it_says(file: Path, stage: Stage) -> None:
    script = read_script(file.read_text(encoding="utf-8"), name=file.name, folder=file.parent)
    assert play_story(script, stage) is None


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 30


def test_every_shape_and_every_measure_is_in_a_story() -> None:
    told = "\n".join(file.read_text(encoding="utf-8") for file in EXAMPLES)
    for shape in SHAPES:
        assert re.search(rf"\b{shape}\b", told), shape
    for measure in ("percentile", "seats", "increase", "time_weighted", "maximum", "sum", "count"):
        assert re.search(rf"\b{measure}\b", told), measure


def test_the_story_in_the_readme_goes_as_it_says(stage: Stage) -> None:
    [told] = re.findall(r"```\n(\d{4}-\d{2}-\d{2} plan .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert play_story(read_script(told, name="README"), stage) is None


@pytest.mark.parametrize("told", IN_THE_GUIDE, ids=lambda told: told.partition("\n")[0])
def test_the_stories_in_the_guide_go_as_they_say(told: str, stage: Stage) -> None:
    assert play_story(read_script(told, name="guide"), stage) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("change acme pro", "change CUSTOMER PLAN"),
        ("change acme pro to", "change CUSTOMER PLAN"),
        ("change acme pro to large soon", "change CUSTOMER PLAN"),
        ("change acme pro later", "change CUSTOMER PLAN"),
        ("pause acme pro 2026-02-01", "pause CUSTOMER PLAN"),
        ("resume acme", "resume CUSTOMER PLAN"),
        ("cancel acme", "cancel CUSTOMER PLAN"),
        ("coupon acme welcome", "coupon CUSTOMER KEY"),
        ("grant acme 5 USD lent", "grant CUSTOMER"),
        ("tax acme 19", "tax CUSTOMER PERCENT%"),
        ("credit acme some", "credit CUSTOMER"),
        ("note acme", "note CUSTOMER"),
        ("note acme 1 USD", "1 USD"),
        ("annul", "annul CUSTOMER"),
        ("pay acme 5", "pay CUSTOMER"),
        ("refund acme 5", "refund CUSTOMER"),
        ("late acme", "late (what came"),
        ("refund acme 5 USD", "no refusal"),
        ("reissue acme", "no refusal"),
    ],
)
def test_a_line_of_a_life_that_is_no_such_line_says_how_it_is_written(line: str, expected: str, stage: Stage) -> None:
    begins = "2026-01-01 plan pro USD\n  fee flat 31 advance\n2026-01-01 subscribe acme pro\n"
    failure = play_story(read_script(f"{begins}2026-01-02 {line}\n", name="life"), stage)
    assert failure is not None
    assert failure.expected.startswith(expected)


def test_every_verb_is_in_the_guide() -> None:
    assert len(IN_THE_GUIDE) == 4
    assert set(re.findall(r"^\| `([a-z]+)", GUIDE, re.MULTILINE)) >= set(VERBS)


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
        ("2026-02-01 preview acme 0.00 USD\n  tokens 1 0.00", "tokens 1 0.00", "tokens 0 0.00"),
        ("2026-02-01 balance receivable acme 9.00 USD", "9.00 USD", "1.00 USD"),
        ("2026-02-01 usage acme tokens 1 -> duplicate", "duplicate", "accepted"),
        ("2026-02-01 slack #billing Good morning", "“Good morning”", "Billing run"),
        ("2026-02-01 messages #billing 2", "2 messages", "1"),
        ("2026-02-01 subscribe acme starter", "no refusal", "since 2026-01-01"),
        ("2026-02-01 subscribe acme starter !! too late", "“too late”", "since 2026-01-01"),
        ("2026-02-01 close !! nothing to close", "“nothing to close”", "it was done"),
        ("2026-02-01 dance", "a verb: ", "“dance”"),
        ("2026-02-01 invoice acme 1.01 USD", "1.01 USD", "1.00 USD: tokens 100 1.00"),
        ("2026-02-01 invoice acme 1.00 EUR", "1.00 EUR", "1.00 USD: tokens 100 1.00"),
        ("2026-02-01 invoice acme 1.00 USD\n  tokens 100 1.00\n  more 1 1.00", "more 1 1.00", "tokens 100 1.00"),
        ("2026-02-01 invoice acme 1.00 USD\n  tokens 100 one", "tokens 100 one", "tokens 100 1.00"),
        ("2026-02-01 preview acme 1.00 USD", "1.00 USD", "0.00 USD: tokens 0 0.00"),
        ("2026-02-01 invoice nobody 1.00 USD", "no refusal", "“nobody”"),
        (
            "2026-02-01T10:00 event acme tokens tokens=1 repeat 700 every 1m",
            "no refusal",
            "The last of these 700 events is at 2026-02-01T21:39, after the line's own 2026-02-01T10:00; give the line "
            "a date from then on, and say when they begin: on 2026-02-01T10:00.",
        ),
        ("2026-02-01 end acme", "end CUSTOMER PLAN", "end acme"),
        ("2026-02-01 event acme tokens tokens=1 -> duplicate", "duplicate", "accepted"),
        ("2026-02-01 event acme tokens tokens=1 in", "event CUSTOMER TYPE", "tokens=1 in"),
        ("2026-02-01 event acme tokens tokens=1 repeat 0", "no refusal", "from 1 to 100,000"),
        ("2026-02-01 event acme tokens tokens=1 repeat 9 every fortnight", "no refusal", "30s, 5m, 1h or 1d"),
        ("2026-02-01 event acme tokens tokens=1 on 2026-02-30", "no refusal", "no day or minute"),
        ("2026-02-01 subscribe bold starter anchor", "subscribe CUSTOMER PLAN", "anchor"),
        ("2026-02-01 subscribe bold starter seats=", "no refusal", "seats=10"),
        ("2026-02-01 subscribe bold starter override tokens.unit=much", "no refusal", "is no number: “much”"),
        ("2026-02-01 catalog", "catalog FILE, or a catalogue in the lines below", "catalog"),
        ("2026-02-01 catalog nowhere.yaml", "no refusal", "nowhere.yaml cannot be read: no such file"),
        ("2026-02-01 agree acme starter", "agree CUSTOMER PLAN", "agree acme starter"),
        ("2026-02-01 addon acme starter", "addon CUSTOMER PLAN KEY", "addon acme starter"),
        ("2026-02-01 addon acme starter backup", "no refusal", "no add-on “backup”"),
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


def test_a_mistake_in_a_catalogue_is_told_with_its_line_of_the_story(stage: Stage) -> None:
    told = """\
2026-01-01 catalog
  meters:
    calls: {event_type: call, measure: count}
  # A comment keeps its line, and so does an empty one.

  plans:
    api: {currency: USD, prices: {calls: {meter: calls, shape: per_unit, unit: much}}}
"""
    failure = play_story(read_script(told, name="a story"), stage)
    assert failure is not None
    assert failure.happened.startswith("refused: line 7: ")


def test_a_catalogue_may_lie_beside_the_story(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(
        "meters: {calls: {event_type: call, measure: count}}\n"
        "plans: {api: {currency: USD, prices: {calls: {meter: calls, shape: per_unit, unit: 2}}}}\n"
    )
    told = """\
2026-01-01 catalog api.yaml
2026-01-01 subscribe acme api
2026-01-05 event acme call on 2026-01-04 repeat 3 every 1h
2026-02-01 close
2026-02-01 invoice acme 6.00 USD
"""
    assert play_story(read_script(told, name="a story", folder=tmp_path), stage) is None


def test_a_part_of_a_period_has_all_included_units_and_its_share_of_a_minimum(stage: Stage) -> None:
    told = """\
2026-01-01 catalog
  meters:
    calls: {event_type: use, measure: count}
    bytes: {event_type: use, measure: sum, property: bytes}
    files: {event_type: file, measure: count}
  plans:
    api:
      currency: USD
      prices:
        calls: {meter: calls, included: 31, shape: per_unit, unit: 1}
        bytes: {meter: bytes, included: 31, prorate_included: true, shape: per_unit, unit: 1}
        files: {meter: files, shape: per_unit, unit: 1, minimum: 31}
2026-01-17 subscribe acme api
2026-01-20 event acme use bytes=1 repeat 31
2026-02-01 close
2026-02-01 invoice acme 31 USD
  calls 31 0
  bytes 31 16
  files 0 15
"""
    assert play_story(read_script(told, name="a story"), stage) is None


@pytest.mark.parametrize(
    "line",
    [
        "invoice acme 1 USD",
        "invoice acme 1.000 USD\n  tokens 100.0 1",
        "preview acme 0 USD\n  tokens 0 0",
        "balance receivable acme 1.0 USD",
    ],
)
def test_amounts_compare_as_money_and_not_as_text(line: str, stage: Stage) -> None:
    assert play_story(read_script(f"{BEGUN}2026-02-01 {line}", name="a story"), stage) is None


@pytest.mark.parametrize(
    "line",
    [
        "event acme tokens tokens=1 repeat 3 every 1m on 2026-02-01T11:58",
        "event acme tokens tokens=1 repeat 3 on 2026-02-01T12:00",
        "event acme tokens tokens=1 repeat 3 every 1d on 2026-02-03 -> quarantined",
    ],
)
def test_a_series_ends_by_the_instant_of_its_line_or_says_what_becomes_of_it(line: str, stage: Stage) -> None:
    assert play_story(read_script(f"{BEGUN}2026-02-01T12:00 {line}", name="a story"), stage) is None


def test_many_events_follow_their_pattern() -> None:
    pattern = read_event(
        ["acme-{n}", "load", "at={n}", "high=true", "on", "2026-01-31T23:55", "repeat", "3", "every", "5m"]
    )
    assert pattern is not None
    events = list(pattern.events(now=datetime(2026, 2, 1, tzinfo=UTC), sent_before=7))
    assert [event.id for event in events] == ["event 8", "event 9", "event 10"]
    assert [event.subject for event in events] == ["acme-1", "acme-2", "acme-3"]
    assert [event.time for event in events] == ["2026-01-31T23:55:00Z", "2026-02-01T00:00:00Z", "2026-02-01T00:05:00Z"]
    assert events[2].data == {"at": Decimal(3), "high": True}


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        ("fee flat 49 once", "flat"),
        ("tokens per_unit 0.01 included 10 discount 5", "per_unit"),
        ("tokens package 5 per 100 maximum 20", "package"),
        ("tokens graduated 10@1+2 rest@0.5", "graduated"),
        ("tokens volume rest@0.5", "volume"),
        ("tokens stairstep 10@5 rest@9", "stairstep"),
        ("tokens maximum capacity 10@5 rest@9", "capacity"),
        ("tokens percentage 0.02+0.10 minimum 5", "percentage"),
        ("tokens graduated_percentage 10@0.02+1 rest@0.01", "graduated_percentage"),
        ("tokens event_priced 1.2", "event_priced"),
        ("tokens count free", "free"),
    ],
)
def test_a_simple_price_is_one_line(line: str, shape: str) -> None:
    _, plan = read_plan("plan", "USD", (line,))
    assert plan.prices[0].shape.kind == shape


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("tokens", "write it like: tokens per_unit"),
        ("tokens circle 1", "its shape is written as: flat FEE"),
        ("tokens stairstep 10@5+1 rest@9", "its shape is written as"),
        ("tokens graduated 10", "its shape is written as"),
        ("tokens per_unit 1 minimum", "its shape is written as"),
        ("tokens per_unit 1 minimum 5 at 6", "says “at” after the shape"),
        ("tokens free 1", "its shape is written as"),
    ],
)
def test_what_is_no_price_is_refused_with_how_to_write_one(line: str, told: str) -> None:
    with pytest.raises(Refused, match=re.escape(told)):
        read_plan("plan", "USD", (line,))


def test_what_the_app_still_does_when_it_is_stopped_ends_with_it(stage: Stage) -> None:
    with running_app(stage.wired, stage.seller_id, stage.install, stage.slack) as loop:
        going_on = asyncio.run_coroutine_threadsafe(asyncio.sleep(3600), loop)
    assert going_on.cancelled()
    assert loop.is_closed()


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
