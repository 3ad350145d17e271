"""The catalogue: meters and plans, applied from a file."""

from pathlib import Path

import click

from farthing.cli.catalogue_file import Mistakes, read_catalogue
from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import Sentence, counted
from farthing.usecases.apply_catalogue import Change, apply_catalogue
from farthing.usecases.joined import joined


@click.group("catalog", cls=Commands)
def group() -> None:
    """Meters and plans: apply."""


@group.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def apply(file: Path, dry_run: bool) -> None:
    """Read FILE (YAML) and keep what is new or changed as a new version.

    Subscriptions stay on the version they agreed to.
    """
    try:
        written = file.read_bytes()
    except OSError as fault:
        raise Sentence(f"{file} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None
    with opened() as at:
        with at.store.transaction():
            known = at.store.meters()
        try:
            catalogue = read_catalogue(written, known=known)
        except Mistakes as mistakes:
            lines = [f"{file}:{m.line}:{m.column}: {m.sentence}" for m in mistakes.found]
            told = f"{counted(len(lines), 'mistake')}; nothing was changed."
            raise Sentence("\n".join([*lines, told])) from None
        changes: list[Change] = []
        try:
            with at.store.transaction():
                changes = apply_catalogue(
                    joined(at.store), meters={**known, **catalogue.meters}, plans=catalogue.plans, now=at.now
                )
                if dry_run:
                    raise _OnlyLooking
        except _OnlyLooking:
            pass
    for change in changes:
        click.echo(f"{change.what} {change.key}: version {change.version}{' (not kept)' if dry_run else ''}")
    if not changes:
        click.echo("Nothing changed: the catalogue says this already.")


class _OnlyLooking(Exception):
    """Undoes what a dry run did."""
