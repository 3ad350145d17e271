"""What we ask of the store about the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class AuditKind(StrEnum):
    """What an entry tells of."""

    ASKED = "asked"
    SHOWN = "shown"
    FAILED = "failed"
    POSTED = "posted"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was asked for, or shown: who, where, and the full text. Entries of one act share its id.

    The name and the role are those of that time; a stranger has none. What was posted by itself has no user.
    """

    entry_id: UUID
    act_id: UUID
    happened_at: datetime
    kind: AuditKind
    slack_team: str
    slack_user: str
    person_name: str | None
    role: str | None
    channel_id: str
    message_ts: str
    said: str


class AuditStore(Protocol):
    """The audit log of one seller: it only grows."""

    def keep_audit_entry(self, entry: AuditEntry) -> None:
        """Keep it; one that is there already stays as it is."""

    def audit_entries(self, *, slack_user: str | None = None, limit: int, skip: int = 0) -> Sequence[AuditEntry]:
        """The newest first; those of one member only, where one is named."""
