"""A step of a rollup in SQL: which events it takes, and how what they bring is merged into hours and days."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from farthing.postgres.rollup import MOST_CELLS, Rollup
from farthing.postgres.rollup_sql import DAY, HOUR, bucket_sql, cell_sql, merged_sql, together_sql
from farthing.postgres.statement import Parameters, Sql


@dataclass(frozen=True, slots=True)
class Step:
    """A rollup on its way from one position to another."""

    rollup_id: int
    rollup: Rollup
    done: int
    upto: int


def came_sql(step: Step, parameters: Parameters) -> Sql:
    """The events that came since the rollup was last brought up to date."""
    return sql.SQL(
        """SELECT 1 AS sign, customer_id, {bucket} AS stretch, happened_at, position, data FROM farthing.usage_event
           WHERE type = {type} AND position > {done} AND position <= {upto}"""
    ).format(
        bucket=bucket_sql(HOUR if step.rollup.by_hour else DAY),
        type=parameters.text(step.rollup.event_type),
        done=parameters.position(step.done),
        upto=parameters.position(step.upto),
    )


def ended_sql(step: Step, parameters: Parameters) -> Sql:
    """The versions that corrections ended meanwhile, to be taken away."""
    return sql.SQL(
        """SELECT -1, customer_id, {bucket}, happened_at, position, data FROM farthing.usage_event
           WHERE type = {type} AND position IN (
               SELECT position FROM farthing.usage_superseded
               WHERE by_position > {done} AND by_position <= {upto})"""
    ).format(
        bucket=bucket_sql(HOUR if step.rollup.by_hour else DAY),
        type=parameters.text(step.rollup.event_type),
        done=parameters.position(step.done),
        upto=parameters.position(step.upto),
    )


def counting_sql(step: Step, parameters: Parameters, *, again: Sql | None = None) -> Sql:
    """What came and still counts, and everything that counts in the hours that are measured again."""
    columns = sql.SQL("1 AS sign, customer_id, {} AS stretch, happened_at, position, data").format(bucket_sql(HOUR))
    counts = sql.SQL(
        """type = {type} AND position <= {upto} AND NOT EXISTS (
               SELECT FROM farthing.usage_superseded AS ended
               WHERE ended.position = event.position AND ended.by_position <= {upto})"""
    ).format(type=parameters.text(step.rollup.event_type), upto=parameters.position(step.upto))
    came = sql.SQL("SELECT {columns} FROM farthing.usage_event AS event WHERE {counts} AND position > {done}").format(
        columns=columns, counts=counts, done=parameters.position(step.done)
    )
    if again is None:
        return came
    return sql.SQL(
        """{came} AND NOT EXISTS (SELECT FROM {again} WHERE who = customer_id AND hour = {bucket})
           UNION ALL
           SELECT {columns} FROM {again} JOIN farthing.usage_event AS event
               ON customer_id = who AND happened_at >= hour AND happened_at < hour + interval '1 hour'
           WHERE {counts}"""
    ).format(came=came, columns=columns, counts=counts, again=again, bucket=bucket_sql(HOUR))


def uncrowded_sql(step: Step, brought: sql.Composed, parameters: Parameters) -> Sql:
    """What changes anything, and not on a day that has too many cells."""
    changes = sql.SQL("SELECT * FROM ({}) AS each WHERE (events <> 0 OR doubtful <> 0 OR amount <> 0)").format(brought)
    if not step.rollup.has_cells:
        return changes
    return sql.SQL(
        """{changes} AND coalesce((
               SELECT cells FROM farthing.usage_cells AS crowded
               WHERE crowded.rollup_id = {rollup_id} AND crowded.customer_id = each.customer_id
                 AND crowded.starts_at = {day}), 0) <= {most}"""
    ).format(
        changes=changes,
        rollup_id=parameters.position(step.rollup_id),
        day=bucket_sql(DAY, instant="stretch"),
        most=parameters.position(MOST_CELLS),
    )


def hours_sql(step: Step, parameters: Parameters) -> Sql:
    return sql.SQL(
        """, hours AS (
               INSERT INTO farthing.usage_by_hour (
                   rollup_id, customer_id, starts_at, cell, events, doubtful, amount, happened_at, position, "of")
               SELECT {rollup_id}, customer_id, stretch, {cell}, events, doubtful, amount, happened_at, position, "of"
               FROM brought
               ON CONFLICT (seller_id, rollup_id, customer_id, starts_at, cell) DO UPDATE SET {merged})"""
    ).format(
        rollup_id=parameters.position(step.rollup_id),
        cell=cell_sql(sql.Identifier("of")),
        merged=merged_sql(step.rollup.kept, "usage_by_hour"),
    )


def days_sql(step: Step, parameters: Parameters) -> Sql:
    """Days, each told whether it was not there before."""
    kept = step.rollup.kept
    return sql.SQL(
        """days AS (
               INSERT INTO farthing.usage_by_day (
                   rollup_id, customer_id, starts_at, cell, events, doubtful, amount, happened_at, position, "of")
               SELECT {rollup_id}, customer_id, day, {cell}, events, doubtful, amount, happened_at, position, "of"
               FROM (SELECT customer_id, {day} AS day, "of", sum(events)::bigint AS events,
                            sum(doubtful)::bigint AS doubtful, {amount} AS amount, {happened_at} AS happened_at,
                            {position} AS position
                     FROM brought GROUP BY 1, 2, 3) AS each
               ON CONFLICT (seller_id, rollup_id, customer_id, starts_at, cell) DO UPDATE SET {merged}
               RETURNING customer_id, starts_at, xmax = 0 AS is_new)"""
    ).format(
        rollup_id=parameters.position(step.rollup_id),
        cell=cell_sql(sql.Identifier("of")),
        day=bucket_sql(DAY, instant="stretch"),
        amount=together_sql(kept, "amount"),
        happened_at=together_sql(kept, "happened_at"),
        position=together_sql(kept, "position"),
        merged=merged_sql(kept, "usage_by_day"),
    )


def cells_sql(step: Step, parameters: Parameters) -> Sql:
    if not step.rollup.has_cells:
        return sql.SQL("SELECT customer_id, starts_at FROM days WHERE false")
    return sql.SQL(
        """, counted AS (
               INSERT INTO farthing.usage_cells (rollup_id, customer_id, starts_at, cells)
               SELECT {rollup_id}, customer_id, starts_at, count(*) FROM days WHERE is_new GROUP BY 2, 3
               ON CONFLICT (seller_id, rollup_id, customer_id, starts_at) DO UPDATE
               SET cells = usage_cells.cells + excluded.cells
               RETURNING customer_id, starts_at, cells)
           SELECT customer_id, starts_at FROM counted WHERE cells > {most}"""
    ).format(rollup_id=parameters.position(step.rollup_id), most=parameters.position(MOST_CELLS))
