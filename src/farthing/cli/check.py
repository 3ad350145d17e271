"""The books are proved, and it is told what was proved and where usage stands."""

import sys

import click

from farthing.cli.opened import opened
from farthing.cli.say import Found, counted, table
from farthing.cli.uncovered import uncovered_lines
from farthing.usecases.check_books import Proved, prove_books


@click.command("check")
@click.option("-v", "--verbose", is_flag=True, help="Say what was proved; on a terminal that is said anyway.")
def command(verbose: bool) -> None:
    """Prove the books: every invariant, over everything there is. Ends with 1 when one does not hold.

    Away from a terminal it is silent about sound books, so that a schedule can run it; usage that nothing will
    bill is always told.
    """
    with opened() as at:
        proved = prove_books(at.store, now=at.now)
    if proved.findings:
        lines = [str(finding) for finding in proved.findings]
        raise Found("\n".join([*lines, f"{counted(len(lines), 'breach', 'breaches')} of the books' invariants."]))
    told = _sound(proved) if verbose or sys.stdout.isatty() else uncovered_lines(proved.uncovered)
    if told:
        click.echo("\n".join(told))


def _sound(proved: Proved) -> list[str]:
    usage = proved.usage
    gone_through = f"{counted(proved.invoices, 'invoice')} and {counted(usage.accepted, 'event')} of usage"
    rows = [
        [f"{usage.billed:,}", "billed"],
        [f"{usage.open:,}", "open: in a period that is not billed yet"],
        [f"{usage.late:,}", "late: came when its period was billed already; kept, and on no invoice yet"],
        *([[f"{usage.voided:,}", "voided: count no more"]] if usage.voided else []),
        [f"{usage.unattributed:,}", "in no subscription: will not be billed"],
    ]
    corrected = usage.corrected
    owed = [f"{counted(corrected, 'event')} {_were(corrected)} billed and corrected since; see farthing usage owed."]
    return [
        f"The books are sound: {proved.invariants} invariants hold over {gone_through}.",
        table(rows, right=[0], indent="  "),
        *(owed if corrected else []),
        *uncovered_lines(proved.uncovered),
    ]


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
