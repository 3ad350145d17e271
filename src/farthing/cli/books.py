"""The books: months closed, locked and unlocked, and what another system left open."""

from __future__ import annotations

from pathlib import Path

import click

from farthing.cli.books_reports import aging_command, export_command, journal_command, trial_balance_command
from farthing.cli.commands import Commands
from farthing.cli.months import MONTH
from farthing.cli.opened import opened
from farthing.cli.say import Found, counted, instant, showable, table
from farthing.cli.whoever import BY
from farthing.cli.yaml_file import read_yaml
from farthing.core.ledger.month import Month
from farthing.usecases.close_month import close_month, list_locks, lock_month, unlock_month
from farthing.usecases.open_books import open_books


@click.group("books", cls=Commands)
def group() -> None:
    """The books: close, lock, unlock, locks, open, trial-balance, aging, journal, export."""


for _command in (trial_balance_command, aging_command, journal_command, export_command):
    group.add_command(_command)


@group.command("close")
@click.argument("month", type=MONTH)
@click.option("--dry-run", is_flag=True, help="Only say what is in the way.")
@BY
def close(month: Month, dry_run: bool, by: str) -> None:
    """Close MONTH: release what is earned, accrue what is used, prove the books, and lock it.

    Ends with 1, and says why, when something is in the way.
    """
    with opened() as at:
        closed = close_month(at.store, month, by=by, now=at.now, dry_run=dry_run)
    if closed.in_the_way:
        raise Found("\n".join([*closed.in_the_way, f"{month} stays open: mend this, and close it again."]))
    if dry_run:
        click.echo(f"Nothing is in the way of closing {month}.")
        return
    click.echo(
        f"{month} is closed and locked: {counted(closed.released, 'release')} and "
        f"{counted(closed.accrued, 'accrual')} booked."
    )


@group.command("lock")
@click.argument("month", type=MONTH)
@click.option("--because", required=True, help="Why; it is kept.")
@BY
def lock(month: Month, because: str, by: str) -> None:
    """Lock MONTH and all before it, as they are: nothing is booked there any more."""
    with opened() as at:
        lock_month(at.store, month, by=by, because=because, now=at.now)
    click.echo(f"{month} is locked; corrections are booked in the open month.")


@group.command("unlock")
@click.argument("month", type=MONTH)
@click.option("--because", required=True, help="Why; it is kept.")
@BY
def unlock(month: Month, because: str, by: str) -> None:
    """Unlock MONTH, the last one that is locked."""
    with opened() as at:
        unlock_month(at.store, month, by=by, because=because, now=at.now)
    click.echo(f"{month} is open again.")


@group.command("locks")
def locks() -> None:
    """Who locked and unlocked which month, the newest act first."""
    with opened() as at:
        acts = list_locks(at.store)
    if not acts:
        click.echo("No month was ever locked; farthing books close MONTH does it.")
        return
    rows = [
        [str(act.month), "locked" if act.locked else "unlocked", instant(act.at), act.by, act.because] for act in acts
    ]
    click.echo(table(rows))


@group.command("open")
@click.option(
    "--from", "file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A YAML file."
)
@BY
def open_(file: Path, by: str) -> None:
    """Begin the books with what another system left open; once, before the first document."""
    given = read_yaml(file)
    with opened() as at:
        opening = open_books(at.store, given, by=by, now=at.now)
    click.echo(
        showable(
            f"The books begin on {opening.booked_on} with {counted(len(opening.items), 'open item')}; the next invoice "
            f"has the number {opening.next_invoice}."
        )
    )
