"""The outbox: what could not be delivered, why, and sending it again."""

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import instant, showable
from farthing.usecases.deliveries import check_known, list_stuck, resend


@click.group("outbox", cls=Commands)
def group() -> None:
    """What could not be delivered in Slack or by mail: list, resend."""


@group.command("list")
def list_() -> None:
    """Messages and letters that are stuck, oldest first, with what is in the way."""
    with opened() as at:
        stuck = list_stuck(at.store, person=None)
    if not stuck:
        click.echo("Nothing is stuck.")
    for one in stuck:
        mailed = "" if one.by_mail is None else f"  by mail instead, {instant(one.by_mail)}"
        click.echo(f"{one.key}  {instant(one.since)}  {showable(one.what)}{mailed}")
        click.echo(f"    {showable(one.why)} (tries: {one.attempts})")


@group.command("resend")
@click.argument("message", metavar="ID")
def resend_(message: str) -> None:
    """Send a stuck message or letter again at once; farthing serve sends it, once."""
    with opened() as at:
        said = resend(at.store, check_known(message), person=None)
    click.echo(said)
