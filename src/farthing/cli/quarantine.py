"""The quarantine: events kept apart are listed, counted, replayed once they are mended, or discarded by a person."""

from __future__ import annotations

from typing import Any

import click

from farthing.cli import quarantine_discard, quarantine_replay
from farthing.cli.apart_options import PLACE, filters, which
from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import counted, instant, showable, table
from farthing.usecases.apart_places import place_after
from farthing.usecases.ports import ALL_APART, ApartBy, ApartEvent, ApartPlace

_REASONS_SHOWN = 20


@click.group("quarantine", cls=Commands, invoke_without_command=True)
@click.pass_context
def group(context: click.Context) -> None:
    """Events kept apart: list, counts, replay, discard, discarded. Without a command, the list."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@group.command("list")
@filters
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.option("--after", type=PLACE, help="Go on where a list ended, as it says.")
def list_(limit: int, after: ApartPlace | None, **said: Any) -> None:
    """Events that do not count until they or their cause are mended, newest first; and events in conflict."""
    asked = which(said)
    with opened() as at, at.store.transaction():
        page = at.store.quarantine(which=asked, after=after, limit=limit)
        reasons = at.store.quarantine_by_reason(which=asked, limit=_REASONS_SHOWN) if after is None else []
        conflicts = at.store.conflicts(limit=limit) if asked == ALL_APART and after is None else []
    if not page and not conflicts:
        click.echo("No event is kept apart." if asked == ALL_APART else "No event in quarantine fits.")
    if reasons:
        click.echo(f"{counted(reasons[0].all_events, 'event')} in quarantine:")
        click.echo(table([[f"{one.events:,}", one.reason] for one in reasons], right=[0], indent="  "))
    for title, rows in (("Quarantined", page), ("In conflict with the event that holds their key", conflicts)):
        if rows:
            click.echo(f"{title}:")
        for row in rows:
            click.echo(showable(f"  {instant(row.received_at)}  {row.key}  {_named(row)}: {row.reason}"))
    if len(page) == limit:
        click.echo(f"There may be more: --after {place_after(page[-1])}")
    if conflicts:
        click.echo("farthing usage conflicts shows what each of them says otherwise.")


@group.command("counts")
@filters
@click.option(
    "--by", type=click.Choice([each.value for each in ApartBy]), default=ApartBy.REASON.value, show_default=True
)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def counts(by: str, limit: int, **said: Any) -> None:
    """How many events are kept apart with each reason, type, source or subject, and since when."""
    asked = which(said)
    with opened() as at, at.store.transaction():
        total = at.store.quarantined(asked)
        found = at.store.quarantine_by(ApartBy(by), which=asked, limit=limit)
    click.echo(f"{counted(total, 'event')} in quarantine{'.' if not total else ':'}")
    if found:
        rows = [[f"{one.events:,}", instant(one.first_at), instant(one.last_at), one.of or "(none)"] for one in found]
        click.echo(table([["EVENTS", "FIRST", "LAST", by.upper()], *rows], right=[0], indent="  "))


def _named(row: ApartEvent) -> str:
    return f"{row.event.get('source')} {row.event.get('id')}"


group.add_command(quarantine_replay.replay_)
group.add_command(quarantine_discard.discard_)
group.add_command(quarantine_discard.discarded)
