"""What an import reads: the rows of a CSV or Parquet file, or the events on lines of JSON, in one shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Generic

from farthing.cli.csv_rows import CountedOnDisk, CsvFile
from farthing.cli.input_file import InputFile
from farthing.cli.json_lines import lines_in
from farthing.cli.parquet_file import ParquetFile, parquet_file
from farthing.cli.rejected import AsLines, AsRows, Form
from farthing.usecases.import_lines import Line, LineReader
from farthing.usecases.import_usage import Columns, Read, Reader, Row, RowReader


@dataclass(frozen=True, slots=True)
class Content(Generic[Read]):
    """What an open file holds: its rows, who reads them, and how those that do not count are written.

    `pass_over` leaves out so many of the first rows, `read_bytes` tells how much of the file has been read, and
    `nothing` says that it holds none.
    """

    rows: Iterator[Read]
    reader: Reader[Read]
    form: Form[Read]
    read_bytes: Callable[[], int]
    pass_over: Callable[[int], None]
    nothing: str


@dataclass(frozen=True, slots=True)
class OfTable:
    """What the rows of a table mean: whose usage, of which type, in which columns; and how its text is written."""

    columns: Columns
    customer_key: str
    event_type: str
    encoding: str | None = None

    @contextmanager
    def in_csv(self, source: InputFile) -> Iterator[Content[Row]]:
        """The rows of a CSV file."""
        with CsvFile(source, wanted=self.columns.named, encoding=self.encoding) as file, CountedOnDisk() as counting:
            reader = self._reader(file.header, counting)
            form = AsRows(file.header, file.separator, with_identity=self.columns.id is None)
            rows = file.rows()
            nothing = "The file has a header and no rows."
            yield Content(rows, reader, form, lambda: source.read_bytes, _one_by_one(rows, reader), nothing)

    @contextmanager
    def in_parquet(self, source: InputFile) -> Iterator[Content[Row]]:
        """The rows of a Parquet file."""
        with parquet_file(source) as file, CountedOnDisk() as counting:
            rows = file.rows(wanted=self.columns.named, numbers=[column for _, column in self.columns.values])
            reader = self._reader(file.header, counting)
            form = AsRows(file.header, with_identity=self.columns.id is None)
            # Rows that are told apart by what they say are counted, and so have to be read.
            pass_over = _one_by_one(rows, reader) if self.columns.id is None else file.pass_over
            yield Content(rows, reader, form, _share_of(file, source), pass_over, f"{source.name} has no rows.")

    def _reader(self, header: list[str], counting: CountedOnDisk) -> RowReader:
        return RowReader(
            self.columns, header, customer_key=self.customer_key, event_type=self.event_type, occurrences=counting
        )


@dataclass(frozen=True, slots=True)
class OfEvents:
    """Rows of which each says all of its event itself; `in_zone` is that of times in a table that name none."""

    reader: LineReader
    in_zone: str | None = None

    @contextmanager
    def in_lines(self, source: InputFile) -> Iterator[Content[Line]]:
        """The lines of a file of JSON lines."""
        lines = lines_in(source)
        nothing = f"{source.name} is empty; write one event on each line."
        yield Content(
            lines, self.reader, AsLines(), lambda: source.read_bytes, _one_by_one(lines, self.reader), nothing
        )

    @contextmanager
    def in_parquet(self, source: InputFile) -> Iterator[Content[Line]]:
        """The rows of a Parquet file whose columns are named as what an event says."""
        with parquet_file(source) as file:
            lines = file.events(in_zone=self.in_zone)
            nothing = f"{source.name} has no rows."
            yield Content(lines, self.reader, AsLines(), _share_of(file, source), file.pass_over, nothing)


def _one_by_one(rows: Iterator[Read], reader: Reader[Read]) -> Callable[[int], None]:
    def pass_over(count: int) -> None:
        for row in islice(rows, count):
            reader.pass_over(row)

    return pass_over


def _share_of(file: ParquetFile, source: InputFile) -> Callable[[], int]:
    """How much of it has been read, by its rows: a file of columns is not read from its beginning to its end."""
    return lambda: (source.size or source.read_bytes) * file.rows_read // max(1, file.rows_in_all)
