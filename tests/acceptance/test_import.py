"""Usage from a file: whatever its form, each row once, bad rows apart with their line, in bounded memory."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.processes import Home, home_in, open_shop, usage_of_january

MANY_ROWS = int(os.environ.get("FARTHING_TEST_IMPORT_ROWS", "50000"))
MOST_MORE_MEMORY = 50 * 1024 * 1024


@pytest.fixture
def home(empty_database: str, tmp_path: Path) -> Iterator[Home]:
    """A shop of Acme and Globex."""
    with home_in(tmp_path / "home", owner_url=empty_database) as made:
        with made.store() as store:
            open_shop(store, "acme", "globex", "initech")
        yield made


def import_of(file: Path, *more: str, customer: str = "acme") -> list[str]:
    return ["usage", "import", str(file), "--customer", customer, "--type", "completion", "--time", "at",
            "--value", "tokens=tokens", "--zone", "UTC", *more]  # fmt: skip


def rows(count: int) -> list[str]:
    """Rows of January 2024, some of which say the same."""
    return [f"2024-01-{1 + n % 28:02d} {n % 24:02d}:00:00,{n % 50},{n}" for n in range(count)]


def imported(home: Home, file: Path, *more: str, customer: str = "acme") -> str:
    """What an import says that leaves no row out."""
    said = home.here(*import_of(file, *more, customer=customer))
    assert said.exit_code == 0, said.output
    return said.output


def test_a_file_in_any_form_imports_once(home: Home, tmp_path: Path) -> None:
    lines = rows(300)
    same = [line.rsplit(",", 1)[0] for line in [*lines, *lines[:40]]]  # 40 rows occur twice, and count twice.
    file = tmp_path / "usage.csv"
    file.write_text("\n".join(["at,tokens", *same]))
    assert "340  accepted" in imported(home, file)
    # The same rows in another order and another form are the same rows.
    shuffled = random.Random(3).sample(same, len(same))
    forms = {
        "again": "\n".join(["at,tokens", *same]).encode(),
        "shuffled": "\n".join(["at,tokens", *shuffled]).encode(),
        "byte-order mark and CRLF": "\r\n".join(["\ufeffat,tokens", *shuffled, ""]).encode(),
        "semicolons": "\n".join(["at;tokens", *(line.replace(",", ";") for line in same)]).encode(),
        "UTF-16 with tabs": "\n".join(["at\ttokens", *(line.replace(",", "\t") for line in same)]).encode("utf-16"),
        "quotes and a moved column": "\n".join(
            ['"tokens","at"', *('"{1}","{0}"'.format(*line.split(",")) for line in same)]
        ).encode(),
    }
    for form, content in forms.items():
        file.write_bytes(content)
        told = imported(home, file)
        assert "0  accepted" in told, form
        assert "340  imported before" in told, form
    with home.store() as store:
        tokens = sum(int(line.split(",")[1]) for line in same)
        assert usage_of_january(store) == (340, tokens)

    halves = {"first": lines[:200], "second": lines[100:]}
    for name, half in halves.items():
        part = tmp_path / f"{name}.csv"
        part.write_text("\n".join(["at,tokens,row", *half]))
        imported(home, part, "--id", "row", customer="globex")
    with home.store() as store:
        assert usage_of_january(store, "globex") == (300, sum(int(line.split(",")[1]) for line in lines))
    assert home.here("check").exit_code == 0


def test_bad_rows_are_kept_apart_with_their_lines(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    bad = {
        3: "2024-02-30 10:00:00,1",
        4: "2024-01-05 10:00:00,",
        6: "2024-01-05 10:00:00,many",
        7: "2024-01-05 10:00:00,1,2,3",
        8: "2024-01-05 10:00:00",
        9: "yesterday,1",
        10: "2024-01-05 10:00:00,NaN",
        11: "2024-01-05 10:00:00,1e99",
        13: "2099-01-05 10:00:00,1",
    }
    good = {2: "2024-01-01 00:00:00,5", 5: "2024-01-01 00:00:00,5", 12: "2024-01-31 23:59:59,-7"}
    file.write_text("\n".join(["at,tokens", *(line for _, line in sorted((bad | good).items()))]))
    said = home.here(*import_of(file))
    assert said.exit_code == 1
    assert "3  accepted" in said.output
    assert f"{len(bad)} rows did not count; see {file}.rejected.csv" in said.output
    told = (tmp_path / "usage.csv.rejected.csv").read_text().splitlines()
    assert told[0] == "line,reason,identity,at,tokens"
    assert [int(line.split(",")[0]) for line in told[1:]] == sorted(bad)
    with home.store() as store:
        assert usage_of_january(store) == (3, 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n", "does not look like a CSV file"),
        (random.Random(1).randbytes(1_000_000), "usage.csv"),
        (b"\x00" * 10_000_000, "does not look like a CSV file"),
        (b"time,tokens\n2024-01-01,1\n", "has no column “at”"),
        (b"at,tokens,at\n2024-01-01,1,2\n", "has the column “at” twice"),
    ],
    ids=["empty", "one empty line", "noise", "10 MB of nothing", "another column", "a column twice"],
)
def test_what_is_no_table_is_refused_in_a_sentence(home: Home, tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "usage.csv"
    file.write_bytes(content)
    answer = home.here(*import_of(file))
    assert answer.exit_code == 2
    assert said in answer.output
    assert "Traceback" not in answer.output
    with home.store() as store:
        assert usage_of_january(store) == (0, 0)


def test_a_large_file_takes_little_more_memory_than_a_small_one(home: Home, tmp_path: Path) -> None:
    peaks = []
    for count, customer in ((5_000, "globex"), (MANY_ROWS, "acme")):
        file = tmp_path / f"{count}.csv"
        file.write_text("\n".join(["at,tokens,row", *rows(count)]))
        process = home.begin(*import_of(file, customer=customer))
        assert process.stdout is not None
        assert f"{count:,}  accepted" in process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        peaks.append(used.ru_maxrss * 1024)
    small, large = peaks
    assert large < small + MOST_MORE_MEMORY, f"{small:,} and {large:,} bytes"
    with home.store() as store:
        assert usage_of_january(store)[0] == MANY_ROWS
