"""The quarantine: events kept apart are listed, counted by reason, and replayed once they or their cause are mended."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import counted, instant, progress, showable, table
from farthing.core.refused import Refused
from farthing.usecases.mend_usage import mend, replay
from farthing.usecases.ports import ApartEvent, ApartWhich

_REASONS_SHOWN = 20


@click.group("quarantine", cls=Commands, invoke_without_command=True)
@click.pass_context
def group(context: click.Context) -> None:
    """Events kept apart: list, replay. Without a command, the list."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--source", help="Those of this source."),
        click.option("--subject", help="Those of this subject: the customer's key."),
        click.option("--type", "event_type", help="Those of this event type."),
        click.option("--reason", help="Those whose reason contains this."),
    ):
        command = option(command)
    return command


@group.command("list")
@_filters
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def list_(reason: str | None, event_type: str | None, subject: str | None, source: str | None, limit: int) -> None:
    """Events that do not count until they or their cause are mended, and events in conflict with another."""
    which = ApartWhich(reason=reason, type=event_type, subject=subject, source=source)
    with opened() as at, at.store.transaction():
        quarantined = at.store.quarantine(which=which, limit=limit)
        reasons = at.store.quarantine_by_reason(which=which, limit=_REASONS_SHOWN)
        conflicts = at.store.conflicts(limit=limit) if which == ApartWhich() else []
    if not quarantined and not conflicts:
        click.echo("No event is kept apart." if which == ApartWhich() else "No event in quarantine fits.")
    if reasons:
        click.echo(f"{counted(reasons[0].all_events, 'event')} in quarantine:")
        click.echo(table([[f"{one.events:,}", one.reason] for one in reasons], right=[0], indent="  "))
    for title, rows in (("Quarantined", quarantined), ("In conflict with the event that holds their key", conflicts)):
        if rows:
            click.echo(f"{title}:")
        for row in rows:
            click.echo(showable(f"  {instant(row.received_at)}  {row.key}  {_named(row)}: {row.reason}"))


@group.command("replay")
@click.argument("key", type=click.UUID, required=False)
@_filters
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option(
    "--event",
    "corrected",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the corrected event (JSON), taken in place of the one with KEY.",
)
def replay_(
    key: UUID | None,
    reason: str | None,
    event_type: str | None,
    subject: str | None,
    source: str | None,
    everything: bool,
    corrected: Path | None,
) -> None:
    """Screen events again under today's catalogue and customers; what is good counts from now on, once.

    KEY is one of `usage quarantine list`. Without it say which by options, or --all.
    """
    which = ApartWhich(key=key, reason=reason, type=event_type, subject=subject, source=source)
    if everything == (which != ApartWhich()):
        raise Refused("Say which to replay: a KEY, or --reason, --type, --subject or --source, or --all.")
    if corrected is not None:
        if key is None:
            raise Refused("--event corrects one event; give its KEY, too.")
        event = _event(corrected)
        with opened() as at:
            mend(at.store, key, event, now=at.now)
        click.echo("The corrected event is accepted.")
        return
    with opened() as at, progress() as bar:
        with at.store.transaction():
            reasons = at.store.quarantine_by_reason(which=which, limit=1)
        if not reasons:
            raise Refused("No event in quarantine fits; farthing usage quarantine lists them.")
        task = bar.add_task("Replaying", total=reasons[0].all_events)
        done = replay(
            at.store, which, now=at.now, limit=None, after_batch=lambda many: bar.update(task, completed=many)
        )
    click.echo(f"{counted(done.looked_at, 'event')} screened again.")
    rows = [
        [f"{done.accepted:,}", "accepted"],
        [f"{done.duplicate:,}", "kept before, and counted once"],
        [f"{done.conflict:,}", "in conflict with an event of the same identity"],
        [f"{done.quarantined:,}", "still in quarantine; farthing usage quarantine tells why"],
    ]
    click.echo(table([row for at, row in enumerate(rows) if at == 0 or row[0] != "0"], right=[0], indent="  "))


def _named(row: ApartEvent) -> str:
    return f"{row.event.get('source')} {row.event.get('id')}"


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
