"""Solo: one person decides what two should, for a while; each decision says so."""

from datetime import datetime

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.usecases.people import OPERATOR
from farthing.usecases.solo import set_solo, show_solo


@click.group("solo", cls=Commands)
def group() -> None:
    """One person decides for two, for a while: on, off, show."""


@group.command("on")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day, at most 90 days away.")
@click.option("--because", required=True, help="Why; it is kept.")
def on(until: datetime, because: str) -> None:
    """From now through a day one person decides what two should; it can be renewed."""
    with opened() as at:
        solo = set_solo(at.store, until=until.date(), because=because, by=None, by_name=OPERATOR, now=at.now)
    click.echo(f"Solo through {solo.until}: each decision says so.")


@group.command("off")
@click.option("--because", required=True, help="Why; it is kept.")
def off(because: str) -> None:
    """From now on decisions need two again."""
    with opened() as at:
        set_solo(at.store, until=None, because=because, by=None, by_name=OPERATOR, now=at.now)
    click.echo("Solo is off.")


@group.command("show")
def show() -> None:
    """Whether it is on, until when, and who said why."""
    with opened() as at:
        solo, is_on = show_solo(at.store, now=at.now)
    if solo is None:
        click.echo("Solo was never on.")
        return
    state = f"on through {solo.until}" if is_on else "off"
    click.echo(f"Solo is {state}. {solo.set_by}, {solo.set_at:%Y-%m-%d}: {solo.because}")
