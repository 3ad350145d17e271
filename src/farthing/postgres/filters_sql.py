"""Which events count, in SQL: true, false, or NULL where only the core can tell."""

from __future__ import annotations

from decimal import Decimal

from psycopg import sql

from farthing.core.metering.filter import All, Any, Compare, Comparison, Exists, Filter, Not, OneOf, Prefix, TimeOfDay
from farthing.core.metering.value import number_of
from farthing.core.period import Period
from farthing.postgres.local_hours import local_hours
from farthing.postgres.statement import Parameters, Sql, listed
from farthing.postgres.values_sql import MAYBE_NUMBER, PLAIN_NUMBER, held_sql, text_sql, written_sql
from farthing.postgres.written import is_storable, write_json

_ORDERED = {Comparison.GT: sql.SQL(">"), Comparison.GE: sql.SQL(">="), Comparison.LT: sql.SQL("<")}


def match_sql(filter: Filter, parameters: Parameters, *, in_zone: str | None, within: Period | None) -> Sql:
    """Whether an event matches, in the three values of SQL, which `AND`, `OR` and `NOT` carry on as they must.

    Without a zone the time of day is unknown. `within` holds every event that is asked about.
    """
    match filter:
        case All(of=parts):
            matched = [match_sql(part, parameters, in_zone=in_zone, within=within) for part in parts]
            return sql.SQL("({})").format(listed(matched, between=" AND "))
        case Any(of=parts):
            matched = [match_sql(part, parameters, in_zone=in_zone, within=within) for part in parts]
            return sql.SQL("({})").format(listed(matched, between=" OR "))
        case Not(of=inner):
            return sql.SQL("(NOT {})").format(match_sql(inner, parameters, in_zone=in_zone, within=within))
        case Compare(property=name, op=op, value=value):
            if op.of_size:
                return _compared(name, op, value, parameters)
            equal = _is_one_of(name, (value,), parameters)
            return equal if op is Comparison.EQ else sql.SQL("(NOT {})").format(equal)
        case OneOf(property=name, values=values):
            return _is_one_of(name, values, parameters)
        case Exists(property=name, exists=exists):
            there = sql.SQL("({} IS NOT NULL)" if exists else "({} IS NULL)")
            return there.format(written_sql(name, parameters))
        case Prefix(property=name, text=text):
            if not is_storable(text):
                return sql.SQL("false")
            starts = sql.SQL("coalesce(starts_with({}, {}), false)")
            return starts.format(text_sql(name, parameters), parameters.text(text))
        case TimeOfDay(start=start, end=end):
            if start == end:
                return sql.SQL("false")
            if in_zone is None or within is None:
                return sql.SQL("NULL::boolean")
            edges = local_hours(start, end, in_zone=in_zone, within=within)
            # Inside after an odd number of edges.
            return sql.SQL("(mod(width_bucket(happened_at, {}), 2) = 1)").format(parameters.instants(edges))


def may_be_unsure(filter: Filter | None) -> bool:
    """Whether `match_sql` of it can be NULL where the zone is known."""
    match filter:
        case All(of=parts) | Any(of=parts):
            return any(may_be_unsure(part) for part in parts)
        case Not(of=inner):
            return may_be_unsure(inner)
        case Compare(op=op):
            return op.of_size
    return False


def _is_one_of(name: str, values: tuple[str, ...], parameters: Parameters) -> Sql:
    """The values as JSON that they equal: the text, true and false as words, and the number that a text reads as."""
    candidates: dict[str, None] = {}
    for value in filter_storable(values):
        candidates[write_json(value)] = None
        if value in ("true", "false"):
            candidates[value] = None
        number = number_of(value)
        if number is not None:
            candidates[write_json(number)] = None
    equal = sql.SQL("coalesce({} = ANY({}), false)")
    return equal.format(held_sql(name, parameters), parameters.documents(candidates))


def filter_storable(values: tuple[str, ...]) -> list[str]:
    """Those that an event in the database may hold."""
    return [value for value in values if is_storable(value)]


def _compared(name: str, op: Comparison, value: str, parameters: Parameters) -> Sql:
    number = number_of(value)
    assert isinstance(number, Decimal), f"“{value}” was a number when the filter was made"
    template = sql.SQL(
        """CASE jsonb_typeof({held})
               WHEN 'number' THEN ({held})::numeric {op} {number}
               WHEN 'string' THEN CASE WHEN {written} ~ {plain} THEN ({written})::numeric {op} {number}
                                       WHEN {written} ~ {maybe} THEN NULL
                                       ELSE false END
               ELSE false END"""
    )
    return template.format(
        held=held_sql(name, parameters),
        written=written_sql(name, parameters),
        op=_ORDERED.get(op, sql.SQL("<=")),
        number=parameters.number(number),
        plain=PLAIN_NUMBER,
        maybe=MAYBE_NUMBER,
    )
