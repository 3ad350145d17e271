"""Events that a meter may fail to measure: the database sets aside those that are plainly fine."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from farthing.core.metering.bucketed import Bucketed
from farthing.core.metering.count import Count
from farthing.core.metering.filter import All, Any, Filter, Not, TimeOfDay
from farthing.core.metering.grouped import Grouped
from farthing.core.metering.measures import Measure
from farthing.core.metering.meter import Meter
from farthing.core.metering.seats import Seats
from farthing.core.metering.unique import Unique
from farthing.core.metering.value import Arithmetic, Call, Negative, Node, Property, Run, Value
from farthing.postgres.filters_sql import match_sql
from farthing.postgres.statement import Parameters, Sql, listed
from farthing.postgres.values_sql import held_sql, number_sql, text_sql, worth_sql


def doubtful_sql(meter: Meter, parameters: Parameters) -> sql.Composed | None:
    """What doubtful events hold of what matters, each once: data, events, first (position); None when none can be.

    Whether an event counts is left open where it hangs on the time of day, in whatever zone.
    """
    fine = _fine(meter.measure, parameters)
    if fine is None:
        return None
    counts: Sql = sql.SQL("true")
    if meter.where is not None:
        counts = match_sql(meter.where, parameters, in_zone=None, within=None)
    names = parameters.texts(sorted(_needed(meter.measure) | set(_properties(meter.where))))
    return sql.SQL(
        """SELECT data, count(*) AS events, min(position) AS first
           FROM (
               SELECT position, (
                   SELECT coalesce(jsonb_object_agg(name, data -> name), '{{}}')
                   FROM unnest({names}) AS name WHERE data ? name
               ) AS data
               FROM farthing.usage_event
               WHERE type = {event_type} AND ({counts}) IS NOT FALSE AND ({fine}) IS NOT TRUE
                 AND NOT EXISTS (
                     SELECT FROM farthing.usage_superseded AS ended WHERE ended.position = usage_event.position
                 )
           ) AS event
           GROUP BY data"""
    ).format(names=names, event_type=parameters.text(meter.event_type), counts=counts, fine=fine)


def _fine(measure: Measure, parameters: Parameters) -> Sql | None:
    match measure:
        case Count():
            return None
        case Bucketed(inner=inner) | Grouped(inner=inner):
            return _fine(inner, parameters)
        case Unique(property=name):
            return sql.SQL("{} IS NOT NULL").format(text_sql(name, parameters))
        case Seats(property=name, action=action):
            known = parameters.documents(["null", '"add"', '"remove"'])
            return sql.SQL("{} IS NOT NULL AND coalesce({} = ANY({}), true)").format(
                text_sql(name, parameters), held_sql(action, parameters), known
            )
    value = measure.value
    numbers = {name: number_sql(name, parameters) for name in sorted(value.properties)}
    conditions: list[Sql] = [sql.SQL("true")]
    conditions += [sql.SQL("{} IS NOT NULL").format(number) for number in numbers.values()]
    for divisor in _divisors(value):
        worth = worth_sql(divisor, numbers, parameters)
        made = sql.SQL("false") if worth is None else sql.SQL("{} <> 0").format(worth.numerator)
        conditions.append(made)
    return listed(conditions, between=" AND ")


def _divisors(value: Value) -> Iterator[Value]:
    """All that an expression divides by and that may be 0 for some event."""
    waiting: list[Node] = [value.tree if isinstance(value, Arithmetic) else value]
    while waiting:
        match waiting.pop():
            case Negative(inner=inner):
                waiting.append(inner)
            case Call(arguments=arguments):
                waiting += arguments
            case Run(first=first, rest=rest):
                waiting += [first, *(operand for _, operand in rest)]
                yield from (_as_value(operand) for operator, operand in rest if operator == "/")


def _as_value(node: Node) -> Value:
    return node if isinstance(node, Property) else Arithmetic(node)


def _needed(measure: Measure) -> frozenset[str]:
    single = measure.inner if isinstance(measure, Bucketed | Grouped) else measure
    return single.needs | ({single.action} if isinstance(single, Seats) else frozenset())


def _properties(filter: Filter | None) -> Iterator[str]:
    match filter:
        case None | TimeOfDay():
            return
        case All(of=parts) | Any(of=parts):
            for part in parts:
                yield from _properties(part)
        case Not(of=inner):
            yield from _properties(inner)
        case _:
            yield filter.property
