"""Importing usage from a file or standard input: CSV or lines of JSON, compressed or not, never twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import click

from farthing.cli.csv_rows import CountedOnDisk, CsvFile
from farthing.cli.days import ZONE
from farthing.cli.import_progress import import_progress
from farthing.cli.import_way import Way, way_of
from farthing.cli.input_file import STANDARD_INPUT, InputFile
from farthing.cli.json_lines import lines_in
from farthing.cli.opened import Opened, opened
from farthing.cli.rejected import AsLines, AsRows, Rejected
from farthing.cli.say import Found, counted, grouped, instant, table
from farthing.cli.uncovered import uncovered_lines
from farthing.core.refused import Refused
from farthing.usecases.import_lines import Line, LineReader
from farthing.usecases.import_usage import (
    Columns,
    Imported,
    Read,
    Reader,
    Record,
    Row,
    RowReader,
    check_target,
    import_usage,
)
from farthing.usecases.ports import Outcome, SellerStore
from farthing.usecases.record_usage import screening_meters
from farthing.usecases.uncovered import find_uncovered

CSV, LINES = "csv", "jsonl"
_ENDINGS_OF_LINES = (".jsonl", ".ndjson")
_ENDINGS_OF_PACKED = (".gz", ".zst")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--customer", help="CSV: whose usage it is, the customer's key.")
@click.option("--type", "event_type", help="CSV: the event type that a meter counts.")
@click.option("--time", "time_column", metavar="COLUMN", help="CSV: the column that says when.")
@click.option("--value", "values", multiple=True, metavar="NAME=COLUMN", help="CSV: a number of the event, by column.")
@click.option("--text", "texts", multiple=True, metavar="NAME=COLUMN", help="CSV: a text of the event, by column.")
@click.option("--id", "id_column", metavar="COLUMN", help="CSV: the column that is each row's identity for ever.")
@click.option("--zone", type=ZONE, help="CSV: the zone of times that name none, such as Europe/Paris.")
@click.option("--encoding", help="CSV: the file's encoding, where it is not UTF-8.")
@click.option("--format", "form", type=click.Choice([CSV, LINES]), help="What it holds, where its name does not tell.")
@click.option("--dry-run", is_flag=True, help="Read all of it, and keep nothing.")
@click.option("--batch", metavar="NAME", help="Bring it in under a name by which all of it can be reverted.")
@click.option("--preview", is_flag=True, help="Tell what it would change on which draft, and keep nothing.")
def import_(
    file: Path,
    customer: str | None,
    event_type: str | None,
    time_column: str | None,
    values: tuple[str, ...],
    texts: tuple[str, ...],
    id_column: str | None,
    zone: str | None,
    encoding: str | None,
    form: str | None,
    dry_run: bool,
    batch: str | None,
    preview: bool,
) -> None:
    """Import FILE, each row or line as one event. A second run imports nothing twice.

    CSV needs --customer, --type and --time. A row's identity is its --id; without one it is the row's content and how
    many such rows came before it, so overlapping files need --id. All files are one source, “import”, so with --id
    equal ids in two files are the same event.

    JSON lines (.jsonl, .ndjson) hold one event on each line, as POST /v1/events takes it, and need none of these.

    Either may be compressed with gzip or zstd. “-” is standard input, with --format. What does not count is written to
    FILE.rejected.csv or FILE.rejected.jsonl with the reason.
    """
    of_csv = {
        "--customer": customer,
        "--type": event_type,
        "--time": time_column,
        "--value": values,
        "--text": texts,
        "--id": id_column,
        "--zone": zone,
        "--encoding": encoding,
    }
    way = way_of(dry_run=dry_run, batch=batch, preview=preview)
    if (form or _form_of(file)) == LINES:
        _refuse_options([option for option, given in of_csv.items() if given])
        _import_lines(file, way)
        return
    if not customer or not event_type or not time_column:
        missing = " and ".join(option for option in ("--customer", "--type", "--time") if not of_csv[option])
        raise Refused(f"A CSV file needs {missing} too; lines of JSON need --format {LINES} instead.")
    columns = Columns(time=time_column, **_properties(values, texts), id=id_column, in_zone=zone)
    _import_rows(file, columns, customer=customer, event_type=event_type, encoding=encoding, way=way)


def _import_rows(
    file: Path, columns: Columns, *, customer: str, event_type: str, encoding: str | None, way: Way
) -> None:
    with (
        opened() as at,
        InputFile(file) as source,
        CsvFile(source, wanted=columns.named, encoding=encoding) as table_file,
    ):
        key = check_target(at.store, customer_key=customer, event_type=event_type, properties=columns.properties)
        with (
            CountedOnDisk() as occurrences,
            Rejected(source.beside, AsRows(table_file.header, table_file.separator)) as rejected,
        ):
            reader = RowReader(
                columns, table_file.header, customer_key=key, event_type=event_type, occurrences=occurrences
            )
            imported = _import(at, source, table_file.rows(), reader, rejected.add, way)
        if not imported.rows:
            raise Refused("The file has a header and no rows.")
        uncovered = [] if way.keeps_nothing else find_uncovered(at.store, customer_key=key, now=at.now)
    _tell(imported, uncovered_lines(uncovered), rejected, way)


def _import_lines(file: Path, way: Way) -> None:
    with opened() as at, InputFile(file) as source:
        with at.store.transaction():
            reader = LineReader(screening_meters(at.store))
        with Rejected(source.beside, AsLines()) as rejected:
            imported = _import(at, source, lines_in(source), reader, rejected.add, way)
        if not imported.rows:
            raise Refused(f"{source.name} is empty; write one event on each line.")
        uncovered = [] if way.keeps_nothing else find_uncovered(at.store, now=at.now)
    of_these = [one for one in uncovered if one.customer.key in imported.subjects]
    _tell(imported, uncovered_lines(of_these), rejected, way)


def _import(
    at: Opened,
    source: InputFile,
    rows: Iterable[Read],
    reader: Reader[Read],
    keep_apart: Callable[[Read, str], None],
    way: Way,
) -> Imported:
    def take(store: SellerStore | None, now: Callable[[], datetime], record: Record) -> Imported:
        return import_usage(
            store,
            rows,
            reader,
            now=now,
            keep_apart=keep_apart,
            after_batch=lambda imported: progress(source.read_bytes, imported.rows),
            record=record,
        )

    with import_progress("Reading" if way.keeps_nothing else "Importing", size=source.size) as progress:
        return way.go(at, take)


def _tell(imported: Imported, uncovered: list[str], rejected: Rejected[Row] | Rejected[Line], way: Way) -> None:
    click.echo("\n".join([*way.heading(), *_summary(imported, dry_run=way.dry_run), *way.told(), *uncovered]))
    if rejected.count:
        raise Found(_told_apart(rejected))


def _form_of(file: Path) -> str:
    if file == STANDARD_INPUT:
        raise Refused(f"Standard input has no name that tells what it holds; add --format {CSV} or --format {LINES}.")
    name = file.name.lower()
    for ending in _ENDINGS_OF_PACKED:
        name = name.removesuffix(ending)
    return LINES if name.endswith(_ENDINGS_OF_LINES) else CSV


def _refuse_options(given: list[str]) -> None:
    if given:
        raise Refused(f"{given[0]} is for CSV; each line of JSON says all of it itself, so leave {given[0]} away.")


def _properties(values: tuple[str, ...], texts: tuple[str, ...]) -> dict[str, tuple[tuple[str, str], ...]]:
    """The properties of an event and their columns: numbers, and texts."""
    given: dict[str, str] = {}
    pairs: dict[str, dict[str, str]] = {"values": {}, "texts": {}}
    for option, kind, written in (("--value", "values", values), ("--text", "texts", texts)):
        for value in written:
            name, equals, column = (part.strip() for part in value.partition("="))
            if not equals or not name or not column:
                raise Refused(f"“{value[:60]}” is no {option}; write it like {option} tokens=TOKENS_COLUMN.")
            if name in given:
                which = f"two {option} options" if given[name] == option else f"{given[name]} and by {option}"
                raise Refused(f"“{name}” is given by {which}; give each property once.")
            given[name] = option
            pairs[kind][name] = column
    return {kind: tuple(named.items()) for kind, named in pairs.items()}


def _summary(imported: Imported, *, dry_run: bool) -> list[str]:
    lines = [f"{counted(imported.rows, 'row')} read."]
    if imported.earliest is not None and imported.latest is not None:
        lines.append(f"They happened from {instant(imported.earliest)} to {instant(imported.latest)}.")
    if imported.doubtful_hours:
        lines.append(
            f"{counted(imported.doubtful_hours, 'row')} {'tells' if imported.doubtful_hours == 1 else 'tell'} "
            "a local hour that occurs twice, where clocks go back; the first was taken."
        )
    if dry_run:
        lines += [f"The sum of {name} is {grouped(total)}." for name, total in imported.sums.items()]
        lines.append(f"{counted(imported.rows - imported.apart, 'event')} would be sent; nothing was kept.")
        return lines
    before = imported.told[Outcome.DUPLICATE]
    there = f"; {counted(before, 'row')} {'was' if before == 1 else 'were'} there already" if before else ""
    lines += [
        f"The sum of {name} over what was accepted now is {grouped(total)}{there}."
        for name, total in imported.sums.items()
    ]
    rows = [
        [f"{imported.told[Outcome.ACCEPTED]:,}", "accepted"],
        [f"{imported.told[Outcome.DUPLICATE]:,}", "imported before, and counted once"],
        [f"{imported.told[Outcome.CONFLICT]:,}", "in conflict with an event of the same identity"],
        [f"{imported.told[Outcome.QUARANTINED]:,}", "quarantined; see farthing usage quarantine"],
        [f"{imported.apart:,}", "could not be read"],
    ]
    shown = [row for at, row in enumerate(rows) if at < 2 or row[0] != "0"]
    return [*lines, table(shown, right=[0], indent="  ")]


def _told_apart(rejected: Rejected[Row] | Rejected[Line]) -> str:
    lines = [f"line {line}: {reason}" for line, reason in rejected.first]
    if rejected.count > len(lines):
        lines.append(f"and {counted(rejected.count - len(lines), 'more row')}.")
    where = f"they could not be written beside it: {rejected.trouble}" if rejected.trouble else f"see {rejected.path}"
    return "\n".join([*lines, f"{counted(rejected.count, 'row')} did not count; {where}."])
