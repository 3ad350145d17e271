"""How far an import is: rows in a second and the time that remains, on a terminal; a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

SECONDS_BETWEEN_LINES = 10


class Pace:
    """What was done by now, and how fast: bytes and rows since the first that this run read.

    >>> pace = Pace(size=4_000, seconds=0.0)
    >>> pace.note(1_000, 500, seconds=0.0)
    >>> pace.note(2_000, 1_500, seconds=2.0)
    >>> pace.rate, pace.remaining_seconds
    (500.0, 4.0)
    >>> pace.in_words()
    '1,500 rows read, 50 % of it, 500 rows/s, about 0:04 remaining'
    """

    def __init__(self, *, size: int | None, seconds: float) -> None:
        self._size = size
        self._began = seconds
        self._passed = 0.0
        self._first: tuple[int, int] | None = None
        self._read_bytes = 0
        self.rows = 0

    def note(self, read_bytes: int, rows: int, *, seconds: float) -> None:
        """So much has been read by now; what was read at the first call was read before."""
        if self._first is None:
            self._first, self._began = (read_bytes, rows), seconds
        self._read_bytes, self.rows = read_bytes, rows
        self._passed = seconds - self._began

    @property
    def rows_now(self) -> int:
        """The rows that this run has read."""
        return self.rows - (self._first or (0, 0))[1]

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return self._passed

    @property
    def rate(self) -> float:
        """Rows in a second."""
        return self.rows_now / self._passed if self._passed > 0 else 0.0

    @property
    def remaining_seconds(self) -> float | None:
        """How long the rest takes at this pace; None where nobody knows how much there is."""
        now = self._read_bytes - (self._first or (0, 0))[0]
        if not self._size or now <= 0:
            return None
        return (self._size - self._read_bytes) * self._passed / now

    def in_words(self) -> str:
        """A line that tells it."""
        told = [f"{self.rows:,} rows read"]
        if self._size:
            told.append(f"{100 * self._read_bytes // self._size} % of it")
        told.append(f"{self.rate:,.0f} rows/s")
        if self.remaining_seconds is not None:
            told.append(f"about {as_clock(self.remaining_seconds)} remaining")
        return ", ".join(told)


class Watched:
    """Takes how many bytes and rows have been read by now, as a call, and shows it; `pace` is what came of it."""

    def __init__(self, pace: Pace, show: Callable[[int], None], clock: Callable[[], float]) -> None:
        self.pace = pace
        self._show = show
        self._clock = clock

    def __call__(self, read_bytes: int, rows: int) -> None:
        """So much by now."""
        self.pace.note(read_bytes, rows, seconds=self._clock())
        self._show(read_bytes)


@contextmanager
def import_progress(
    title: str,
    *,
    size: int | None,
    console: Console | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Watched]:
    """Shows on stderr how far it is; the time that remains where the size is known, the time that has passed else."""
    shown_on = console or Console(stderr=True)
    pace = Pace(size=size, seconds=clock())
    if not shown_on.is_terminal:
        yield Watched(pace, _lines(title, pace, shown_on, clock), clock)
        return
    last = TimeElapsedColumn() if size is None else _Of(pace, _remaining)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), _Of(pace, _rate), last)
    with Progress(*columns, console=shown_on, transient=True) as bar:
        task = bar.add_task(title, total=size)
        yield Watched(pace, lambda read_bytes: bar.update(task, completed=read_bytes), clock)


def as_clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> as_clock(4), as_clock(3_725)
    ('0:04', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class _Of(ProgressColumn):
    """A column that says something of the pace."""

    def __init__(self, pace: Pace, says: Callable[[Pace], str]) -> None:
        super().__init__()
        self._pace, self._says = pace, says

    def render(self, task: Task) -> Text:  # noqa: ARG002
        return Text(self._says(self._pace))


def _rate(pace: Pace) -> str:
    return f"{pace.rate:,.0f} rows/s" if pace.rate else ""


def _remaining(pace: Pace) -> str:
    return "" if pace.remaining_seconds is None else f"{as_clock(pace.remaining_seconds)} remaining"


def _lines(title: str, pace: Pace, shown_on: Console, clock: Callable[[], float]) -> Callable[[int], None]:
    """Writes a line where ten seconds have passed since the last."""
    told = clock()

    def show(read_bytes: int) -> None:
        del read_bytes  # The pace knows.
        nonlocal told
        if clock() - told >= SECONDS_BETWEEN_LINES:
            told = clock()
            shown_on.print(f"{title}: {pace.in_words()}", soft_wrap=True, highlight=False, markup=False)

    return show
