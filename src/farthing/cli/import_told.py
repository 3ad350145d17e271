"""What an import tells at its end: what was read, what it adds up to, what became of it, and how fast it went."""

from __future__ import annotations

import click

from farthing.cli.import_progress import as_clock
from farthing.cli.import_run import Done
from farthing.cli.import_way import Way
from farthing.cli.say import Found, counted, grouped, instant, table
from farthing.usecases.import_lines import Line
from farthing.usecases.import_usage import Imported, Row
from farthing.usecases.ports import Outcome


def tell(done: Done[Row] | Done[Line], uncovered: list[str], way: Way) -> None:
    """Say it; ends the command with 1 when some rows did not count."""
    took = f"It took {as_clock(done.pace.seconds)}: {done.pace.rate:,.0f} rows a second."
    told = _summary(done.imported, dry_run=way.dry_run)
    click.echo("\n".join([*way.heading(), *told, *way.told(), *uncovered, took]))
    if done.rejected.count:
        raise Found(_told_apart(done))


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


def _told_apart(done: Done[Row] | Done[Line]) -> str:
    rejected = done.rejected
    lines = [f"line {line}: {reason}" for line, reason in rejected.first]
    if rejected.count > len(lines):
        lines.append(f"and {counted(rejected.count - len(lines), 'more row')}.")
    where = f"they could not be written beside it: {rejected.trouble}" if rejected.trouble else f"see {rejected.path}"
    return "\n".join([*lines, f"{counted(rejected.count, 'row')} did not count; {where}."])
