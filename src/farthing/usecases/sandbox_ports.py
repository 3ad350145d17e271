"""What we ask of the store about sandboxes: copies of all that one has, and what falls due as its clock moves."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

ORIGINAL = "original"


class Kind(StrEnum):
    """The first sandbox of a family; a saved point, which stays as it is; a fork, which goes on by itself."""

    ORIGINAL = "original"
    POINT = "point"
    FORK = "fork"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One sandbox of a family. A copy was made at `stands_at` by its own time, and at `copied_at` by the world's."""

    seller_id: UUID
    name: str
    kind: Kind
    clock_shift: timedelta
    copied_from: UUID | None = None
    stands_at: datetime | None = None
    copied_at: datetime | None = None

    def now(self, world: datetime) -> datetime:
        """The time there: a saved point's stands still."""
        if self.kind is Kind.POINT:
            assert self.stands_at is not None, f"{self.name} was copied at some time"
            return self.stands_at
        return world + self.clock_shift


class SandboxStore(Protocol):
    """A sandbox and its family."""

    def to_be_copied(self) -> AbstractContextManager[None]:
        """A transaction that sees everything as of one instant, and in which `copy_sandbox` may be called."""

    def copy_sandbox(self, copy_id: UUID, *, name: str, kind: Kind, stands_at: datetime, copied_at: datetime) -> None:
        """All of this sandbox once more, as a seller of its own; refuses (Clash) a name that the family has."""

    def sandboxes(self) -> Sequence[Sandbox]:
        """The family: its first sandbox, then the copies by when they were made."""

    def due_moments(self, *, through: datetime) -> Sequence[tuple[datetime, str]]:
        """The instants up to this one at which a subscription is due next or a draft's grace is over, with its zone."""

    def count_invoices(self) -> int:
        """How many were issued, ever."""
