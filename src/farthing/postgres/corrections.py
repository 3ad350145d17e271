"""Corrections in PostgreSQL: each ends a version of an event at a position of its own, and an amendment makes one.

What ends with OFFSET 0 is looked up for one row after the other, by its index, however few rows there seem to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.metering.correction import Correctable, Correction, CorrectionKind, Version
from farthing.postgres.apart import found_by, read_apart
from farthing.postgres.mapped import MappedEvents
from farthing.postgres.written import storable, write_json
from farthing.usecases.correction_ports import (
    ApartCorrection,
    Effect,
    EventHistory,
    KeptCorrection,
    KeptVersion,
    WaitingCorrection,
)


class Corrections(MappedEvents):
    """What was said later of a seller's accepted events."""

    def contents_of(self, keys: Iterable[UUID]) -> Mapping[UUID, UUID]:
        """The content that holds each key, of those that are held: by an event, or by a correction."""
        rows = self._rows(
            "SELECT key, content FROM farthing.event_key WHERE key = ANY(%(keys)s::uuid[])", {"keys": list(keys)}
        )
        return {row.key: row.content for row in rows}

    def correctable(self, keys: Iterable[UUID]) -> Mapping[UUID, Correctable]:
        """The accepted events with these keys; to be called after `hold_acceptance` by who corrects them."""
        rows = self._rows(
            """
            SELECT accepted.key, accepted.position AS first_position, accepted.accepted_at,
                   last.position, last.customer_id, last.type, last.happened_at,
                   EXISTS (
                       SELECT FROM farthing.usage_superseded AS ended WHERE ended.position = last.position OFFSET 0
                   ) AS is_voided
            FROM farthing.event_key AS held
            JOIN farthing.usage_event AS accepted ON accepted.position = held.position AND accepted.key = held.key
            CROSS JOIN LATERAL (
                SELECT coalesce(max(amended.position), held.position) AS position
                FROM farthing.usage_correction AS amended WHERE amended.of_key = held.key AND amended.kind = 'amend'
            ) AS made
            JOIN farthing.usage_event AS last ON last.position = made.position
            WHERE held.key = ANY(%(keys)s::uuid[])
            """,
            {"keys": list(keys)},
        )
        return {
            row.key: Correctable(
                row.first_position,
                row.accepted_at,
                Version(row.position, row.customer_id, row.type, row.happened_at),
                row.is_voided,
            )
            for row in rows
        }

    def keep_corrections(self, effects: Sequence[Effect], *, received_at: datetime) -> None:
        """Keep corrections whose positions follow on the last one; their twins leave quarantine, for the conflicts
        where they say something else.

        To be called after `hold_acceptance`.
        """
        if not effects:
            return
        counter = self._row(
            "UPDATE farthing.usage_counter SET last_position = last_position + %(many)s RETURNING last_position",
            {"many": len(effects)},
        )
        positions = list(range(counter.last_position - len(effects) + 1, counter.last_position + 1))
        assert [effect.position for effect in effects] == positions, f"corrections at {positions[0]} were decided on"
        self._run(_KEEP, {"accepted_at": received_at} | _columns(effects))
        made = [effect for effect in effects if effect.made is not None]
        if made:
            self._run(_MAKE, {"accepted_at": received_at} | _versions(made))
            mapped = [(effect.position, effect.made.mapped) for effect in made if effect.made is not None]
            self._keep_mapped((position, one) for position, one in mapped if one is not None)

    def keep_corrections_apart(self, apart: Sequence[ApartCorrection], *, received_at: datetime) -> None:
        """They wait in quarantine, with everything else that does."""
        if not apart:
            return
        self._run(
            """
            INSERT INTO farthing.usage_quarantine (
                key, content, received_at, reason, event, waits_for, type, subject, source
            )
            SELECT DISTINCT ON (key, content) key, content, %(received_at)s, reason, event, waits_for, type, subject,
                   source
            FROM unnest(
                %(keys)s::uuid[], %(contents)s::uuid[], %(reasons)s::text[], %(events)s::text[], %(waits_for)s::uuid[],
                %(types)s::text[], %(subjects)s::text[], %(sources)s::text[]
            ) AS sent (key, content, reason, event, waits_for, type, subject, source)
            ORDER BY key, content
            ON CONFLICT (seller_id, key, content) DO UPDATE
            SET reason = excluded.reason, received_at = excluded.received_at, waits_for = excluded.waits_for
            """,
            {
                "received_at": received_at,
                "reasons": [storable(one.reason) for one in apart],
                "waits_for": [one.waits_for for one in apart],
                "types": [found_by(one.correction.as_event()["type"]) for one in apart],
                "subjects": [found_by(one.correction.as_event()["subject"]) for one in apart],
                "sources": [found_by(one.correction.source) for one in apart],
            }
            | _written(one.correction for one in apart),
        )

    def keep_corrections_in_conflict(self, corrections: Sequence[Correction], *, received_at: datetime) -> None:
        """They stay readable among the conflicts: something else holds their key."""
        if not corrections:
            return
        self._run(
            """
            INSERT INTO farthing.usage_conflict (key, content, received_at, event)
            SELECT key, content, %(received_at)s, event
            FROM unnest(%(keys)s::uuid[], %(contents)s::uuid[], %(events)s::text[]) AS sent (key, content, event)
            ORDER BY key, content ON CONFLICT DO NOTHING
            """,
            {"received_at": received_at} | _written(corrections),
        )

    def waiting_corrections(self, *, limit: int = 500) -> list[WaitingCorrection]:
        """Corrections in quarantine whose event is there by now, in the order in which they came."""
        rows = self._rows(
            """
            SELECT waiting.key, waiting.content, waiting.received_at, waiting.event
            FROM farthing.usage_quarantine AS waiting JOIN farthing.event_key AS held ON held.key = waiting.waits_for
            WHERE waiting.waits_for IS NOT NULL
            ORDER BY waiting.received_at, waiting.key, waiting.content LIMIT %(limit)s
            """,
            {"limit": limit},
        )
        return [WaitingCorrection(row.key, row.content, row.received_at, read_apart(row.event)) for row in rows]

    def keep_correction_reasons(self, apart: Sequence[tuple[WaitingCorrection, str, UUID | None]]) -> None:
        """They stay in quarantine for the reason that holds now, waiting for an event or for somebody to mend them."""
        if not apart:
            return
        self._run(
            """
            UPDATE farthing.usage_quarantine AS kept SET reason = given.reason, waits_for = given.waits_for
            FROM unnest(%(keys)s::uuid[], %(contents)s::uuid[], %(reasons)s::text[], %(waits_for)s::uuid[])
                AS given (key, content, reason, waits_for)
            WHERE kept.key = given.key AND kept.content = given.content
              AND (kept.reason, kept.waits_for) IS DISTINCT FROM (given.reason, given.waits_for)
            """,
            {
                "keys": [one.key for one, _, _ in apart],
                "contents": [one.content for one, _, _ in apart],
                "reasons": [storable(reason) for _, reason, _ in apart],
                "waits_for": [waits_for for _, _, waits_for in apart],
            },
        )

    def voided(self, keys: Iterable[UUID]) -> set[UUID]:
        """Those of these keys whose events were accepted and count no more."""
        rows = self._rows(
            """
            SELECT held.key FROM farthing.event_key AS held
            CROSS JOIN LATERAL (
                SELECT coalesce(max(amended.position), held.position) AS position
                FROM farthing.usage_correction AS amended WHERE amended.of_key = held.key AND amended.kind = 'amend'
            ) AS last
            WHERE held.key = ANY(%(keys)s::uuid[])
              AND EXISTS (SELECT FROM farthing.usage_superseded)  -- Asked once: most sellers void nothing.
              AND EXISTS (
                  SELECT FROM farthing.usage_superseded AS ended WHERE ended.position = last.position OFFSET 0
              )
            """,
            {"keys": list(keys)},
        )
        return {row.key for row in rows}

    def history(self, key: UUID) -> EventHistory | None:
        """All that is kept about an accepted event; None for a key that no event holds."""
        versions = self._rows(_VERSIONS, {"key": key})
        if not versions:
            return None
        return EventHistory(
            key=key,
            source=versions[0].source,
            id=versions[0].id,
            batch=self._batch_of(key, versions[0].position),
            versions=[
                KeptVersion(
                    position=row.position,
                    customer_id=row.customer_id,
                    type=row.type,
                    subject=row.subject,
                    time=row.time,
                    data=row.data,
                    happened_at=row.happened_at,
                    accepted_at=row.accepted_at,
                    ended_at=row.by_position,
                )
                for row in versions
            ],
            corrections=[*self._corrections_of(key), *self._reverted_by(versions[-1].by_position)],
        )

    def _corrections_of(self, key: UUID) -> list[KeptCorrection]:
        rows = self._rows(
            """
            SELECT position, kind, source, id, reason, corrected_by, accepted_at FROM farthing.usage_correction
            WHERE of_key = %(key)s ORDER BY position
            """,
            {"key": key},
        )
        return [
            KeptCorrection(
                row.position,
                CorrectionKind(row.kind),
                row.source,
                row.id,
                row.reason,
                row.corrected_by,
                row.accepted_at,
            )
            for row in rows
        ]

    def _reverted_by(self, by_position: int | None) -> list[KeptCorrection]:
        rows = self._rows(
            """
            SELECT step.position, reverted.name, reverted.reason, reverted.reverted_by, reverted.reverted_at
            FROM farthing.usage_batch_revert_step AS step JOIN farthing.usage_batch_revert AS reverted USING (name)
            WHERE step.position = %(by_position)s
            """,
            {"by_position": by_position},
        )
        return [
            KeptCorrection(
                row.position, CorrectionKind.VOID, "", "", row.reason, row.reverted_by, row.reverted_at, batch=row.name
            )
            for row in rows
        ]

    def _batch_of(self, key: UUID, position: int) -> str | None:
        row = self._row(
            """
            SELECT name FROM farthing.usage_batch_part WHERE after < %(position)s AND upto >= %(position)s
            UNION ALL SELECT name FROM farthing.usage_batch_apart WHERE key = %(key)s
            LIMIT 1
            """,
            {"key": key, "position": position},
        )
        return None if row is None else str(row.name)


# What ended is of the version before, which another correction of the same statement may have made.
_KEEP = """
    WITH given AS (
        SELECT * FROM unnest(
            %(positions)s::bigint[], %(keys)s::uuid[], %(contents)s::uuid[], %(sources)s::text[], %(ids)s::text[],
            %(of_keys)s::uuid[], %(kinds)s::text[], %(first_positions)s::bigint[], %(reasons)s::text[], %(bys)s::text[],
            %(customers)s::uuid[], %(types)s::text[], %(ended)s::bigint[], %(of_customers)s::uuid[],
            %(of_types)s::text[], %(of_instants)s::timestamptz[]
        ) AS given (
            position, key, content, source, id, of_key, kind, first_position, reason, corrected_by, customer_id, type,
            ended, of_customer_id, of_type, of_happened_at
        )
    ), held AS (
        INSERT INTO farthing.event_key (key, content, position)
        SELECT key, content, position FROM given ORDER BY key
    ), ended AS (
        INSERT INTO farthing.usage_superseded (position, by_position, customer_id, type, happened_at)
        SELECT ended, position, of_customer_id, of_type, of_happened_at FROM given ORDER BY ended
    ), twins AS (
        DELETE FROM farthing.usage_quarantine WHERE key IN (SELECT key FROM given)
        RETURNING key, content, received_at, event
    ), others AS (
        INSERT INTO farthing.usage_conflict (key, content, received_at, event)
        SELECT twins.key, twins.content, twins.received_at, twins.event
        FROM twins JOIN given USING (key) WHERE twins.content <> given.content
        ORDER BY twins.key, twins.content ON CONFLICT DO NOTHING
    )
    INSERT INTO farthing.usage_correction (
        position, key, source, id, of_key, kind, first_position, reason, corrected_by, accepted_at, customer_id, type
    )
    SELECT position, key, source, id, of_key, kind, first_position, reason, corrected_by, %(accepted_at)s, customer_id,
           type
    FROM given ORDER BY position
"""

_MAKE = """
    INSERT INTO farthing.usage_event (
        position, key, customer_id, type, happened_at, accepted_at, source, id, subject, time, data
    )
    SELECT position, key, customer_id, type, happened_at, %(accepted_at)s, source, id, subject, time, data::jsonb
    FROM unnest(
        %(positions)s::bigint[], %(keys)s::uuid[], %(customers)s::uuid[], %(types)s::text[],
        %(instants)s::timestamptz[], %(sources)s::text[], %(ids)s::text[], %(subjects)s::text[], %(times)s::text[],
        %(data)s::text[]
    ) AS given (position, key, customer_id, type, happened_at, source, id, subject, time, data)
    ORDER BY position
"""

_VERSIONS = """
    SELECT version.position, version.customer_id, version.type, version.subject, version.time, version.data,
           version.happened_at, version.accepted_at, version.source, version.id, ended.by_position
    FROM farthing.usage_event AS version LEFT JOIN farthing.usage_superseded AS ended USING (position)
    WHERE version.key = %(key)s AND version.position IN (
        SELECT position FROM farthing.event_key WHERE key = %(key)s
        UNION ALL SELECT position FROM farthing.usage_correction WHERE of_key = %(key)s AND kind = 'amend'
    )
    ORDER BY version.position
"""


def _columns(effects: Sequence[Effect]) -> dict[str, list[Any]]:
    made = [effect.made for effect in effects]
    return {
        "positions": [effect.position for effect in effects],
        "keys": [effect.correction.key for effect in effects],
        "contents": [effect.correction.content for effect in effects],
        "sources": [effect.correction.source for effect in effects],
        "ids": [effect.correction.id for effect in effects],
        "of_keys": [effect.correction.of_key for effect in effects],
        "kinds": [effect.correction.kind.value for effect in effects],
        "first_positions": [effect.of.first_position for effect in effects],
        "reasons": [effect.correction.reason for effect in effects],
        "bys": [effect.correction.by for effect in effects],
        "customers": [None if one is None else one.customer_id for one in made],
        "types": [None if one is None else one.event.type for one in made],
        "ended": [effect.of.last.position for effect in effects],
        "of_customers": [effect.of.last.customer_id for effect in effects],
        "of_types": [effect.of.last.type for effect in effects],
        "of_instants": [effect.of.last.happened_at for effect in effects],
    }


def _versions(made: Sequence[Effect]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        "positions": [effect.position for effect in made],
        "keys": [effect.correction.of_key for effect in made],
    }
    accepted = [effect.made for effect in made if effect.made is not None]
    return columns | {
        "customers": [one.customer_id for one in accepted],
        "types": [one.event.type for one in accepted],
        "instants": [one.happened_at for one in accepted],
        "sources": [one.event.source for one in accepted],
        "ids": [one.event.id for one in accepted],
        "subjects": [one.event.subject for one in accepted],
        "times": [one.event.time for one in accepted],
        "data": [write_json(one.event.data) for one in accepted],
    }


def _written(corrections: Iterable[Correction]) -> dict[str, list[Any]]:
    known = list(corrections)
    return {
        "keys": [one.key for one in known],
        "contents": [one.content for one in known],
        "events": [write_json(one.as_event()) for one in known],
    }
