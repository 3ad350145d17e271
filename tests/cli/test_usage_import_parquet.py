"""Importing Parquet: the same rows as a CSV file has, exact to the digit and the microsecond, or whole events."""

from __future__ import annotations

import gzip
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from farthing.core.period import Period
from farthing.postgres.database import PostgresStore
from tests.cli.commands import Commands
from tests.cli.test_usage_import import february

OPTIONS = ["--customer", "acme", "--type", "completion", "--time", "when", "--value", "tokens=tokens"]
AT = datetime(2026, 2, 5, 10, 0, 0, 123456, tzinfo=UTC)
LOCAL = AT.replace(tzinfo=None)


def write(folder: Path, name: str = "usage.parquet", **columns: Any) -> Path:
    file = folder / name
    pyarrow.parquet.write_table(pyarrow.table(columns), file)
    return file


def kept(books: PostgresStore) -> list[tuple[str, dict[str, Any]]]:
    """The time and data of Acme's events, as they were sent."""
    with books.transaction():
        customer = books.customer_by_key("acme")
        assert customer is not None
        period = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
        found = books.events(
            customer_id=customer.customer_id,
            event_type="completion",
            period=period,
            to_position=books.last_position(),
        )
    return [(str(one.event.time), dict(one.event.data)) for one in found]


@pytest.mark.parametrize(
    ("tokens", "quantity"),
    [
        (pyarrow.array([1, 2], pyarrow.int8()), 3),
        (pyarrow.array([2**63, 2**64 - 1], pyarrow.uint64()), 2**63 + 2**64 - 1),
        (pyarrow.array([Decimal("0.1"), Decimal("0.2")], pyarrow.decimal128(10, 3)), Decimal("0.3")),
        (pyarrow.array([Decimal("1e19"), Decimal("0.000000000000000001")], pyarrow.decimal256(50, 18)),
         Decimal("10000000000000000000.000000000000000001")),
        (pyarrow.array(["1.50", "2"]), Decimal("3.5")),
        (pyarrow.array(["7", "7"]).dictionary_encode(), 14),
        (pyarrow.array([b"7", b"8"]), 15),
        (pyarrow.array([812.0, 0.25]), Decimal("812.25")),
        (pyarrow.array([0.5, 3.0], pyarrow.float32()), Decimal("3.5")),
        (pyarrow.array([1e15, -2.0]), 10**15 - 2),
    ],
    ids=["int8", "uint64", "decimal128", "decimal256", "text", "dictionary", "bytes", "double", "float", "large"],
)  # fmt: skip
def test_a_number_is_exactly_that_number(
    acme: Commands, books: PostgresStore, tmp_path: Path, tokens: object, quantity: object
) -> None:
    write(tmp_path, when=pyarrow.array([AT, AT]), tokens=tokens)
    acme.well("usage", "import", "usage.parquet", *OPTIONS)
    assert february(books) == (quantity, 2)


def test_a_float_that_is_not_exactly_what_it_shows_is_kept_apart_and_can_be_imported_as_shown(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    tokens = pyarrow.array([0.1, 0.5, float("nan"), None, float("inf")])
    write(tmp_path, when=pyarrow.array([AT] * 5), tokens=tokens, share=pyarrow.array([0.1] * 5))
    told = acme("usage", "import", "usage.parquet", *OPTIONS, "--text", "share=share")
    assert told.exit_code == 1
    assert (
        "line 1: Its “tokens” is the float 0.1, which is not exactly that number; write the column as dec"
        in told.stderr
    )
    assert "line 3: Its “tokens” is “nan”, which is no number" in told.stderr
    assert "line 4: Its “tokens” is empty" in told.stderr
    assert "line 5: Its “tokens” is “inf”" in told.stderr
    assert february(books) == (Decimal("0.5"), 1)
    # Whoever looked at them may take them as they are shown.
    acme("usage", "import", "usage.parquet.rejected.csv", *OPTIONS)
    assert february(books) == (Decimal("0.6"), 2)


@pytest.mark.parametrize(
    ("when", "zone", "instant"),
    [
        (pyarrow.array([AT], pyarrow.timestamp("us", "America/New_York")), None, "2026-02-05T10:00:00.123456Z"),
        (pyarrow.array([LOCAL], pyarrow.timestamp("us")), "Europe/Berlin", "2026-02-05T09:00:00.123456Z"),
        (pyarrow.array([LOCAL], pyarrow.timestamp("ms")), "UTC", "2026-02-05T10:00:00.123000Z"),
        (pyarrow.array([1770285600], pyarrow.timestamp("s", "UTC")), None, "2026-02-05T10:00:00.000000Z"),
        (pyarrow.array([1770285600123456789], pyarrow.timestamp("ns", "UTC")), None, "2026-02-05T10:00:00.123456Z"),
        (pyarrow.array([date(2026, 2, 5)]), "UTC", "2026-02-05T00:00:00.000000Z"),
        (pyarrow.array(["2026-02-05 10:00:00+01:00"]), None, "2026-02-05T09:00:00.000000Z"),
    ],
    ids=["a zone", "none", "milliseconds", "seconds", "nanoseconds", "a day", "text"],
)
def test_a_time_is_that_instant_to_the_microsecond(
    acme: Commands, books: PostgresStore, tmp_path: Path, when: object, zone: str | None, instant: str
) -> None:
    write(tmp_path, when=when, tokens=pyarrow.array([1]))
    if zone is not None:
        assert "says no zone; give the zone" in acme.refused("usage", "import", "usage.parquet", *OPTIONS)
    acme.well("usage", "import", "usage.parquet", *OPTIONS, *([] if zone is None else ["--zone", zone]))
    assert kept(books) == [(instant, {"tokens": 1})]


def test_the_same_rows_in_parquet_and_csv_are_the_same_events(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    whens = ["2026-02-05T10:00:00Z", "2026-02-05T10:00:00Z", "2026-02-05T11:00:00Z"]
    lines = ["when,tokens,model", *(f"{when},4,large" for when in whens)]
    (tmp_path / "usage.csv").write_text("\n".join(lines), encoding="utf-8")
    acme.well("usage", "import", "usage.csv", *OPTIONS)
    times = [datetime.fromisoformat(when) for when in whens]
    write(tmp_path, when=pyarrow.array(times), tokens=pyarrow.array([4, 4, 4]), model=pyarrow.array(["large"] * 3))
    assert "3  imported before" in acme.well("usage", "import", "usage.parquet", *OPTIONS)
    assert february(books) == (Decimal(12), 3)


@pytest.mark.parametrize("how", ["plain", "another name", "gzip", "piped", "piped gzip"])
def test_a_file_of_many_groups_is_read_packed_and_piped_too(
    acme: Commands, books: PostgresStore, tmp_path: Path, how: str
) -> None:
    rows = 12_345
    file = tmp_path / "usage.parquet"
    table = pyarrow.table({"when": [AT] * rows, "tokens": range(rows), "row": [f"r{row}" for row in range(rows)]})
    pyarrow.parquet.write_table(table, file, row_group_size=1_000, compression="zstd")
    content = file.read_bytes()
    options = [*OPTIONS, "--id", "row"]
    if "gzip" in how:
        content = gzip.compress(content)
    if "piped" in how:
        result = acme("usage", "import", "-", "--format", "parquet", *options, piped=content)
    else:
        name = {"plain": "usage.parquet", "another name": "usage.bin", "gzip": "usage.parquet.gz"}[how]
        (tmp_path / name).write_bytes(content)
        form = ["--format", "parquet"] if name.endswith(".bin") else []
        result = acme("usage", "import", name, *form, *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert february(books) == (Decimal(rows * (rows - 1) // 2), rows)


def named(**more: Any) -> dict[str, Any]:
    usual = {"id": ["1", "2"], "source": ["api"] * 2, "type": ["completion"] * 2, "subject": ["acme"] * 2}
    return usual | {"time": pyarrow.array([AT, AT])} | more


@pytest.mark.parametrize(
    "data",
    [
        {"data.tokens": [4, 5], "data.model": ["large", None]},
        {"data": pyarrow.array([{"tokens": 4, "model": "large"}, {"tokens": 5, "model": None}])},
        {"data": ['{"tokens": 4, "model": "large"}', '{"tokens": 5}']},
        {"data": pyarrow.array([[("tokens", "4"), ("model", "large")], [("tokens", "5")]],
                               pyarrow.map_(pyarrow.string(), pyarrow.string()))},
    ],
    ids=["columns", "a struct", "JSON", "a map"],
)  # fmt: skip
def test_columns_named_as_an_event_are_events(
    acme: Commands, books: PostgresStore, tmp_path: Path, data: dict[str, Any]
) -> None:
    write(tmp_path, **named(specversion=["1.0"] * 2, **data))
    told = acme.well("usage", "import", "usage.parquet")
    assert "The sum of tokens over what was accepted now is 9." in told
    (first_time, first), (_, second) = kept(books)
    assert first_time == "2026-02-05T10:00:00.123456Z"
    assert (int(first.pop("tokens")), first) == (4, {"model": "large"})
    assert (int(second.pop("tokens")), second) == (5, {})
    assert "2  imported before" in acme.well("usage", "import", "usage.parquet")


def test_an_event_is_the_same_from_parquet_and_from_a_line_of_json(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    numbers = pyarrow.array([Decimal("1.50"), Decimal("2.00")], pyarrow.decimal128(10, 2))
    write(tmp_path, **named(**{"data.tokens": numbers}))
    acme.well("usage", "import", "usage.parquet")
    line = (
        '{"id": "%s", "source": "api", "type": "completion", "subject": "acme", "time": "2026-02-05T10:00:00.123456Z", '
        '"data": {"tokens": %s}}\n'
    )
    (tmp_path / "usage.jsonl").write_text(line % ("1", "1.5") + line % ("2", "2"), encoding="utf-8")
    assert "2  imported before" in acme.well("usage", "import", "usage.jsonl")
    assert february(books) == (Decimal("3.5"), 2)


def test_floats_of_events_must_be_exact_too_and_times_need_a_zone(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    write(tmp_path, **named(**{"data.tokens": [0.1, 0.5]}))
    told = acme("usage", "import", "usage.parquet")
    assert "line 1: Its “data.tokens” is the float 0.1" in told.stderr
    assert february(books) == (Decimal("0.5"), 1)
    # Whoever looked at them may take them as they are shown.
    acme.well("usage", "import", "usage.parquet.rejected.jsonl")
    assert february(books) == (Decimal("0.6"), 2)
    times = pyarrow.array([LOCAL, datetime(2026, 3, 29, 2, 30)])  # noqa: DTZ001
    write(tmp_path, **named(id=["8", "9"], time=times, **{"data.tokens": [1, 1]}))
    assert "say no zone; give it with --zone" in acme.refused("usage", "import", "usage.parquet")
    told = acme("usage", "import", "usage.parquet", "--zone", "Europe/Berlin")
    assert "line 2: “2026-03-29T02:30:00” never was in Europe/Berlin" in told.stderr
    assert february(books) == (Decimal("1.6"), 3)


@pytest.mark.parametrize(
    ("columns", "options", "says"),
    [
        ({"when": [AT], "usage": [{"tokens": 1}]}, [*OPTIONS[:-1], "tokens=usage"],
         "The column “usage” of usage.parquet holds several values in one cell (struct<tokens: int64>)"),
        ({"when": [AT], "tokens": [[1, 2]]}, OPTIONS, "holds several values in one cell (list<"),
        ({"when": [AT], "Tokens": [1]}, OPTIONS, "has no column “tokens”; did you mean “Tokens”?"),
        ({"when": [AT], "tokens": [1]}, [], "has no column “id”; say with --customer, --type, --time and --value"),
        ({"when": [AT], "tokens": [1]}, ["--customer", "acme"], "needs --type and --time too"),
        ({"when": [AT], "tokens": [1]}, [*OPTIONS, "--encoding", "latin-1"], "--encoding is for CSV"),
        (named(tokens=[1, 2]), [], "has a column “tokens”, which no event has; name it “data.tokens”"),
        (named(data=["{}", "{}"], **{"data.tokens": [1, 2]}), [], "has a column “data” and “data.tokens” too"),
        ({"when": pyarrow.array([], pyarrow.string()), "tokens": pyarrow.array([], pyarrow.int64())}, OPTIONS,
         "usage.parquet has no rows"),
    ],
    ids=["a struct", "a list", "another name", "no event", "some options", "encoding", "a stray column", "data twice",
         "no rows"],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_in_a_sentence(
    acme: Commands, books: PostgresStore, tmp_path: Path, columns: dict[str, Any], options: list[str], says: str
) -> None:
    write(tmp_path, **columns)
    assert says in acme.refused("usage", "import", "usage.parquet", *options)
    with books.transaction():
        assert books.counts().accepted == 0


@pytest.mark.parametrize("damage", ["cut off", "scrambled", "no Parquet", "empty"])
def test_a_damaged_file_is_told_in_a_sentence(acme: Commands, tmp_path: Path, damage: str) -> None:
    rows = 20_000
    file = write(tmp_path, when=[AT] * rows, tokens=range(rows))
    content = file.read_bytes()
    scrambled = content[:20] + bytes(b ^ 0x5A for b in content[20 : len(content) // 2]) + content[len(content) // 2 :]
    damaged = {"cut off": content[: len(content) // 2], "scrambled": scrambled, "no Parquet": b"when,tokens\n1,2\n"}
    file.write_bytes(damaged.get(damage, b""))
    told = acme.refused("usage", "import", "usage.parquet", *OPTIONS)
    assert any(says in told for says in ("cannot be read as Parquet", "does not look like a Parquet", "is empty"))


def test_parquet_under_another_name_is_told_from_csv(acme: Commands, tmp_path: Path) -> None:
    write(tmp_path, "usage.csv", when=[AT], tokens=[1])
    assert "holds Parquet; import it with --format parquet" in acme.refused("usage", "import", "usage.csv", *OPTIONS)


def test_without_the_library_one_sentence_says_what_to_install(acme: Commands, tmp_path: Path) -> None:
    file = write(tmp_path, when=[AT], tokens=[1])
    # A process that finds no pyarrow, as one in an environment without the extra.
    program = "import sys; sys.modules['pyarrow'] = None; from farthing.cli.main import main; main()"
    words = ["--home", str(acme.home), "usage", "import", str(file), *OPTIONS]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "install it with “pip install 'farthing[parquet]'”" in done.stderr
    assert done.stderr.count("\n") == 1
