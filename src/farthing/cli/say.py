"""How the commands speak: tables that line up, numbers in groups of three, and refusals as one sentence."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import IO, Any

import click
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from farthing.core.money import Money, plain


class Sentence(click.ClickException):
    """A refusal: its sentence goes to stderr as it is, and the command ends with 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002
        """The sentence, and no trace."""
        click.echo(showable(self.message), err=True)


class Found(Sentence):
    """What was looked for and found wrong, such as books that do not prove."""

    exit_code = 1


class Stopped(Sentence):
    """A person stopped it; what was done by then stays."""

    exit_code = 130


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), indent: str = "") -> str:
    """Rows as lines whose columns line up; `right` are the columns that end together, such as money.

    >>> print(table([["a", "1.00"], ["bcd", "10.00"]], right=[1]))
    a     1.00
    bcd  10.00

    A line's end in a cell breaks no line:

    >>> print(table([["one\\ntwo", "1.00"]]))
    one two  1.00
    """
    clean = [[showable(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(cell_len(row[column]) for row in clean if column < len(row)) for column in range(_columns(clean))]
    lines = []
    for row in clean:
        cells = []
        for column, cell in enumerate(row):
            padding = " " * (widths[column] - cell_len(cell))
            cells.append(padding + cell if column in right else cell + padding)
        lines.append((indent + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def showable(text: str) -> str:
    """The text without what would move the cursor or break a line of a table."""
    return "".join(
        character if character.isprintable() or character == "\n" else "�"
        for character in text.encode("utf-8", "replace").decode()
    )


def grouped(number: Decimal | Fraction | int) -> str:
    """The number as people read it.

    >>> grouped(Decimal("-1234567.5"))
    '-1,234,567.5'
    """
    written = plain(Fraction(number))
    if "/" in written:
        return written
    whole, point, after = written.partition(".")
    return f"{int(whole):,}{point}{after}" if whole != "-0" else f"-0{point}{after}"


def amount(money: Money) -> str:
    """The amount without its currency.

    >>> from farthing.core.money import USD
    >>> amount(Money(123456, USD))
    '1,234.56'
    """
    return f"{money.amount:,f}"


def instant(at: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def counted(number: int, what: str, several: str | None = None) -> str:
    """A number of things; `several` is for those whose plural is not made with an s.

    >>> counted(1, "row"), counted(2000, "row"), counted(2, "breach", "breaches")
    ('1 row', '2,000 rows', '2 breaches')
    """
    return f"{number:,} {what if number == 1 else several or what + 's'}"


def progress() -> Progress:
    """A progress bar on stderr; silent where nobody watches."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _columns(rows: Sequence[Sequence[str]]) -> int:
    return max((len(row) for row in rows), default=0)
