"""What an import kept apart is mended where it was written, and imported from there: it counts once, and for good."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from farthing.postgres.database import PostgresStore
from tests.cli.commands import Commands
from tests.cli.test_usage_import import february

OPTIONS = ["--customer", "acme", "--type", "completion", "--time", "when", "--value", "tokens=tokens", "--zone", "UTC"]
# The first counts; the second is quarantined, being of the future; of the third nobody can tell how much it was.
ROWS = [("2026-02-05 10:00:00", "5", "a"), ("2026-12-05 10:00:00", "7", "b"), ("2026-02-05 10:00:02", "many", "c")]


def write_csv(file: Path) -> None:
    file.write_text("\n".join(["when,tokens,row", *(",".join(row) for row in ROWS)]), encoding="utf-8")


def write_parquet(file: Path) -> None:
    columns = dict(zip(("when", "tokens", "row"), map(list, zip(*ROWS, strict=True)), strict=True))
    pyarrow.parquet.write_table(pyarrow.table(columns), file)


def mend_rows(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as opened:
        header, *rows = csv.reader(opened)
    for row in rows:
        row[header.index("when")] = row[header.index("when")].replace("2026-12", "2026-02")
        row[header.index("tokens")] = row[header.index("tokens")].replace("many", "9")
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([header, *rows])


@pytest.mark.parametrize(("name", "write"), [("usage.csv", write_csv), ("usage.parquet", write_parquet)])
@pytest.mark.parametrize("identified", [["--id", "row"], []], ids=["with ids", "by content"])
def test_mended_rows_take_the_place_of_those_in_quarantine(
    acme: Commands, books: PostgresStore, tmp_path: Path, name: str, write: object, identified: list[str]
) -> None:
    assert callable(write)
    write(tmp_path / name)
    told = acme("usage", "import", name, *OPTIONS, *identified)
    assert (told.exit_code, february(books)) == (1, (Decimal(5), 1))
    assert "2 rows did not count" in told.stderr
    rejected = tmp_path / f"{name}.rejected.csv"
    mend_rows(rejected)
    acme.well("usage", "import", rejected.name, *OPTIONS, *identified)
    assert february(books) == (Decimal(21), 3)
    # Nothing is left that could count a second time.
    assert "No event is kept apart" in acme.well("usage", "quarantine")
    assert "2  imported before" in acme.well("usage", "import", rejected.name, *OPTIONS, *identified)
    assert february(books) == (Decimal(21), 3)


def test_a_row_that_cannot_be_mended_yet_stays_apart_under_its_identity(acme: Commands, tmp_path: Path) -> None:
    write_csv(tmp_path / "usage.csv")
    acme("usage", "import", "usage.csv", *OPTIONS)
    again = acme("usage", "import", "usage.csv.rejected.csv", *OPTIONS)
    assert again.exit_code == 1
    assert acme.well("usage", "quarantine").count("row:") == 1
    rows = [
        list(csv.reader(file.open(encoding="utf-8")))[1]
        for file in (tmp_path / "usage.csv.rejected.csv", tmp_path / "usage.csv.rejected.csv.rejected.csv")
    ]
    assert rows[0][2] == rows[1][2]
    assert rows[0][2].startswith("row:")


def event(event_id: str, tokens: object, subject: str = "acme") -> str:
    said = {"id": event_id, "source": "api", "type": "completion", "subject": subject, "data": {"tokens": tokens}}
    return json.dumps(said | {"time": "2026-02-05T10:00:00Z"}, ensure_ascii=False)


@pytest.mark.parametrize("name", ["usage.jsonl", "usage.parquet"])
def test_mended_events_take_the_place_of_those_in_quarantine(
    acme: Commands, books: PostgresStore, tmp_path: Path, name: str
) -> None:
    if name == "usage.jsonl":
        lines = ["\ufeff" + event("1", "a dozen"), event("2", 7), event("3", 5, subject="acmé"), event("4", 1)[:-1]]
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    else:
        said = [json.loads(one) for one in (event("1", "a dozen"), event("2", "7"), event("3", "5", subject="acmé"))]
        columns = {key: [one[key] for one in said] for key in ("id", "source", "type", "subject", "time")}
        columns["data.tokens"] = [one["data"]["tokens"] for one in said]
        pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / name)
    acme("usage", "import", name)
    assert february(books) == (Decimal(7), 1)
    rejected = tmp_path / f"{name}.rejected.jsonl"
    written = rejected.read_text(encoding="utf-8")
    mended = (
        written.replace("a dozen", "12")
        .replace("acmé", "acme")
        .replace("acm\\u00e9", "acme")
        .replace('Z\\""}', 'Z\\"}"}')
    )
    rejected.write_text(mended, encoding="utf-8")
    acme.well("usage", "import", rejected.name)
    assert february(books) == ((Decimal(25), 4) if name == "usage.jsonl" else (Decimal(24), 3))
    assert "No event is kept apart" in acme.well("usage", "quarantine")
