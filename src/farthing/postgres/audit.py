"""The audit log: what people asked for in Slack, and what they were shown."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from farthing.postgres.session import Session
from farthing.postgres.written import storable
from farthing.usecases.audit_ports import AuditEntry, AuditKind


class AuditLog(Session):
    """Who asked what, and what they saw."""

    def keep_audit_entry(self, entry: AuditEntry) -> None:
        """Keep it; one that is there already stays as it is."""
        values = asdict(entry)
        texts = {name: storable(value) for name, value in values.items() if isinstance(value, str)}
        self._run(
            """
            INSERT INTO farthing.audit_entry (entry_id, act_id, happened_at, kind, slack_team, slack_user, person_name,
                                              role, channel_id, message_ts, said)
            VALUES (%(entry_id)s, %(act_id)s, %(happened_at)s, %(kind)s, %(slack_team)s, %(slack_user)s,
                    %(person_name)s, %(role)s, %(channel_id)s, %(message_ts)s, %(said)s)
            ON CONFLICT (seller_id, entry_id) DO NOTHING
            """,
            values | texts | {"kind": entry.kind.value},
        )

    def audit_entries(self, *, slack_user: str | None = None, limit: int, skip: int = 0) -> Sequence[AuditEntry]:
        """The newest first; those of one member only, where one is named."""
        rows = self._rows(
            """
            SELECT * FROM farthing.audit_entry
            WHERE %(slack_user)s::text IS NULL OR slack_user = %(slack_user)s
            ORDER BY number DESC LIMIT %(limit)s OFFSET %(skip)s
            """,
            {"slack_user": slack_user, "limit": limit, "skip": skip},
        )
        return [_entry(row) for row in rows]


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(
        entry_id=row.entry_id,
        act_id=row.act_id,
        happened_at=row.happened_at,
        kind=AuditKind(row.kind),
        slack_team=row.slack_team,
        slack_user=row.slack_user,
        person_name=row.person_name,
        role=row.role,
        channel_id=row.channel_id,
        message_ts=row.message_ts,
        said=row.said,
    )
