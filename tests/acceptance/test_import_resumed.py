"""An import that was broken off goes on where it was: every row once, everything kept apart told, and nothing believed
that the books do not show."""

from __future__ import annotations

import csv
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from farthing.postgres.embedded_place import place_for
from farthing.postgres.embedded_processes import postmaster_of
from tests.acceptance.processes import Home, home_in, open_shop, usage_of_january

ROWS = 40_000
BAD = (7, 6_000, 39_999)
OF_COLUMNS = ["--customer", "acme", "--type", "completion", "--time", "at", "--value", "tokens=tokens", "--zone", "UTC"]


@pytest.fixture
def home(empty_database: str, tmp_path: Path) -> Iterator[Home]:
    """A shop of Acme."""
    with home_in(tmp_path / "home", owner_url=empty_database) as made:
        with made.store() as store:
            open_shop(store, "acme")
        yield made


def tokens(row: int) -> str:
    return "many" if row in BAD else str(row % 50)


def write_csv(file: Path) -> None:
    """Rows that are told apart by what they say, of which many say the same."""
    rows = (f"2024-01-{1 + row % 28:02d},{tokens(row)}" for row in range(ROWS))
    file.write_text("\n".join(["at,tokens", *rows]), encoding="utf-8")


def line(row: int, mark: str = "a") -> str:
    said = {"id": f"{mark}{row:06d}", "source": "api", "type": "completion", "subject": "acme"}
    return json.dumps(said | {"time": f"2024-01-{1 + row % 28:02d}T10:00:00Z", "data": {"tokens": tokens(row)}})


def write_lines(file: Path) -> None:
    file.write_text("\n".join(line(row) for row in range(ROWS)), encoding="utf-8")


def write_parquet(file: Path) -> None:
    columns = {
        "at": [f"2024-01-{1 + row % 28:02d}" for row in range(ROWS)],
        "tokens": [tokens(row) for row in range(ROWS)],
        "row": [f"r{row}" for row in range(ROWS)],
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), file, row_group_size=7_000)


def broken_off(home: Home, with_signal: signal.Signals, *words: str) -> tuple[int, str]:
    """The code and the complaints of an import that is ended once it has noted how far it is."""
    process = home.begin("usage", "import", *words)
    notes = home.folder / "imports"
    while not (notes.is_dir() and any(note.suffix == ".json" for note in notes.iterdir())):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.kill(process.pid, with_signal)
    complaints = process.communicate(timeout=120)[1]
    return process.returncode, complaints


@pytest.mark.parametrize(
    ("name", "write", "options"),
    [
        ("usage.csv", write_csv, OF_COLUMNS),
        ("usage.jsonl", write_lines, []),
        ("usage.parquet", write_parquet, [*OF_COLUMNS, "--id", "row"]),
    ],
    ids=["CSV by content", "JSON lines", "Parquet with ids"],
)
def test_after_a_kill_every_row_counts_once_and_all_that_was_kept_apart_is_told(
    home: Home, tmp_path: Path, name: str, write: Callable[[Path], None], options: list[str]
) -> None:
    write(tmp_path / name)
    words = [str(tmp_path / name), *options]
    assert broken_off(home, signal.SIGKILL, *words)[0] == -signal.SIGKILL
    done = home.here("usage", "import", *words)
    assert done.exit_code == 1
    assert "Goes on after" in done.stderr
    assert f"{ROWS:,} rows read." in done.stdout
    good = [row for row in range(ROWS) if row not in BAD]
    with home.store() as store:
        assert usage_of_january(store) == (len(good), sum(int(tokens(row)) for row in good))
    if name == "usage.jsonl":
        kept = [json.loads(one) for one in (tmp_path / f"{name}.rejected.jsonl").read_text().splitlines()]
        assert [one["line"] for one in kept] == [row + 1 for row in BAD]
    else:
        with (tmp_path / f"{name}.rejected.csv").open(encoding="utf-8", newline="") as opened:
            first = 2 if name == "usage.csv" else 1
            assert [int(row[0]) for row in list(csv.reader(opened))[1:]] == [row + first for row in BAD]
    assert not list((home.folder / "imports").iterdir())
    again = home.here("usage", "import", *words)
    assert f"{len(good):,}  imported before" in again.stdout
    home.check()


def test_who_stops_an_import_is_told_how_far_it_is(home: Home, tmp_path: Path) -> None:
    write_csv(tmp_path / "usage.csv")
    code, complaints = broken_off(home, signal.SIGINT, str(tmp_path / "usage.csv"), *OF_COLUMNS)
    assert code == 130
    assert "which stay; start it again and it goes on there." in complaints
    assert "Traceback" not in complaints
    anew = home.here("usage", "import", str(tmp_path / "usage.csv"), *OF_COLUMNS, "--from-start")
    assert "Goes on" not in anew.stderr
    with home.store() as store:
        assert usage_of_january(store)[0] == ROWS - len(BAD)


def test_what_the_books_do_not_show_is_read_again(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "usage.jsonl"
    write_lines(file)
    broken_off(home, signal.SIGKILL, str(file))
    before = file.stat()
    # As after the books were put back to an older state: what the note says was imported is not there.
    same = [line(row, "a" if row < 400 else "b") for row in range(ROWS)]
    file.write_text("\n".join(same), encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    done = home.here("usage", "import", str(file))
    assert "Goes on" not in done.stderr
    good = {one for one in same if "many" not in one}
    with home.store() as store:
        kept = usage_of_january(store)[0]
    # All of the second, beside what came of the first before it was killed.
    assert kept >= len(good)
    assert f"{ROWS:,} rows read." in done.stdout
    again = home.here("usage", "import", str(file))
    assert f"{len(good):,}  imported before" in again.stdout


def test_a_database_that_goes_away_breaks_the_import_off_in_a_sentence(tmp_path: Path) -> None:
    with home_in(tmp_path / "home") as home:
        with home.store() as store:
            open_shop(store, "acme")
        write_lines(tmp_path / "usage.jsonl")
        process = home.begin("usage", "import", str(tmp_path / "usage.jsonl"))
        notes = home.folder / "imports"
        while not (notes.is_dir() and any(note.suffix == ".json" for note in notes.iterdir())):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        postmaster = postmaster_of(place_for(home.folder / "postgres").data)
        assert postmaster is not None
        postmaster.kill()
        complaints = process.communicate(timeout=120)[1]
        assert process.returncode != 0
        assert "Traceback" not in complaints
        done = home.begin("usage", "import", str(tmp_path / "usage.jsonl"))
        said = done.communicate(timeout=300)
        assert "Goes on after" in said[1]
        with home.store() as store:
            assert usage_of_january(store)[0] == ROWS - len(BAD)
