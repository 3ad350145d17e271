"""Carrying out an import: it shows how far it is, and goes on where an earlier run of it was broken off."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Generic

import click

from farthing.cli.import_content import Content
from farthing.cli.import_progress import Pace, import_progress
from farthing.cli.import_resumed import Begun, Notes
from farthing.cli.import_way import Way
from farthing.cli.input_file import InputFile
from farthing.cli.opened import Opened
from farthing.cli.rejected import Rejected, rejected_path
from farthing.cli.say import Stopped, counted
from farthing.core.refused import Refused
from farthing.usecases.import_usage import Imported, Read, Record, import_usage, still_there
from farthing.usecases.ports import SellerStore

Opening = Callable[[InputFile], AbstractContextManager[Content[Read]]]


@dataclass(frozen=True, slots=True)
class Which:
    """Which file is imported, and how. `meaning` is all that the identity and content of its rows depend on."""

    file: Path
    meaning: tuple[object, ...]
    way: Way
    from_start: bool


@dataclass(frozen=True, slots=True)
class Done(Generic[Read]):
    """What came of an import, what it kept apart, and how fast it went."""

    imported: Imported
    rejected: Rejected[Read]
    pace: Pace


def carry_out(at: Opened, which: Which, opening: Opening[Read]) -> Done[Read]:
    """Import it, or go on with it; refuses a file without rows."""
    with InputFile(which.file) as source, opening(source) as content:
        notes = None if which.way.keeps_nothing or source.is_piped else _notes(at, which)
        begun = _begun(notes, which, source, content)
        if begun is None or _is_there(at, content, begun):
            return _imported(at, which, source, content, notes, begun)
    # The books are not what they were when it was broken off, so all of it is read again.
    return carry_out(at, replace(which, from_start=True), opening)


def _imported(
    at: Opened, which: Which, source: InputFile, content: Content[Read], notes: Notes | None, begun: Begun | None
) -> Done[Read]:
    title = "Reading" if which.way.keeps_nothing else "Importing"
    with (
        import_progress(title, size=source.size) as progress,
        Rejected(source.beside, content.form, None if begun is None else begun.rejected) as rejected,
    ):
        before = 0 if begun is None else begun.imported.rows
        progress(content.read_bytes(), before)
        kept = before

        def after_batch(imported: Imported) -> None:
            nonlocal kept
            kept = imported.rows
            progress(content.read_bytes(), kept)
            if notes is not None:
                notes.note(imported, rejected.so_far())

        def take(store: SellerStore | None, now: Callable[[], datetime], record: Record) -> Imported:
            return import_usage(
                store,
                content.rows,
                content.reader,
                now=now,
                keep_apart=rejected.add,
                after_batch=after_batch,
                record=record,
                so_far=None if begun is None else begun.imported,
            )

        try:
            imported = which.way.go(at, take)
        except KeyboardInterrupt:
            raise Stopped(_stopped(kept, which, can_go_on=notes is not None)) from None
        finally:
            if notes is not None:
                notes.write_waiting()
    if not imported.rows:
        raise Refused(content.nothing)
    if notes is not None:
        notes.forget()
    return Done(imported, rejected, progress.pace)


def _notes(at: Opened, which: Which) -> Notes:
    settings = at.wired.settings
    return Notes(settings.home, which.file, meaning=(settings.seller_id, *which.meaning))


def _begun(notes: Notes | None, which: Which, source: InputFile, content: Content[Read]) -> Begun | None:
    """What is to be gone on with, where all that it kept apart is still written down."""
    begun = None if notes is None or which.from_start else notes.begun()
    if notes is None or begun is None or not begun.rejected.is_in(rejected_path(source.beside, content.form)):
        return None
    notes.go_on(begun)
    return begun


def _is_there(at: Opened, content: Content[Read], begun: Begun) -> bool:
    """Pass over the rows that an earlier run imported, and look whether the last of them are in the books."""
    content.pass_over(begun.before_last_batch)
    if not still_there(at.store, islice(content.rows, begun.last_batch), content.reader, now=at.wired.now(at.store)):
        return False
    rows = counted(begun.imported.rows, "row")
    click.echo(f"Goes on after {rows}, where it was broken off; --from-start reads them again.", err=True)
    return True


def _stopped(kept: int, which: Which, *, can_go_on: bool) -> str:
    if which.way.keeps_nothing:
        return "Stopped; nothing was kept."
    goes_on = "start it again and it goes on there" if can_go_on else "start it again and nothing is imported twice"
    return f"Stopped after {counted(kept, 'row')}, which stay; {goes_on}."
