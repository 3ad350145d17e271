"""Importing usage from a file or standard input: CSV, lines of JSON or Parquet, compressed or not, never twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from farthing.cli.days import ZONE
from farthing.cli.import_content import OfEvents, OfTable
from farthing.cli.import_run import Which, carry_out
from farthing.cli.import_told import tell
from farthing.cli.import_way import way_of
from farthing.cli.input_file import STANDARD_INPUT
from farthing.cli.opened import Opened, opened
from farthing.cli.uncovered import uncovered_lines
from farthing.core.refused import Refused
from farthing.usecases.import_lines import LineReader
from farthing.usecases.import_usage import Columns, check_target
from farthing.usecases.record_usage import screening_meters
from farthing.usecases.uncovered import find_uncovered

CSV, LINES, PARQUET = "csv", "jsonl", "parquet"
_FORM_OF_ENDING = {".jsonl": LINES, ".ndjson": LINES, ".parquet": PARQUET}
_ENDINGS_OF_PACKED = (".gz", ".zst")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--customer", help="Of columns: whose usage it is, the customer's key.")
@click.option("--type", "event_type", help="Of columns: the event type that a meter counts.")
@click.option("--time", "time_column", metavar="COLUMN", help="Of columns: the one that says when.")
@click.option("--value", "values", multiple=True, metavar="NAME=COLUMN", help="A number of the event, by column.")
@click.option("--text", "texts", multiple=True, metavar="NAME=COLUMN", help="A text of the event, by column.")
@click.option("--id", "id_column", metavar="COLUMN", help="The column that is each row's identity for ever.")
@click.option("--zone", type=ZONE, help="The zone of times that name none, such as Europe/Paris.")
@click.option("--encoding", help="CSV: the file's encoding, where it is not UTF-8.")
@click.option(
    "--format", "form", type=click.Choice([CSV, LINES, PARQUET]), help="What it holds, where its name does not tell."
)
@click.option("--from-start", is_flag=True, help="Begin at the first row, even where an earlier run was broken off.")
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
    from_start: bool,
    dry_run: bool,
    batch: str | None,
    preview: bool,
) -> None:
    """Import FILE, each row or line as one event. A second run imports nothing twice.

    CSV needs --customer, --type and --time. A row's identity is its --id; without one it is the row's content and how
    many such rows came before it, so overlapping files need --id. All files are one source, “import”, so with --id
    equal ids in two files are the same event.

    JSON lines (.jsonl, .ndjson) hold one event on each line, as POST /v1/events takes it, and need none of these.

    Parquet (.parquet) is read as CSV is; or as JSON lines are, when its columns are named as what an event says: id,
    source, type, subject, time, and data.NAME for each property.

    Any may be compressed with gzip or zstd. “-” is standard input, with --format. What does not count is written to
    FILE.rejected.csv or FILE.rejected.jsonl with the reason; mend it there, and import that file.

    An import that was broken off goes on where it was, when it is started again with the same file.
    """
    options = {
        "--customer": customer,
        "--type": event_type,
        "--time": time_column,
        "--value": values,
        "--text": texts,
        "--id": id_column,
        "--zone": zone,
        "--encoding": encoding,
    }
    given = [option for option, value in options.items() if value]
    holds = form or _form_of(file)
    _refuse_options(holds, given)
    way = way_of(dry_run=dry_run, batch=batch, preview=preview)
    which = Which(file, (holds, batch, *options.values()), way, from_start=from_start)
    if holds == LINES or (holds == PARQUET and not set(given) - {"--zone"}):
        _import_events(which, holds, zone)
        return
    if not customer or not event_type or not time_column:
        missing = " and ".join(option for option in ("--customer", "--type", "--time") if not options[option])
        raise Refused(
            f"A CSV file needs {missing} too; lines of JSON need --format {LINES} instead."
            if holds == CSV
            else f"Parquet whose columns are named by options needs {missing} too."
        )
    columns = Columns(time=time_column, **_properties(values, texts), id=id_column, in_zone=zone)
    _import_table(which, holds, OfTable(columns, customer, event_type, encoding))


def _import_table(which: Which, holds: str, table: OfTable) -> None:
    with opened() as at:
        key = check_target(
            at.store,
            customer_key=table.customer_key,
            event_type=table.event_type,
            properties=table.columns.properties,
        )
        table = replace(table, customer_key=key)
        done = carry_out(at, which, table.in_csv if holds == CSV else table.in_parquet)
        uncovered = [] if which.way.keeps_nothing else find_uncovered(at.store, customer_key=key, now=at.now)
    tell(done, uncovered_lines(uncovered), which.way)


def _import_events(which: Which, holds: str, zone: str | None) -> None:
    with opened() as at:
        events = OfEvents(_line_reader(at), zone)
        done = carry_out(at, which, events.in_lines if holds == LINES else events.in_parquet)
        uncovered = [] if which.way.keeps_nothing else find_uncovered(at.store, now=at.now)
    of_these = [one for one in uncovered if one.customer.key in done.imported.subjects]
    tell(done, uncovered_lines(of_these), which.way)


def _line_reader(at: Opened) -> LineReader:
    with at.store.transaction():
        return LineReader(screening_meters(at.store))


def _form_of(file: Path) -> str:
    if file == STANDARD_INPUT:
        forms = f"--format {CSV}, --format {LINES} or --format {PARQUET}"
        raise Refused(f"Standard input has no name that tells what it holds; add {forms}.")
    name = file.name.lower()
    for ending in _ENDINGS_OF_PACKED:
        name = name.removesuffix(ending)
    return next((form for ending, form in _FORM_OF_ENDING.items() if name.endswith(ending)), CSV)


def _refuse_options(holds: str, given: list[str]) -> None:
    """Refuses what means nothing for such a file."""
    if holds == LINES and given:
        raise Refused(f"{given[0]} is for CSV; each line of JSON says all of it itself, so leave {given[0]} away.")
    if holds == PARQUET and "--encoding" in given:
        raise Refused("--encoding is for CSV; Parquet says itself how its texts are written, so leave it away.")


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
