"""Who asks at the command line: the person who is logged in, unless they say another name."""

import getpass

import click


def _logged_in() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody at the command line"


BY = click.option("--by", default=_logged_in, show_default="your login name", help="Who says so.")
