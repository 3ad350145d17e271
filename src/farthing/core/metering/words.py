"""What a meter does, in a sentence: its measure, its filters, and what a single event means to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any as Anything

from farthing.core.exact import Exact
from farthing.core.metering.average import Average
from farthing.core.metering.bucketed import Bucketed
from farthing.core.metering.count import Count
from farthing.core.metering.filter import (
    All,
    Any,
    Compare,
    Comparison,
    Exists,
    Filter,
    Not,
    OneOf,
    Prefix,
    TimeOfDay,
)
from farthing.core.metering.first import First
from farthing.core.metering.grouped import Grouped
from farthing.core.metering.increase import Increase
from farthing.core.metering.latest import Latest
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.measures import Measure
from farthing.core.metering.meter import Meter
from farthing.core.metering.minimum import Minimum
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.seats import SeatCount, Seats
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.core.metering.total import Sum
from farthing.core.metering.unique import Unique
from farthing.core.metering.value import Property, Value, text_of
from farthing.core.money import plain

MOST_VALUES_NAMED = 12

_BARE = re.compile(r"[\w.:/+@-]+")
_WORDS_OF_A_SENTENCE = ("and", "or", "not", "is", "where")
_IS = {
    Comparison.EQ: "is",
    Comparison.NE: "is not",
    Comparison.GT: "is above",
    Comparison.GE: "is at least",
    Comparison.LT: "is below",
    Comparison.LE: "is at most",
}
# A word whose last s may go; one that ends as “queries”, “boxes”, “analysis” or “kbps” stays as it is.
_PLURAL = re.compile(r"(?:\A|[\s_-])[A-Za-z]{3,}(?<![aipsu])(?<!ie)(?<![hosxz]e)s\Z")
_LENGTHS = {"m": "minute", "h": "hour", "d": "day"}


def meter_in_words(meter: Meter, where: Filter | None = None) -> str:
    """What the meter measures; `where` is the price's own filter beside the meter's.

    >>> from decimal import Decimal
    >>> p95 = Meter("p95", 1, "bw", Percentile(Property("mbit"), Decimal(95)), where=OneOf("region", ("eu", "us")))
    >>> meter_in_words(p95)
    'the 95th percentile (nearest rank) of data.mbit over events of type “bw” where region is eu or us'
    """
    events = f"events of type “{meter.event_type}”"
    filters = [filter for filter in (meter.where, where) if filter is not None]
    if filters:
        events += f" where {filter_in_words(filters[0] if len(filters) == 1 else All(tuple(filters)))}"
    return measure_in_words(meter.measure, events)


def measure_in_words(measure: Measure, events: str = "events") -> str:
    """What the measure makes of these events.

    >>> measure_in_words(Latest(Property("gigabytes"), series=("disk",)))
    'the last data.gigabytes of each data.disk, added up, over events'
    """
    match measure:
        case Count():
            return f"the number of {events}"
        case Sum() | Average() | Minimum() | Maximum():
            return f"the {measure.kind} of {_of(measure.value)} over {events}"
        case Unique(property=name):
            return f"the number of different values of {_property(name)} in {events}"
        case First(value=value):
            return f"the first {_of(value)} of {events}"
        case Percentile(value=value, percent=percent):
            return f"the {ordinal(plain(percent))} percentile (nearest rank) of {_of(value)} over {events}"
        case Latest():
            if not measure.series:
                return f"the last {_of(measure.value)} of {events}{_carried(measure.carries_over)}"
            each = f"the last {_of(measure.value)} of each {_series(measure.series)}, added up, over {events}"
            return each + _carried(measure.carries_over)
        case Increase(value=value, series=series):
            each = f" of each {_series(series)}" if series else ""
            return f"how much the counter {_of(value)}{each} rose over {events}"
        case Seats():
            return _seats(measure, events)
        case TimeWeighted():
            return _time_weighted(measure, events)
        case Bucketed():
            return _bucketed(measure, events)
        case Grouped():
            return _grouped(measure, events)
    raise AssertionError(f"no words for {measure}")


def filter_in_words(filter: Filter) -> str:
    """Which events it lets through, as what follows “where”.

    >>> filter_in_words(All((Compare("model", Comparison.EQ, "gpt large"), Not(OneOf("region", ("eu", "us"))))))
    'model is “gpt large” and region is neither eu nor us'
    """
    match filter:
        case Compare(property=name, op=op, value=value):
            return f"{_quoted(name)} {_IS[op]} {_quoted(value)}"
        case OneOf(property=name, values=values):
            return f"{_quoted(name)} is {_listed(values, 'or')}"
        case Exists(property=name, exists=exists):
            return f"{_quoted(name)} is {'there' if exists else 'missing'}"
        case Prefix(property=name, text=text):
            return f"{_quoted(name)} starts with “{text}”"
        case TimeOfDay(start=start, end=end):
            seconds = "seconds" if start.second or end.second else "minutes"
            return f"the local time is from {start.isoformat(seconds)} to before {end.isoformat(seconds)}"
        case Not(of=OneOf(property=name, values=values)):
            listed = _listed(values, "nor")
            return f"{_quoted(name)} is {'neither' if len(values) > 1 else 'not'} {listed}"
        case Not(of=Compare(property=name, op=Comparison.EQ, value=value)):
            return f"{_quoted(name)} is not {_quoted(value)}"
        case Not(of=Exists(property=name, exists=exists)):
            return filter_in_words(Exists(name, not exists))
        case Not(of=inner):
            return f"not ({filter_in_words(inner)})"
        case All(of=parts):
            return " and ".join(_bracketed(part, unless=All) for part in parts)
        case Any(of=parts):
            return " or ".join(_bracketed(part, unless=Any) for part in parts)
    raise AssertionError(f"no words for {filter}")


def adds_up(measure: Measure) -> bool:
    """Whether what is measured of each event, or each day, adds up to what is measured of all."""
    if isinstance(measure, TimeWeighted):
        return measure.per != "period"
    return isinstance(measure, Count | Sum | Increase)


def event_in_words(
    measure: Measure, data: Mapping[str, Anything], *, unit: str = "", written: Callable[[Exact], str] = plain
) -> str:
    """What one event means to the measure, as what follows “This event”; `written` writes a number.

    >>> event_in_words(Seats("user"), {"user": "ann", "action": "remove"})
    'removes the seat ann'
    >>> event_in_words(Sum(Property("tokens")), {"tokens": 12}, unit="tokens")
    'adds 12 tokens'
    """
    if isinstance(measure, Bucketed | Grouped):
        return event_in_words(measure.inner, data, unit=unit, written=written)
    match measure:
        case Seats(property=name, action=action):
            does = "removes" if data.get(action) == "remove" else "adds"
            return f"{does} the seat {_shown(data.get(name))}"
        case Unique(property=name):
            return f"names {_shown(data.get(name))}"
    value = measure.value_of(data)
    if value is None:
        return "carries no number"
    # A level is in gigabytes where what is measured is in gigabyte-hours.
    number = f"{written(value)} {'' if isinstance(measure, TimeWeighted) else unit_of(value, unit)}".strip()
    match measure:
        case Count() | Sum():
            return f"adds {number}"
        case Increase():
            return f"reads the counter at {number}"
        case TimeWeighted(readings=readings):
            return f"changes the level by {number}" if readings == "deltas" else f"sets the level to {number}"
    return f"carries {number}"


def held_in_words(measure: Measure, quantity: Exact, *, unit: str = "", written: Callable[[Exact], str] = plain) -> str:
    """What there was already when a period began, of a measure that reaches back.

    >>> from decimal import Decimal
    >>> held_in_words(Seats("user", carries_over=True), Decimal(4), unit="seats")
    'Held when the period began: 4 seats, made by events before it.'
    """
    inner = measure.inner if isinstance(measure, Bucketed | Grouped) else measure
    number = f"{written(quantity)} {'' if isinstance(inner, TimeWeighted) else unit_of(quantity, unit)}".strip()
    match inner:
        case Seats():
            what = "Held"
        case TimeWeighted():
            what = "Level"
        case Increase():
            what = "Counters, added up," if inner.series else "Counter"
        case _:
            series = isinstance(inner, Latest) and inner.series
            what = "Last values, added up," if series else "Last value"
    return f"{what} when the period began: {number}{', made by events before it' if quantity else ''}."


def unit_of(quantity: Exact, unit: str) -> str:
    """The seller's unit behind a number: its last s goes for exactly one, where that safely makes a singular.

    >>> [unit_of(1, unit) for unit in ("requests", "GB-hours", "queries", "kbps")]
    ['request', 'GB-hour', 'queries', 'kbps']
    """
    return unit[:-1] if quantity == 1 and _PLURAL.search(unit) else unit


def _seats(measure: Seats, events: str) -> str:
    seats = f"{_property(measure.property)} that {events} add and remove"
    carried = ", and those held before" if measure.carries_over else ""
    match measure.counts:
        case SeatCount.AVERAGE:
            return f"the seats {seats}{carried}, as the days each was held out of the days of the full period"
        case SeatCount.PERIOD_END:
            return f"the seats {seats}{carried}, as many as are held at the end"
        case SeatCount.PEAK:
            return f"the seats {seats}{carried}, as many as are held on the day with the most"
    raise AssertionError(measure.counts)


def _time_weighted(measure: TimeWeighted, events: str) -> str:
    does = "changes" if measure.readings == "deltas" else "reads"
    each = f" for each {_series(measure.series)}" if measure.series and measure.readings == "levels" else ""
    carried = ", starting from the level before" if measure.carries_over else ""
    if measure.per == "period":
        return f"the level that {_of(measure.value)} {does}{each}, averaged over the full period, in {events}{carried}"
    return f"the level that {_of(measure.value)} {does}{each}, times the {measure.per}s it stands, in {events}{carried}"


def _grouped(measure: Grouped, events: str) -> str:
    return f"the {measure.outer}, over each {_series(measure.by)}, of {measure_in_words(measure.inner, events)}"


def _bucketed(measure: Bucketed, events: str) -> str:
    number, unit = measure.window[:-1], _LENGTHS[measure.window[-1]]
    windows = unit if number == "1" else f"{number} {unit}s"
    empty = "with 0 for" if measure.empty_windows == "zero" else "leaving out"
    return (
        f"the {measure.outer}, over every {windows}, of {measure_in_words(measure.inner, events)}, {empty} empty ones"
    )


def _of(value: Value) -> str:
    return _property(value.name) if isinstance(value, Property) else f"“{value.text}”"


def _property(name: str) -> str:
    return f"data.{Property(name).text}"


def _series(names: Sequence[str]) -> str:
    return " and ".join(_property(name) for name in names)


def _carried(carries_over: bool) -> str:
    return ", or before them" if carries_over else ""


def _bracketed(part: Filter, *, unless: type[All | Any]) -> str:
    said = filter_in_words(part)
    return f"({said})" if isinstance(part, All | Any) and not isinstance(part, unless) and len(part.of) > 1 else said


def _listed(values: Iterable[str], last: str) -> str:
    """The values with a word before the last; of very many only the first."""
    quoted = [_quoted(value) for value in values]
    if len(quoted) > MOST_VALUES_NAMED:
        beyond = len(quoted) - MOST_VALUES_NAMED
        quoted = [*quoted[:MOST_VALUES_NAMED], f"{beyond:,} more"]
    *before, end = quoted
    return f"{', '.join(before)} {last} {end}" if before else end


def _quoted(text: str) -> str:
    return text if _BARE.fullmatch(text) and text not in _WORDS_OF_A_SENTENCE else f"“{text}”"


def _shown(value: object) -> str:
    text = text_of(value)
    return "nobody" if text is None else _quoted(text)


def ordinal(number: str) -> str:
    """A number as a place in a row; large ones come in groups of three.

    >>> [ordinal(number) for number in ("95", "1,001", "99.9")]
    ['95th', '1,001st', '99.9th']
    """
    if "." in number or number[-2:] in ("11", "12", "13"):
        return f"{number}th"
    return number + {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
