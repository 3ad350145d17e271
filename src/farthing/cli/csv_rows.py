"""A CSV file as rows: its encoding, its separator and its header are found out, and it is never held whole."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from farthing.cli.input_file import InputFile
from farthing.core.refused import Refused
from farthing.usecases.import_usage import Row

LONGEST_LINE = 1_000_000
_SEPARATORS = ",;\t|"
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class CsvFile:
    """An open CSV file; `header` names its columns, which `separator` parts. To be used as a context."""

    def __init__(self, source: InputFile, *, wanted: Sequence[str], encoding: str | None = None) -> None:
        self._name = source.name
        self._line = 0
        if not source.start:
            raise Refused(f"{self._name} is empty.")
        if source.start == b"PAR1":
            raise Refused(f"{self._name} holds Parquet; import it with --format parquet.")
        chosen = encoding or _encoding_of(source.start)
        try:
            codecs.lookup(chosen)
        except LookupError:
            raise Refused(f"{self._name} cannot be read: there is no encoding “{encoding}”.") from None
        # Bytes that are no text are kept as they are: they matter only in a column that is used.
        self._file = io.TextIOWrapper(source.content, encoding=chosen, errors="surrogateescape", newline="")
        try:
            self.header = self._read_header(wanted)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> CsvFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def rows(self) -> Iterator[Row]:
        """The rows below the header. One that is no CSV comes as a row without cells; empty lines are left out."""
        while True:
            line = self._line + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                yield Row(line, [])
                continue
            if any(cells):
                yield Row(line, cells)

    def _read_header(self, wanted: Sequence[str]) -> list[str]:
        first = self._next_line()
        declared = re.fullmatch(r"sep=(.)\r?\n?", first)
        if declared:
            first = self._next_line()
        self.separator = declared.group(1) if declared else _separator_of(first, wanted)
        self._reader = csv.reader(self._lines(first), delimiter=self.separator)
        try:
            header = [name.strip() for name in next(self._reader)]
        except (csv.Error, StopIteration):
            header = []
        if not any(header) or any(not _is_text(name) for name in header):
            raise Refused(f"{self._name} does not look like a CSV file: its first line holds no names of columns.")
        for name in dict.fromkeys(wanted):
            must_have(header, name, self._name)
        return header

    def _lines(self, first: str) -> Iterator[str]:
        self._line = 0
        line = first
        while line:
            self._line += 1
            yield line
            line = self._next_line()

    def _next_line(self) -> str:
        try:
            line = self._file.readline(LONGEST_LINE)
        except UnicodeError:
            raise Refused(f"{self._name} is not in {self._file.encoding}; give its encoding with --encoding.") from None
        if len(line) == LONGEST_LINE:
            raise Refused(
                f"{self._name} does not look like a CSV file: it has a line of over {LONGEST_LINE:,} letters."
            )
        return line


class CountedOnDisk:
    """Counts how often each digest was seen, in a scratch file, so that memory stays bounded."""

    def __init__(self) -> None:
        handle, path = tempfile.mkstemp(prefix="farthing-import-", suffix=".db")
        os.close(handle)
        self._database = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -65536", "locking_mode = EXCLUSIVE"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID")
        self._database.execute("BEGIN")
        # Without a name it is gone with this process, however that ends.
        Path(path).unlink()

    def __enter__(self) -> CountedOnDisk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def next(self, digest: bytes) -> int:
        """1 when it is seen for the first time, 2 for the second."""
        times: int = self._database.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT (digest) DO UPDATE SET times = times + 1 RETURNING times",
            (digest,),
        ).fetchone()[0]
        return times


def _encoding_of(start: bytes) -> str:
    return next((encoding for mark, encoding in _BYTE_ORDER_MARKS if start.startswith(mark)), "utf-8")


def _separator_of(first: str, wanted: Sequence[str]) -> str:
    """The separator under which most wanted columns are found; then the one that makes most columns."""

    def found(separator: str) -> tuple[int, int]:
        try:
            names = [name.strip() for name in next(csv.reader([first], delimiter=separator))]
        except (csv.Error, StopIteration):
            return 0, 0
        return sum(name in names for name in wanted), len(names)

    return max(_SEPARATORS, key=found)


def _is_text(name: str) -> bool:
    return (name.isprintable() and not any("\ud800" <= character <= "\udfff" for character in name)) or name == ""


def must_have(header: Sequence[str], name: str, file: str) -> None:
    """Refuses a file that has no such column, or two of them, and tells which was meant."""
    if header.count(name) > 1:
        raise Refused(f"{file} has the column “{name}” twice; rename one of them.", field="column")
    if name in header:
        return
    by_case = {column.casefold(): column for column in header}
    closest = difflib.get_close_matches(name.casefold(), by_case, n=1, cutoff=0.5)
    shown = ", ".join(column[:40] for column in header[:20]) + (" …" if len(header) > 20 else "")
    hint = f"did you mean “{by_case[closest[0]]}”?" if closest else f"it has: {shown}."
    raise Refused(f"{file} has no column “{name}”; {hint}", field="column")
