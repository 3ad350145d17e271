"""Every measure in SQL: for each stretch of time and each group a sum, and of what takes time a second one.

A value is numerator and denominator, and the denominator is one number for all events; where an expression divides by
a property there is no such number, and the core measures. It does so too where a row says `unsure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from psycopg import sql

from farthing.core.exact import ONE
from farthing.core.metering.average import Average
from farthing.core.metering.bucketed import Bucketed
from farthing.core.metering.count import Count
from farthing.core.metering.first import First
from farthing.core.metering.grouped import Grouped
from farthing.core.metering.increase import Increase
from farthing.core.metering.latest import Latest
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.meter import Reading
from farthing.core.metering.minimum import Minimum
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.seats import Seats
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.core.metering.total import Sum
from farthing.core.metering.unique import Unique
from farthing.core.metering.value import Value
from farthing.postgres.events_sql import Asked, cells_of, events_sql
from farthing.postgres.statement import Parameters, Sql, listed
from farthing.postgres.values_sql import held_sql, number_sql, text_sql, worth_sql

# All but Bucketed, which is made of one of these.
Single = (
    Count | Sum | Average | Minimum | Maximum | Unique | Seats | Latest | First | TimeWeighted | Increase | Percentile
)

STRETCH = sql.Identifier("stretch")
_WORTH = sql.Identifier("worth")
_CHANGE = sql.Identifier("change")
_SUM = sql.SQL("sum({})")
_IN_ORDER = sql.SQL("ORDER BY happened_at, position")
_UNSURE = sql.Identifier("unsure")
_MICROSECONDS = sql.SQL("(extract(epoch FROM happened_at) * 1000000)")


@dataclass(frozen=True, slots=True)
class Summed:
    """A statement of rows (stretch, cells, events, amount, moment, unsure), and what amount and moment are over.

    `amount` adds up numbers, or changes of a level; `moment` the changes times their instants in microseconds.
    """

    statement: sql.Composed
    denominator: Decimal


def summed_sql(asked: Asked, parameters: Parameters, *, stretch: Sql | None = None) -> Summed | None:
    """How to add up what the reading asks for; None where it takes the core."""
    assert not isinstance(asked.reading.meter.measure, Grouped), "groups are taken together after each was measured"
    taken = _taken(_of_each(asked.reading), cells_of(asked), parameters)
    if taken is None:
        return None
    groups = [STRETCH, *cells_of(asked)]
    rows = sql.SQL("SELECT *{worth} FROM ({events}) AS event").format(
        worth=sql.SQL(", {} AS worth").format(taken.worth) if taken.worth is not None else sql.SQL(""),
        events=events_sql(asked, taken.columns, parameters, stretch=stretch),
    )
    if taken.beside is not None:
        name, made = taken.beside
        rows = sql.SQL("SELECT *, {} AS {} FROM ({}) AS event").format(made, sql.Identifier(name), rows)
    statement = sql.SQL(
        """SELECT {groups}, count(*) AS events, {amount} AS amount, {moment} AS moment, bool_or({unsure}) AS unsure
           FROM ({rows}) AS event GROUP BY {groups}"""
    ).format(
        groups=listed(groups),
        amount=taken.amount,
        moment=taken.moment or sql.NULL,
        unsure=taken.unsure or _UNSURE,
        rows=rows,
    )
    return Summed(statement, taken.denominator)


def _of_each(reading: Reading) -> Single:
    """The measure itself, or the one within each window or group."""
    measure = reading.meter.measure
    return measure.inner if isinstance(measure, Bucketed | Grouped) else measure


def worths_sql(asked: Asked, parameters: Parameters) -> Summed | None:
    """What each event is worth, in order, with its cells; None where it takes the core."""
    inner = _of_each(asked.reading)
    if isinstance(inner, Count | Unique | Seats):
        return None
    worth = _worth(inner.value, parameters)
    if worth is None:
        return None
    statement = sql.SQL("SELECT {columns} FROM ({events}) AS event WHERE happened_at >= {start} {order}").format(
        columns=listed([*cells_of(asked), sql.SQL("{} AS amount").format(worth.worth or sql.NULL)]),
        events=events_sql(asked, worth.columns, parameters),
        start=parameters.instant(asked.reading.window.segment.start),
        order=_IN_ORDER,
    )
    return Summed(statement, worth.denominator)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is taken of each event (`columns`, then `worth` made of them, then `beside` them all) and made of all."""

    amount: Sql
    columns: Mapping[str, Sql] = field(default_factory=dict)
    worth: Sql | None = None
    denominator: Decimal = ONE
    beside: tuple[str, Sql] | None = None
    moment: Sql | None = None
    unsure: Sql | None = None


def _taken(measure: Single, cells: list[Sql], parameters: Parameters) -> _Taken | None:
    match measure:
        case Count():
            return _Taken(sql.NULL)
        case Unique(property=name):
            # Values are told apart as they are written, whatever sorts as equal; what has no text counts as one.
            different = 'count(DISTINCT seen COLLATE "C") + coalesce(max((seen IS NULL)::integer), 0)'
            return _Taken(sql.SQL(different), {"seen": text_sql(name, parameters)})
        case Seats():
            return _seats(measure, cells, parameters)
    worth = _worth(measure.value, parameters)
    if worth is None:
        return None
    match measure:
        case Minimum():
            return _made(worth, sql.SQL("min(worth)"))
        case Maximum():
            return _made(worth, sql.SQL("max(worth)"))
        case First():
            number = sql.SQL("row_number() OVER ({})").format(_partition([STRETCH, *cells]))
            return _made(worth, sql.SQL("sum(worth) FILTER (WHERE number = 1)"), beside=("number", number))
        case Percentile(percent=percent):
            return _percentile(worth, percent, cells, parameters)
        case Latest(series=series, carries_over=carries_over):
            return _level(worth, series, cells, parameters, carries_over=carries_over)
        case TimeWeighted(readings="levels", series=series, carries_over=carries_over):
            return _level(worth, series, cells, parameters, carries_over=carries_over)
        case TimeWeighted():
            return _made(worth, sql.SQL("sum(worth)"), moment=_SUM.format(_times_instant(_WORTH)))
        case Increase(series=series):
            taken = _with_series(worth, series, parameters)
            rise = sql.SQL("CASE WHEN worth < {before} THEN worth ELSE worth - {before} END").format(
                before=_before(_WORTH, [*cells, *_series(series)])
            )
            return _made(taken, _SUM.format(_CHANGE), beside=("change", rise))
        case Sum() | Average():
            return _made(worth, sql.SQL("sum(worth)"))


def _seats(seats: Seats, cells: list[Sql], parameters: Parameters) -> _Taken:
    """A seat that is added changes their number by 1 when it was not held before, and by -1 when it is removed."""
    removed = sql.SQL("coalesce({} = '\"remove\"'::jsonb, false)").format(held_sql(seats.action, parameters))
    columns = {
        "seat": text_sql(seats.property, parameters),
        "held": sql.SQL("(NOT {})::integer").format(removed),
    }
    held = sql.Identifier("held")
    change = sql.SQL("held - {}").format(_before(held, [*cells, sql.Identifier("seat")]))
    return _Taken(_SUM.format(_CHANGE), columns, beside=("change", change))


def _percentile(worth: _Taken, percent: Decimal, cells: list[Sql], parameters: Parameters) -> _Taken:
    """Whether each is the one at the nearest rank; a hundredth of the percent is exact, a quotient need not be."""
    groups = listed([STRETCH, *cells])
    chosen = sql.SQL(
        """row_number() OVER (PARTITION BY {groups} ORDER BY worth)
           = greatest(ceil(count(*) OVER (PARTITION BY {groups}) * {percent} * 0.01), 1)"""
    ).format(groups=groups, percent=parameters.number(percent))
    return _made(worth, sql.SQL("sum(worth) FILTER (WHERE chosen)"), beside=("chosen", chosen))


def _level(
    worth: _Taken, series: tuple[str, ...], cells: list[Sql], parameters: Parameters, *, carries_over: bool
) -> _Taken:
    """A level that is told now and then, as its changes: they add up to the last level of each series."""
    within = [*cells, *_series(series)] if carries_over else [STRETCH, *cells, *_series(series)]
    change = sql.SQL("worth - {}").format(_before(_WORTH, within))
    return _made(
        _with_series(worth, series, parameters),
        _SUM.format(_CHANGE),
        beside=("change", change),
        moment=_SUM.format(_times_instant(_CHANGE)),
    )


def _worth(value: Value, parameters: Parameters) -> _Taken | None:
    """The numbers of the properties, and the value made of them; unsure where one is no plain number."""
    names = {name: sql.Identifier(f"number_{place}") for place, name in enumerate(sorted(value.properties))}
    worth = worth_sql(value, names, parameters)
    if worth is None:
        return None
    columns = {f"number_{place}": number_sql(name, parameters) for place, name in enumerate(sorted(names))}
    doubts = [_UNSURE, *(sql.SQL("{} IS NULL").format(column) for column in names.values())]
    return _Taken(
        sql.NULL,
        columns,
        worth=worth.numerator,
        denominator=Decimal(worth.denominator),
        unsure=listed(doubts, between=" OR "),
    )


def _made(worth: _Taken, amount: Sql, *, beside: tuple[str, Sql] | None = None, moment: Sql | None = None) -> _Taken:
    return _Taken(amount, worth.columns, worth.worth, worth.denominator, beside, moment, worth.unsure)


def _with_series(worth: _Taken, series: tuple[str, ...], parameters: Parameters) -> _Taken:
    named = {f"series_{number}": text_sql(name, parameters) for number, name in enumerate(series)}
    return _Taken(worth.amount, {**worth.columns, **named}, worth.worth, worth.denominator, unsure=worth.unsure)


def _series(series: tuple[str, ...]) -> list[Sql]:
    return [sql.Identifier(f"series_{number}") for number in range(len(series))]


def _before(column: Sql, within: list[Sql]) -> Sql:
    """What a column was at the event before, 0 at the first."""
    return sql.SQL("coalesce(lag({}) OVER ({}), 0)").format(column, _partition(within))


def _partition(within: list[Sql]) -> Sql:
    return sql.SQL("{}{}").format(
        sql.SQL("PARTITION BY {} ").format(listed(within)) if within else sql.SQL(""), _IN_ORDER
    )


def _times_instant(column: Sql) -> Sql:
    return sql.SQL("{} * {}").format(column, _MICROSECONDS)
