"""What an import comes to: kept as it comes, kept under a name, tried as a preview, or only read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from farthing.cli.changes import change_lines
from farthing.cli.opened import Opened
from farthing.core.refused import Refused
from farthing.usecases.batches import check_batch_name, record_in_batch
from farthing.usecases.import_usage import Imported, Record
from farthing.usecases.ports import SellerStore
from farthing.usecases.preview_usage import MOST_PREVIEWED, Change, preview
from farthing.usecases.record_usage import Read, Told, record_events

Take = Callable[[SellerStore | None, Callable[[], datetime], Record], Imported]


@dataclass(slots=True)
class Way:
    """How an import is done. `changes` are what a preview found."""

    dry_run: bool
    batch: str | None
    preview: bool
    changes: list[Change] = field(default_factory=list)
    tried: int = 0

    @property
    def keeps_nothing(self) -> bool:
        """Whether all is as it was afterwards."""
        return self.dry_run or self.preview

    def go(self, at: Opened, take: Take) -> Imported:
        """Import by `take`, which is told where to, by which clock, and how events are kept."""
        if self.dry_run:
            return take(None, lambda: at.now, record_events)
        if not self.preview:
            return take(at.store, lambda: at.wired.now(at.store), self._record)
        taken: list[Imported] = []
        self.changes = preview(
            at.store, lambda store: taken.append(take(store, lambda: at.now, self._record)), now=at.now
        )
        return taken[0]

    def heading(self) -> list[str]:
        """What is said before what came of it."""
        return ["Tried out, and taken back:"] if self.preview else []

    def told(self) -> list[str]:
        """What a preview found, and how a batch is taken back."""
        if self.preview:
            return change_lines(self.changes)
        if self.batch is None or self.dry_run:
            return []
        return [f"It is the batch “{self.batch}”; farthing usage batch revert takes it back as a whole."]

    def _record(self, store: SellerStore, events: Sequence[Read], /, *, now: datetime) -> list[Told]:
        if self.preview:
            self.tried += len(events)
            if self.tried > MOST_PREVIEWED:
                raise Refused(
                    f"A preview tries at most {MOST_PREVIEWED:,} events, since all other usage waits meanwhile; "
                    "preview a part of the file, or import it with --batch and revert that if need be."
                )
        if self.batch is None:
            return record_events(store, events, now=now)
        return record_in_batch(store, self.batch, events, now=now)


def way_of(*, dry_run: bool, batch: str | None, preview: bool) -> Way:
    """The way that these options ask for."""
    if dry_run and preview:
        raise Refused("--dry-run only reads the file and --preview tries it out; give one of the two.")
    return Way(dry_run=dry_run, batch=None if batch is None else check_batch_name(batch), preview=preview)
