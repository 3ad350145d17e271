"""What we ask of the store about batches: events that came together under a name, and are reverted together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Revert:
    """Who took a batch back, when and why, and how many events that has voided so far."""

    by: str
    reason: str
    at: datetime
    voided: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """A named batch: how many events it brought, how many of its events were kept apart, and what became of it.

    `opened_at` and `last_at` are when the first and the last of its events came in.
    """

    name: str
    opened_at: datetime
    last_at: datetime
    events: int
    apart: int
    revert: Revert | None = None


class BatchStore(Protocol):
    """The batches of one seller's usage."""

    def open_batch(self, name: str, *, opened_at: datetime) -> None:
        """Note a batch; does nothing when it is noted already."""

    def batch(self, name: str) -> Batch | None: ...
    def batch_reverted_at(self, name: str) -> datetime | None:
        """Since when nothing is added to a batch any more; None while it is in force."""

    def batches(self, *, limit: int = 100) -> list[Batch]:
        """Newest first."""

    def keep_batch_part(self, name: str, *, after: int, upto: int, events: int, kept_at: datetime) -> None:
        """All that was accepted at positions in (after, upto] belongs to the batch."""

    def keep_batch_apart(self, name: str, keys: Iterable[UUID]) -> None:
        """What is accepted with these keys later belongs to the batch as well."""

    def open_revert(self, name: str, *, by: str, reason: str, at: datetime) -> None:
        """From here on the batch is being reverted, and nothing is added to it; does nothing when it is already.

        To be called after `hold_acceptance`.
        """

    def revert_step(self, name: str, *, limit: int = 5_000) -> int | None:
        """Void what is in force of the next events of a batch that is being reverted; how many, or None at the end.

        To be called after `hold_acceptance`, each step in a transaction of its own.
        """

    def unfinished_reverts(self) -> list[str]:
        """The batches of which something is still to be voided, such as an event accepted out of quarantine."""

    def customers_since(self, position: int) -> list[UUID]:
        """Whose usage changed after a position."""
