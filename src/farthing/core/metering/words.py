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
from farthing.core.saying import ENGLISH, Words, message, several_messages

MOST_VALUES_NAMED = 12

_BARE = re.compile(r"[\w.:/+@-]+")
_WORDS_OF_A_SENTENCE = ("and", "or", "not", "is", "where")
_IS = {
    Comparison.EQ: message("{property} is {value}"),
    Comparison.NE: message("{property} is not {value}"),
    Comparison.GT: message("{property} is above {value}"),
    Comparison.GE: message("{property} is at least {value}"),
    Comparison.LT: message("{property} is below {value}"),
    Comparison.LE: message("{property} is at most {value}"),
}
_OVER = {
    "sum": message("the sum of {value} over {events}"),
    "average": message("the average of {value} over {events}"),
    "minimum": message("the minimum of {value} over {events}"),
    "maximum": message("the maximum of {value} over {events}"),
}
_OUTER = {
    "sum": message("sum"),
    "average": message("average"),
    "minimum": message("minimum"),
    "maximum": message("maximum"),
}
# A word whose last s may go; one that ends as “queries”, “boxes”, “analysis” or “kbps” stays as it is.
_PLURAL = re.compile(r"(?:\A|[\s_-])[A-Za-z]{3,}(?<![aipsu])(?<!ie)(?<![hosxz]e)s\Z")
_LENGTHS = {
    "m": several_messages("minute", "{number} minutes"),
    "h": several_messages("hour", "{number} hours"),
    "d": several_messages("day", "{number} days"),
}
_TIMES = {
    "second": message("the level that {level}, times the seconds it stands, in {events}"),
    "minute": message("the level that {level}, times the minutes it stands, in {events}"),
    "hour": message("the level that {level}, times the hours it stands, in {events}"),
    "day": message("the level that {level}, times the days it stands, in {events}"),
}
# What there was when a period began: made by events before it, or nothing.
_HELD = {
    "seats": (
        message("Held when the period began: {quantity}, made by events before it."),
        message("Held when the period began: {quantity}."),
    ),
    "level": (
        message("Level when the period began: {quantity}, made by events before it."),
        message("Level when the period began: {quantity}."),
    ),
    "counter": (
        message("Counter when the period began: {quantity}, made by events before it."),
        message("Counter when the period began: {quantity}."),
    ),
    "counters": (
        message("Counters, added up, when the period began: {quantity}, made by events before it."),
        message("Counters, added up, when the period began: {quantity}."),
    ),
    "last value": (
        message("Last value when the period began: {quantity}, made by events before it."),
        message("Last value when the period began: {quantity}."),
    ),
    "last values": (
        message("Last values, added up, when the period began: {quantity}, made by events before it."),
        message("Last values, added up, when the period began: {quantity}."),
    ),
}


def meter_in_words(meter: Meter, where: Filter | None = None, words: Words = ENGLISH) -> str:
    """What the meter measures; `where` is the price's own filter beside the meter's.

    >>> from decimal import Decimal
    >>> p95 = Meter("p95", 1, "bw", Percentile(Property("mbit"), Decimal(95)), where=OneOf("region", ("eu", "us")))
    >>> meter_in_words(p95)
    'the 95th percentile (nearest rank) of data.mbit over events of type “bw” where region is eu or us'
    """
    events = words.say("events of type “{type}”", type=meter.event_type)
    filters = [filter for filter in (meter.where, where) if filter is not None]
    if filters:
        said = filter_in_words(filters[0] if len(filters) == 1 else All(tuple(filters)), words)
        events = words.say("{events} where {filter}", events=events, filter=said)
    return measure_in_words(meter.measure, events, words)


def measure_in_words(measure: Measure, events: str = "events", words: Words = ENGLISH) -> str:
    """What the measure makes of these events.

    >>> measure_in_words(Latest(Property("gigabytes"), series=("disk",)))
    'the last data.gigabytes of each data.disk, added up, over events'
    """
    say = words.say
    match measure:
        case Count():
            return say("the number of {events}", events=events)
        case Sum() | Average() | Minimum() | Maximum():
            return say(_OVER[measure.kind], value=_of(measure.value), events=events)
        case Unique(property=name):
            return say(
                "the number of different values of {property} in {events}", property=_property(name), events=events
            )
        case First(value=value):
            return say("the first {value} of {events}", value=_of(value), events=events)
        case Percentile(value=value, percent=percent):
            place = words.place(plain(percent))
            return say(
                "the {place} percentile (nearest rank) of {value} over {events}",
                place=place,
                value=_of(value),
                events=events,
            )
        case Latest():
            return _latest(measure, events, words)
        case Increase(value=value, series=series):
            if not series:
                return say("how much the counter {value} rose over {events}", value=_of(value), events=events)
            each = _series(series, words)
            return say(
                "how much the counter {value} of each {series} rose over {events}",
                value=_of(value),
                series=each,
                events=events,
            )
        case Seats():
            return _seats(measure, events, words)
        case TimeWeighted():
            return _time_weighted(measure, events, words)
        case Bucketed():
            return _bucketed(measure, events, words)
        case Grouped():
            return say(
                "the {outer}, over each {series}, of {inner}",
                outer=say(_OUTER[measure.outer]),
                series=_series(measure.by, words),
                inner=measure_in_words(measure.inner, events, words),
            )
    raise AssertionError(f"no words for {measure}")


def filter_in_words(filter: Filter, words: Words = ENGLISH) -> str:
    """Which events it lets through, as what follows “where”.

    >>> filter_in_words(All((Compare("model", Comparison.EQ, "gpt large"), Not(OneOf("region", ("eu", "us"))))))
    'model is “gpt large” and region is neither eu nor us'
    """
    say = words.say
    match filter:
        case Compare(property=name, op=op, value=value):
            return say(_IS[op], property=_quoted(name), value=_quoted(value))
        case OneOf(property=name, values=values):
            return say("{property} is {value}", property=_quoted(name), value=_listed(values, say("or"), words))
        case Exists(property=name, exists=exists):
            return say(
                message("{property} is there") if exists else message("{property} is missing"), property=_quoted(name)
            )
        case Prefix(property=name, text=text):
            return say("{property} starts with “{text}”", property=_quoted(name), text=text)
        case TimeOfDay(start=start, end=end):
            seconds = "seconds" if start.second or end.second else "minutes"
            return say(
                "the local time is from {start} to before {end}",
                start=start.isoformat(seconds),
                end=end.isoformat(seconds),
            )
        case Not(of=OneOf(property=name, values=values)):
            listed = _listed(values, say("nor"), words)
            if len(values) > 1:
                return say("{property} is neither {values}", property=_quoted(name), values=listed)
            return say("{property} is not {value}", property=_quoted(name), value=listed)
        case Not(of=Compare(property=name, op=Comparison.EQ, value=value)):
            return say("{property} is not {value}", property=_quoted(name), value=_quoted(value))
        case Not(of=Exists(property=name, exists=exists)):
            return filter_in_words(Exists(name, not exists), words)
        case Not(of=inner):
            return say("not ({filter})", filter=filter_in_words(inner, words))
        case All(of=parts):
            return _joined((_bracketed(part, words, unless=All) for part in parts), say("and"))
        case Any(of=parts):
            return _joined((_bracketed(part, words, unless=Any) for part in parts), say("or"))
    raise AssertionError(f"no words for {filter}")


def adds_up(measure: Measure) -> bool:
    """Whether what is measured of each event, or each day, adds up to what is measured of all."""
    if isinstance(measure, TimeWeighted):
        return measure.per != "period"
    return isinstance(measure, Count | Sum | Increase)


def event_in_words(
    measure: Measure,
    data: Mapping[str, Anything],
    *,
    unit: str = "",
    written: Callable[[Exact], str] = plain,
    words: Words = ENGLISH,
) -> str:
    """What one event means to the measure, as what follows “This event”; `written` writes a number.

    >>> event_in_words(Seats("user"), {"user": "ann", "action": "remove"})
    'removes the seat ann'
    >>> event_in_words(Sum(Property("tokens")), {"tokens": 12}, unit="tokens")
    'adds 12 tokens'
    """
    if isinstance(measure, Bucketed | Grouped):
        return event_in_words(measure.inner, data, unit=unit, written=written, words=words)
    say = words.say
    match measure:
        case Seats(property=name, action=action):
            removes = data.get(action) == "remove"
            does = message("removes the seat {seat}") if removes else message("adds the seat {seat}")
            return say(does, seat=_shown(data.get(name), words))
        case Unique(property=name):
            return say("names {value}", value=_shown(data.get(name), words))
    value = measure.value_of(data)
    if value is None:
        return say("carries no number")
    # A level is in gigabytes where what is measured is in gigabyte-hours.
    number = f"{written(value)} {'' if isinstance(measure, TimeWeighted) else unit_of(value, unit)}".strip()
    match measure:
        case Count() | Sum():
            return say("adds {quantity}", quantity=number)
        case Increase():
            return say("reads the counter at {quantity}", quantity=number)
        case TimeWeighted(readings="deltas"):
            return say("changes the level by {quantity}", quantity=number)
        case TimeWeighted():
            return say("sets the level to {quantity}", quantity=number)
    return say("carries {quantity}", quantity=number)


def held_in_words(
    measure: Measure,
    quantity: Exact,
    *,
    unit: str = "",
    written: Callable[[Exact], str] = plain,
    words: Words = ENGLISH,
) -> str:
    """What there was already when a period began, of a measure that reaches back.

    >>> from decimal import Decimal
    >>> held_in_words(Seats("user", carries_over=True), Decimal(4), unit="seats")
    'Held when the period began: 4 seats, made by events before it.'
    """
    inner = measure.inner if isinstance(measure, Bucketed | Grouped) else measure
    number = f"{written(quantity)} {'' if isinstance(inner, TimeWeighted) else unit_of(quantity, unit)}".strip()
    by_events, nothing = _HELD[_held_of(inner)]
    return words.say(by_events if quantity else nothing, quantity=number)


def _held_of(measure: Measure) -> str:
    match measure:
        case Seats():
            return "seats"
        case TimeWeighted():
            return "level"
        case Increase():
            return "counters" if measure.series else "counter"
        case Latest(series=series) if series:
            return "last values"
    return "last value"


def unit_of(quantity: Exact, unit: str) -> str:
    """The seller's unit behind a number: its last s goes for exactly one, where that safely makes a singular.

    >>> [unit_of(1, unit) for unit in ("requests", "GB-hours", "queries", "kbps")]
    ['request', 'GB-hour', 'queries', 'kbps']
    """
    return unit[:-1] if quantity == 1 and _PLURAL.search(unit) else unit


def _latest(measure: Latest, events: str, words: Words) -> str:
    value = _of(measure.value)
    if not measure.series:
        said = message("the last {value} of {events}")
        if measure.carries_over:
            said = message("the last {value} of {events}, or before them")
        return words.say(said, value=value, events=events)
    said = message("the last {value} of each {series}, added up, over {events}")
    if measure.carries_over:
        said = message("the last {value} of each {series}, added up, over {events}, or before them")
    return words.say(said, value=value, series=_series(measure.series, words), events=events)


def _seats(measure: Seats, events: str, words: Words) -> str:
    say = words.say
    seats = say("{property} that {events} add and remove", property=_property(measure.property), events=events)
    if measure.carries_over:
        seats = say("{seats}, and those held before", seats=seats)
    match measure.counts:
        case SeatCount.AVERAGE:
            return say("the seats {seats}, as the days each was held out of the days of the full period", seats=seats)
        case SeatCount.PERIOD_END:
            return say("the seats {seats}, as many as are held at the end", seats=seats)
        case SeatCount.PEAK:
            return say("the seats {seats}, as many as are held on the day with the most", seats=seats)
    raise AssertionError(measure.counts)


def _time_weighted(measure: TimeWeighted, events: str, words: Words) -> str:
    say, value = words.say, _of(measure.value)
    does = message("{value} changes") if measure.readings == "deltas" else message("{value} reads")
    level = say(does, value=value)
    if measure.series and measure.readings == "levels":
        level = say("{level} for each {series}", level=level, series=_series(measure.series, words))
    if measure.per == "period":
        said = say("the level that {level}, averaged over the full period, in {events}", level=level, events=events)
    else:
        said = say(_TIMES[measure.per], level=level, events=events)
    return say("{level}, starting from the level before", level=said) if measure.carries_over else said


def _bucketed(measure: Bucketed, events: str, words: Words) -> str:
    number = int(measure.window[:-1])
    one, many = _LENGTHS[measure.window[-1]]
    said = message("the {outer}, over every {window}, of {inner}, leaving out empty ones")
    if measure.empty_windows == "zero":
        said = message("the {outer}, over every {window}, of {inner}, with 0 for empty ones")
    return words.say(
        said,
        outer=words.say(_OUTER[measure.outer]),
        window=words.several(one, many, number, number=number),
        inner=measure_in_words(measure.inner, events, words),
    )


def _of(value: Value) -> str:
    return _property(value.name) if isinstance(value, Property) else f"“{value.text}”"


def _property(name: str) -> str:
    return f"data.{Property(name).text}"


def _series(names: Sequence[str], words: Words) -> str:
    return _joined((_property(name) for name in names), words.say("and"))


def _joined(parts: Iterable[str], word: str) -> str:
    return f" {word} ".join(parts)


def _bracketed(part: Filter, words: Words, *, unless: type[All | Any]) -> str:
    said = filter_in_words(part, words)
    return f"({said})" if isinstance(part, All | Any) and not isinstance(part, unless) and len(part.of) > 1 else said


def _listed(values: Iterable[str], last: str, words: Words) -> str:
    """The values with a word before the last; of very many only the first."""
    quoted = [_quoted(value) for value in values]
    if len(quoted) > MOST_VALUES_NAMED:
        beyond = len(quoted) - MOST_VALUES_NAMED
        quoted = [*quoted[:MOST_VALUES_NAMED], words.say("{number} more", number=f"{beyond:,}")]
    *before, end = quoted
    return f"{', '.join(before)} {last} {end}" if before else end


def _quoted(text: str) -> str:
    return text if _BARE.fullmatch(text) and text not in _WORDS_OF_A_SENTENCE else f"“{text}”"


def _shown(value: object, words: Words) -> str:
    text = text_of(value)
    return words.say("nobody") if text is None else _quoted(text)
