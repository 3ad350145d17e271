"""Discarding: a person takes events out of quarantine for good, says why, and all can see later which they were."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from farthing.cli.apart_options import filters, which
from farthing.cli.opened import Opened, opened
from farthing.cli.say import counted, instant, progress, showable, table
from farthing.core.refused import Refused
from farthing.usecases.discard_usage import discard
from farthing.usecases.ports import ApartWhich

_REASONS_SHOWN = 10


@click.command("discard")
@click.argument("key", type=click.UUID, required=False)
@filters
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--by", required=True, help="Who discards them: a person's name.")
@click.option("--because", required=True, help="Why.")
@click.option("--expect", type=click.IntRange(1), help="How many they are: with it nobody is asked.")
def discard_(key: UUID | None, everything: bool, by: str, because: str, expect: int | None, **said: Any) -> None:
    """Take events out of quarantine for good: they never count, and what they said stays readable.

    KEY is one of `usage quarantine list`. Without it say which by options, or --all: it shows how many they are, and
    asks. A good event with the same source and id is accepted when it is sent.
    """
    asked = which(said, key=key)
    if everything == (asked != ApartWhich()):
        raise Refused(
            "Say which to discard: a KEY, or --reason, --type, --subject, --source, --since or --before, or --all."
        )
    with opened() as at:
        if key is None and expect is None:
            expect = _agreed(at, asked)
        with progress() as bar:
            task = bar.add_task("Discarding", total=expect)
            discarded = discard(
                at.store,
                asked,
                expect=expect,
                by=by,
                because=because,
                now=at.now,
                after_batch=lambda many: bar.update(task, completed=many),
            )
    verb = "is" if discarded == 1 else "are"
    click.echo(f"{counted(discarded, 'event')} {verb} discarded; farthing usage quarantine discarded shows them.")


@click.command("discarded")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.option("--after", type=click.IntRange(0), help="Go on where a list ended, as it says.")
def discarded(limit: int, after: int | None) -> None:
    """Events that were discarded, newest first: by whom, when and why."""
    with opened() as at, at.store.transaction():
        page = at.store.discarded(before=after, limit=limit)
        total = at.store.discarded_events()
    if not total:
        click.echo("No event was ever discarded.")
        return
    click.echo(f"{counted(total, 'event')} discarded:")
    for one in page:
        name = f"{one.was.event.get('source')} {one.was.event.get('id')}"
        told = f"by {one.discarding.by}, because: {one.discarding.because}"
        click.echo(showable(f"  {instant(one.discarding.at)}  {one.was.key}  {name}, {told}"))
        click.echo(showable(f"    was in quarantine: {one.was.reason}"))
    if len(page) == limit:
        click.echo(f"There may be more: --after {page[-1].number}")


def _agreed(at: Opened, asked: ApartWhich) -> int:
    """How many they are, to which the person has agreed."""
    with at.store.transaction():
        reasons = at.store.quarantine_by_reason(which=asked, limit=_REASONS_SHOWN)
    if not reasons:
        raise Refused("No event in quarantine fits; farthing usage quarantine lists them.")
    total = reasons[0].all_events
    click.echo(f"{counted(total, 'event')} in quarantine:")
    click.echo(table([[f"{one.events:,}", one.reason] for one in reasons], right=[0], indent="  "))
    if not click.confirm(f"Discard {'it' if total == 1 else f'all {total:,}'}, never to be counted?"):
        raise Refused("Nothing was discarded.")
    return total
