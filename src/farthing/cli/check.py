"""The books are proved."""

import click

from farthing.cli.opened import opened
from farthing.cli.say import Found, counted
from farthing.usecases.check_books import check_books


@click.command("check")
def command() -> None:
    """Prove the books: every invariant, over everything there is. Silent when they are sound."""
    with opened() as at:
        findings = check_books(at.store)
    if findings:
        lines = [str(finding) for finding in findings]
        raise Found("\n".join([*lines, f"{counted(len(lines), 'breach')} of the books' invariants."]))
