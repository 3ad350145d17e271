"""Rollups follow the events by position: each event is added once, and each ended version taken away once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg import sql

from farthing.core.metering.meter import Meter
from farthing.postgres.following_sql import (
    Step,
    came_sql,
    cells_sql,
    counting_sql,
    days_sql,
    ended_sql,
    hours_sql,
    uncrowded_sql,
)
from farthing.postgres.rollup import MOST_CELLS, Rollup, rollup_from, rollups_of
from farthing.postgres.rollup_sql import DAY, HOUR, brought_sql, bucket_sql, together_sql
from farthing.postgres.session import Session
from farthing.postgres.statement import Parameters
from farthing.postgres.written import write_json

# One transaction works through no more positions than these, so that none is long.
MOST_POSITIONS = 20_000
_MOST_REMOVED = 20_000


class Following(Session):
    """Bringing rollups up to date; any number of workers may do it at once."""

    def catalogue_moved(self) -> bool:
        """Whether meters came to the catalogue since `keep_rollups`."""
        row = self._row(
            """
            SELECT (SELECT count(*) FROM farthing.meter_version)
                <> coalesce((SELECT meter_versions FROM farthing.usage_following), 0) AS moved
            """
        )
        return bool(row.moved)

    def lock_rollups(self) -> None:
        """Until the transaction ends nobody else decides what is added up."""
        self._lock_name("rollups")

    def keep_rollups(self, meters: Iterable[Meter], *, now: datetime) -> None:
        """From now on add up what these meters ask for, and nothing else.

        To be called after `hold_catalogue`, under which the meters were read, and `lock_rollups`.
        """
        wanted = rollups_of(meters)
        there = {row.terms_id for row in self._rows("SELECT terms_id FROM farthing.usage_rollup WHERE NOT retired")}
        self._add((rollup for terms_id, rollup in wanted.items() if terms_id not in there), now=now)
        self._run(
            "UPDATE farthing.usage_rollup SET retired = true WHERE NOT retired AND NOT (terms_id = ANY(%(wanted)s))",
            {"wanted": list(wanted)},
        )
        self._run(
            """
            INSERT INTO farthing.usage_following (meter_versions) SELECT count(*) FROM farthing.meter_version
            ON CONFLICT (seller_id) DO UPDATE SET meter_versions = excluded.meter_versions
            """
        )

    def rollups_behind(self) -> list[int]:
        """The rollups that have something to add up."""
        rows = self._rows(
            """
            SELECT rollup_id FROM farthing.usage_rollup, farthing.usage_counter
            WHERE NOT retired AND (position < last_position OR NOT ready) ORDER BY rollup_id
            """
        )
        return [row.rollup_id for row in rows]

    def follow(self, rollup_id: int, *, now: datetime, most_positions: int = MOST_POSITIONS) -> bool:
        """Take the next events into a rollup; whether there are more. Somebody else's turn is left to them."""
        # These tables grow faster than anybody counts their rows, so plans must not hang on how many there were.
        row = self._row(
            """
            SELECT terms_id, terms, position, ready, set_config('enable_seqscan', 'off', true)
            FROM farthing.usage_rollup
            WHERE rollup_id = %(rollup_id)s AND NOT retired FOR UPDATE SKIP LOCKED
            """,
            {"rollup_id": rollup_id},
        )
        if row is None:
            return False
        last = self._row("SELECT last_position FROM farthing.usage_counter").last_position
        upto = min(row.position + most_positions, last)
        if upto > row.position:
            self._take(Step(rollup_id, rollup_from(row.terms), row.position, upto))
        caught_up = upto == last
        self._run(
            """
            UPDATE farthing.usage_rollup SET position = %(upto)s, moved_at = %(now)s, ready = ready OR %(caught_up)s
            WHERE rollup_id = %(rollup_id)s
            """,
            {"rollup_id": rollup_id, "upto": upto, "now": now, "caught_up": caught_up},
        )
        if caught_up and not row.ready:
            self._run(
                """
                UPDATE farthing.usage_rollup SET retired = true
                WHERE terms_id = %(terms_id)s AND rollup_id < %(rollup_id)s AND NOT retired
                """,
                {"terms_id": row.terms_id, "rollup_id": rollup_id},
            )
        return not caught_up

    def remove_retired(self) -> bool:
        """Remove some rows of a rollup that nobody asks any more; whether there may be more."""
        row = self._row(
            """
            SELECT rollup_id FROM farthing.usage_rollup WHERE retired
            ORDER BY rollup_id LIMIT 1 FOR UPDATE SKIP LOCKED
            """
        )
        if row is None:
            return False
        removed = sum(
            self._run(
                sql.SQL(
                    """DELETE FROM {table} WHERE rollup_id = %(rollup_id)s AND ctid = ANY(ARRAY(
                           SELECT ctid FROM {table} WHERE rollup_id = %(rollup_id)s LIMIT %(most)s))"""
                ).format(table=table),
                {"rollup_id": row.rollup_id, "most": _MOST_REMOVED},
            )
            for table in (_HOURS, _DAYS, _CELLS)
        )
        if not removed:
            self._run("DELETE FROM farthing.usage_rollup WHERE rollup_id = %(rollup_id)s", {"rollup_id": row.rollup_id})
        return True

    def _add(self, rollups: Iterable[Rollup], *, now: datetime) -> None:
        for rollup in rollups:
            self._run(
                """
                INSERT INTO farthing.usage_rollup (rollup_id, terms_id, terms, moved_at)
                SELECT coalesce(max(rollup_id), 0) + 1, %(terms_id)s, %(terms)s, %(now)s FROM farthing.usage_rollup
                """,
                {"terms_id": rollup.terms_id, "terms": write_json(rollup.terms), "now": now},
            )

    def _take(self, step: Step) -> None:
        lost = self._lost_hours(step)
        crowded = self._measure_again(step, lost) if lost else self._merge(step)
        if crowded:
            customers, days = [row.customer_id for row in crowded], [row.starts_at for row in crowded]
            for table in (_HOURS, _DAYS):
                self._run(
                    sql.SQL(
                        """DELETE FROM {table} AS kept
                           USING unnest(%(customers)s::uuid[], %(days)s::timestamptz[]) AS crowded (customer_id, day)
                           WHERE kept.rollup_id = %(rollup_id)s AND kept.customer_id = crowded.customer_id
                             AND kept.starts_at >= crowded.day AND kept.starts_at < crowded.day + interval '1 day'"""
                    ).format(table=table),
                    {"rollup_id": step.rollup_id, "customers": customers, "days": days},
                )

    def _merge(self, step: Step) -> list[Any]:
        """Add what came and take away what ended; the days that have too many cells from now on."""
        parameters = Parameters()
        ended = step.rollup.signed and self._row(
            """
            SELECT 1 FROM farthing.usage_superseded
            WHERE by_position > %(done)s AND by_position <= %(upto)s LIMIT 1
            """,
            {"done": step.done, "upto": step.upto},
        )
        if not step.rollup.signed:
            events = counting_sql(step, parameters)
        elif ended:
            events = sql.SQL("{} UNION ALL {}").format(came_sql(step, parameters), ended_sql(step, parameters))
        else:
            events = came_sql(step, parameters)
        brought = brought_sql(step.rollup, events, parameters, signed=bool(ended))
        statement = sql.SQL("WITH brought AS MATERIALIZED ({brought}){hours}, {days} {cells}").format(
            brought=uncrowded_sql(step, brought, parameters),
            hours=hours_sql(step, parameters) if step.rollup.by_hour else sql.SQL(""),
            days=days_sql(step, parameters),
            cells=cells_sql(step, parameters),
        )
        return self._rows(statement, parameters.values)

    def _lost_hours(self, step: Step) -> list[Any]:
        """The hours that lost an event which was added before, where it cannot be taken away again."""
        if step.rollup.signed:
            return []
        return self._rows(
            sql.SQL(
                """
                SELECT DISTINCT customer_id, {hour} AS starts_at FROM farthing.usage_superseded
                WHERE by_position > %(done)s AND by_position <= %(upto)s AND position <= %(done)s AND type = %(type)s
                """
            ).format(hour=bucket_sql(HOUR)),
            {"done": step.done, "upto": step.upto, "type": step.rollup.event_type},
        )

    def _measure_again(self, step: Step, again: list[Any]) -> list[Any]:
        """Merge what came; measure some hours again, and make every day that changed anew of its hours."""
        customers, hours = [row.customer_id for row in again], [row.starts_at for row in again]
        values = {"rollup_id": step.rollup_id, "customers": customers, "hours": hours}
        self._run(
            """
            DELETE FROM farthing.usage_by_hour AS kept
            USING unnest(%(customers)s::uuid[], %(hours)s::timestamptz[]) AS again (customer_id, hour)
            WHERE kept.rollup_id = %(rollup_id)s AND kept.customer_id = again.customer_id
              AND kept.starts_at = again.hour
            """,
            values,
        )
        self._run(
            """
            DELETE FROM farthing.usage_by_day AS kept
            USING unnest(%(customers)s::uuid[], %(hours)s::timestamptz[]) AS again (customer_id, hour)
            WHERE kept.rollup_id = %(rollup_id)s AND kept.customer_id = again.customer_id
              AND kept.starts_at > again.hour - interval '1 day' AND kept.starts_at <= again.hour
            """,
            values,
        )
        parameters = Parameters()
        listed_again = sql.SQL("unnest({}, {}) AS again (who, hour)").format(
            parameters.identities(customers), parameters.instants(hours)
        )
        events = counting_sql(step, parameters, again=listed_again)
        brought = brought_sql(step.rollup, events, parameters, signed=False)
        statement = sql.SQL(
            """WITH brought AS MATERIALIZED ({brought}){hours}
               SELECT DISTINCT customer_id, {day} AS starts_at
               FROM (SELECT customer_id, stretch AS happened_at FROM brought
                     UNION ALL SELECT who, hour FROM {again}) AS changed"""
        ).format(
            brought=uncrowded_sql(step, brought, parameters),
            hours=hours_sql(step, parameters),
            day=bucket_sql(DAY),
            again=listed_again,
        )
        changed = self._rows(statement, parameters.values)
        return self._days_again(step, changed)

    def _days_again(self, step: Step, changed: list[Any]) -> list[Any]:
        """Make days anew of their hours; those that have too many cells from now on."""
        values = {
            "rollup_id": step.rollup_id,
            "customers": [row.customer_id for row in changed],
            "days": [row.starts_at for row in changed],
        }
        self._run(
            sql.SQL(
                """
                INSERT INTO farthing.usage_by_day (
                    rollup_id, customer_id, starts_at, cell, events, doubtful, amount, happened_at, position, "of"
                )
                SELECT %(rollup_id)s, kept.customer_id, changed.day, kept.cell, sum(kept.events), sum(kept.doubtful),
                       {amount}, {happened_at}, {position}, kept."of"
                FROM unnest(%(customers)s::uuid[], %(days)s::timestamptz[]) AS changed (customer_id, day)
                JOIN farthing.usage_by_hour AS kept
                  ON kept.rollup_id = %(rollup_id)s AND kept.customer_id = changed.customer_id
                     AND kept.starts_at >= changed.day AND kept.starts_at < changed.day + interval '1 day'
                GROUP BY kept.customer_id, changed.day, kept.cell, kept."of"
                ON CONFLICT (seller_id, rollup_id, customer_id, starts_at, cell) DO UPDATE
                SET events = excluded.events, doubtful = excluded.doubtful, amount = excluded.amount,
                    happened_at = excluded.happened_at, position = excluded.position
                """
            ).format(
                amount=together_sql(step.rollup.kept, "amount"),
                happened_at=together_sql(step.rollup.kept, "happened_at"),
                position=together_sql(step.rollup.kept, "position"),
            ),
            values,
        )
        if not step.rollup.has_cells:
            return []
        counted = self._rows(
            """
            INSERT INTO farthing.usage_cells (rollup_id, customer_id, starts_at, cells)
            SELECT %(rollup_id)s, kept.customer_id, kept.starts_at, count(*)
            FROM unnest(%(customers)s::uuid[], %(days)s::timestamptz[]) AS changed (customer_id, day)
            JOIN farthing.usage_by_day AS kept
              ON kept.rollup_id = %(rollup_id)s AND kept.customer_id = changed.customer_id
                 AND kept.starts_at = changed.day
            GROUP BY kept.customer_id, kept.starts_at
            ON CONFLICT (seller_id, rollup_id, customer_id, starts_at) DO UPDATE
            SET cells = greatest(usage_cells.cells, excluded.cells)
            RETURNING customer_id, starts_at, cells
            """,
            values,
        )
        return [row for row in counted if row.cells > MOST_CELLS]


_HOURS, _DAYS, _CELLS = (sql.Identifier("farthing", name) for name in ("usage_by_hour", "usage_by_day", "usage_cells"))
