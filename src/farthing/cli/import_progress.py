"""How far an import is: rows in a second and the time that remains, on a terminal; silent where nobody watches."""

from __future__ import annotations

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
    TimeRemainingColumn,
)
from rich.text import Text


class _Rate(ProgressColumn):
    """Rows in a second, from the beginning."""

    def render(self, task: Task) -> Text:
        rows, seconds = task.fields["rows"], task.elapsed
        return Text(f"{rows / seconds:,.0f} rows/s" if rows and seconds else "")


@contextmanager
def import_progress(
    title: str, *, size: int | None, console: Console | None = None
) -> Iterator[Callable[[int, int], None]]:
    """Takes how many bytes and rows have been read; what remains is told where the size is known."""
    shown_on = console or Console(stderr=True)
    last = TimeElapsedColumn() if size is None else TimeRemainingColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), _Rate(), last)
    with Progress(*columns, console=shown_on, transient=True, disable=not shown_on.is_terminal) as bar:
        task = bar.add_task(title, total=size, rows=0)

        def show(read_bytes: int, rows: int) -> None:
            bar.update(task, completed=read_bytes, rows=rows)

        yield show
