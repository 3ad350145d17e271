"""What events bring to a rollup, in SQL: the one way in which an hour, a day or the edge of a window is added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from farthing.postgres.filters_sql import match_sql, may_be_unsure
from farthing.postgres.rollup import Kept, Rollup
from farthing.postgres.statement import Parameters, Sql, listed
from farthing.postgres.values_sql import number_sql, text_sql, worth_sql

HOUR, DAY = sql.SQL("'1 hour'"), sql.SQL("'1 day'")


def bucket_sql(length: Sql, *, instant: str = "happened_at") -> Sql:
    """The beginning of the hour or day of UTC in which an instant lies; no event is from before 1970."""
    return sql.SQL("date_bin({}, {}, '1970-01-01 00:00+00')").format(length, sql.Identifier(instant))


def counts_sql(upto: Sql) -> Sql:
    """That a version of an `event` was not ended by a correction up to a position."""
    return sql.SQL(
        """NOT EXISTS (SELECT FROM farthing.usage_superseded AS ended
                       WHERE ended.position = event.position AND ended.by_position <= {upto})"""
    ).format(upto=upto)


def found_sql(conditions: Sql) -> Sql:
    """The events for which this holds, to be looked up one after the other: `LATERAL` beside what names them.

    Each by its index, however many there seem to be: the tables grow faster than anybody counts their rows.
    """
    return sql.SQL(
        """LATERAL (SELECT customer_id, happened_at, position, data FROM farthing.usage_event
                    WHERE {conditions} OFFSET 0) AS event"""
    ).format(conditions=conditions)


def brought_sql(rollup: Rollup, events: Sql, parameters: Parameters, *, signed: bool) -> sql.Composed:
    """Rows (customer_id, stretch, of, events, doubtful, amount, happened_at, position) of what some events bring.

    `events` are rows (sign, customer_id, stretch, happened_at, position, data): each counts once, or is taken away
    where the sign is -1, for which it must be `signed`. Sums and counts come signed, too.
    """
    taken = _taken(rollup, parameters)
    cells = [sql.Identifier(name) for name in taken.cells]
    plain = sql.SQL(
        """SELECT sign, customer_id, stretch, happened_at, {place} AS position, {unsure} AS unsure{columns}
           FROM ({events}) AS event WHERE {matched} OFFSET 0"""
    ).format(
        place=_place(rollup),
        unsure=taken.unsure,
        columns=_named(taken.columns),
        events=events,
        matched=taken.matched,
    )
    worth = sql.SQL("SELECT *{columns} FROM ({plain}) AS event").format(columns=_named(taken.made), plain=plain)
    doubts = [sql.Identifier("unsure"), *(sql.SQL("{} IS NULL").format(sql.Identifier(name)) for name in taken.numbers)]
    doubted = sql.SQL("SELECT *, ({}) AS doubted FROM ({}) AS event").format(listed(doubts, between=" OR "), worth)
    may_doubt = bool(taken.numbers) or may_be_unsure(rollup.where)
    number = sql.SQL("sum(sign)") if signed else sql.SQL("count(*)")
    return sql.SQL(
        """SELECT customer_id, stretch, {of} AS of, {events} AS events, {doubtful} AS doubtful, {amount} AS amount,
                  {happened_at} AS happened_at, {position} AS position
           FROM ({doubted}) AS event GROUP BY {groups}"""
    ).format(
        of=sql.SQL("ARRAY[{}]::text[]").format(listed(cells)) if cells else sql.SQL("NULL::text[]"),
        events=sql.SQL("coalesce({}, 0)").format(_sure(number)) if may_doubt else number,
        doubtful=sql.SQL("coalesce({} FILTER (WHERE doubted), 0)" if may_doubt else "0::bigint").format(number),
        amount=_amount(rollup, signed=signed),
        happened_at=_of_the_one(rollup, "happened_at", "timestamptz"),
        position=_of_the_one(rollup, "position", "bigint"),
        doubted=doubted,
        groups=listed([sql.Identifier("customer_id"), sql.Identifier("stretch"), *cells]),
    )


def cell_sql(of: Sql) -> Sql:
    """What stands for the values in `of`, whose text may be longer than an index can hold."""
    return sql.SQL(
        """coalesce(encode(substr(sha256(convert_to({of}::text, 'UTF8')), 1, 16), 'hex')::uuid,
                    '00000000-0000-0000-0000-000000000000')"""
    ).format(of=of)


def together_sql(kept: Kept, column: str) -> Sql:
    """What `amount`, `happened_at` or `position` of several rows come to together."""
    match kept:
        case Kept.SUMS | Kept.VALUES if column == "amount":
            return sql.SQL("sum(amount)")
        case Kept.MAXIMUM if column == "amount":
            return sql.SQL("max(amount)")
        case Kept.MINIMUM if column == "amount":
            return sql.SQL("min(amount)")
        case Kept.FIRST | Kept.LATEST:
            direction = sql.SQL("ASC" if kept is Kept.FIRST else "DESC")
            return sql.SQL(
                """(array_agg({column} ORDER BY happened_at {direction}, position {direction})
                    FILTER (WHERE happened_at IS NOT NULL))[1]"""
            ).format(column=sql.Identifier(column), direction=direction)
    return sql.SQL("NULL::bigint" if column == "position" else "NULL::timestamptz")


def merged_sql(kept: Kept, table: str) -> Sql:
    """What a row becomes when one more is merged into it, as the SET of an ON CONFLICT."""
    there = sql.Identifier(table)
    both = "events = {there}.events + excluded.events, doubtful = {there}.doubtful + excluded.doubtful, "
    match kept:
        case Kept.SUMS | Kept.VALUES:
            return sql.SQL(both + "amount = {there}.amount + excluded.amount").format(there=there)
        case Kept.MAXIMUM:
            return sql.SQL(both + "amount = greatest({there}.amount, excluded.amount)").format(there=there)
        case Kept.MINIMUM:
            return sql.SQL(both + "amount = least({there}.amount, excluded.amount)").format(there=there)
    sooner = sql.SQL(
        "{there}.happened_at IS NULL OR "
        "(excluded.happened_at, excluded.position) {before} ({there}.happened_at, {there}.position)"
    ).format(there=there, before=sql.SQL("<" if kept is Kept.FIRST else ">"))
    chosen = [
        sql.SQL("{name} = CASE WHEN {sooner} THEN excluded.{name} ELSE {there}.{name} END").format(
            name=sql.Identifier(name), sooner=sooner, there=there
        )
        for name in ("amount", "happened_at", "position")
    ]
    return sql.SQL(both + "{chosen}").format(there=there, chosen=listed(chosen))


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is taken of each event: `columns`, then what is `made` of them; `cells` and `numbers` name some of these."""

    matched: Sql
    unsure: Sql
    columns: Mapping[str, Sql]
    made: Mapping[str, Sql]
    cells: tuple[str, ...]
    numbers: tuple[str, ...]


def _taken(rollup: Rollup, parameters: Parameters) -> _Taken:
    matched: Sql = sql.SQL("true")
    unsure: Sql = sql.SQL("false")
    if rollup.where is not None:
        match = match_sql(rollup.where, parameters, in_zone=None, within=None)
        matched, unsure = sql.SQL("({}) IS NOT FALSE").format(match), sql.SQL("({}) IS NULL").format(match)
    columns = {f"cell_{place}": text_sql(name, parameters) for place, name in enumerate(rollup.groups)}
    cells = list(columns)
    made: dict[str, Sql] = {}
    numbers: tuple[str, ...] = ()
    if rollup.value is not None:
        names = {name: f"number_{place}" for place, name in enumerate(sorted(rollup.value.properties))}
        numbers = tuple(names.values())
        columns |= {column: number_sql(name, parameters) for name, column in names.items()}
        worth = worth_sql(rollup.value, {name: sql.Identifier(of) for name, of in names.items()}, parameters)
        assert worth is not None, f"the database can work out {rollup.value}"
        assert worth.denominator == rollup.over, f"{rollup.value} is over {worth.denominator}, not {rollup.over}"
        made["worth"] = worth.numerator
    if rollup.kept is Kept.VALUES:
        cells.append("value")
        if rollup.text is None:
            made["value"] = sql.SQL("trim_scale({})::text").format(made["worth"])
        else:
            columns["value"] = text_sql(rollup.text, parameters)
    return _Taken(matched, unsure, columns, made, tuple(cells), numbers)


def _place(rollup: Rollup) -> Sql:
    """An event's place among those of one instant, where that matters: the position of its first version."""
    if rollup.kept not in (Kept.FIRST, Kept.LATEST):
        return sql.Identifier("position")
    return sql.SQL(
        """coalesce((SELECT made.first_position FROM farthing.usage_correction AS made
                     WHERE made.position = event.position AND made.kind = 'amend'), position)"""
    )


def _amount(rollup: Rollup, *, signed: bool) -> Sql:
    if rollup.value is None or rollup.kept is Kept.VALUES:
        return sql.SQL("NULL::numeric")
    match rollup.kept:
        case Kept.SUMS:
            added = sql.SQL("sum(sign * worth)" if signed else "sum(worth)")
            return sql.SQL("coalesce({}, 0)").format(_sure(added))
        case Kept.MAXIMUM:
            return _sure(sql.SQL("max(worth)"))
        case Kept.MINIMUM:
            return _sure(sql.SQL("min(worth)"))
    return _of_the_one(rollup, "worth", "numeric")


def _of_the_one(rollup: Rollup, column: str, as_type: LiteralString) -> Sql:
    """A column of the first or the last event, which of two at one instant its position tells."""
    if rollup.kept not in (Kept.FIRST, Kept.LATEST):
        return sql.SQL("NULL::{}").format(sql.SQL(as_type))
    direction = sql.SQL("ASC" if rollup.kept is Kept.FIRST else "DESC")
    in_order = sql.SQL("array_agg({column} ORDER BY happened_at {direction}, position {direction})").format(
        column=sql.Identifier(column), direction=direction
    )
    return sql.SQL("({})[1]").format(_sure(in_order))


def _sure(aggregate: Sql) -> sql.Composed:
    return sql.SQL("{} FILTER (WHERE NOT doubted)").format(aggregate)


def _named(columns: Mapping[str, Sql]) -> sql.Composed:
    return sql.Composed([sql.SQL(", {} AS {}").format(made, sql.Identifier(name)) for name, made in columns.items()])
