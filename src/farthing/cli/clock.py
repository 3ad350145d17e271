"""A sandbox's clock: shown, and moved forward to see what a later day brings."""

import re
from datetime import datetime, timedelta

import click

from farthing.cli.commands import Commands
from farthing.cli.days import day_from
from farthing.cli.opened import Opened, opened
from farthing.cli.say import Found, counted, instant, progress
from farthing.core.parties import Mode
from farthing.core.period import local_date, start_of_day, zone
from farthing.core.refused import Refused
from farthing.usecases.advance_clock import Advanced, advance_clock
from farthing.usecases.import_usage import moment
from farthing.usecases.move_clock import move_clock

_LAST_YEAR = 9000
_DAY = timedelta(days=1)


@click.group("clock", cls=Commands)
def group() -> None:
    """The clock of a sandbox: show, move."""


@group.command("show")
def show() -> None:
    """What time it is for this seller."""
    with opened() as at, at.store.transaction():
        seller = at.store.seller()
    click.echo(f"{_told(at.now, seller.entity.in_zone)}.")
    if seller.clock_shift:
        click.echo("This sandbox's clock was moved; it goes on ticking from there.")
    elif seller.mode is Mode.SANDBOX:
        click.echo("That is the world's time; farthing clock move DATE moves this sandbox's clock forward.")
    else:
        click.echo("That is the world's time; this seller is live, so its clock cannot be moved.")


@group.command("move")
@click.argument("to", metavar="DATE|DATETIME")
@click.option("--bill/--no-bill", default=True, show_default=True, help="Bill on the way what falls due.")
def move(to: str, bill: bool) -> None:
    """Move a sandbox's clock forward to DATE, its first instant, or to DATETIME, like 2026-03-01T09:30.

    Without a zone it is local to the seller. The clock stops wherever something falls due, so that each invoice is
    issued on its own day. With --no-bill it jumps, and farthing serve or farthing period close bill what is due then.
    """
    with opened() as at:
        with at.store.transaction():
            in_zone = at.store.seller().entity.in_zone
        target = instant_from(to, in_zone=in_zone)
        if not bill:
            now = move_clock(at.store, to=target, world=at.wired.world())
            yesterday = local_date(now, in_zone=in_zone) - timedelta(days=1)
            click.echo(f"{_told(now, in_zone)}; the clock goes on ticking from there.")
            click.echo(
                f"farthing serve bills what is due by then, and so does farthing period close --through {yesterday}."
            )
            return
        advanced = _advance(at, target)
    click.echo(f"{_told(advanced.now, in_zone)}; the clock goes on ticking from there.")
    click.echo(
        f"{counted(advanced.invoices, 'invoice')} on the way, at {counted(advanced.stops, 'stop')}."
        if advanced.stops
        else "Nothing fell due on the way."
    )
    if advanced.waiting:
        click.echo(f"{counted(advanced.waiting, 'draft waits', 'drafts wait')}; see farthing draft list.")
    if advanced.refusals:
        raise Found("\n".join(advanced.refusals))


def _advance(at: Opened, target: datetime) -> Advanced:
    """The clock is moved; where somebody watches, a bar says how far."""
    whole = max((target - at.now) / _DAY, 1)
    with progress() as bar:
        task = bar.add_task("Days", total=round(whole))
        return advance_clock(
            at.store,
            to=target,
            world=at.wired.world,
            gateway=at.wired.gateway(at.store),
            progress=lambda there: bar.update(task, completed=round((there - at.now) / _DAY)),
        )


def instant_from(written: str, *, in_zone: str) -> datetime:
    """The instant that was written; a plain date is its first one there.

    >>> instant_from("2026-03-01", in_zone="Europe/Berlin").isoformat()
    '2026-02-28T23:00:00+00:00'
    """
    if re.fullmatch(r"\s*\d+-\d+-\d+\s*", written):
        day = day_from(written)
        if day.year >= _LAST_YEAR or day.year < 1970:
            raise Refused(f"{day} is too far away; check how the date is written.")
        return start_of_day(day, in_zone=in_zone)
    at, _ = moment(written, in_zone=in_zone)
    if at.year >= _LAST_YEAR:
        raise Refused(f"“{written.strip()}” is too far away; check how it is written.")
    return at


def _told(now: datetime, in_zone: str) -> str:
    return f"It is {now.astimezone(zone(in_zone)):%Y-%m-%d %H:%M:%S} in {in_zone} ({instant(now)})"
