"""Usage: imported from a file, shown, and what is kept apart."""

from pathlib import Path

import click

from farthing.cli import quarantine
from farthing.cli.commands import Commands
from farthing.cli.csv_rows import CountedOnDisk, CsvFile, RejectedRows
from farthing.cli.days import ZONE
from farthing.cli.opened import opened
from farthing.cli.say import Found, amount, counted, grouped, instant, progress, table
from farthing.cli.uncovered import uncovered_lines
from farthing.core.refused import Refused
from farthing.usecases.import_usage import Columns, Imported, RowReader, check_target, import_usage
from farthing.usecases.ports import Outcome
from farthing.usecases.show_usage import show_usage
from farthing.usecases.uncovered import find_uncovered


@click.group("usage", cls=Commands)
def group() -> None:
    """Usage: import, show, quarantine."""


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--customer", required=True, help="Whose usage it is: the customer's key.")
@click.option("--type", "event_type", required=True, help="The event type that a meter counts.")
@click.option("--time", "time_column", required=True, metavar="COLUMN", help="The column that says when.")
@click.option("--value", "values", multiple=True, metavar="NAME=COLUMN", help="A number of the event, by its column.")
@click.option("--id", "id_column", metavar="COLUMN", help="The column that is each row's identity for ever.")
@click.option("--zone", type=ZONE, help="The zone of times that name none, such as Europe/Paris.")
@click.option("--encoding", help="The file's encoding, where it is not UTF-8.")
@click.option("--dry-run", is_flag=True, help="Read all of it, and keep nothing.")
def import_(
    file: Path,
    customer: str,
    event_type: str,
    time_column: str,
    values: tuple[str, ...],
    id_column: str | None,
    zone: str | None,
    encoding: str | None,
    dry_run: bool,
) -> None:
    """Import the rows of FILE (CSV), each as one event. A second run imports nothing twice.

    A row's identity is its --id; without one it is the row's content and how many such rows came before it, so
    overlapping files need --id. All files are one source, “import”, so with --id equal ids in two files are the same
    event. Rows that cannot be read are written to FILE.rejected.csv with the reason.
    """
    columns = Columns(time=time_column, values=_values(values), id=id_column, in_zone=zone)
    with opened() as at, CsvFile(file, wanted=columns.named, encoding=encoding) as table_file:
        properties = [name for name, _ in columns.values]
        key = check_target(at.store, customer_key=customer, event_type=event_type, properties=properties)
        with (
            CountedOnDisk() as occurrences,
            RejectedRows(file, table_file.header, table_file.separator) as rejected,
            progress() as bar,
        ):
            task = bar.add_task("Reading" if dry_run else "Importing", total=table_file.size)
            imported = import_usage(
                None if dry_run else at.store,
                table_file.rows(),
                RowReader(columns, table_file.header, customer_key=key, event_type=event_type, occurrences=occurrences),
                now=at.now,
                keep_apart=rejected.add,
                after_batch=lambda: bar.update(task, completed=table_file.read_bytes),
            )
        if not imported.rows:
            raise Refused("The file has a header and no rows.")
        uncovered = [] if dry_run else find_uncovered(at.store, customer_key=key, now=at.now)
    click.echo("\n".join([*_summary(imported, dry_run=dry_run), *uncovered_lines(uncovered)]))
    if rejected.count:
        raise Found(_told_apart(rejected))


@group.command("show")
@click.argument("customer")
@click.option("--days", is_flag=True, help="Each day's usage, too.")
def show(customer: str, days: bool) -> None:
    """What CUSTOMER has used in the running period, and what it comes to so far."""
    with opened() as at:
        view = show_usage(at.store, customer_key=customer, person=None, now=at.now)
        uncovered = find_uncovered(at.store, customer_key=view.customer.key, now=at.now)
    click.echo(f"{view.customer.name} ({view.customer.key}), as of {instant(view.as_of)}")
    if not view.running:
        click.echo("No subscription runs now; farthing subscribe CUSTOMER PLAN --from DATE begins one.")
    for running in view.running:
        zone = running.subscription.cycle.in_zone
        first, last = running.period.first_day(in_zone=zone), running.period.last_day(in_zone=zone)
        click.echo(f"\n{running.plan.name}, {first} to {last} in {zone}")
        rows = [
            [line.name, "" if line.share is not None else f"{grouped(line.quantity)} {line.unit}".strip(),
             amount(line.amount)]
            for line in running.draft.lines
        ]  # fmt: skip
        rows.append([f"So far ({running.draft.currency.code})", "", amount(running.draft.total)])
        click.echo(table(rows, right=[1, 2], indent="  "))
        for meter in running.meters if days else []:
            click.echo(f"\n  {meter.name}")
            daily = [
                [str(day.day), grouped(day.quantity), counted(day.events, "event")] for day in meter.days if day.events
            ]
            click.echo(table(daily, right=[1, 2], indent="  "))
    for line in uncovered_lines(uncovered):
        click.echo(f"\n{line}")


group.add_command(quarantine.group)


def _values(written: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    pairs: dict[str, str] = {}
    for value in written:
        name, equals, column = value.partition("=")
        if not equals or not name.strip() or not column.strip():
            raise Refused(f"“{value[:60]}” is no --value; write it like --value tokens=TOKENS_COLUMN.")
        if name.strip() in pairs:
            raise Refused(f"“{name.strip()}” is given by two --value options; give each property once.")
        pairs[name.strip()] = column.strip()
    return tuple(pairs.items())


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


def _told_apart(rejected: RejectedRows) -> str:
    lines = [f"line {line}: {reason}" for line, reason in rejected.first]
    if rejected.count > len(lines):
        lines.append(f"and {counted(rejected.count - len(lines), 'more row')}.")
    where = f"they could not be written beside it: {rejected.trouble}" if rejected.trouble else f"see {rejected.path}"
    return "\n".join([*lines, f"{counted(rejected.count, 'row')} did not count; {where}."])
