"""Batches: listed, shown, previewed before they are imported, and reverted as a whole."""

from __future__ import annotations

from typing import Any

import click

from farthing.cli import usage_import
from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import counted, instant, showable, table
from farthing.cli.whoever import BY
from farthing.usecases.batch_ports import Batch
from farthing.usecases.batches import find_batch, list_batches, revert_batch


@click.group("batch", cls=Commands)
def group() -> None:
    """Usage that came in under a name: list, show, preview, revert."""


@group.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def list_(limit: int) -> None:
    """The newest batches."""
    with opened() as at:
        batches = list_batches(at.store, limit=limit)
    if not batches:
        click.echo("There is no batch yet; farthing usage import FILE --batch NAME brings one in.")
        return
    rows = [[one.name, instant(one.opened_at), f"{one.events:,}", _standing(one)] for one in batches]
    click.echo(table(rows, right=[2]))


@group.command("show")
@click.argument("name")
def show(name: str) -> None:
    """What NAME brought in, and what became of it."""
    with opened() as at:
        batch = find_batch(at.store, name)
    click.echo(showable(f"{batch.name}: {counted(batch.events, 'event')}, {_standing(batch)}."))
    click.echo(f"It came in from {instant(batch.opened_at)} to {instant(batch.last_at)}.")
    if batch.apart:
        click.echo(
            f"{counted(batch.apart, 'event')} of it {'was' if batch.apart == 1 else 'were'} kept apart at first; what "
            "is accepted of them belongs to it too."
        )
    if batch.revert is not None:
        revert = batch.revert
        click.echo(showable(f"Reverted on {instant(revert.at)} by {revert.by}: {revert.reason}"))


@group.command("revert")
@click.argument("name")
@click.option("--because", "reason", required=True, help="Why; it is kept with the batch and shown with its events.")
@BY
def revert(name: str, reason: str, by: str) -> None:
    """Void all that is still in force of NAME, each event once. Interrupted, it goes on by itself or when run again."""
    with opened() as at:
        batch = revert_batch(at.store, name, reason=reason, by=by, now=at.now)
    assert batch.revert is not None, f"{name} was reverted"
    click.echo(f"{counted(batch.revert.voided, 'event')} of “{batch.name}” {_are(batch.revert.voided)} voided.")
    click.echo("Open periods follow; farthing usage owed tells what issued invoices are owed.")


def _previewed(**given: Any) -> None:
    assert usage_import.import_.callback is not None, "an import does something"
    usage_import.import_.callback(**given, dry_run=False, batch=None, preview=True)


# The same file in the same words as it will be imported.
group.add_command(
    click.Command(
        "preview",
        callback=_previewed,
        params=[one for one in usage_import.import_.params if one.name not in ("dry_run", "batch", "preview")],
        help="Tell what importing FILE would change on which draft, and keep nothing. Takes the options of an import; "
        "other usage of the seller waits to be accepted while it lasts.",
    )
)


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _standing(batch: Batch) -> str:
    if batch.revert is None:
        return "in force"
    if not batch.revert.is_complete:
        return f"being reverted, {batch.revert.voided:,} voided so far"
    return f"reverted, {batch.revert.voided:,} voided"
