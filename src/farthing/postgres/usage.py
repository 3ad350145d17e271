"""Usage in PostgreSQL: each event kept once, at a position that rises in the order of commits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from farthing.core.metering.columns import Columns
from farthing.core.metering.correction import TYPES
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.screen import Accepted, Quarantined
from farthing.core.metering.unclear import content_of_text
from farthing.core.period import Period
from farthing.postgres.apart import Apart, found_by
from farthing.postgres.batches import Batches
from farthing.postgres.corrections import Corrections
from farthing.postgres.event_rows import EVENTS, KEYS, EventRows, KeyRows
from farthing.postgres.following import Following
from farthing.postgres.mapped import MappedEvents, event_text
from farthing.postgres.measuring import kept_event
from farthing.postgres.rollup_check import RollupCheck
from farthing.postgres.rollups import Rollups
from farthing.postgres.whereabouts import Whereabouts
from farthing.postgres.written import read_json, storable
from farthing.usecases.ports import KeptEvent, Outcome


@dataclass(frozen=True, slots=True)
class _Apart:
    """An event that does not count, as it was sent; `text` is that where the event cannot say it."""

    key: UUID
    content: UUID
    reason: str
    event: UsageEvent
    text: str | None = None


class Usage(Rollups, Following, RollupCheck, Whereabouts, Corrections, Batches, Apart, MappedEvents):
    """The usage of one seller."""

    def keep_events(self, screened: Sequence[Accepted | Quarantined], *, received_at: datetime) -> list[Outcome]:
        """Keep each event once (INV-06) and tell, in order, what became of it.

        A quarantined event whose key is taken is told as what it is to the one that holds the key: the same
        content a duplicate, other content a conflict. Accepting an event removes its quarantined twins.
        """
        columns = Columns()
        apart: list[tuple[int, Quarantined]] = []
        for index, one in enumerate(screened):
            if isinstance(one, Accepted):
                columns.add(index, one)
            else:
                apart.append((index, one))
        told = self.keep_columns(columns, apart, received_at=received_at)
        return [told.get(index, Outcome.ACCEPTED) for index in range(len(screened))]

    def keep_columns(
        self, columns: Columns, apart: Sequence[tuple[int, Quarantined]], *, received_at: datetime
    ) -> dict[int, Outcome]:
        """The same for events side by side; tells, by their index, only of those that were not accepted."""
        firsts, later = _firsts(columns)
        holders = self._accept(firsts, received_at=received_at)
        accepted = set(columns.key) if apart or later else set()
        accepted -= holders.keys()
        outcomes: dict[int, Outcome] = {}
        conflicts: list[_Apart] = []
        if holders or later:
            held = holders | {
                key: content for key, content in zip(firsts.key, firsts.content, strict=True) if key not in holders
            }
            repeated = [place for place, key in enumerate(firsts.key) if key in holders]
            for sent, places in ((firsts, repeated), (later, range(len(later)))):
                for place in places:
                    same = held[sent.key[place]] == sent.content[place]
                    outcomes[sent.index[place]] = Outcome.DUPLICATE if same else Outcome.CONFLICT
                    if not same:
                        conflicts.append(_sent_at(sent, place))
        if apart:
            conflicts += self._keep_doubtful(apart, outcomes, accepted, columns, received_at=received_at)
        self._keep_conflicts(conflicts, received_at=received_at)
        return outcomes

    def _keep_doubtful(
        self,
        apart: Sequence[tuple[int, Quarantined]],
        outcomes: dict[int, Outcome],
        accepted: Collection[bytes],
        columns: Columns,
        *,
        received_at: datetime,
    ) -> list[_Apart]:
        """Keep apart what has no free place; the conflicts among it."""
        if not len(columns):
            # Nobody accepts these keys between our look and what we make of it.
            self._run("SELECT FROM farthing.usage_counter FOR SHARE")
        kept = [(index, _kept_apart(one)) for index, one in apart]
        holders = self._holders({one.key for _, one in kept})
        conflicts: list[_Apart] = []
        quarantined: dict[tuple[UUID, UUID], _Apart] = {}
        for index, one in kept:
            key, content, holder = one.key, one.content, holders.get(one.key)
            # What came in the same request, after it, took the key meanwhile: it is told as it was when it came.
            before = holder is None or (key.bytes in accepted and _came_later(columns, key, than=index))
            if before:
                outcomes[index] = Outcome.QUARANTINED
                if holder is None:
                    quarantined[key, content] = one
            elif holder == content:
                outcomes[index] = Outcome.DUPLICATE
            else:
                outcomes[index] = Outcome.CONFLICT
                conflicts.append(one)
        self._keep_apart(list(quarantined.values()), received_at=received_at)
        return conflicts

    def _accept(self, columns: Columns, *, received_at: datetime) -> dict[bytes, bytes]:
        """Accept those whose keys are free; the keys of the others, with the content that holds each.

        From here to the end of the transaction the seller has one writer, so what was looked up stays true.
        """
        if not len(columns):
            return {}
        keys = KeyRows(self._seller_id, columns)
        events = EventRows(self._seller_id, columns, accepted_at=received_at)
        before = self._take_positions(len(columns))
        holders: dict[bytes, bytes] = {}
        try:
            with self.connection.transaction():
                self._copy(KEYS, keys.after(before))
        except psycopg.errors.UniqueViolation:
            held = self._holders({UUID(bytes=key) for key in columns.key})
            holders = {key.bytes: content.bytes for key, content in held.items()}
            columns = columns.only(place for place, key in enumerate(columns.key) if key not in holders)
            if not len(columns):
                return holders
            self._copy(KEYS, KeyRows(self._seller_id, columns).after(before))
            events = EventRows(self._seller_id, columns, accepted_at=received_at)
        self._copy(EVENTS, events.after(before))
        self._keep_mapped(
            (before + 1 + place, columns.mapped[index])
            for place, index in enumerate(columns.index)
            if index in columns.mapped
        )
        if self._row("SELECT FROM farthing.usage_quarantine LIMIT 1") is not None:
            self._leave_quarantine([UUID(bytes=key) for key in columns.key])
        return holders

    def _leave_quarantine(self, keys: Sequence[UUID]) -> None:
        """What has these keys is accepted now; a correction that has one says something else, and stays readable."""
        self._run(
            """
            WITH leaving AS (
                DELETE FROM farthing.usage_quarantine WHERE key = ANY(%(keys)s::uuid[])
                RETURNING key, content, received_at, event, type
            )
            INSERT INTO farthing.usage_conflict (key, content, received_at, event)
            SELECT key, content, received_at, event FROM leaving WHERE type = ANY(%(corrections)s)
            ORDER BY key, content ON CONFLICT DO NOTHING
            """,
            {"keys": list(keys), "corrections": list(TYPES.values())},
        )

    def _take_positions(self, many: int) -> int:
        """So many positions of the counter, locked until the transaction ends; the one before the first of them."""
        counter = self._row(
            "UPDATE farthing.usage_counter SET last_position = last_position + %(many)s RETURNING taken_after",
            {"many": many},
        )
        assert counter is not None, f"seller {self._seller_id} has no counter of usage"
        return int(counter.taken_after)

    def _copy(self, statement: str, rows: bytes) -> None:
        with self.connection.cursor().copy(statement.encode()) as copy:
            copy.write(rows)

    def _holders(self, keys: set[UUID]) -> dict[UUID, UUID]:
        """The content of the event that holds each key, of those that are held."""
        if not keys:
            return {}
        rows = self._rows(
            "SELECT key, content FROM farthing.event_key WHERE key = ANY(%(keys)s::uuid[])", {"keys": list(keys)}
        )
        return {row.key: row.content for row in rows}

    def _keep_conflicts(self, conflicts: Sequence[_Apart], *, received_at: datetime) -> None:
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

    def _keep_apart(self, apart: Sequence[_Apart], *, received_at: datetime) -> None:
        if not apart:
            return
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
            SET reason = excluded.reason, received_at = excluded.received_at,
                first_received_at = coalesce(usage_quarantine.first_received_at, usage_quarantine.received_at)
            """,
            {
                "received_at": received_at,
                "reasons": [storable(one.reason) for one in apart],
                "types": [found_by(one.event.type) for one in apart],
                "subjects": [found_by(one.event.subject) for one in apart],
                "sources": [found_by(one.event.source) for one in apart],
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
              AND NOT EXISTS (
                  SELECT FROM farthing.usage_superseded AS ended
                  WHERE ended.position = usage_event.position AND ended.by_position <= %(to)s
              )
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


def _firsts(columns: Columns) -> tuple[Columns, Columns]:
    """The first event of each key, and those that repeat a key of the same batch."""
    if len(set(columns.key)) == len(columns):
        return columns, Columns()
    seen: set[bytes] = set()
    first: list[int] = []
    again: list[int] = []
    for place, key in enumerate(columns.key):
        (again if key in seen else first).append(place)
        seen.add(key)
    return columns.only(first), columns.only(again)


def _came_later(columns: Columns, key: UUID, *, than: int) -> bool:
    return columns.index[columns.key.index(key.bytes)] > than


def _sent_at(columns: Columns, place: int) -> _Apart:
    """The event at this place of the columns, as it was sent."""
    mapped = columns.mapped.get(columns.index[place])
    event = (
        mapped.sent
        if mapped is not None
        else UsageEvent(
            source=columns.source[place],
            id=columns.id[place],
            type=columns.type[place],
            subject=columns.subject[place],
            time=columns.time[place],
            data=read_json(columns.data[place]),
        )
    )
    return _Apart(UUID(bytes=columns.key[place]), UUID(bytes=columns.content[place]), "", event)


def _kept_apart(one: Quarantined) -> _Apart:
    content = one.event.content if one.text is None else content_of_text(one.text)
    return _Apart(one.event.key, content, one.reason, one.sent, one.text)


def _apart_columns(apart: Sequence[_Apart]) -> dict[str, list[Any]]:
    return {
        "keys": [one.key for one in apart],
        "contents": [one.content for one in apart],
        "events": [event_text(one.event, text=one.text) for one in apart],
    }
