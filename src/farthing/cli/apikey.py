"""API keys: made, and shown this once."""

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.usecases.api_keys import new_api_key


@click.group("apikey", cls=Commands)
def group() -> None:
    """API keys: new."""


@group.command("new")
@click.option("--label", default="made by farthing apikey new", help="What it is for.")
def new(label: str) -> None:
    """Make an API key. It is shown this once; only its fingerprint is kept."""
    with opened() as at:
        secret = new_api_key(at.store, label=label, now=at.now)
    click.echo(secret)
    click.echo("Keep it now: it is not shown again. Send it as “Authorization: Bearer fk_…”.", err=True)
