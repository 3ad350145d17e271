"""Stories that users keep: on their own catalogue, in folders, reported as a test runner does."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from farthing.core.refused import Refused
from farthing.settings import Settings
from farthing_rehearsal.commands import story
from farthing_rehearsal.story.play import Failure, play_story
from farthing_rehearsal.story.script import read_script
from farthing_rehearsal.story.stage import Stage

CATALOGUE = """\
meters: {calls: {event_type: call, measure: count}}
plans: {api: {currency: USD, prices: {calls: {meter: calls, shape: per_unit, unit: 2}}}}
"""
GOES = """\
2026-01-01 subscribe acme api
2026-01-05 event acme call repeat 3
2026-02-01 close
2026-02-01 invoice acme 6.00 USD
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of stories as a user keeps it: one that goes, one that goes another way, and one that is none."""
    kept = tmp_path / "stories"
    (kept / "more").mkdir(parents=True)
    (kept / "ours.yaml").write_text(CATALOGUE, encoding="utf-8")
    head = "# What we sell.\n\ntitle: Three calls & no more\ncatalogue: ours.yaml\n\n"
    (kept / "a_goes.story").write_text(head + GOES, encoding="utf-8")
    (kept / "more" / "b_differs.story").write_text(
        "catalogue: ../ours.yaml\n" + GOES.replace("6.00 USD", "6.01 USD"), encoding="utf-8"
    )
    (kept / "more" / "c_none.story").write_text("2026-01-01 close\nonce upon a time\n", encoding="utf-8")
    return kept


def play(settings: Settings, *arguments: str) -> Result:
    result = CliRunner().invoke(story, ["--home", str(settings.home), *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_folder_is_played_and_each_story_is_reported(folder: Path, stage_settings: Settings, tmp_path: Path) -> None:
    report = tmp_path / "out" / "stories.xml"
    result = play(stage_settings, str(folder), "--junit", str(report))
    assert result.exit_code == 1
    passed, differs, expected, happened, none, whole = result.stdout.splitlines()
    assert passed == "pass  a_goes.story  (5 lines)  Three calls & no more"
    assert differs == "FAIL  b_differs.story, line 5: 2026-02-01 invoice acme 6.01 USD"
    assert (expected, happened) == ("    expected  6.01 USD", "    happened  6.00 USD: calls 3 6.00")
    assert none.startswith("FAIL  c_none.story, line 2: “once upon a time” is not a line of a story")
    assert whole.startswith("1 passed, 2 failed in ")
    root = ElementTree.parse(report).getroot()
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "1",
    }
    goes, other, unread = root.iter("testcase")
    assert (goes.get("name"), len(goes)) == ("Three calls & no more", 0)
    assert (other.get("name"), other.get("line"), other.get("file")) == (
        "b_differs",
        "5",
        str(folder / "more" / "b_differs.story"),
    )
    failure = other.find("failure")
    assert failure is not None
    assert failure.get("message") == "expected 6.01 USD; happened: 6.00 USD: calls 3 6.00"
    assert unread.find("error") is not None


def test_all_that_goes_as_it_says_ends_with_nothing(folder: Path, stage_settings: Settings) -> None:
    result = play(stage_settings, str(folder / "a_goes.story"), "-v")
    assert result.exit_code == 0
    assert "     4  catalogue: ours.yaml" in result.stdout
    assert "1 passed, 0 failed" in result.stdout


def test_a_catalogue_may_be_named_once_for_all(folder: Path, stage_settings: Settings, tmp_path: Path) -> None:
    bare = tmp_path / "bare.story"
    bare.write_text(GOES, encoding="utf-8")
    assert play(stage_settings, str(bare)).exit_code == 1
    result = play(stage_settings, str(bare), str(folder / "a_goes.story"), "--catalog", str(folder / "ours.yaml"))
    assert result.exit_code == 0, result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.story"], "There is no file nowhere.story"),
        (["."], "There is no story in ."),
        (["a.story", "--catalog", "nowhere.yaml"], "There is no file nowhere.yaml"),
    ],
)
def test_what_cannot_be_played_is_refused(
    arguments: list[str], says: str, stage_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    if "a.story" in arguments:
        Path("a.story").write_text(GOES, encoding="utf-8")
    with pytest.raises(Refused, match=says):
        play(stage_settings, *arguments)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("colour: blue\n2026-01-01 close", "line 1: “colour: blue” means nothing above the first date"),
        ("2026-01-01 close\ntitle: late", "line 2: “title: late” is not a line of a story"),
        ("title: nothing\n# at all\n", "says nothing that happens"),
        ("", "says nothing that happens"),
    ],
)
def test_what_stands_above_the_first_date_is_known_or_refused(told: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        read_script(told, name="a story")


# What if -----------------------------------------------------------------------------------------------------------

WHAT_IF = """\
2026-01-01 catalog
  plans:
    team: {currency: USD, prices: {seats: {quantity: seats, shape: per_unit, unit: 10}}}
2026-01-01 subscribe acme team seats=10
2026-02-20 save "before March"
2026-02-20 fork upgraded of "before March"
2026-02-20 in upgraded agree acme team seats=25
2026-04-01 close
2026-04-01 in upgraded close
"""


def test_a_story_may_ask_what_if(stage: Stage) -> None:
    told = f"""\
{WHAT_IF}2026-04-01 compare original upgraded 150 USD
  acme 150
2026-04-01 compare "before March" upgraded 450 USD
2026-04-01 invoice acme 100 USD
2026-04-01 in upgraded invoice acme 250 USD
2026-04-01 in nowhere close !! no sandbox “nowhere”
2026-04-01 fork upgraded !! There is a “upgraded” already
"""
    assert play_story(read_script(told, name="a story"), stage) is None


@pytest.mark.parametrize(
    ("line", "expected", "happened"),
    [
        ("compare original upgraded 149 USD", "149 USD", "150.00 USD: acme 150.00"),
        ("compare original upgraded 150 USD\n  bold 150", "150 USD", "0.00 USD: acme 150.00"),
        ("compare upgraded original 150 USD", "150 USD", "-150.00 USD: acme -150.00"),
        ("compare original upgraded", "compare SANDBOX SANDBOX AMOUNT CURRENCY", "compare original upgraded"),
        ("in upgraded", "in SANDBOX VERB", "in upgraded"),
        ("in upgraded invoice acme 100 USD", "100 USD", "250.00 USD: seats 25 250.00"),
        ("in upgraded dance", "a verb: ", "“dance”"),
        ("fork other from original", "fork NAME [of SANDBOX]", "fork other from original"),
        ("comparing original upgraded 1 USD", "a verb: ", "“comparing”; did you mean compare?"),
    ],
)
def test_a_what_if_that_comes_out_otherwise_is_told(line: str, expected: str, happened: str, stage: Stage) -> None:
    failure = play_story(read_script(f"{WHAT_IF}2026-04-01 {line}", name="a story"), stage)
    assert failure is not None
    assert expected in failure.expected
    assert happened in failure.happened


def test_the_guide_shows_what_a_failing_story_prints_and_what_may_stand_above_one() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "stories.md").read_text(encoding="utf-8")
    [(prints, head)] = re.findall(r"farthing story stories/.*?\n(.*?)```.*?```yaml\n(.*?)```", guide, re.DOTALL)
    told = Failure("upgrade.story", 9, "2026-03-01 invoice acme 61.00 USD", "61.00 USD",
                   "59.50 USD: platform 1 49.00 / tokens 7000 10.50")  # fmt: skip
    assert f"FAIL  {told}" in prints
    script = read_script(head, name="guide")
    assert (script.title, script.cues[0].words) == ("A first month", ("../prices.yaml",))
    options = {option for parameter in story.params for option in parameter.opts if option.startswith("--")}
    assert set(re.findall(r"^\| `(--[a-z]+)", guide, re.MULTILINE)) == options - {"--verbose"}
