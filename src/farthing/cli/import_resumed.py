"""An import that was broken off goes on where it was: how far it came is kept in the installation's folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from farthing.cli.rejected import RejectedSoFar
from farthing.usecases.import_usage import Imported
from farthing.usecases.ports import Outcome

FOLDER = "imports"
SECONDS_BETWEEN_NOTES = 2
_VERSION = 1
_START_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Begun:
    """An import that was broken off: what came of its rows, and how many of these were the last batch."""

    imported: Imported
    last_batch: int
    rejected: RejectedSoFar

    @property
    def before_last_batch(self) -> int:
        """The rows that are surely kept; those of the last batch are sent again, to see that they are."""
        return self.imported.rows - self.last_batch


class Notes:
    """Notes how far the import of one file is, so that another run may go on there.

    The same file is one of the same size, time of change and beginning, imported with the same meaning. A note
    is written after what it says was kept, so it never promises too much.
    """

    def __init__(self, home: Path, file: Path, *, meaning: tuple[object, ...]) -> None:
        told = file.stat()
        with file.open("rb") as opened:
            start = hashlib.sha256(opened.read(_START_BYTES)).hexdigest()
        which = [_VERSION, told.st_size, told.st_mtime_ns, start, repr(meaning)]
        self.path = home / FOLDER / f"{hashlib.sha256(json.dumps(which).encode()).hexdigest()[:32]}.json"
        self._written_at: float | None = None
        self._rows = 0
        self._waiting: Begun | None = None

    def begun(self) -> Begun | None:
        """What an earlier run of this import noted; None where none was broken off."""
        try:
            said = json.loads(self.path.read_text(encoding="utf-8"))
            return Begun(_imported(said["imported"]), said["last_batch"], _rejected(said["rejected"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def note(self, imported: Imported, rejected: RejectedSoFar) -> None:
        """Note this after a batch, at most every two seconds."""
        last_batch, self._rows = imported.rows - self._rows, imported.rows
        # As it is now: what is being counted in the next batch is not kept yet.
        as_now = replace(imported, told=dict(imported.told), sums=dict(imported.sums), subjects=set(imported.subjects))
        self._waiting = Begun(as_now, last_batch, rejected)
        if self._written_at is None or time.monotonic() - self._written_at >= SECONDS_BETWEEN_NOTES:
            self.write_waiting()

    def go_on(self, begun: Begun) -> None:
        """The next batch comes after these rows."""
        self._rows = begun.imported.rows

    def write_waiting(self) -> None:
        """Write what was noted last, where it was not written yet."""
        if self._waiting is not None:
            self._write(self._waiting)
            self._waiting, self._written_at = None, time.monotonic()

    def forget(self) -> None:
        """The import is done."""
        self._waiting = None
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _write(self, begun: Begun) -> None:
        said = {
            "imported": _plain(begun.imported),
            "last_batch": begun.last_batch,
            "rejected": asdict(begun.rejected),
        }
        beside = self.path.with_suffix(f".{os.getpid()}")
        # An import does not fail for want of a note: without one, another run begins at the first row.
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(exist_ok=True)
            beside.write_text(json.dumps(said), encoding="utf-8")
            beside.replace(self.path)


def _plain(imported: Imported) -> dict[str, Any]:
    return {
        "rows": imported.rows,
        "told": {outcome.value: count for outcome, count in imported.told.items()},
        "apart": imported.apart,
        "doubtful_hours": imported.doubtful_hours,
        "earliest": None if imported.earliest is None else imported.earliest.isoformat(),
        "latest": None if imported.latest is None else imported.latest.isoformat(),
        "sums": {name: str(value) for name, value in imported.sums.items()},
        "subjects": sorted(imported.subjects),
    }


def _imported(said: dict[str, Any]) -> Imported:
    return Imported(
        rows=said["rows"],
        told={outcome: said["told"][outcome.value] for outcome in Outcome},
        apart=said["apart"],
        doubtful_hours=said["doubtful_hours"],
        earliest=None if said["earliest"] is None else datetime.fromisoformat(said["earliest"]),
        latest=None if said["latest"] is None else datetime.fromisoformat(said["latest"]),
        sums={name: Decimal(value) for name, value in said["sums"].items()},
        subjects=set(said["subjects"]),
    )


def _rejected(said: dict[str, Any]) -> RejectedSoFar:
    return RejectedSoFar(said["count"], said["size_bytes"], tuple((line, reason) for line, reason in said["first"]))
