"""Importing lines of JSON, compressed files and standard input: each event once, and what cannot count apart."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import tracemalloc
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard
from rich.console import Console

from farthing.cli.import_progress import import_progress
from farthing.cli.input_file import InputFile
from farthing.cli.json_lines import lines_in
from farthing.core.metering.meter import Reading
from farthing.core.metering.sample import whole
from farthing.core.period import Period, start_of_day
from farthing.core.refused import Refused
from farthing.postgres.database import PostgresStore
from tests.cli.commands import Commands

MAPPED = ["--customer", "acme", "--type", "completion", "--time", "when", "--value", "tokens=tokens", "--zone", "UTC"]
CSV = b"when,tokens\n2026-02-05 10:00:00,5\n2026-02-05 10:00:01,7\n"


def event(number: int, tokens: object = 2, **other: object) -> str:
    said = {
        "id": f"e{number}",
        "source": "/inference/eu-1",
        "type": "completion",
        "subject": "acme",
        "time": f"2026-02-05T10:{number // 60 % 60:02d}:{number % 60:02d}Z",
        "data": {"tokens": tokens, "model": "small"},
    }
    return json.dumps({name: value for name, value in (said | other).items() if value is not None})


def lines(count: int) -> bytes:
    return "".join(f"{event(number)}\n" for number in range(count)).encode()


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


def rejected_in(file: Path) -> dict[int, tuple[str, str]]:
    """What was kept apart: reason and text, by line."""
    kept = [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]
    return {one["line"]: (one["reason"], one["text"]) for one in kept}


def test_twenty_thousand_lines_are_imported_once_however_often_they_are_sent(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    whole_file = lines(20_000)
    # The first run stops in the middle of a line, as one that was killed.
    (tmp_path / "usage.jsonl").write_bytes(whole_file[: len(whole_file) // 2])
    broken = acme("usage", "import", "usage.jsonl")
    assert broken.exit_code == 1
    assert "1 row did not count; see usage.jsonl.rejected.jsonl." in broken.stderr
    half = february(books)[1]
    assert 9_000 < half < 11_000
    (tmp_path / "usage.jsonl").write_bytes(whole_file)
    told = acme.well("usage", "import", "usage.jsonl")
    assert "20,000 rows read.\nThey happened from 2026-02-05 10:00:00 UTC to 2026-02-05 10:59:59 UTC.\n" in told
    there = f"{half:,} rows were there already"
    assert f"The sum of tokens over what was accepted now is {2 * (20_000 - half):,}; {there}.\n" in told
    assert f"{20_000 - half:,}  accepted" in told
    assert february(books) == (Decimal(40_000), 20_000)
    assert not (tmp_path / "usage.jsonl.rejected.jsonl").exists()
    shuffled = whole_file.splitlines(keepends=True)
    random.Random(1).shuffle(shuffled)
    (tmp_path / "other.ndjson.gz").write_bytes(gzip.compress(b"".join(shuffled)))
    assert "20,000  imported before, and counted once" in acme.well("usage", "import", "other.ndjson.gz")
    assert february(books) == (Decimal(40_000), 20_000)


def test_a_line_is_the_event_that_it_is_over_http_and_without_identity_it_is_refused(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    written = [
        "\ufeff" + event(0, tokens="1.5"),
        "",
        event(1, source=None),
        event(2)[:-1],
        event(3, tokens=None, data={}),
        event(4, subject="nobody"),
        event(0, tokens=9),
        '{"id": "e7", "id": "e8"}',
        f"[{event(9)}]",
        '{"id": "e10", "source": "a", "data": {"tokens": NaN}}',
        event(11, time=None),
        event(12, tokens=10**60),
        event(13, specversion="1.0", traceparent="00-1"),
        event(14, time="yesterday"),
    ]
    file = tmp_path / "usage.jsonl"
    file.write_bytes("\r\n".join(written).encode() + b"\n" + event(15).encode() + b"\xff\n[" + b"[" * 100_000)
    result = acme("usage", "import", str(file))
    assert result.exit_code == 1
    for count in (" 3  accepted", " 1  in conflict", " 5  quarantined", " 6  could not be read"):
        assert count in result.stdout
    assert "The sum of tokens over what was accepted now is 5.5.\n" in result.stdout
    assert "12 rows did not count" in result.stderr
    told = rejected_in(tmp_path / "usage.jsonl.rejected.jsonl")
    assert list(told) == [3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16]
    assert told[3] == ("The event has no source; give each event a text “source”.", event(1, source=None))
    for line, says in {
        4: "The line is not JSON: ",
        5: "data has no “tokens”",
        6: "No customer has the key “nobody”",
        7: "Another event holds this source and id",
        8: "The event says “id” twice",
        9: "An event is a JSON object",
        10: "It holds NaN, which is no number in JSON",
        12: "too long",
        14: "“yesterday” is not a time",
        15: "The line is not UTF-8",
        16: "nested too deeply",
    }.items():
        assert says in told[line][0]
    assert told[15][1].encode("utf-8", "surrogateescape") == event(15).encode() + b"\xff"
    assert february(books) == (Decimal("3.5"), 2)


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(lines(200)),
        gzip.compress(lines(90)) + gzip.compress(lines(200)[len(lines(90)) :]),
        zstandard.compress(lines(200)),
        b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip" + zstandard.compress(lines(200)),
        lines(200),
    ],
    ids=["gzip", "two gzips in one", "zstd", "zstd after a frame to skip", "not packed"],
)
@pytest.mark.parametrize("name", ["usage.jsonl", "usage.ndjson.zst", "-"])
def test_a_packed_file_is_known_by_its_first_bytes_whatever_it_is_called(
    acme: Commands, books: PostgresStore, tmp_path: Path, packed: bytes, name: str
) -> None:
    if name == "-":
        result = acme("usage", "import", "-", "--format", "jsonl", piped=packed)
    else:
        (tmp_path / name).write_bytes(packed)
        result = acme("usage", "import", name)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "200  accepted" in result.stdout
    assert february(books) == (Decimal(400), 200)


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(CSV), zstandard.compress(CSV), CSV, CSV.decode().encode("utf-16")],
    ids=["gzip", "zstd", "plain", "utf-16"],
)
def test_csv_is_read_packed_and_from_standard_input_and_both_are_the_same_rows(
    acme: Commands, books: PostgresStore, tmp_path: Path, packed: bytes
) -> None:
    (tmp_path / "usage.csv").write_bytes(packed)
    assert "2  accepted" in acme.well("usage", "import", "usage.csv", *MAPPED)
    piped = acme("usage", "import", "-", "--format", "csv", *MAPPED, piped=packed)
    assert "2  imported before" in piped.stdout
    assert february(books) == (Decimal(12), 2)


def test_what_is_kept_apart_from_standard_input_is_written_in_the_current_folder(
    acme: Commands, tmp_path: Path
) -> None:
    result = acme("usage", "import", "-", "--format", "jsonl", piped=event(1).encode() + b"\nnothing")
    assert "1  accepted" in result.stdout
    assert "line 2: The line is not JSON" in result.stderr
    assert "see stdin.rejected.jsonl" in result.stderr
    assert rejected_in(tmp_path / "stdin.rejected.jsonl")[2][1] == "nothing"
    acme("usage", "import", "-", "--format", "csv", *MAPPED, piped=CSV + b"never,1\n")
    with (tmp_path / "stdin.rejected.csv").open(encoding="utf-8", newline="") as opened:
        assert [row[2:] for row in csv.reader(opened)] == [["when", "tokens"], ["never", "1"]]


def test_data_that_breaks_off_is_told_and_the_whole_of_it_then_counts_once(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    noise = random.Random(4)
    written = "".join(f"{event(number, note=noise.randbytes(20).hex())}\n" for number in range(6_000)).encode()
    for name, packed in (("gzip", gzip.compress(written)), ("zstd", zstandard.compress(written))):
        file = tmp_path / "usage.jsonl"
        file.write_bytes(packed[:-40])
        assert f"breaks off before the end of its {name} data" in acme.refused("usage", "import", str(file))
        assert february(books)[1] >= 5_000
        file.write_bytes(packed[: len(packed) // 2] + b"\x00" * 500 + packed[len(packed) // 2 :])
        damaged = acme.refused("usage", "import", str(file))
        assert f"begins as {name} data and cannot be unpacked to its end" in damaged
        file.write_bytes(packed)
        acme.well("usage", "import", str(file))
        assert february(books) == (Decimal(12_000), 6_000)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "usage.jsonl is empty"),
        (b"\n \n", "usage.jsonl is empty"),
        (b"{" * 2_000_000, "has a line of over 1 MB (line 1); write one event on each line"),
        (gzip.compress(b" " * 50_000_000), "has a line of over 1 MB"),
    ],
    ids=["nothing", "blanks", "one long line", "a packed long line"],
)
def test_a_file_without_lines_of_events_is_refused_in_a_sentence(
    acme: Commands, books: PostgresStore, tmp_path: Path, content: bytes, says: str
) -> None:
    (tmp_path / "usage.jsonl").write_bytes(content)
    assert says in acme.refused("usage", "import", "usage.jsonl")
    with books.transaction():
        assert books.counts().accepted == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-"], "add --format csv or --format jsonl"),
        (["usage.jsonl", "--customer", "acme"], "--customer is for CSV"),
        (["usage.jsonl", "--encoding", "latin-1"], "--encoding is for CSV"),
        (["usage.log"], "A CSV file needs --customer and --type and --time too; lines of JSON need --format jsonl"),
        (["usage.log", "--customer", "acme", "--type", "completion"], "A CSV file needs --time too"),
    ],
)
def test_options_that_do_not_fit_the_form_are_told(
    acme: Commands, tmp_path: Path, arguments: list[str], says: str
) -> None:
    for name in ("usage.jsonl", "usage.log"):
        (tmp_path / name).write_bytes(lines(1))
    assert says in acme.refused("usage", "import", *arguments)
    assert "1  accepted" in acme.well("usage", "import", "usage.log", "--format", "jsonl")


def test_a_dry_run_of_lines_keeps_nothing_and_adds_up_what_a_meter_does(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    written = [event(1), event(2, tokens="3"), event(3, tokens=10**50), event(4, data=["x"]), event(5, type="call")]
    (tmp_path / "usage.jsonl").write_text("\n".join(written), encoding="utf-8")
    told = acme.well("usage", "import", "usage.jsonl", "--dry-run")
    assert "The sum of tokens is 5." in told
    assert "5 events would be sent; nothing was kept." in told
    with books.transaction():
        assert books.counts().accepted == 0


def test_usage_outside_every_subscription_is_told_of_the_customers_in_the_file(acme: Commands, tmp_path: Path) -> None:
    for key in ("globex", "initech"):
        acme.well("customer", "add", key, "--name", key, "--zone", "UTC")
        (tmp_path / f"{key}.jsonl").write_text(event(1, id=key, subject=key), encoding="utf-8")
    assert "1 event of globex" in acme.well("usage", "import", "globex.jsonl")
    told = acme.well("usage", "import", "initech.jsonl")
    assert "1 event of initech" in told
    assert "globex" not in told


def test_a_bomb_of_lines_is_read_in_bounded_memory(tmp_path: Path) -> None:
    line = b'{"id": "1"}' + b" " * 1_000_000 + b"\n"
    for packed in (gzip.compress(line * 300), zstandard.compress(line * 300)):
        (tmp_path / "bomb").write_bytes(packed)
        tracemalloc.start()
        with InputFile(tmp_path / "bomb") as source:
            assert sum(1 for _ in lines_in(source)) == 300
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < 60_000_000


def test_a_folder_that_has_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read: no such file or directory"):
        InputFile(tmp_path / "none")


@pytest.mark.parametrize(("size", "says"), [(2_000, "1.0/2.0 kB"), (None, "1.0/? kB")])
def test_a_terminal_shows_rows_a_second_and_what_remains(size: int | None, says: str) -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=120)
    with import_progress("Importing", size=size, console=console) as progress:
        progress(1_000, 500)
    assert "Importing" in shown.getvalue()
    assert says in shown.getvalue()
    assert "rows/s" in shown.getvalue()
    piped = io.StringIO()
    with import_progress("Importing", size=size, console=Console(file=piped)) as progress:
        progress(1_000, 500)
    assert piped.getvalue().strip() == ""
