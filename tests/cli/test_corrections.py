"""`usage void`, `amend`, `event`, `owed` and `batch`: corrections at the command line, each told in words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.record_usage import record_usage
from tests.cli.commands import MID_MARCH, Commands

LINE = {"source": "api", "type": "completion", "subject": "acme", "time": "2026-03-05T10:00:00Z"}


@pytest.fixture
def used(acme: Commands, books: PostgresStore) -> Commands:
    """Acme with 400 tokens in March and as many in February, which is billed."""
    sent = [
        {**LINE, "id": "march", "data": {"tokens": 400}},
        {**LINE, "id": "february", "time": "2026-02-05T10:00:00Z", "data": {"tokens": 400}},
    ]
    assert {one.outcome.value for one in record_usage(books, sent, now=MID_MARCH)} == {"accepted"}
    acme.well("period", "close", "--through", "2026-02-28")
    return acme


def written(tmp_path: Path, name: str, *lines: dict[str, object]) -> str:
    (tmp_path / name).write_text("\n".join(json.dumps(line) for line in lines) + "\n", encoding="utf-8")
    return name


def test_an_event_is_voided_once_and_shown_with_who_and_why(used: Commands) -> None:
    told = used.well("usage", "void", "api", "march", "--because", "A load test.", "--by", "ada")
    assert told.startswith("The event is voided.")
    assert "kept before" in used.well("usage", "void", "api", "march", "--because", "A load test.", "--by", "bob")
    assert "voided already" in used.refused("usage", "void", "api", "march", "--because", "Another.")
    shown = used.well("usage", "event", "api", "march")
    assert "It is voided: it counts no more." in shown
    assert re.search(r"voided 2026-03-15 .* by ada, by the correction farthing usage .*: A load test\.", shown)
    assert '{"tokens":400}' in shown
    key = re.findall(r"\(([0-9a-f-]{36})\)", shown)[0]
    assert used.well("usage", "event", "--key", key) == shown
    assert "1  voided" in used.well("check", "-v")


def test_an_amendment_is_read_from_a_file_and_an_issued_line_owes_the_rest(used: Commands, tmp_path: Path) -> None:
    assert "Every issued line" in used.well("usage", "owed")
    amended = written(tmp_path, "amended.json", {**LINE, "id": "february", "time": "2026-02-05T10:00:00Z",
                                                 "data": {"tokens": 100}})  # fmt: skip
    told = used.well("usage", "amend", "api", "february", "--event", amended, "--because", "Cut off half-way.")
    assert "farthing usage owed" in told
    owed = used.well("usage", "owed", "--customer", "acme")
    assert re.search(r"acme +\S+ line \d +Tokens +400 -> 100 +0\.80 -> 0\.20 +-0\.60 USD +1 corrected", owed)
    shown = used.well("usage", "event", "api", "february")
    assert "to be adjusted" in shown
    assert "billed on" in shown
    assert "see farthing usage owed" in used.well("check", "-v")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("usage", "event", "api"), "SOURCE and ID"),
        (("usage", "event", "api", "1", "--key", "6b1cb0ad-1f0b-4a3e-9a53-d1e3a3c0a001"), "SOURCE and ID"),
        (("usage", "event", "api", "nothing"), "No event"),
        (("usage", "void", "--key", "6b1cb0ad-1f0b-4a3e-9a53-d1e3a3c0a001", "--because", "r"), "No event"),
        (("usage", "batch", "show", "nothing"), "none yet"),
        (("usage", "batch", "revert", "nothing", "--because", "r"), "none yet"),
    ],
)
def test_what_is_not_there_is_told(used: Commands, arguments: tuple[str, ...], said: str) -> None:
    assert said in used.refused(*arguments)


def test_a_correction_that_waits_is_told_and_listed(used: Commands) -> None:
    told = used.refused("usage", "void", "api", "later", "--because", "A load test.", code=1)
    assert "waits in quarantine" in told
    assert "later" in used.well("usage", "quarantine", "list", "--type", "farthing.void")


def test_a_batch_is_previewed_imported_and_reverted(used: Commands, tmp_path: Path) -> None:
    lines = [{**LINE, "id": str(number), "data": {"tokens": 1000}} for number in range(3)]
    file = written(tmp_path, "usage.jsonl", *lines)
    previewed = used.well("usage", "batch", "preview", file)
    assert re.search(r"Tokens +400 +-> +3,400 +tokens +0\.80 +-> +5\.60 +USD", previewed), previewed
    told, _, took = used.well("usage", "import", file, "--preview").rpartition("It took")
    assert (told, took != "") == (previewed.rpartition("It took")[0], True)
    assert "no batch yet" in used.well("usage", "batch", "list")
    assert "batch revert takes it back" in used.well("usage", "import", file, "--batch", "march")
    assert re.search(r"march +.* 3 +in force", used.well("usage", "batch", "list"))
    assert "would change no draft" in used.well("usage", "batch", "preview", file)
    reverted = used.well("usage", "batch", "revert", "march", "--because", "Last year's file.", "--by", "ada")
    assert reverted.startswith("3 events of “march” are voided.")
    assert "by ada: Last year's file." in used.well("usage", "batch", "show", "march")
    assert "another name" in used.refused("usage", "import", file, "--batch", "march")
    assert "one of the two" in used.refused("usage", "import", file, "--dry-run", "--preview")


def test_a_preview_of_csv_takes_the_options_of_an_import(used: Commands, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text("at,n\n2026-02-10T00:00:00Z,600\n", encoding="utf-8")
    how = ("usage.csv", "--customer", "acme", "--type", "completion", "--time", "at", "--value", "tokens=n")
    told = used.well("usage", "batch", "preview", *how)
    assert "stays; owed beside it" in told
    assert re.search(r"Tokens +400 +-> +1,000", told)
    assert "Every issued line" in used.well("usage", "owed")
