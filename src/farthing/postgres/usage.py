"""Usage in PostgreSQL: each event kept once, at a position that rises in the order of commits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.metering.screen import Accepted, Quarantined
from farthing.core.metering.unclear import content_of_text
from farthing.core.period import Period
from farthing.postgres.apart import Apart, found_by
from farthing.postgres.mapped import MappedEvents, event_text
from farthing.postgres.measuring import Measuring, kept_event
from farthing.postgres.whereabouts import Whereabouts
from farthing.postgres.written import storable, write_json
from farthing.usecases.ports import KeptEvent, Outcome

# Where a batch waits for its positions; each connection has one of its own, empty after every transaction.
STAGE = """
    CREATE TEMPORARY TABLE sent (
        place bigint NOT NULL, key uuid NOT NULL, content uuid NOT NULL, customer_id uuid NOT NULL, type text NOT NULL,
        happened_at timestamptz NOT NULL, source text NOT NULL, id text NOT NULL, subject text NOT NULL, time text,
        data text NOT NULL
    ) ON COMMIT DELETE ROWS
"""
_STAGED_TYPES = ["int8", "uuid", "uuid", "uuid", "text", "timestamptz", "text", "text", "text", "text", "text"]


@dataclass(slots=True)
class _Sent:
    """One screened event with its fingerprints, each worked out once."""

    screened: Accepted | Quarantined
    key: UUID
    content: UUID
    data: str


class Usage(Measuring, Whereabouts, Apart, MappedEvents):
    """The usage of one seller."""

    def keep_events(self, screened: Sequence[Accepted | Quarantined], *, received_at: datetime) -> list[Outcome]:
        """Keep each event once (INV-06) and tell, in order, what became of it.

        A quarantined event whose key is taken is told as what it is to the one that holds the key: the same
        content a duplicate, other content a conflict. Accepting an event removes its quarantined twins.
        """
        sent = [_sent(one) for one in screened]
        candidates: dict[UUID, _Sent] = {}
        for one in sent:
            if isinstance(one.screened, Accepted):
                candidates.setdefault(one.key, one)
        holders = self._accept(list(candidates.values()), received_at=received_at)
        accepted = candidates.keys() - holders.keys()
        self._keep_mapped((key, one.screened) for key, one in candidates.items()
                          if key in accepted and isinstance(one.screened, Accepted))  # fmt: skip
        others = {one.key for one in sent} - candidates.keys()
        holders |= self._holders(others)
        outcomes: list[Outcome] = []
        conflicts: dict[tuple[UUID, UUID], _Sent] = {}
        apart: dict[tuple[UUID, UUID], _Sent] = {}
        for one in sent:
            if one.key in accepted and one is candidates[one.key]:
                outcome = Outcome.ACCEPTED
                holders[one.key] = one.content
            elif one.key in holders:
                same = holders[one.key] == one.content
                outcome = Outcome.DUPLICATE if same else Outcome.CONFLICT
                if not same:
                    conflicts[one.key, one.content] = one
            else:
                outcome = Outcome.QUARANTINED
                if one.key not in accepted:
                    apart[one.key, one.content] = one
            outcomes.append(outcome)
        self._keep_conflicts(list(conflicts.values()), received_at=received_at)
        self._keep_apart(list(apart.values()), received_at=received_at)
        return outcomes

    def _accept(self, candidates: Sequence[_Sent], *, received_at: datetime) -> dict[UUID, UUID]:
        """Accept those whose keys are free; the keys of the others, with the content that holds each.

        From here to the end of the transaction the seller has one writer.
        """
        if not candidates:
            return {}
        self._stage(candidates)
        counter = self._row(
            """
            UPDATE farthing.usage_counter SET last_position = last_position + %(many)s RETURNING last_position
            """,
            {"many": len(candidates)},
        )
        assert counter is not None, f"seller {self._seller_id} has no counter of usage"
        before = counter.last_position - len(candidates)
        # Keys go in sorted, so that their index is walked in one direction. Planned anew each time: what suits one
        # event does not suit ten thousand.
        accepted = self.connection.execute(
            """
            WITH accepted AS (
                INSERT INTO farthing.event_key (key, content, position)
                SELECT key, content, %(before)s + place FROM pg_temp.sent ORDER BY key
                ON CONFLICT DO NOTHING
                RETURNING key, position
            ), mended AS (
                DELETE FROM farthing.usage_quarantine WHERE key IN (SELECT key FROM accepted)
            )
            INSERT INTO farthing.usage_event (
                position, key, customer_id, type, happened_at, accepted_at, source, id, subject, time, data
            )
            SELECT accepted.position, sent.key, sent.customer_id, sent.type, sent.happened_at, %(received_at)s,
                   sent.source, sent.id, sent.subject, sent.time, sent.data::jsonb
            FROM pg_temp.sent AS sent JOIN accepted USING (key) ORDER BY accepted.position
            """,
            {"before": before, "received_at": received_at},
            prepare=False,
        ).rowcount
        if accepted == len(candidates):
            return {}
        rows = self.connection.execute(
            """
            SELECT holder.key, holder.content FROM pg_temp.sent AS sent JOIN farthing.event_key AS holder USING (key)
            WHERE holder.position <= %(before)s
            """,
            {"before": before},
            prepare=False,
        ).fetchall()
        assert accepted + len(rows) == len(candidates), f"{accepted} and {len(rows)} of {len(candidates)} events"
        return {row.key: row.content for row in rows}

    def _stage(self, candidates: Sequence[_Sent]) -> None:
        """Bring the events to the server before anything is locked; row-level security forbids to copy further."""
        if self._open.staged:
            self._run("TRUNCATE pg_temp.sent")
        self._open.staged = True
        with self.connection.cursor().copy("COPY pg_temp.sent FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(_STAGED_TYPES)
            for place, one in enumerate(candidates, start=1):
                assert isinstance(one.screened, Accepted), "only what was accepted is a candidate"
                event = one.screened.event
                copy.write_row(
                    (
                        place,
                        one.key,
                        one.content,
                        one.screened.customer_id,
                        event.type,
                        one.screened.happened_at,
                        event.source,
                        event.id,
                        event.subject,
                        event.time,
                        one.data,
                    )
                )

    def _holders(self, keys: set[UUID]) -> dict[UUID, UUID]:
        """The content of the event that holds each key, of those that are held."""
        if not keys:
            return {}
        rows = self._rows(
            "SELECT key, content FROM farthing.event_key WHERE key = ANY(%(keys)s::uuid[])", {"keys": list(keys)}
        )
        return {row.key: row.content for row in rows}

    def _keep_conflicts(self, conflicts: Sequence[_Sent], *, received_at: datetime) -> None:
        if not conflicts:
            return
        self._run(
            """
            INSERT INTO farthing.usage_conflict (key, content, received_at, event)
            SELECT key, content, %(received_at)s, event
            FROM unnest(%(keys)s::uuid[], %(contents)s::uuid[], %(events)s::text[]) AS sent (key, content, event)
            ORDER BY key, content ON CONFLICT DO NOTHING
            """,
            {"received_at": received_at} | _apart_columns(conflicts),
        )

    def _keep_apart(self, apart: Sequence[_Sent], *, received_at: datetime) -> None:
        if not apart:
            return
        reasons = [one.screened.reason if isinstance(one.screened, Quarantined) else "" for one in apart]
        self._run(
            """
            INSERT INTO farthing.usage_quarantine (key, content, received_at, reason, event, type, subject, source)
            SELECT key, content, %(received_at)s, reason, event, type, subject, source
            FROM unnest(
                %(keys)s::uuid[], %(contents)s::uuid[], %(reasons)s::text[], %(events)s::text[], %(types)s::text[],
                %(subjects)s::text[], %(sources)s::text[]
            ) AS sent (key, content, reason, event, type, subject, source)
            ORDER BY key, content
            ON CONFLICT (seller_id, key, content) DO UPDATE
            SET reason = excluded.reason, received_at = excluded.received_at
            """,
            {
                "received_at": received_at,
                "reasons": [storable(reason) for reason in reasons],
                "types": [found_by(one.screened.event.type) for one in apart],
                "subjects": [found_by(one.screened.event.subject) for one in apart],
                "sources": [found_by(one.screened.event.source) for one in apart],
            }
            | _apart_columns(apart),
        )

    def last_position(self) -> int:
        """Every event at or below it is committed, and none will be added there."""
        row = self._row("SELECT last_position FROM farthing.usage_counter")
        assert row is not None, f"seller {self._seller_id} has no counter of usage"
        return int(row.last_position)

    def events(
        self,
        *,
        customer_id: UUID,
        event_type: str,
        period: Period,
        to_position: int,
        after_position: int = 0,
        limit: int = 100,
    ) -> list[KeptEvent]:
        """A page of the events that were measured, by position."""
        rows = self._rows(
            """
            SELECT position, customer_id, happened_at, accepted_at, source, id, type, subject, time, data
            FROM farthing.usage_event
            WHERE customer_id = %(customer_id)s AND type = %(event_type)s
              AND happened_at >= %(start)s AND happened_at < %(end)s
              AND position > %(after)s AND position <= %(to)s
            ORDER BY position LIMIT %(limit)s
            """,
            {
                "customer_id": customer_id,
                "event_type": event_type,
                "start": period.start,
                "end": period.end,
                "after": after_position,
                "to": to_position,
                "limit": limit,
            },
        )
        mapped = self.mapped_at([row.position for row in rows])
        return [replace(kept_event(row), mapped=mapped.get(row.position)) for row in rows]


def _sent(screened: Accepted | Quarantined) -> _Sent:
    event = screened.event
    data = write_json(event.data)
    match screened:
        case Quarantined(text=str(text)):
            content = content_of_text(text)
        case Accepted(mapped=mapped) if mapped is not None:
            content = mapped.sent.content
        case _:
            content = event.content_with(data)
    return _Sent(screened, event.key, content, data)


def _apart_columns(apart: Sequence[_Sent]) -> dict[str, list[Any]]:
    return {
        "keys": [one.key for one in apart],
        "contents": [one.content for one in apart],
        "events": [_whole(one.screened) for one in apart],
    }


def _whole(screened: Accepted | Quarantined) -> str:
    return event_text(screened.sent, text=screened.text if isinstance(screened, Quarantined) else None)
