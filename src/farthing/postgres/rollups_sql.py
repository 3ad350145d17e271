"""What windows come to, in SQL: days and hours that are kept, beside the events of their finer edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from psycopg import sql

from farthing.core.metering.measures import Measure
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.sample import Window
from farthing.postgres.rollup import Kept, Rollup
from farthing.postgres.rollup_parts import Parts, Stretches
from farthing.postgres.rollup_sql import brought_sql, together_sql
from farthing.postgres.statement import Parameters, Sql, listed


@dataclass(frozen=True, slots=True)
class AskedOfRollup:
    """What is asked of a rollup that holds the events up to a position; of the later ones, too, with a tail."""

    rollup_id: int
    rollup: Rollup
    measure: Measure
    customer_ids: Sequence[UUID]
    windows: Sequence[Window]
    parts: Parts
    upto: int
    group_by: Sequence[str] = ()
    only: Mapping[str, str] = field(default_factory=dict)
    tail_upto: int | None = None


def added_up_sql(asked: AskedOfRollup, parameters: Parameters) -> sql.Composed:
    """Rows (customer_id, stretch, groups, events, amount, unsure), a stretch being the number of a window."""
    groups = [sql.Identifier(f"group_{place}") for place in range(len(asked.group_by))]
    at = {name: place for place, name in enumerate(asked.rollup.groups, start=1)}
    taken: list[Sql] = [
        sql.SQL('"of"[{}] AS {}').format(sql.Literal(at[name]), group)
        for name, group in zip(asked.group_by, groups, strict=True)
    ]
    conditions: list[Sql] = [sql.SQL("true")]
    conditions += [
        sql.SQL('"of"[{}] = {}').format(sql.Literal(at[name]), parameters.text(value))
        for name, value in asked.only.items()
    ]
    of_values = asked.rollup.kept is Kept.VALUES
    if of_values:
        taken.append(_value(asked))
    keys = listed([sql.Identifier("customer_id"), sql.Identifier("stretch"), *groups])
    parts = sql.SQL(
        "SELECT customer_id, stretch{taken}, events, doubtful, amount, happened_at, position FROM ({parts}) AS part "
        "WHERE {conditions}"
    ).format(
        taken=sql.Composed([sql.SQL(", {}").format(one) for one in taken]),
        parts=listed(_parts(asked, parameters), between=" UNION ALL "),
        conditions=listed(conditions, between=" AND "),
    )
    amount = together_sql(asked.rollup.kept, "amount")
    if of_values:
        parts, amount = _by_value(asked, parts, keys, parameters)
    return sql.SQL(
        """SELECT {keys}, sum(events)::bigint AS events, {amount} AS amount, sum(doubtful) <> 0 AS unsure
           FROM ({parts}) AS part GROUP BY {keys}"""
    ).format(keys=keys, amount=amount, parts=parts)


def crowded_sql(asked: AskedOfRollup, parameters: Parameters, *, most: int) -> sql.Composed:
    """The customers with a day in the windows that has too many cells to be kept."""
    return sql.SQL(
        """SELECT DISTINCT customer_id FROM farthing.usage_cells
           WHERE rollup_id = {rollup_id} AND customer_id = ANY({customers})
             AND starts_at > {start} - interval '1 day' AND starts_at < {end} AND cells > {most}"""
    ).format(
        rollup_id=parameters.position(asked.rollup_id),
        customers=parameters.identities(asked.customer_ids),
        start=parameters.instant(asked.windows[0].segment.start),
        end=parameters.instant(asked.windows[-1].segment.end),
        most=parameters.position(most),
    )


def _value(asked: AskedOfRollup) -> Sql:
    """What stands behind the groups in a cell of values."""
    place = sql.Literal(len(asked.rollup.groups) + 1)
    template = '"of"[{}]::numeric AS value' if isinstance(asked.measure, Percentile) else '"of"[{}] AS value'
    return sql.SQL(template).format(place)


def _by_value(asked: AskedOfRollup, parts: sql.Composed, keys: Sql, parameters: Parameters) -> tuple[sql.Composed, Sql]:
    """How often each value occurred in a window, and what is made of that."""
    each = sql.SQL(
        """SELECT {keys}, value, sum(events) AS events, sum(doubtful) AS doubtful
           FROM ({parts}) AS part GROUP BY {keys}, value"""
    ).format(keys=keys, parts=parts)
    if not isinstance(asked.measure, Percentile):
        return each, sql.SQL("count(*) FILTER (WHERE events > 0)")
    ranked = sql.SQL(
        """SELECT *, sum(events) OVER (PARTITION BY {keys} ORDER BY value) AS running,
                  sum(events) OVER (PARTITION BY {keys}) AS total FROM ({each}) AS each"""
    ).format(keys=keys, each=each)
    # The nearest rank; a hundredth of the percent is exact, a quotient need not be.
    chosen = sql.SQL("min(value) FILTER (WHERE events > 0 AND running >= greatest(ceil(total * {} * 0.01), 1))")
    return ranked, chosen.format(parameters.number(asked.measure.percent))


def _parts(asked: AskedOfRollup, parameters: Parameters) -> list[Sql]:
    parts: list[Sql] = []
    for table, stretches in (("usage_by_day", asked.parts.days), ("usage_by_hour", asked.parts.hours)):
        if stretches:
            parts.append(_kept(asked, table, stretches, parameters))
    if asked.parts.events:
        parts.append(brought_sql(asked.rollup, _edges(asked, parameters), parameters, signed=False))
    if asked.tail_upto is not None and asked.tail_upto > asked.upto:
        tail, signed = _tail(asked, parameters)
        parts.append(brought_sql(asked.rollup, tail, parameters, signed=signed))
    return parts or [_kept(asked, "usage_by_day", asked.parts.days, parameters)]


def _kept(asked: AskedOfRollup, table: str, stretches: Stretches, parameters: Parameters) -> Sql:
    return sql.SQL(
        """SELECT customer_id, number AS stretch, "of", events, doubtful, amount, happened_at, position
           FROM unnest({stretches}) AS asked (number, starts, ends)
           JOIN {table} AS kept ON kept.rollup_id = {rollup_id} AND kept.customer_id = ANY({customers})
                AND kept.starts_at >= asked.starts AND kept.starts_at < asked.ends"""
    ).format(
        stretches=stretches.sql(parameters),
        table=sql.Identifier("farthing", table),
        rollup_id=parameters.position(asked.rollup_id),
        customers=parameters.identities(asked.customer_ids),
    )


def _edges(asked: AskedOfRollup, parameters: Parameters) -> Sql:
    """The events of what is finer than an hour, as far as the rollup has come."""
    return sql.SQL(
        """SELECT 1 AS sign, customer_id, number AS stretch, happened_at, position, data
           FROM unnest({stretches}) AS asked (number, starts, ends)
           JOIN farthing.usage_event AS event ON event.customer_id = ANY({customers})
                AND event.happened_at >= asked.starts AND event.happened_at < asked.ends
           WHERE type = {type} AND position <= {upto} AND NOT EXISTS (
               SELECT FROM farthing.usage_superseded AS ended
               WHERE ended.position = event.position AND ended.by_position <= {upto})"""
    ).format(
        stretches=asked.parts.events.sql(parameters),
        customers=parameters.identities(asked.customer_ids),
        type=parameters.text(asked.rollup.event_type),
        upto=parameters.position(asked.upto),
    )


def _tail(asked: AskedOfRollup, parameters: Parameters) -> tuple[Sql, bool]:
    """What came after the rollup's position, and what ended there; whether it is signed."""
    assert asked.tail_upto is not None, "a tail is asked for"
    whole = Stretches()
    for number, window in enumerate(asked.windows):
        whole.add(number, window.segment.start, window.segment.end)
    within = sql.SQL(
        """FROM unnest({stretches}) AS asked (number, starts, ends)
           JOIN farthing.usage_event AS event ON event.customer_id = ANY({customers})
                AND event.happened_at >= asked.starts AND event.happened_at < asked.ends
           WHERE type = {type}"""
    ).format(
        stretches=whole.sql(parameters),
        customers=parameters.identities(asked.customer_ids),
        type=parameters.text(asked.rollup.event_type),
    )
    done, upto = parameters.position(asked.upto), parameters.position(asked.tail_upto)
    columns = sql.SQL("customer_id, number AS stretch, happened_at, position, data")
    came = sql.SQL("SELECT 1 AS sign, {columns} {within} AND position > {done} AND position <= {upto}").format(
        columns=columns, within=within, done=done, upto=upto
    )
    if not asked.rollup.signed:
        return came, False
    ended = sql.SQL(
        """SELECT -1, {columns} {within} AND position IN (
               SELECT position FROM farthing.usage_superseded WHERE by_position > {done} AND by_position <= {upto})"""
    ).format(columns=columns, within=within, done=done, upto=upto)
    return sql.SQL("{} UNION ALL {}").format(came, ended), True
