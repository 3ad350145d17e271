"""Importing usage: each row once, however often and in whatever order; bad rows apart, with their lines."""

from __future__ import annotations

import csv
import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from farthing.core.metering.meter import Reading
from farthing.core.metering.sample import whole
from farthing.core.period import Period, start_of_day
from farthing.postgres.database import PostgresStore
from tests.cli.commands import Commands

MAPPED = ["--customer", "acme", "--type", "completion", "--time", "when", "--value", "tokens=tokens"]
GOOD = [f"2026-02-05 10:{minute:02d}:00,{minute % 3},r{minute}" for minute in range(30)]
HEADER = "when,tokens,id"


def write(folder: Path, *lines: str, name: str = "usage.csv", end: str = "\n", start: str = "") -> Path:
    file = folder / name
    file.write_bytes((start + end.join(lines) + end).encode())
    return file


def february(books: PostgresStore) -> tuple[Decimal, int]:
    """The tokens and events of Acme's February."""
    with books.transaction():
        customer = books.customer_by_key("acme")
        assert customer is not None
        zone = "Europe/Berlin"
        period = Period(start_of_day(date(2026, 2, 1), in_zone=zone), start_of_day(date(2026, 3, 1), in_zone=zone))
        measured = books.measure(
            Reading(books.meters()["tokens"], whole(period, in_zone=zone)),
            customer_id=customer.customer_id,
            to_position=books.last_position(),
        )
    return measured.quantity, measured.events


def test_a_second_import_changes_nothing_even_renamed_and_shuffled(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    rows = [f"2026-02-05 10:00:00,{number % 2}" for number in range(12)]
    first = acme.well("usage", "import", str(write(tmp_path, "when,tokens", *rows)), *MAPPED, "--zone", "UTC")
    assert "12  accepted" in first
    assert february(books) == (Decimal(6), 12)
    random.Random(1).shuffle(rows)
    moved = [f"{row.partition(',')[2]},{row.partition(',')[0]}" for row in rows]
    again = write(tmp_path, "tokens,when", *moved, name="other.csv", end="\r\n")
    told = acme.well("usage", "import", str(again), *MAPPED, "--zone", "UTC")
    assert "12  imported before" in told
    assert february(books) == (Decimal(6), 12)


def test_overlapping_halves_with_ids_are_imported_once(acme: Commands, books: PostgresStore, tmp_path: Path) -> None:
    for name, part in (("a.csv", GOOD[:20]), ("b.csv", GOOD[10:])):
        file = write(tmp_path, HEADER, *part, name=name)
        acme.well("usage", "import", str(file), *MAPPED, "--zone", "UTC", "--id", "id")
    assert february(books) == (Decimal(30), 30)


def test_an_id_that_says_something_else_now_is_a_conflict_and_told(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    arguments = [*MAPPED, "--zone", "UTC", "--id", "id"]
    acme.well("usage", "import", str(write(tmp_path, HEADER, *GOOD)), *arguments)
    changed = write(tmp_path, HEADER, *GOOD[:3], "2026-02-05 10:03:00,77,r3")
    told = acme.refused("usage", "import", str(changed), *arguments, code=1)
    assert "line 5: Another event holds this source and id" in told
    assert february(books) == (Decimal(30), 30)


@pytest.mark.parametrize(
    ("start", "end", "separator"),
    [("\ufeff", "\n", ","), ("", "\r\n", ";"), ("", "\r", "\t"), ("sep=|\r\n", "\r\n", "|")],
)
def test_each_way_of_writing_a_csv_file_is_read(
    acme: Commands, books: PostgresStore, tmp_path: Path, start: str, end: str, separator: str
) -> None:
    lines = [line.replace(",", separator) for line in [HEADER, *GOOD]]
    file = write(tmp_path, *lines, start=start, end=end)
    assert "30  accepted" in acme.well("usage", "import", str(file), *MAPPED, "--zone", "UTC")
    assert february(books) == (Decimal(30), 30)


def test_a_file_in_utf_16_with_quoted_line_breaks_is_read(acme: Commands, books: PostgresStore, tmp_path: Path) -> None:
    file = tmp_path / "excel.csv"
    text = 'note\twhen\ttokens\n"two\nlines, ""quoted"""\t2026-02-05T10:00:00Z\t5\n\n\tnot a time\t6\n'
    file.write_bytes(text.encode("utf-16"))
    told = acme.refused("usage", "import", str(file), *MAPPED, code=1)
    assert "line 5: “not a time” is not a time" in told
    assert february(books) == (Decimal(5), 1)


def test_bad_rows_are_kept_apart_with_their_lines_and_the_good_ones_count(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    file = write(
        tmp_path,
        HEADER,
        GOOD[0],
        "2026-02-05 10:00:01,,x",
        "2026-02-05 10:00:02,many,x",
        '2026-02-05 10:00:03,"1,000",x',
        "2026-02-31 10:00:00,1,x",
        "yesterday,1,x",
        "2026-02-05 10:00:06,1",
        "2026-02-05 10:00:07,1,x,y",
        "2026-02-05 10:00:08,1,x,",
        "2027-02-05 10:00:09,1,x",
        "2026-02-05 10:00:10,1e999,x",
        GOOD[1],
    )
    result = acme("usage", "import", str(file), *MAPPED, "--zone", "UTC")
    assert result.exit_code == 1
    assert " 3  accepted" in result.stdout
    assert " 8  could not be read" in result.stdout
    assert " 1  quarantined" in result.stdout
    assert "9 rows did not count" in result.stderr
    with (tmp_path / "usage.csv.rejected.csv").open(encoding="utf-8", newline="") as opened:
        rejected = list(csv.reader(opened))
    assert rejected[0] == ["line", "reason", "identity", "when", "tokens", "id"]
    assert [row[0] for row in rejected[1:] if row[2]] == ["11"]  # The others are in no quarantine.
    told = {int(row[0]): row[1] for row in rejected[1:]}
    assert set(told) == {3, 4, 5, 6, 7, 8, 9, 11, 12}
    assert "empty; bad is never zero" in told[3]
    assert "without grouping" in told[5]
    assert "does not exist" in told[6]
    assert "2 cells, the header has 3" in told[8]
    assert "from now" in told[11]
    assert february(books) == (Decimal(2), 3)
    assert acme.well("usage", "quarantine").count("row:") == 1


def test_clocks_that_skip_and_repeat_an_hour(acme: Commands, books: PostgresStore, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "when,tokens",
        "2025-10-26 02:30:00,1",
        "2025-10-26 02:30:00+01:00,2",
        "2025-03-30 02:30:00,4",
    )
    result = acme("usage", "import", str(file), *MAPPED, "--zone", "Europe/Berlin")
    assert "1 row tells a local hour that occurs twice" in result.stdout
    assert "line 4: “2025-03-30 02:30:00” never was in Europe/Berlin" in result.stderr
    with books.transaction():
        customer = books.customer_by_key("acme")
        assert customer is not None
        day = Period(start_of_day(date(2025, 10, 26), in_zone="UTC"), start_of_day(date(2025, 10, 27), in_zone="UTC"))
        kept = books.events(
            customer_id=customer.customer_id, event_type="completion", period=day, to_position=books.last_position()
        )
    assert [event.event.time for event in kept] == ["2025-10-26T00:30:00.000000Z", "2025-10-26T01:30:00.000000Z"]


def test_a_dry_run_keeps_nothing(acme: Commands, books: PostgresStore, tmp_path: Path) -> None:
    file = write(tmp_path, HEADER, *GOOD)
    told = acme.well("usage", "import", str(file), *MAPPED, "--zone", "UTC", "--dry-run")
    assert "30 events would be sent; nothing was kept." in told
    assert "The sum of tokens is 30." in told
    with books.transaction():
        assert books.counts().accepted == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "no names of columns"),
        (bytes(random.Random(2).randbytes(10_000_000)), "does not look like a CSV file"),
        (b"\x00" * 100_000, "does not look like a CSV file"),
        (b"x" * 10_000_000, "a line of over 1,000,000 letters"),
        (b"When,Tokens\n1,2\n", "no column “when”; did you mean “When”?"),
        (b"time,tokens\n1,2\n", "no column “when”; it has: time, tokens."),
        (b"when,tokens,when\n1,2,3\n", "the column “when” twice"),
        (b"when,tokens\n2026-02-05 10:00:00,1\n", "Line 2: “2026-02-05 10:00:00” says no zone"),
        (b"\xff\xfew", "encoding"),
        (b"when,tokens\n", "The file has a header and no rows."),
        (b"when,tokens\n\n\n", "The file has a header and no rows."),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_in_a_sentence(
    acme: Commands, books: PostgresStore, tmp_path: Path, content: bytes, says: str
) -> None:
    file = tmp_path / "usage.csv"
    file.write_bytes(content)
    assert says in acme.refused("usage", "import", str(file), *MAPPED)
    with books.transaction():
        assert books.counts().accepted == 0


def test_ten_megabytes_of_noise_below_a_header_are_kept_apart(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    file = tmp_path / "usage.csv"
    noise = random.Random(3).randbytes(10_000_000)
    file.write_bytes(b"when,tokens\n2026-02-05 10:00:00Z,7\n" + noise + b'\n"\n')
    told = acme.refused("usage", "import", str(file), *MAPPED, code=1)
    assert "rows did not count" in told
    assert february(books) == (Decimal(7), 1)


def test_bytes_of_another_encoding_matter_only_where_they_are_used(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    file = tmp_path / "usage.csv"
    file.write_bytes("note,when,tokens\nMüller,2026-02-05 10:00:00Z,5\nx,2026-02-05 10:00:01Z,5é\n".encode("latin-1"))
    told = acme.refused("usage", "import", str(file), *MAPPED, code=1)
    assert "line 3: Its “tokens” is not in the file's encoding" in told
    assert february(books) == (Decimal(5), 1)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (["--customer", "acmee"], "Did you mean acme?"),
        (["--type", "completions"], "there are: call, completion."),
        (["--value", "tokens"], "is no --value"),
        (["--value", "tokens=tokens", "--value", "tokens=id"], "two --value options"),
        (["--value", "other=tokens"], "which no --value gives; add --value tokens=COLUMN"),
        (["--zone", "Mars/Olympus"], "is not a time zone"),
        (["--id", "ident"], "no column “ident”"),
        (["--encoding", "klingon"], "there is no encoding “klingon”"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_read(
    acme: Commands, books: PostgresStore, tmp_path: Path, changed: list[str], says: str
) -> None:
    options = {MAPPED[at]: MAPPED[at + 1] for at in range(0, len(MAPPED), 2)} | {"--zone": "UTC"}
    options.pop(changed[0], None)
    arguments = [part for pair in options.items() for part in pair]
    file = write(tmp_path, HEADER, *GOOD)
    assert says in acme.refused("usage", "import", str(file), *arguments, *changed)
    with books.transaction():
        assert books.counts().accepted == 0


def test_an_option_of_a_file_that_is_not_there(acme: Commands) -> None:
    assert "does not exist" in acme.refused("usage", "import", "none.csv", *MAPPED)


def test_equal_ids_in_two_files_are_the_same_event_and_help_says_so(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    mapped = [*MAPPED, "--id", "id", "--zone", "UTC"]
    monday = write(tmp_path, HEADER, "2026-02-05 10:00:00,1,r1", name="monday.csv")
    tuesday = write(tmp_path, HEADER, "2026-02-06 10:00:00,2,r1", name="tuesday.csv")
    assert "1  accepted" in acme.well("usage", "import", str(monday), *mapped)
    assert "1  in conflict with an event of the same identity" in acme("usage", "import", str(tuesday), *mapped).stdout
    assert february(books) == (Decimal(1), 1)
    told = " ".join(acme.well("usage", "import", "--help").split())
    assert "with --id equal ids in two files are the same event" in told


def test_texts_come_along_and_an_empty_cell_is_none(acme: Commands, books: PostgresStore, tmp_path: Path) -> None:
    table = write(tmp_path, "when,tokens,model", "2026-02-05 10:00,7,large", "2026-02-05 11:00,8,")
    told = acme.well("usage", "import", str(table), *MAPPED, "--text", "model=model", "--zone", "UTC")
    assert "2  accepted" in told
    with books.transaction():
        customer = books.customer_by_key("acme")
        assert customer is not None
        kept = books.events(
            customer_id=customer.customer_id,
            event_type="completion",
            period=Period(start_of_day(date(2026, 2, 1), in_zone="UTC"), start_of_day(date(2026, 3, 1), in_zone="UTC")),
            to_position=books.last_position(),
        )
    assert [dict(one.event.data) for one in kept] == [{"tokens": 7, "model": "large"}, {"tokens": 8}]
    said = acme.refused("usage", "import", str(table), *MAPPED, "--text", "tokens=model", "--zone", "UTC")
    assert "“tokens” is given by --value and by --text" in said


def test_the_sum_is_of_what_was_accepted_now(acme: Commands, tmp_path: Path) -> None:
    mapped = [*MAPPED, "--zone", "UTC", "--id", "id"]
    first = acme.well("usage", "import", str(write(tmp_path, HEADER, "2026-02-05 10:00:00,5,a")), *mapped)
    assert "The sum of tokens over what was accepted now is 5.\n" in first
    more = ["2026-02-05 10:00:00,5,a", "2026-02-05 10:00:01,7,b", "2027-02-05 10:00:00,90,c", "2026-02-05 10:00:00,6,a"]
    told = acme("usage", "import", str(write(tmp_path, HEADER, *more)), *mapped).stdout
    assert "The sum of tokens over what was accepted now is 7; 1 row was there already.\n" in told
    assert "sum of" not in acme("usage", "import", str(write(tmp_path, HEADER, *more)), *mapped).stdout


def test_rejected_rows_are_in_the_order_and_the_writing_of_the_file(acme: Commands, tmp_path: Path) -> None:
    lines = [HEADER, "2027-02-05 10:00:00,1,a", "never,2,b", "2027-02-05 10:00:01,3,c", "2026-02-05 10:00:00,,d"]
    file = write(tmp_path, *(line.replace(",", ";") for line in lines))
    told = acme.refused("usage", "import", str(file), *MAPPED, "--zone", "UTC", code=1)
    assert [line.partition(":")[0] for line in told.splitlines()[:4]] == ["line 2", "line 3", "line 4", "line 5"]
    with (tmp_path / "usage.csv.rejected.csv").open(encoding="utf-8", newline="") as opened:
        rejected = list(csv.reader(opened, delimiter=";"))
    assert rejected[0] == ["line", "reason", "identity", "when", "tokens", "id"]
    assert [(row[0], row[-1]) for row in rejected[1:]] == [("2", "a"), ("3", "b"), ("4", "c"), ("5", "d")]
