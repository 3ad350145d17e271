"""Events kept apart, in PostgreSQL: found again by what they say, and let go once they are mended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from farthing.postgres.session import Session
from farthing.postgres.written import read_json, storable, write_json
from farthing.usecases.ports import ALL_APART, ApartEvent, ApartWhich, ReasonCount

# An event kept apart is ASCII text and may hold what no jsonb can, so it is searched as text. Its names stand in the
# order of the alphabet, what comes after `data` is text or null, and no quote inside a text follows a comma or a
# colon: a pattern that reaches the end of the text can only have met the event's own members.
_ANY = r'(?:null|"(?:[^"\\]|\\.)*")'
_MATCHES = """
    (%(key)s::uuid IS NULL OR key = %(key)s)
    AND (%(reason)s::text IS NULL OR strpos(lower(reason), lower(%(reason)s)) > 0)
    AND (%(says)s::text IS NULL OR event ~ %(says)s)
"""


class Apart(Session):
    """The quarantine and the conflicts of one seller."""

    def hold_acceptance(self) -> None:
        """Until the transaction ends nobody else accepts events."""
        self._run("SELECT FROM farthing.usage_counter FOR UPDATE")

    def quarantine(self, *, which: ApartWhich = ALL_APART, limit: int = 100) -> list[ApartEvent]:
        """Events kept apart for a reason, newest first."""
        rows = self._rows(
            f"""
            SELECT key, content, received_at, reason, event FROM farthing.usage_quarantine WHERE {_MATCHES}
            ORDER BY received_at DESC, key, content LIMIT %(limit)s
            """,
            {"limit": limit} | _asked(which),
        )
        return [_apart(row, row.reason) for row in rows]

    def quarantine_by_reason(self, *, which: ApartWhich = ALL_APART, limit: int = 100) -> list[ReasonCount]:
        """How many are kept apart for each reason, the most frequent first."""
        rows = self._rows(
            f"""
            SELECT reason, count(*) AS events, (sum(count(*)) OVER ())::bigint AS all_events
            FROM farthing.usage_quarantine WHERE {_MATCHES}
            GROUP BY reason ORDER BY events DESC, reason LIMIT %(limit)s
            """,
            {"limit": limit} | _asked(which),
        )
        return [ReasonCount(row.reason, row.events, row.all_events) for row in rows]

    def quarantine_to_replay(
        self, *, which: ApartWhich, after: UUID | None = None, limit: int = 500
    ) -> list[ApartEvent]:
        """The next by key, with all others of that key, the newest of each first; held until the transaction ends.

        To be called after `hold_acceptance`, so that nobody waits for us who keeps us waiting.
        """
        rows = self._rows(
            f"""
            SELECT key, content, received_at, reason, event FROM farthing.usage_quarantine
            WHERE key IN (
                SELECT DISTINCT key FROM farthing.usage_quarantine
                WHERE {_MATCHES} AND (%(after)s::uuid IS NULL OR key > %(after)s) ORDER BY key LIMIT %(limit)s
            )
            ORDER BY key, received_at DESC, content FOR UPDATE
            """,
            {"limit": limit, "after": after} | _asked(which),
        )
        return [_apart(row, row.reason) for row in rows]

    def let_go(self, apart: Iterable[ApartEvent]) -> None:
        """They leave quarantine."""
        self._run(
            """
            DELETE FROM farthing.usage_quarantine WHERE (key, content) IN (
                SELECT * FROM unnest(%(keys)s::uuid[], %(contents)s::uuid[])
            )
            """,
            _identities(apart),
        )

    def keep_in_conflict(self, apart: Iterable[ApartEvent]) -> None:
        """They leave quarantine, and stay readable among the conflicts."""
        self._run(
            """
            WITH leaving AS (
                DELETE FROM farthing.usage_quarantine WHERE (key, content) IN (
                    SELECT * FROM unnest(%(keys)s::uuid[], %(contents)s::uuid[])
                ) RETURNING key, content, received_at, event
            )
            INSERT INTO farthing.usage_conflict (key, content, received_at, event)
            SELECT key, content, received_at, event FROM leaving ORDER BY key, content ON CONFLICT DO NOTHING
            """,
            _identities(apart),
        )

    def keep_reasons(self, apart: Sequence[tuple[ApartEvent, str]]) -> None:
        """They stay in quarantine, each for the reason that holds today."""
        self._run(
            """
            UPDATE farthing.usage_quarantine AS kept SET reason = given.reason
            FROM unnest(%(keys)s::uuid[], %(contents)s::uuid[], %(reasons)s::text[]) AS given (key, content, reason)
            WHERE kept.key = given.key AND kept.content = given.content AND kept.reason <> given.reason
            """,
            {"reasons": [storable(reason) for _, reason in apart]} | _identities(one for one, _ in apart),
        )

    def conflicts(self, *, limit: int = 100) -> list[ApartEvent]:
        """Events whose key another event holds, newest first."""
        rows = self._rows(
            """
            SELECT key, content, received_at, event FROM farthing.usage_conflict
            ORDER BY received_at DESC, key, content LIMIT %(limit)s
            """,
            {"limit": limit},
        )
        return [_apart(row, "Another event holds this source and id and says something else.") for row in rows]


def _identities(apart: Iterable[ApartEvent]) -> dict[str, Any]:
    identities = [(one.key, one.content) for one in apart]
    return {"keys": [key for key, _ in identities], "contents": [content for _, content in identities]}


def _asked(which: ApartWhich) -> dict[str, Any]:
    reason = None if which.reason is None else storable(which.reason)
    return {"key": which.key, "reason": reason, "says": _pattern(which)}


def _pattern(which: ApartWhich) -> str | None:
    """What the end of the event's text looks like."""
    if which.source is None and which.subject is None and which.type is None:
        return None
    source, subject, event_type = (
        _ANY if said is None else re.escape(write_json(said)) for said in (which.source, which.subject, which.type)
    )
    return f',"source":{source},"subject":{subject},"time":{_ANY},"type":{event_type}}}$'


def _apart(row: Any, reason: str) -> ApartEvent:
    return ApartEvent(row.key, row.content, row.received_at, reason, read_apart(row.event))


def read_apart(text: str) -> Any:
    """The event in a text; what is nested deeper than can be taken apart here is shown as the text it is."""
    try:
        return read_json(text)
    except RecursionError:
        return {"text": text}
