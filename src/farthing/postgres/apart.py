"""Events kept apart, in PostgreSQL: found again by what they say, and let go once they are mended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from farthing.core.metering.correction import Correction, CorrectionKind
from farthing.core.metering.event import LONGEST_NAME, UsageEvent, read_event
from farthing.postgres.session import Session
from farthing.postgres.written import read_json, storable
from farthing.usecases.ports import (
    ALL_APART,
    ApartBy,
    ApartCount,
    ApartEvent,
    ApartPlace,
    ApartWhich,
    Conflict,
    DiscardedEvent,
    Discarding,
    ReasonCount,
)

# What an event is found by is cut to what an index holds: one letter more than a name that counts may have.
_LONGEST_FOUND_BY = LONGEST_NAME + 1
_BY: dict[ApartBy, LiteralString] = {
    ApartBy.REASON: "reason",
    ApartBy.TYPE: "type",
    ApartBy.SOURCE: "source",
    ApartBy.SUBJECT: "subject",
    ApartBy.DAY: "to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
}
# Only what is asked for stands in the statement, so that each question has the index that suits it.
_CLAUSES: dict[str, LiteralString] = {
    "key": "key = %(key)s",
    "reason": "strpos(lower(reason), lower(%(reason)s)) > 0",
    "type": "type = %(type)s",
    "subject": "subject = %(subject)s",
    "source": "source = %(source)s",
    "since": "received_at >= %(since)s",
    "before": "received_at < %(before)s",
}


class Apart(Session):
    """The quarantine and the conflicts of one seller."""

    def hold_acceptance(self) -> None:
        """Until the transaction ends nobody else accepts events."""
        self._run("SELECT FROM farthing.usage_counter FOR UPDATE")

    def quarantine(
        self, *, which: ApartWhich = ALL_APART, after: ApartPlace | None = None, limit: int = 100
    ) -> list[ApartEvent]:
        """A page of the events kept apart for a reason, newest first."""
        asked, values = _asked(which)
        rows = self._rows(
            f"""
            SELECT key, content, received_at, reason, event FROM farthing.usage_quarantine
            WHERE {asked} AND {_OLDER if after is not None else "true"}
            ORDER BY received_at DESC, key DESC, content DESC LIMIT %(limit)s
            """,
            values | _place(after) | {"limit": limit},
        )
        return [_apart(row, row.reason) for row in rows]

    def quarantined(self, which: ApartWhich) -> int:
        """How many events are kept apart for a reason."""
        asked, values = _asked(which)
        return int(self._row(f"SELECT count(*) AS events FROM farthing.usage_quarantine WHERE {asked}", values).events)

    def quarantined_of(self, *, types: Iterable[str] = (), subjects: Iterable[str] = ()) -> int:
        """How many are of one of these types or of one of these subjects."""
        row = self._row(
            """
            SELECT count(*) AS events FROM farthing.usage_quarantine
            WHERE type = ANY(%(types)s::text[]) OR subject = ANY(%(subjects)s::text[])
            """,
            {"types": [found_by(each) for each in types], "subjects": [found_by(each) for each in subjects]},
        )
        return int(row.events)

    def quarantine_by_reason(self, *, which: ApartWhich = ALL_APART, limit: int = 100) -> list[ReasonCount]:
        """How many are kept apart for each reason, the most frequent first."""
        asked, values = _asked(which)
        rows = self._rows(
            f"""
            SELECT reason, count(*) AS events, (sum(count(*)) OVER ())::bigint AS all_events
            FROM farthing.usage_quarantine WHERE {asked}
            GROUP BY reason ORDER BY events DESC, reason LIMIT %(limit)s
            """,
            values | {"limit": limit},
        )
        return [ReasonCount(row.reason, row.events, row.all_events) for row in rows]

    def quarantine_by(self, by: ApartBy, *, which: ApartWhich = ALL_APART, limit: int = 100) -> list[ApartCount]:
        """How many are kept apart with each, the most frequent first; days from the oldest on."""
        asked, values = _asked(which)
        rows = self._rows(
            f"""
            SELECT {_BY[by]} AS of, count(*) AS events, min(received_at) AS first_at, max(received_at) AS last_at
            FROM farthing.usage_quarantine WHERE {asked}
            GROUP BY 1 ORDER BY {"1" if by is ApartBy.DAY else "events DESC, 1"} LIMIT %(limit)s
            """,
            values | {"limit": limit},
        )
        return [ApartCount(row.of, row.events, row.first_at, row.last_at) for row in rows]

    def quarantine_to_replay(
        self, *, which: ApartWhich, after: UUID | None = None, limit: int = 500
    ) -> list[ApartEvent]:
        """The next by key, with all others of that key, the newest of each first; held until the transaction ends.

        To be called after `hold_acceptance`, so that nobody waits for us who keeps us waiting.
        """
        asked, values = _asked(which)
        rows = self._rows(
            f"""
            SELECT key, content, coalesce(first_received_at, received_at) AS received_at, reason, event
            FROM farthing.usage_quarantine AS kept
            WHERE key IN (
                SELECT DISTINCT key FROM farthing.usage_quarantine
                WHERE {asked} AND {"key > %(after)s" if after is not None else "true"} ORDER BY key LIMIT %(limit)s
            )
            ORDER BY key, kept.received_at DESC, content FOR UPDATE
            """,
            values | {"limit": limit, "after": after},
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

    def discard(self, which: ApartWhich, discarding: Discarding, *, limit: int) -> int:
        """So many of them leave quarantine and never count; what they said stays readable. How many they were.

        To be called after `hold_acceptance`, so that nobody waits for us who keeps us waiting.
        """
        asked, values = _asked(which)
        return self._run(
            f"""
            WITH chosen AS MATERIALIZED (  -- In the order in which senders take the rows.
                SELECT key, content FROM farthing.usage_quarantine WHERE {asked}
                ORDER BY key, content LIMIT %(limit)s FOR UPDATE
            ), leaving AS (
                DELETE FROM farthing.usage_quarantine AS kept USING chosen
                WHERE kept.key = chosen.key AND kept.content = chosen.content RETURNING kept.*
            )
            INSERT INTO farthing.usage_discarded (
                key, content, received_at, reason, event, type, subject, source, discarded_at, discarded_by, because
            )
            SELECT key, content, received_at, reason, event, type, subject, source, %(at)s, %(by)s, %(because)s
            FROM leaving ORDER BY received_at, key, content
            """,
            values
            | {
                "at": discarding.at,
                "by": storable(discarding.by),
                "because": storable(discarding.because),
                "limit": limit,
            },
        )

    def discarded(self, *, before: int | None = None, limit: int = 100) -> list[DiscardedEvent]:
        """A page of what was discarded, newest first, from the number below `before` on."""
        rows = self._rows(
            """
            SELECT discarded, key, content, received_at, reason, event, discarded_at, discarded_by, because
            FROM farthing.usage_discarded WHERE %(before)s::bigint IS NULL OR discarded < %(before)s
            ORDER BY discarded DESC LIMIT %(limit)s
            """,
            {"before": before, "limit": limit},
        )
        return [
            DiscardedEvent(
                row.discarded,
                _apart(row, row.reason),
                Discarding(at=row.discarded_at, by=row.discarded_by, because=row.because),
            )
            for row in rows
        ]

    def discarded_events(self) -> int:
        """How many events were ever discarded."""
        return int(self._row("SELECT count(*) AS events FROM farthing.usage_discarded").events)

    def conflicts(self, *, limit: int = 100) -> list[ApartEvent]:
        """Events whose key another event holds, newest first."""
        return [each.other for each in self.conflicts_side_by_side(limit=limit)]

    def conflicts_side_by_side(
        self, *, key: UUID | None = None, after: ApartPlace | None = None, limit: int = 100
    ) -> list[Conflict]:
        """A page of the same, each with the event that holds its key, as that was sent."""
        asked = f"{'key = %(key)s' if key is not None else 'true'} AND {_OLDER if after is not None else 'true'}"
        return self._conflicts(asked, {"key": key, "limit": limit} | _place(after))

    def conflicts_between(self, *, since: datetime, until: datetime, limit: int) -> list[Conflict]:
        """Those that came into conflict in this time, newest first."""
        return self._conflicts(
            "received_at >= %(since)s AND received_at < %(until)s", {"since": since, "until": until, "limit": limit}
        )

    def conflicting(self) -> int:
        """How many events are in conflict."""
        return int(self._row("SELECT count(*) AS events FROM farthing.usage_conflict").events)

    def _conflicts(self, asked: LiteralString, values: Mapping[str, Any]) -> list[Conflict]:
        rows = self._rows(
            f"""
            SELECT other.key, other.content, other.received_at, other.event, holder.position,
                   coalesce(said.accepted_at, kept.accepted_at) AS accepted_at,
                   kept.source, kept.id, kept.type, kept.subject, kept.time, kept.data,
                   mapped.rule_version, mapped.sent,
                   said.kind, said.source AS said_source, said.id AS said_id, said.reason, said.corrected_by,
                   first.source AS of_source, first.id AS of_id
            FROM (SELECT key, content, received_at, event FROM farthing.usage_conflict
                  WHERE {asked}
                  ORDER BY received_at DESC, key DESC, content DESC LIMIT %(limit)s) AS other
            JOIN farthing.event_key AS holder ON holder.key = other.key
            -- A correction may hold the key, too; at the position of an amendment stands the version that it made.
            LEFT JOIN farthing.usage_event AS kept ON kept.position = holder.position
            LEFT JOIN farthing.usage_correction AS said ON said.position = holder.position
            LEFT JOIN farthing.usage_event AS first ON first.position = said.first_position
            LEFT JOIN farthing.usage_mapped AS mapped ON mapped.position = holder.position
            ORDER BY other.received_at DESC, other.key DESC, other.content DESC
            """,
            values,
        )
        return [
            Conflict(
                other=_apart(row, "Another event holds this source and id and says something else."),
                accepted=_accepted(row),
                position=row.position,
                accepted_at=row.accepted_at,
                rule_version=row.rule_version,
            )
            for row in rows
        ]


def found_by(name: str) -> str:
    """A type, subject or source as events kept apart are found by it."""
    return storable(name)[:_LONGEST_FOUND_BY]


_OLDER = "(received_at, key, content) < (%(place_at)s, %(place_key)s, %(place_content)s)"


def _place(after: ApartPlace | None) -> dict[str, Any]:
    if after is None:
        return {}
    return {"place_at": after.received_at, "place_key": after.key, "place_content": after.content}


def _identities(apart: Iterable[ApartEvent]) -> dict[str, Any]:
    identities = [(one.key, one.content) for one in apart]
    return {"keys": [key for key, _ in identities], "contents": [content for _, content in identities]}


def _asked(which: ApartWhich) -> tuple[LiteralString, dict[str, Any]]:
    """The condition that asks for them, and its values."""
    said: dict[str, Any] = {name: value for name in _CLAUSES if (value := getattr(which, name)) is not None}
    values = said | {name: found_by(said[name]) for name in ("type", "subject", "source") if name in said}
    if "reason" in said:
        values["reason"] = storable(said["reason"])
    return " AND ".join(_CLAUSES[name] for name in said) or "true", values


def _accepted(row: Any) -> Mapping[str, Any]:
    """The event or the correction that holds a key, as it was sent."""
    if row.kind is not None:
        return _holding(row).as_event()
    if row.sent is not None:
        sent: Mapping[str, Any] = read_json(row.sent)
        return sent
    return {name: getattr(row, name) for name in ("source", "id", "type", "subject", "time", "data")}


def _holding(row: Any) -> Correction:
    """The correction that holds a key."""
    amended = None
    if row.kind == CorrectionKind.AMEND:
        amended = UsageEvent(row.of_source, row.of_id, row.type, row.subject, row.time, row.data)
        amended = amended if row.sent is None else read_event(read_json(row.sent))
    return Correction(
        source=row.said_source,
        id=row.said_id,
        of_source=row.of_source,
        of_id=row.of_id,
        reason=row.reason,
        by=row.corrected_by,
        event=amended,
    )


def _apart(row: Any, reason: str) -> ApartEvent:
    return ApartEvent(row.key, row.content, row.received_at, reason, read_apart(row.event))


def read_apart(text: str) -> Any:
    """The event in a text; what is nested deeper than can be taken apart here is shown as the text it is."""
    try:
        return read_json(text)
    except RecursionError:
        return {"text": text}
