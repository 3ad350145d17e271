"""A Parquet file as rows or as events: its numbers exact, its times to the microsecond, and it is never held whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from farthing.cli.csv_rows import must_have
from farthing.cli.input_file import InputFile
from farthing.core.metering.event import canonical
from farthing.core.metering.json_text import NotJson, decode_json
from farthing.core.refused import Refused
from farthing.usecases.import_lines import Line
from farthing.usecases.import_usage import Row, moment

if TYPE_CHECKING:
    import pyarrow

MARK = b"PAR1"
_AT_ONCE = 5_000
_MOST_BYTES = 16 * 1024 * 1024
_BUFFER_BYTES = 1024 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXTS = ("id", "source", "type", "subject")
_PROPERTY = "data."
# What a CloudEvent may say beside, and what is no usage.
_LET_PASS = ("specversion", "datacontenttype", "dataschema", "traceparent", "tracestate")
_NO_LIBRARY = (
    "Parquet is read by the library pyarrow, which is not here; install it with “pip install 'farthing[parquet]'”, or "
    "import the usage as CSV or lines of JSON."
)


class ParquetFile:
    """An open Parquet file; `header` names its columns. To be had from `parquet_file`."""

    def __init__(self, name: str, opened: IO[bytes], library: Any) -> None:
        self._name = name
        self._arrow, parquet = library
        try:
            # Read as it comes, not a whole group of rows at once.
            self._file = parquet.ParquetFile(opened, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        except (self._arrow.ArrowException, OSError) as fault:
            raise self._unreadable(fault) from None
        self._schema = self._file.schema_arrow
        self.header: list[str] = list(self._schema.names)
        self.rows_in_all: int = self._file.metadata.num_rows
        self.rows_read = 0
        self._passed_over = 0

    def pass_over(self, count: int) -> None:
        """Leave out the first rows; to be called before any is read."""
        self._passed_over = count

    def rows(self, *, wanted: Sequence[str], numbers: Sequence[str]) -> Iterator[Row]:
        """Each row as the texts of its cells, as CSV would have them; those of `numbers` must be exact."""
        for name in dict.fromkeys(wanted):
            must_have(self.header, name, self._name)
            self._refuse_nested(name)
        return self._rows(numbers)

    def events(self, *, in_zone: str | None) -> Iterator[Line]:
        """Each row as a line of JSON, for a file whose columns are named as what an event says."""
        properties = self._properties()
        times = self._schema.field("time").type if "time" in self.header else None
        local = times is not None and self._arrow.types.is_timestamp(times) and times.tz is None
        if local and in_zone is None:
            raise Refused(f"The times of {self._name} say no zone; give it with --zone.", field="zone")
        return self._events(properties, in_zone if local else None)

    def _rows(self, numbers: Sequence[str]) -> Iterator[Row]:
        writers = [_Column(self._arrow, self._schema.field(at).type) for at in range(len(self.header))]
        checked = [self.header.index(name) for name in numbers]
        for first, batch in self._batches():
            columns = [write.texts(batch.column(at)) for at, write in enumerate(writers)]
            inexact = {at: writers[at].inexact(batch.column(at), columns[at]) for at in checked}
            for index, cells in enumerate(zip(*columns, strict=True)):
                fault = ""
                for at in checked:
                    if index in inexact[at]:
                        fault = _no_exact_number(self.header[at], cells[at])
                yield Row(first + index, cells, fault)

    def _events(self, properties: Sequence[str], in_zone: str | None) -> Iterator[Line]:
        """The same; `in_zone` is given where their times name none."""
        for first, batch in self._batches():
            texts = {name: self._told(batch, name) for name in (*_TEXTS, "time") if name in self.header}
            data = self._data(batch, properties)
            for index in range(batch.num_rows):
                event: dict[str, Any] = {name: column[index] for name, column in texts.items() if column[index]}
                faults: list[str] = []
                event["data"] = data(index, faults)
                if in_zone is not None and "time" in event:
                    try:
                        happened_at, _ = moment(event["time"], in_zone=in_zone)
                        event["time"] = happened_at.isoformat().removesuffix("+00:00") + "Z"
                    except Refused as refusal:
                        faults.append(refusal.sentence)
                yield Line(first + index, b"", event, " ".join(faults))

    def _batches(self) -> Iterator[tuple[int, pyarrow.RecordBatch]]:
        """A piece of the file after another, each with the number of its first row."""
        left_out = self._passed_over
        for group in range(self._file.metadata.num_row_groups):
            in_group: int = self._file.metadata.row_group(group).num_rows
            if left_out >= in_group:
                left_out -= in_group
                self.rows_read += in_group
                continue
            try:
                for batch in self._file.iter_batches(batch_size=self._at_once(group), row_groups=[group]):
                    part = batch.slice(min(left_out, batch.num_rows))
                    self.rows_read += batch.num_rows
                    left_out -= batch.num_rows - part.num_rows
                    if part.num_rows:
                        yield self.rows_read - part.num_rows + 1, part
            except (self._arrow.ArrowException, OSError, ValueError, OverflowError) as fault:
                raise self._unreadable(fault) from None

    def _at_once(self, group: int) -> int:
        """How many rows are held together: fewer where they are large."""
        told = self._file.metadata.row_group(group)
        row_bytes: int = max(1, told.total_byte_size // max(1, told.num_rows))
        return max(1, min(_AT_ONCE, _MOST_BYTES // row_bytes))

    def _refuse_nested(self, name: str) -> None:
        kind = self._schema.field(name).type
        if self._arrow.types.is_nested(kind):
            raise Refused(
                f"The column “{name}” of {self._name} holds several values in one cell ({str(kind)[:80]}); write what "
                "is used of it into columns of their own.",
                field="column",
            )

    def _properties(self) -> list[str]:
        """The columns that are properties of an event's data; refuses a file of which something would be left out."""
        missing = [name for name in ("id", "source", "type", "subject") if name not in self.header]
        if missing:
            raise Refused(
                f"{self._name} has no column “{missing[0]}”; say with --customer, --type, --time and --value what its "
                "columns mean, or name them as an event does: id, source, type, subject, time, and data.NAME for each "
                "property."
            )
        for name in (*_TEXTS, "time"):
            if name in self.header:
                must_have(self.header, name, self._name)
                self._refuse_nested(name)
        properties = [name for name in self.header if name.startswith(_PROPERTY)]
        for name in self.header:
            if name not in (*_TEXTS, "time", "data", *_LET_PASS, *properties):
                raise Refused(
                    f"{self._name} has a column “{name}”, which no event has; name it “{_PROPERTY}{name}” where it is "
                    "a property of the data, or leave it out.",
                    field="column",
                )
        if properties and "data" in self.header:
            raise Refused(f"{self._name} has a column “data” and “{properties[0]}” too; give the data once.")
        return properties

    def _told(self, batch: pyarrow.RecordBatch, name: str) -> list[str]:
        at = self.header.index(name)
        return _Column(self._arrow, self._schema.field(at).type).texts(batch.column(at))

    def _data(self, batch: pyarrow.RecordBatch, properties: Sequence[str]) -> Callable[[int, list[str]], Any]:
        """What gives the data of the row at an index, and adds to a list why it is not to be counted."""
        if "data" in self.header:
            kind = self._schema.field("data").type
            whole = batch.column("data").to_pylist()
            return lambda index, faults: _whole_data(whole[index], faults, is_map=self._arrow.types.is_map(kind))
        columns = {name: self._values(batch.column(name)) for name in properties}

        def data(index: int, faults: list[str]) -> dict[str, Any]:
            return {
                name.removeprefix(_PROPERTY): _plain(values[index], name, faults)
                for name, values in columns.items()
                if values[index] is not None
            }

        return data

    def _values(self, column: pyarrow.Array) -> list[Any]:
        """The values of a property; times as the texts that JSON has for them."""
        if not self._arrow.types.is_timestamp(column.type):
            values: list[Any] = column.to_pylist()
            return values
        return [text or None for text in _Column(self._arrow, column.type).texts(column)]

    def _unreadable(self, fault: Exception) -> Refused:
        said = str(fault).splitlines()[0].rstrip(".")[:200] if str(fault) else "no reason given"
        return Refused(f"{self._name} cannot be read as Parquet ({said}); get it anew and import it again.")


class _Column:
    """Writes the cells of one column as text: empty for null, numbers exact, times to the microsecond."""

    def __init__(self, arrow: Any, kind: pyarrow.DataType) -> None:
        self._arrow = arrow
        self._kind = kind
        types = arrow.types
        self._is_float = types.is_floating(kind)
        self._write: Callable[[Any], str]
        if types.is_timestamp(kind):
            end = "" if kind.tz is None else "Z"
            self._write = lambda microseconds: _time_text(microseconds, end)
        elif types.is_decimal(kind):
            self._write = lambda number: format(number, "f")
        elif types.is_boolean(kind):
            self._write = lambda value: "true" if value else "false"
        elif types.is_nested(kind):
            self._write = lambda value: canonical(_as_written(value))
        else:
            self._write = _text

    def texts(self, column: pyarrow.Array) -> list[str]:
        """The text of each cell."""
        if self._arrow.types.is_timestamp(self._kind):
            column = _in_microseconds(self._arrow, column).cast(self._arrow.int64())
        elif self._is_float:
            column = _shortest(self._arrow, column)
        write = self._write
        return ["" if value is None else write(value) for value in column.to_pylist()]

    def inexact(self, column: pyarrow.Array, texts: Sequence[str]) -> set[int]:
        """Where a float is another number than its shortest text says."""
        if not self._is_float:
            return set()
        return {
            index
            for index, (value, text) in enumerate(zip(column.to_pylist(), texts, strict=True))
            if value is not None and not _is_exact(value, text)
        }


@contextmanager
def parquet_file(source: InputFile) -> Iterator[ParquetFile]:
    """The file that `source` holds, as Parquet; what came compressed or piped is put on disk first."""
    library = _library()
    if source.start != MARK:
        raise Refused(
            f"{source.name} is empty." if not source.start else f"{source.name} does not look like a Parquet file."
        )
    on_disk = source.on_disk
    with tempfile.TemporaryFile() if on_disk is None else on_disk.open("rb") as opened:
        if on_disk is None:
            shutil.copyfileobj(source.content, opened)
            opened.seek(0)
        yield ParquetFile(source.name, opened, library)


def _library() -> Any:
    """The library, loaded only where Parquet is read, since it is large."""
    try:
        import pyarrow
        import pyarrow.parquet
        import pyarrow.types
    except ImportError:
        raise Refused(_NO_LIBRARY) from None
    return pyarrow, pyarrow.parquet


def _whole_data(value: Any, faults: list[str], *, is_map: bool) -> Any:
    if value is None:
        return {}
    if isinstance(value, str):
        try:
            return decode_json(value.encode("utf-8", "surrogateescape"), what="“data”")
        except NotJson as fault:
            faults.append(str(fault))
            return value
    return _plain(dict(value) if is_map else value, "data", faults)


def _plain(value: Any, name: str, faults: list[str]) -> Any:
    """A value as JSON has it; what is null in a group of values is left out, and no exact number is a fault."""
    match value:
        case None | bool() | int() | str() | Decimal():
            return value
        case float():
            shown = repr(value)
            if not _is_exact(value, shown):
                faults.append(_no_exact_number(name, shown))
            return Decimal(shown)
        case dict():
            return {
                str(key): _plain(member, f"{name}.{key}", faults) for key, member in value.items() if member is not None
            }
        case list() | tuple():
            return [_plain(member, name, faults) for member in value]
        case datetime():
            return value.isoformat()
        case _:
            return _text(value)


def _as_written(value: Any) -> Any:
    """The same for what only tells rows apart, so that any number will do."""
    match value:
        case None | bool() | int() | str() | Decimal():
            return value
        case dict():
            return {str(key): _as_written(member) for key, member in value.items()}
        case list() | tuple():
            return [_as_written(member) for member in value]
        case _:
            return _text(value)


def _in_microseconds(arrow: Any, column: pyarrow.Array) -> pyarrow.Array:
    """Times to the microsecond, finer digits cut off; any other column as it is."""
    if not arrow.types.is_timestamp(column.type) or column.type.unit == "us":
        return column
    try:
        return column.cast(arrow.timestamp("us", column.type.tz), safe=column.type.unit != "ns")
    except arrow.ArrowInvalid:
        raise Refused("It holds a time that no calendar has; check in which unit its times are written.") from None


def _shortest(arrow: Any, column: pyarrow.Array) -> pyarrow.Array:
    wide = column.cast(arrow.float32()) if arrow.types.is_float16(column.type) else column
    return wide.cast(arrow.string())


def _is_exact(value: float, text: str) -> bool:
    # NaN and infinity are no numbers at all, and are refused as such.
    return value != value or Decimal(text) == Decimal(value)


def _no_exact_number(name: str, text: str) -> str:
    return (
        f"Its “{name}” is the float {text[:40]}, which is not exactly that number; write the column as decimals, whole "
        "numbers or text."
    )


def _time_text(microseconds: int, end: str) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).isoformat().removesuffix("+00:00") + end
    except OverflowError:
        return f"{microseconds} microseconds after 1970"


def _text(value: Any) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
