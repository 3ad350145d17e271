"""Batches in PostgreSQL: ranges of positions under a name, voided step by step when a batch is reverted.

What ends with OFFSET 0 is looked up for one row after the other, by its index, however few rows there seem to be.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.postgres.session import Session
from farthing.usecases.batch_ports import Batch, Revert


class Batches(Session):
    """A seller's batches of usage."""

    def open_batch(self, name: str, *, opened_at: datetime) -> None:
        """Note a batch; does nothing when it is noted already."""
        self._run(
            """
            INSERT INTO farthing.usage_batch (name, opened_at) VALUES (%(name)s, %(opened_at)s) ON CONFLICT DO NOTHING
            """,
            {"name": name, "opened_at": opened_at},
        )

    def batch(self, name: str) -> Batch | None:
        """The batch of this name."""
        row = self._row(f"{_BATCHES} WHERE batch.name = %(name)s", {"name": name})
        return None if row is None else _batch(row)

    def batch_reverted_at(self, name: str) -> datetime | None:
        """Since when nothing is added to a batch any more; None while it is in force."""
        row = self._row("SELECT reverted_at FROM farthing.usage_batch_revert WHERE name = %(name)s", {"name": name})
        return None if row is None else row.reverted_at

    def batches(self, *, limit: int = 100) -> list[Batch]:
        """Newest first."""
        rows = self._rows(f"{_BATCHES} ORDER BY batch.opened_at DESC, batch.name LIMIT %(limit)s", {"limit": limit})
        return [_batch(row) for row in rows]

    def keep_batch_part(self, name: str, *, after: int, upto: int, events: int, kept_at: datetime) -> None:
        """All that was accepted at positions in (after, upto] belongs to the batch."""
        self._run(
            """
            INSERT INTO farthing.usage_batch_part (name, after, upto, events, kept_at)
            VALUES (%(name)s, %(after)s, %(upto)s, %(events)s, %(kept_at)s)
            """,
            {"name": name, "after": after, "upto": upto, "events": events, "kept_at": kept_at},
        )

    def keep_batch_apart(self, name: str, keys: Iterable[UUID]) -> None:
        """What is accepted with these keys later belongs to the batch as well."""
        self._run(
            """
            INSERT INTO farthing.usage_batch_apart (name, key)
            SELECT %(name)s, key FROM unnest(%(keys)s::uuid[]) AS given (key) ORDER BY key ON CONFLICT DO NOTHING
            """,
            {"name": name, "keys": list(keys)},
        )

    def open_revert(self, name: str, *, by: str, reason: str, at: datetime) -> None:
        """From here on the batch is being reverted, and nothing is added to it; does nothing when it is already.

        To be called after `hold_acceptance`.
        """
        self._run(
            """
            INSERT INTO farthing.usage_batch_revert (name, reverted_at, reverted_by, reason)
            VALUES (%(name)s, %(at)s, %(by)s, %(reason)s) ON CONFLICT DO NOTHING
            """,
            {"name": name, "at": at, "by": by, "reason": reason},
        )

    def revert_step(self, name: str, *, limit: int = 5_000) -> int | None:
        """Void what is in force of the next events of a batch that is being reverted; how many, or None at the end.

        To be called after `hold_acceptance`, each step in a transaction of its own.
        """
        done = self._row(_DONE, {"name": name})
        asked = {"name": name, "upto": done.upto, "apart_upto": done.apart_upto, "limit": limit}
        upto, apart_upto = (int(self._row(found, asked).upto or 0) for found in (_NEXT, _NEXT_APART))
        if upto > done.upto:
            reached = {"next_upto": upto, "next_apart_upto": done.apart_upto}
        elif apart_upto > done.apart_upto:
            reached = {"next_upto": done.upto, "next_apart_upto": apart_upto}
        else:
            return None
        counter = self._row(
            "UPDATE farthing.usage_counter SET last_position = last_position + 1 RETURNING last_position"
        )
        voided = self._run(_VOID, asked | reached | {"position": counter.last_position})
        self._run(
            """
            INSERT INTO farthing.usage_batch_revert_step (position, name, upto, apart_upto, events)
            VALUES (%(position)s, %(name)s, %(upto)s, %(apart_upto)s, %(events)s)
            """,
            {
                "position": counter.last_position,
                "name": name,
                "upto": reached["next_upto"],
                "apart_upto": reached["next_apart_upto"],
                "events": voided,
            },
        )
        return voided

    def unfinished_reverts(self) -> list[str]:
        """The batches of which something is still to be voided, such as an event accepted out of quarantine."""
        return [str(row.name) for row in self._rows(_UNFINISHED)]

    def customers_since(self, position: int) -> list[UUID]:
        """Whose usage changed after a position."""
        rows = self._rows(
            """
            SELECT customer_id FROM farthing.usage_event WHERE position > %(position)s
            UNION SELECT customer_id FROM farthing.usage_superseded WHERE by_position > %(position)s
            ORDER BY customer_id
            """,
            {"position": position},
        )
        return [row.customer_id for row in rows]


def _batch(row: Any) -> Batch:
    revert = None
    if row.reverted_at is not None:
        revert = Revert(row.reverted_by, row.reason, row.reverted_at, row.voided, is_complete=not row.is_unfinished)
    return Batch(row.name, row.opened_at, row.last_at, events=row.events, apart=row.apart, revert=revert)


# How far the steps of a revert have come.
_DONE = """
    SELECT coalesce(max(upto), 0) AS upto, coalesce(max(apart_upto), 0) AS apart_upto
    FROM farthing.usage_batch_revert_step WHERE name = %(name)s
"""

_EVENTS_OF_PART = """
    LATERAL (
        SELECT key, position FROM farthing.usage_event
        WHERE position > greatest(part.after, %(upto)s) AND position <= part.upto ORDER BY position OFFSET 0
    ) AS event
"""
_APART_HELD = """
    farthing.usage_batch_apart AS apart
    CROSS JOIN LATERAL (SELECT key, position FROM farthing.event_key WHERE key = apart.key OFFSET 0) AS held
"""

# Where the next events end of which something may have to be voided, and those accepted out of quarantine: within the
# next parts that have enough of them, or behind these. Behind the last event of a part there may be positions that no
# event took.
_NEXT = f"""
    WITH part AS MATERIALIZED (
        SELECT after, upto FROM (
            SELECT after, upto, sum(events) OVER (ORDER BY after) - events AS events_before
            FROM farthing.usage_batch_part WHERE name = %(name)s AND upto > %(upto)s
        ) AS left_over WHERE events_before < %(limit)s
    )
    SELECT CASE WHEN count(*) = %(limit)s THEN max(position) ELSE (SELECT max(upto) FROM part) END AS upto
    FROM (
        SELECT event.position FROM part CROSS JOIN {_EVENTS_OF_PART} ORDER BY event.position LIMIT %(limit)s
    ) AS next
"""
_NEXT_APART = f"""
    SELECT max(position) AS upto FROM (
        SELECT held.position FROM {_APART_HELD}
        WHERE apart.name = %(name)s AND held.position > %(apart_upto)s
        ORDER BY held.position LIMIT %(limit)s
    ) AS next
"""

# Of an event that was amended the amended version is ended; one that was voided is left alone.
_VOID = f"""
    INSERT INTO farthing.usage_superseded (position, by_position, customer_id, type, happened_at)
    SELECT last.position, %(position)s, last.customer_id, last.type, last.happened_at
    FROM (
        SELECT event.key, event.position
        FROM (
            SELECT after, least(upto, %(next_upto)s) AS upto FROM farthing.usage_batch_part
            WHERE name = %(name)s AND upto > %(upto)s AND after < %(next_upto)s
        ) AS part CROSS JOIN {_EVENTS_OF_PART}
        UNION
        SELECT held.key, held.position FROM {_APART_HELD}
        WHERE apart.name = %(name)s AND held.position > %(apart_upto)s AND held.position <= %(next_apart_upto)s
    ) AS first
    CROSS JOIN LATERAL (
        SELECT coalesce(max(amended.position), first.position) AS position
        FROM farthing.usage_correction AS amended WHERE amended.of_key = first.key AND amended.kind = 'amend'
    ) AS made
    CROSS JOIN LATERAL (
        SELECT position, customer_id, type, happened_at FROM farthing.usage_event
        WHERE position = made.position OFFSET 0
    ) AS last
    WHERE NOT EXISTS (SELECT FROM farthing.usage_superseded AS ended WHERE ended.position = last.position OFFSET 0)
    ORDER BY last.position
"""

_IS_UNFINISHED = f"""
    (
        coalesce((SELECT max(part.upto) FROM farthing.usage_batch_part AS part WHERE part.name = reverted.name), 0)
            > done.upto
        OR EXISTS (
            SELECT FROM {_APART_HELD}
            WHERE apart.name = reverted.name AND held.position > done.apart_upto
        )
    )
"""
_STEPS_DONE = """
    (
        SELECT coalesce(max(step.upto), 0) AS upto, coalesce(max(step.apart_upto), 0) AS apart_upto,
               coalesce(sum(step.events), 0)::bigint AS voided
        FROM farthing.usage_batch_revert_step AS step WHERE step.name = reverted.name
    )
"""
_UNFINISHED = f"""
    SELECT reverted.name FROM farthing.usage_batch_revert AS reverted
    CROSS JOIN LATERAL {_STEPS_DONE} AS done WHERE {_IS_UNFINISHED} ORDER BY reverted.name
"""
_BATCHES = f"""
    SELECT batch.name, batch.opened_at, coalesce(parts.last_at, batch.opened_at) AS last_at, parts.events, kept.apart,
           reverted.reverted_at, reverted.reverted_by, reverted.reason, done.voided, {_IS_UNFINISHED} AS is_unfinished
    FROM farthing.usage_batch AS batch
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(part.events), 0)::bigint AS events, max(part.kept_at) AS last_at
        FROM farthing.usage_batch_part AS part WHERE part.name = batch.name
    ) AS parts
    CROSS JOIN LATERAL (
        SELECT count(*) AS apart FROM farthing.usage_batch_apart AS apart WHERE apart.name = batch.name
    ) AS kept
    LEFT JOIN farthing.usage_batch_revert AS reverted ON reverted.name = batch.name
    LEFT JOIN LATERAL {_STEPS_DONE} AS done ON true
"""
