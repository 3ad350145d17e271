"""Replaying: events kept apart are screened again, as they were sent or corrected, once their cause is mended."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from farthing.cli.apart_options import filters, which
from farthing.cli.opened import opened
from farthing.cli.say import counted, progress, table
from farthing.core.refused import Busy, Refused
from farthing.usecases.mend_usage import mend, replay
from farthing.usecases.ports import ApartWhich


@click.command("replay")
@click.argument("key", type=click.UUID, required=False)
@filters
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option(
    "--event",
    "corrected",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the corrected event (JSON), taken in place of the one with KEY.",
)
@click.option("--after", type=click.UUID, help="Go on where a replay was broken off, as it says.")
def replay_(key: UUID | None, everything: bool, corrected: Path | None, after: UUID | None, **said: Any) -> None:
    """Screen events again under today's catalogue and customers; what is good counts from now on, once.

    KEY is one of `usage quarantine list`. Without it say which by options, or --all. What was worked through when it
    is broken off stays; it may be begun anew, or gone on with --after.
    """
    asked = which(said, key=key)
    if everything == (asked != ApartWhich()):
        raise Refused(
            "Say which to replay: a KEY, or --reason, --type, --subject, --source, --since or --before, or --all."
        )
    if corrected is not None:
        if key is None:
            raise Refused("--event corrects one event; give its KEY, too.")
        event = _event(corrected)
        with opened() as at:
            mend(at.store, key, event, now=at.now)
        click.echo("The corrected event is accepted.")
        return
    reached = after
    try:
        with opened() as at, progress() as bar:
            with at.store.transaction():
                total = at.store.quarantined(asked)
            if not total:
                raise Refused("No event in quarantine fits; farthing usage quarantine lists them.")
            task = bar.add_task("Replaying", total=total)

            def worked_through(many: int, up_to: UUID) -> None:
                nonlocal reached
                reached = up_to
                bar.update(task, completed=many)

            done = replay(at.store, asked, now=at.now, after=after, limit=None, after_batch=worked_through)
    except (KeyboardInterrupt, Busy) as broken:
        told = f"{broken.sentence} " if isinstance(broken, Busy) else "Broken off. "
        on = "" if reached is None else f"; go on with --after {reached}"
        raise Refused(f"{told}What was worked through stays{on}.") from None
    click.echo(f"{counted(done.looked_at, 'event')} screened again.")
    rows = [
        [f"{done.accepted:,}", "accepted"],
        [f"{done.duplicate:,}", "kept before, and counted once"],
        [f"{done.conflict:,}", "in conflict with an event of the same identity"],
        [f"{done.quarantined:,}", "still in quarantine; farthing usage quarantine tells why"],
    ]
    click.echo(table([row for at, row in enumerate(rows) if at == 0 or row[0] != "0"], right=[0], indent="  "))


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _event(file: Path) -> dict[str, Any]:
    try:
        event = json.loads(file.read_bytes(), parse_float=Decimal, parse_constant=_no_number)
    except (OSError, ValueError, ArithmeticError, RecursionError):
        raise Refused(f"{file} holds no JSON that can be read.") from None
    if not isinstance(event, dict):
        raise Refused(f"{file} holds no event: a JSON object with type, subject, time and data.")
    return event
