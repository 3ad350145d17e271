"""Rollups held against the events they were made of, and made anew."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import sql

from farthing.core.exact import Exact, divide
from farthing.core.metering.meter import Meter
from farthing.postgres.following_sql import Step, uncrowded_sql
from farthing.postgres.rollup import Kept, Rollup, rollup_from, rollup_of
from farthing.postgres.rollup_sql import DAY, HOUR, brought_sql, bucket_sql, cell_sql
from farthing.postgres.session import Session
from farthing.postgres.statement import Parameters, Sql
from farthing.usecases.ports import RollupDifference, RollupState, Tallied


class RollupCheck(Session):
    """Whether what is added up is what the events come to."""

    def rollups(self, meters: Iterable[Meter]) -> list[RollupState]:
        """What is added up for these meters, and how far."""
        asking: dict[Any, list[str]] = {}
        for meter in meters:
            for grouped in (False, True) if meter.groups else (False,):
                rollup = rollup_of(meter, grouped=grouped)
                if rollup is not None and meter.key not in asking.setdefault(rollup.terms_id, []):
                    asking[rollup.terms_id].append(meter.key)
        rows = self._rows(
            """
            SELECT rollup_id, terms_id, terms, position, moved_at, ready, last_position
            FROM farthing.usage_rollup, farthing.usage_counter WHERE NOT retired ORDER BY rollup_id
            """
        )
        return [
            RollupState(
                rollup_id=row.rollup_id,
                meters=tuple(asking.get(row.terms_id, ())),
                event_type=row.terms["event_type"],
                groups=tuple(row.terms.get("groups", ())),
                position=row.position,
                last_position=row.last_position,
                moved_at=row.moved_at,
                ready=row.ready,
            )
            for row in rows
        ]

    def tally_rollup(self, rollup_id: int) -> Tallied:
        """How much a rollup holds."""
        row = self._row(
            """
            SELECT (SELECT count(*) FROM farthing.usage_by_hour WHERE rollup_id = %(rollup_id)s) AS hours,
                   count(*) AS days, coalesce(sum(events), 0)::bigint AS events,
                   count(DISTINCT customer_id) AS customers
            FROM farthing.usage_by_day WHERE rollup_id = %(rollup_id)s
            """,
            {"rollup_id": rollup_id},
        )
        return Tallied(row.hours, row.days, row.events, row.customers)

    def rollup_differences(self, rollup_id: int, *, most: int) -> list[RollupDifference]:
        """Where a rollup says something else than the events up to its position; hours, then days. In `snapshot()`."""
        row = self._row(
            "SELECT terms, position FROM farthing.usage_rollup WHERE rollup_id = %(rollup_id)s",
            {"rollup_id": rollup_id},
        )
        assert row is not None, f"there is a rollup {rollup_id}"
        step = Step(rollup_id, rollup_from(row.terms), 0, row.position)
        found: list[RollupDifference] = []
        for table, length in (("usage_by_hour", HOUR), ("usage_by_day", DAY)):
            if length is HOUR and not step.rollup.by_hour:
                continue
            parameters = Parameters()
            statement = _differences_sql(step, table, length, parameters)
            with closing(self._stream(statement, parameters.values)) as rows:
                for one in rows:
                    if len(found) == most:
                        return found
                    found.append(_difference(step.rollup, one, hourly=length is HOUR))
        return found

    def make_rollups_anew(self, *, now: datetime) -> list[int]:
        """Begin each rollup a second time; the new one takes over once it has caught up. After `lock_rollups`."""
        rows = self._rows(
            """
            INSERT INTO farthing.usage_rollup (rollup_id, terms_id, terms, moved_at)
            SELECT (SELECT max(rollup_id) FROM farthing.usage_rollup) + row_number() OVER (ORDER BY max(rollup_id)),
                   terms_id, terms, %(now)s
            FROM farthing.usage_rollup WHERE NOT retired GROUP BY terms_id, terms
            RETURNING rollup_id
            """,
            {"now": now},
        )
        return [row.rollup_id for row in rows]


def _differences_sql(step: Step, table: str, length: Sql, parameters: Parameters) -> sql.Composed:
    events = sql.SQL(
        """SELECT 1 AS sign, customer_id, {bucket} AS stretch, happened_at, position, data
           FROM farthing.usage_event AS event
           WHERE type = {type} AND position <= {upto} AND NOT EXISTS (
               SELECT FROM farthing.usage_superseded AS ended
               WHERE ended.position = event.position AND ended.by_position <= {upto})"""
    ).format(
        bucket=bucket_sql(length),
        type=parameters.text(step.rollup.event_type),
        upto=parameters.position(step.upto),
    )
    counted = brought_sql(step.rollup, events, parameters, signed=False)
    return sql.SQL(
        """SELECT coalesce(kept.customer_id, counted.customer_id) AS customer_id,
                  coalesce(kept.starts_at, counted.starts_at) AS starts_at, coalesce(kept."of", counted."of") AS "of",
                  kept.events AS kept_events, kept.amount AS kept_amount, kept.doubtful AS kept_doubtful,
                  counted.events AS counted_events, counted.amount AS counted_amount,
                  counted.doubtful AS counted_doubtful
           FROM (SELECT * FROM {table}
                 WHERE rollup_id = {rollup_id} AND (events <> 0 OR doubtful <> 0 OR amount <> 0)) AS kept
           FULL JOIN (SELECT *, stretch AS starts_at, {cell} AS cell FROM ({counted}) AS each) AS counted
             ON kept.customer_id = counted.customer_id AND kept.starts_at = counted.starts_at
                AND kept.cell = counted.cell
           WHERE (kept.events, kept.doubtful, kept.amount, kept.happened_at, kept.position) IS DISTINCT FROM
                 (counted.events, counted.doubtful, counted.amount, counted.happened_at, counted.position)
           ORDER BY 2, 1, 3"""
    ).format(
        table=sql.Identifier("farthing", table),
        rollup_id=parameters.position(step.rollup_id),
        cell=cell_sql(sql.Identifier("of")),
        counted=uncrowded_sql(step, counted, parameters),
    )


def _difference(rollup: Rollup, row: Any, *, hourly: bool) -> RollupDifference:
    return RollupDifference(
        customer_id=row.customer_id,
        starts_at=row.starts_at,
        hourly=hourly,
        of=tuple(row.of or ())[: len(rollup.groups)],
        value=row.of[-1] if rollup.kept is Kept.VALUES else None,
        kept=_said(rollup, row.kept_events, row.kept_doubtful, row.kept_amount),
        counted=_said(rollup, row.counted_events, row.counted_doubtful, row.counted_amount),
    )


def _said(rollup: Rollup, events: int | None, doubtful: int | None, amount: Decimal | None) -> tuple[int, Exact | None]:
    """Events, whether or not they can be read, and their amount."""
    told = None if amount is None else divide(amount, Decimal(rollup.over))
    return (events or 0) + (doubtful or 0), told
