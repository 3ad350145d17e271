"""What waits in quarantine for something that has just been mended, and how to replay it."""

from collections.abc import Sequence

import click

from farthing.cli.say import counted

_MOST_COMMANDS = 5


def tell_waiting(events: int, options: Sequence[str]) -> None:
    """Where there is something to say: so many might be good now, and the commands that replay them."""
    if not events:
        return
    told = f"{counted(events, 'event')} in quarantine might be good now"
    click.echo(f"{told}; replay {'it' if events == 1 else 'them'} with:")
    for option in options if len(options) <= _MOST_COMMANDS else ["--all"]:
        click.echo(f"  farthing usage quarantine replay {option}")
