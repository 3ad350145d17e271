"""Conflicts: two events with one source and id, side by side, and what they say otherwise."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from farthing.cli.apart_options import PLACE
from farthing.cli.opened import opened
from farthing.cli.say import counted, instant, showable, table
from farthing.core.metering.differences import differing
from farthing.core.metering.event import canonical
from farthing.usecases.apart_places import place_after
from farthing.usecases.ports import ApartPlace, Conflict

_LONGEST_SHOWN = 60


@click.command("conflicts")
@click.argument("key", type=click.UUID, required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@click.option("--after", type=PLACE, help="Go on where a list ended, as it says.")
def conflicts(key: UUID | None, limit: int, after: ApartPlace | None) -> None:
    """Events whose source and id another event holds, newest first: what each says, side by side.

    The event that was accepted first counts and stays as it is; the other never counts. With KEY those of one event.
    """
    with opened() as at, at.store.transaction():
        page = at.store.conflicts_side_by_side(key=key, after=after, limit=limit)
        total = at.store.conflicting()
    if not page:
        click.echo("No event is in conflict with another." if key is None else "No event with this key is in conflict.")
        return
    if key is None and after is None:
        click.echo(f"{counted(total, 'event')} in conflict with the one that holds their source and id:")
    for one in page:
        _tell(one)
    if len(page) == limit:
        click.echo(f"\nThere may be more: --after {place_after(page[-1].other)}")


def _tell(conflict: Conflict) -> None:
    name = f"{conflict.accepted['source']} {conflict.accepted['id']}"
    click.echo(showable(f"\n{conflict.other.key}  {name}"))
    by_rule = "" if conflict.rule_version is None else f", changed by version {conflict.rule_version} of its rule"
    click.echo(
        f"  accepted {instant(conflict.accepted_at)} at position {conflict.position}{by_rule}; "
        f"the other received {instant(conflict.other.received_at)}"
    )
    rows = [
        [each.what, _shown(each.accepted), _shown(each.other)]
        for each in differing(conflict.accepted, conflict.other.event)
    ]
    click.echo(table([["", "ACCEPTED", "THE OTHER"], *rows], indent="  "))


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else canonical(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
