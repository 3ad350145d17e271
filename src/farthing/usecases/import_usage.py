"""Usage is imported from a file: each row of it becomes one event, and importing it again changes nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact
from typing import Generic, Protocol, TypeVar

from farthing.core.metering.event import LONGEST_NAME, UsageEvent
from farthing.core.metering.unclear import Unclear
from farthing.core.money import exact_decimal
from farthing.core.period import zone
from farthing.core.refused import Refused, Unknown
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import Outcome, SellerStore
from farthing.usecases.record_usage import Told, record_events, screening_meters

# The source of every imported event, whatever the file is called: a renamed file imports nothing twice.
SOURCE = "import"
BATCH = 5_000
# Long rows are kept in smaller batches, so that memory stays bounded.
_MOST_LETTERS = 4 * 1024 * 1024
_EXACT = Context(prec=200, traps=[Inexact])
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?)?\s?([Zz]|UTC|[+-]\d{2}:?\d{2})?"
)


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table mean. `values` pairs a number of the event's data with its column, `texts` a text."""

    time: str
    values: tuple[tuple[str, str], ...]
    id: str | None = None
    in_zone: str | None = None
    texts: tuple[tuple[str, str], ...] = ()

    @property
    def properties(self) -> list[str]:
        """The properties that an event may have."""
        return [name for name, _ in (*self.values, *self.texts)]

    @property
    def named(self) -> list[str]:
        """The columns that must be there."""
        given = (column for _, column in (*self.values, *self.texts))
        return [self.time, *given, *([] if self.id is None else [self.id])]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line of the file on which it starts, and its cells as they are written."""

    line: int
    cells: Sequence[str]

    @property
    def length(self) -> int:
        """How much there is to hold."""
        return sum(map(len, self.cells))


class Numbered(Protocol):
    """What one event is made of, and where it stands in the file."""

    @property
    def line(self) -> int:
        """The line on which it starts."""

    @property
    def length(self) -> int:
        """How much there is to hold."""


Read = TypeVar("Read", bound=Numbered)
_Takes = TypeVar("_Takes", bound=Numbered, contravariant=True)


class Reader(Protocol, Generic[_Takes]):
    """Makes events of what stands in a file."""

    def read(self, row: _Takes, /) -> tuple[UsageEvent | Unclear, datetime | None, bool]:
        """The event, when it happened where it says so, and whether its local time occurs twice."""

    def amounts(self, event: UsageEvent) -> Iterable[tuple[str, Decimal]]:
        """The numbers of it that are summed up for the person who imports, by name."""


class Record(Protocol):
    """Keeps some events and tells what became of each."""

    def __call__(
        self, store: SellerStore, events: Sequence[UsageEvent | Unclear], /, *, now: datetime
    ) -> list[Told]: ...


class ZoneMissing(Refused):
    """The file's times name no zone, and neither did the person: true of every row, so told once."""


class Occurrences(Protocol):
    """Counts how often something was seen."""

    def next(self, digest: bytes) -> int:
        """1 when it is seen for the first time, 2 for the second."""


@dataclass(slots=True)
class Imported:
    """What came of it. `doubtful_hours` counts local times that occur twice; the first was taken.

    `sums` adds up what was accepted now; in a dry run, what would be sent. `subjects` are whose usage is kept, of this
    run or an earlier one.
    """

    rows: int = 0
    told: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    apart: int = 0
    doubtful_hours: int = 0
    earliest: datetime | None = None
    latest: datetime | None = None
    sums: dict[str, Decimal] = field(default_factory=dict)
    subjects: set[str] = field(default_factory=set)


class RowReader:
    """Makes an event of a row. Without an id column its identity is the row's content and its nth occurrence."""

    def __init__(
        self, columns: Columns, header: Sequence[str], *, customer_key: str, event_type: str, occurrences: Occurrences
    ) -> None:
        self._columns = columns
        self._width = len(header)
        self._customer_key, self._event_type = customer_key, event_type
        self._occurrences = occurrences
        self._time_at = header.index(columns.time)
        self._values_at = [(name, column, header.index(column)) for name, column in columns.values]
        self._texts_at = [(name, column, header.index(column)) for name, column in columns.texts]
        self._id_at = None if columns.id is None else header.index(columns.id)
        # Columns in the order of their names, so that one that moves makes no other row.
        self._order = sorted(range(len(header)), key=lambda index: (header[index], index))
        named = [SOURCE, customer_key, event_type, [header[index] for index in self._order]]
        self._named = hashlib.sha256(json.dumps(named).encode())

    def read(self, row: Row) -> tuple[UsageEvent, datetime, bool]:
        """The event, when it happened, and whether its local time occurs twice; refuses what cannot be read."""
        cells = self._whole(row.cells)
        row_id = self._id(cells)
        happened_at, twice = moment(_text_in(cells[self._time_at], self._columns.time), in_zone=self._columns.in_zone)
        data: dict[str, Decimal | str] = {
            name: number_in(_text_in(cells[at], column), column) for name, column, at in self._values_at
        }
        data |= {name: _text_in(cells[at], column) for name, column, at in self._texts_at if cells[at]}
        event = UsageEvent(
            source=SOURCE,
            id=row_id,
            type=self._event_type,
            subject=self._customer_key,
            time=f"{happened_at:%Y-%m-%dT%H:%M:%S.%f}Z",
            data=data,
        )
        return event, happened_at, twice

    def amounts(self, event: UsageEvent) -> Iterable[tuple[str, Decimal]]:
        """Each number, by the name of its property."""
        return [(name, event.data[name]) for name, _ in self._columns.values]

    def _whole(self, cells: Sequence[str]) -> Sequence[str]:
        if len(cells) == self._width:
            return cells
        if len(cells) > self._width and not any(cells[self._width :]):
            return cells[: self._width]
        raise Refused(f"It has {len(cells)} cells, the header has {self._width}.")

    def _id(self, cells: Sequence[str]) -> str:
        if self._id_at is not None:
            written = _text_in(cells[self._id_at], self._columns.id or "").strip()
            if not written:
                raise Refused(f"Its “{self._columns.id}” is empty, and that is its identity.")
            if len(written) > LONGEST_NAME or "\x00" in written:
                raise Refused(f"Its “{self._columns.id}” is longer than {LONGEST_NAME} characters, or no text.")
            return written
        content = self._named.copy()
        content.update(json.dumps([cells[index] for index in self._order]).encode())
        digest = content.digest()[:16]
        return f"row:{digest.hex()}:{self._occurrences.next(digest)}"


def import_usage(
    store: SellerStore | None,
    rows: Iterable[Read],
    reader: Reader[Read],
    *,
    now: Callable[[], datetime],
    keep_apart: Callable[[Read, str], None],
    after_batch: Callable[[Imported], None] | None = None,
    record: Record = record_events,
) -> Imported:
    """Import in batches, each durable before the next; `keep_apart` hears of each row that does not count, and why.

    `record` keeps the events of one. Without a store nothing is kept: a dry run. Rows may take long to come, so each
    batch asks what time it is `now`.
    """
    imported = Imported()
    for batch in _batches(rows):
        read: list[tuple[Read, UsageEvent | Unclear]] = []
        apart: list[tuple[Read, str]] = []
        for row in batch:
            imported.rows += 1
            try:
                event, happened_at, twice = reader.read(row)
            except ZoneMissing as missing:
                raise Refused(f"Line {row.line}: {missing.sentence}", field="zone") from None
            except Refused as fault:
                imported.apart += 1
                apart.append((row, fault.sentence))
                continue
            read.append((row, event))
            _count(imported, happened_at, twice=twice)
        if store is not None:
            for told in record(store, [event for _, event in read], now=now()):
                imported.told[told.outcome] += 1
                event = read[told.index][1]
                if isinstance(event, UsageEvent) and told.outcome in (Outcome.ACCEPTED, Outcome.DUPLICATE):
                    imported.subjects.add(event.subject)
                    if told.outcome is Outcome.ACCEPTED:
                        _add_up(imported, reader.amounts(event))
                if told.outcome in (Outcome.CONFLICT, Outcome.QUARANTINED, Outcome.REFUSED):
                    apart.append((read[told.index][0], told.reason))
        else:
            for _, event in read:
                if isinstance(event, UsageEvent):
                    _add_up(imported, reader.amounts(event))
        for row, reason in sorted(apart, key=lambda kept: kept[0].line):
            keep_apart(row, reason)
        if after_batch is not None:
            after_batch(imported)
    return imported


def check_target(store: SellerStore, *, customer_key: str, event_type: str, properties: Sequence[str]) -> str:
    """The customer's key; refuses an import of which nothing would count, before anything is read."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)
        meters = screening_meters(store)
        rule = store.event_rules().get(event_type)
    given = frozenset(properties) if rule is None else rule.names_given(frozenset(properties))
    counting = [meter for meter in meters if meter.event_type == event_type]
    if not counting:
        known = ", ".join(sorted({meter.event_type for meter in meters})) or "none yet; apply a catalogue first"
        raise Unknown(f"No meter counts events of type “{event_type}”; there are: {known}.", field="type")
    for meter in counting:
        needed = meter.measure.needs if meter.where is None else frozenset()
        for wanted in sorted(needed.difference(given)):
            raise Refused(
                f"The meter “{meter.key}” {meter.measure.does} “{wanted}”, which no --value gives; "
                f"add --value {wanted}=COLUMN, or --text {wanted}=COLUMN where it is no number.",
                field="value",
            )
    return customer.key


def moment(written: str, *, in_zone: str | None) -> tuple[datetime, bool]:
    """The instant in UTC, finer digits than microseconds cut off, and whether the local time occurs twice.

    A time without a zone is local to `in_zone`; one that clocks skip is refused, of one that they repeat the
    first is taken. A date alone is its first instant.

    >>> moment("2023-11-16 18:17:03.9799600", in_zone="UTC")[0].isoformat()
    '2023-11-16T18:17:03.979960+00:00'
    """
    found = _TIME.fullmatch(written.strip())
    if found is None:
        raise Refused(f"“{written.strip()[:40]}” is not a time; write it like 2026-01-31 13:45:00.")
    day, hours, seconds, fraction, offset = found.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{hours or '00:00'}:{seconds or '00'}.{(fraction or '0').ljust(6, '0')}")
        if offset is not None:
            offset = "+00:00" if offset.upper() in ("Z", "UTC") else offset
            return datetime.fromisoformat(f"{local.isoformat()}{offset}").astimezone(UTC), False
    except (ValueError, OverflowError):
        raise Refused(f"“{written.strip()[:40]}” is not a time: that day or hour does not exist.") from None
    if in_zone is None:
        raise ZoneMissing(f"“{written.strip()[:40]}” says no zone; give the zone of these times with --zone.")
    return _in_utc(local, in_zone, written)


def number_in(written: str, column: str) -> Decimal:
    """The exact number in a cell; empty is not zero."""
    cell = written.strip()
    if not cell:
        raise Refused(f"Its “{column}” is empty; bad is never zero, so write 0 when it is.")
    if not _NUMBER.fullmatch(cell):
        raise Refused(f"Its “{column}” is “{cell[:40]}”, which is no number; write it like 1234.5, without grouping.")
    return exact_decimal(cell, what=f"Its “{column}”")


def _in_utc(local: datetime, in_zone: str, written: str) -> tuple[datetime, bool]:
    there = zone(in_zone)
    try:
        first = local.replace(tzinfo=there).astimezone(UTC)
        second = local.replace(tzinfo=there, fold=1).astimezone(UTC)
    except OverflowError:
        raise Refused(f"“{written.strip()[:40]}” is too far away; check how it is written.") from None
    if first.astimezone(there).replace(tzinfo=None) != local:
        raise Refused(f"“{written.strip()[:40]}” never was in {in_zone}: clocks skipped that hour; check the zone.")
    return first, second - first > timedelta(0)


def _text_in(cell: str, column: str) -> str:
    if not cell.isascii() and any("\udc80" <= character <= "\udcff" for character in cell):
        raise Refused(f"Its “{column}” is not in the file's encoding; give the right one with --encoding.")
    return cell


def _count(imported: Imported, happened_at: datetime | None, *, twice: bool) -> None:
    imported.doubtful_hours += twice
    if happened_at is None:
        return
    imported.earliest = happened_at if imported.earliest is None else min(imported.earliest, happened_at)
    imported.latest = happened_at if imported.latest is None else max(imported.latest, happened_at)


def _add_up(imported: Imported, amounts: Iterable[tuple[str, Decimal]]) -> None:
    for name, value in amounts:
        imported.sums[name] = _EXACT.add(imported.sums.get(name, Decimal(0)), value)


def _batches(rows: Iterable[Read]) -> Iterator[list[Read]]:
    batch: list[Read] = []
    length = 0
    for row in rows:
        batch.append(row)
        length += row.length
        if len(batch) == BATCH or length > _MOST_LETTERS:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch
