"""Aggregations: what a meter makes of events, by our own measures over samples at real instants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from farthing.cli.cases.answers import Answers, Owed, group_name
from farthing.cli.cases.rated import rate
from farthing.cli.cases.shape import MODEL, UNIT_PRICE, kind_of, shape_of, transform_of
from farthing.cli.cases.words import Unsupported, Words, exact_number
from farthing.core.exact import Exact
from farthing.core.metering.adding import added
from farthing.core.metering.average import Average
from farthing.core.metering.bucketed import Bucketed, Inner
from farthing.core.metering.count import Count
from farthing.core.metering.filter import Filter, filter_from
from farthing.core.metering.first import First
from farthing.core.metering.increase import Increase
from farthing.core.metering.latest import Latest
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.meter import Measure, Meter, Reading, measure
from farthing.core.metering.minimum import Minimum
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.seats import SeatCount, Seats
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.core.metering.total import Sum
from farthing.core.metering.unique import Unique
from farthing.core.metering.value import Property, Value, parse
from farthing.core.period import Period, local_date, start_of_day
from farthing.core.pricing.transform import Transform
from farthing.core.refused import Refused

AGGREGATION = ("agg", "aggregation", "aggregation_type", "measure", "aggregate", "type")
EVENTS = ("events", "samples", "values")
EXPRESSION = ("expression", "value_expression", "formula")
PERIOD = ("period", "window", "segment", "range", "boundaries")

KINDS = {
    "count": ("count", "count_agg", "events"),
    "sum": ("sum", "sum_agg", "total", "sum_with_multiplier"),
    "average": ("average", "avg", "mean", "avg_agg"),
    "minimum": ("minimum", "min", "min_agg"),
    "maximum": ("maximum", "max", "max_agg", "peak"),
    "unique": ("unique", "unique_count", "count_unique", "distinct", "count_distinct", "unique_count_agg"),
    "seats": ("seats", "seat_days", "prorated_unique_count", "recurring_count"),
    "latest": ("latest", "last", "latest_agg", "last_during_period", "last_ever"),
    "first": ("first", "earliest"),
    "time_weighted": ("weighted_sum", "time_weighted", "weighted_sum_agg", "time_weighted_sum",
                      "time_weighted_average"),
    "increase": ("increase", "counter", "delta", "rate_increase"),
    "percentile": ("percentile", "quantile"),
    "prorated_sum": ("prorated_sum",),
}  # fmt: skip
_KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}

_TIME = ("at", "time", "timestamp", "happened_at", "date", "when", "t")
_VALUE = ("value", "amount", "units", "quantity", "v", "total_count", "delta", "level", "reading")
_KEY = ("key", "id", "unique_id", "item", "item_id", "seat", "user", "member", "external_id")
_ACTION = ("action", "op", "operation", "operation_type", "kind")
_DATA = ("properties", "data", "payload")
_ADDS = {
    "add": "add",
    "added": "add",
    "+": "add",
    "remove": "remove",
    "removed": "remove",
    "-": "remove",
    "delete": "remove",
}
_BUCKETS = {"minute": "1m", "min": "1m", "15min": "15m", "30min": "30m", "hour": "1h", "3hour": "3h", "6hour": "6h",
            "12hour": "12h", "day": "1d", "daily": "1d", "hourly": "1h", "week": "7d", "weekly": "7d"}  # fmt: skip

_MOST_DAYS = 4000

# Where an event without a date lies.
_BEFORE = frozenset({"before", "previous", "old", "out_before"})
_AFTER = frozenset({"after", "later", "out", "out_after"})
_LABELS = _BEFORE | _AFTER | {"in", "within", "during", "inside"}

# The month of cases whose events have no dates.
_SOME_MONTH = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as a case tells it: when, in its own words, and its data."""

    when: str | None
    data: Mapping[str, Any]


def aggregation(words: Words) -> Answers:
    """What a case of an aggregation comes to."""
    currency = words.currency()
    answers = Answers(currency)
    name = _name(words)
    in_zone = words.text("tz", "timezone", "zone", "time_zone") or "UTC"
    computed = words.has(*EXPRESSION)
    happenings = [_happening(event, name=name, computed=computed) for event in _events(words)]
    window = _window(words, happenings, in_zone=in_zone)
    samples = _samples(happenings, window)
    recurring = words.flag("recurring", "carries_over", "persistent") or False
    prorated = words.flag("prorated", "prorate", "proration") or name == "prorated_sum"
    measured_by = _measure(name, words, happenings, recurring=recurring, prorated=prorated)
    samples = _initial(words, measured_by, window) + samples
    if isinstance(measured_by, Sum) and recurring:
        # Everything since the beginning counts: usage that accumulates.
        window = Window(Period(min([window.segment.start, *(one.happened_at for one in samples)]), window.segment.end),
                        window.full, in_zone)  # fmt: skip
    if isinstance(measured_by, TimeWeighted) and prorated:
        samples = [_from_its_day(sample, in_zone=in_zone) for sample in samples]
    accepted = sorted(
        (one for one in samples if _is_accepted(measured_by, one)), key=lambda one: (one.happened_at, one.position)
    )
    groups = words.take("group_by", "grouped_by", "groups") or []
    if not isinstance(groups, str) and not (isinstance(groups, list) and all(isinstance(one, str) for one in groups)):
        raise Unsupported("inputs.group_by should name the groups")
    by = (groups,) if isinstance(groups, str) else tuple(groups)
    reading = Reading(Meter("case", 1, "event", measured_by), window, where=_filter(words), group_by=by)
    cells = measure(reading, accepted)
    transform = transform_of(words)
    converted = Transform(conversion=transform.conversion)
    values = {group_name(cell.of): converted.apply(cell.quantity) for cell in cells}
    value: Exact = next(iter(values.values())) if len(values) == 1 else added(values.values())
    answers.add(value, "value", "values", "aggregation", "units", "quantity", "usage", "result", "billable_units",
                "total", "current_usage_units")  # fmt: skip
    answers.add(sum(cell.events for cell in cells), "count", "events_count", "event_count", "events")
    answers.add(values, "groups", "by_group", "values_by_group", "aggregations")
    answers.add({group_name(cell.of): cell.events for cell in cells}, "counts", "counts_by_group")
    answers.add(lambda: _running(reading, accepted), "running_total", "running_totals", "cumulative")
    answers.add(lambda: _change(measured_by, reading, accepted), "variation", "change", "net_change")
    answers.add(
        lambda: _level(measured_by, reading, accepted), "level", "final_level", "total_aggregated_units", "ending_level"
    )
    if words.has_money(*UNIT_PRICE) or words.has(*MODEL, "tiers"):
        shape = shape_of(kind_of(words), words, in_currency=currency)
        rated = rate(shape, cells, in_currency=currency, transform=transform)
        answers.add(Owed(rated.exact, rated.amount), "amount", "amounts", "total_amount", "fee", "cost")
    return answers


def _name(words: Words) -> str:
    name = words.word(*AGGREGATION)
    if name is None and words.has(*EXPRESSION):
        return "sum"
    if name is None:
        raise Unsupported("the inputs name no aggregation")
    if re.fullmatch(r"p\d{1,2}(\.\d+)?", name):
        return name
    if name not in _KIND_OF:
        raise Unsupported(f"the aggregation “{name}” is not one that is known here")
    return _KIND_OF[name]


def _events(words: Words) -> list[object]:
    """The events of a case; a number of them stands for so many without data, `properties` for the data of one."""
    written = words.take(*EVENTS)
    if written is None:
        data = words.take("properties", "event", "data")
        if data is None:
            return []
        if not isinstance(data, dict):
            raise Unsupported("the data of an event should be an object")
        return [data if "properties" in data else {"properties": data}]
    if isinstance(written, int) and not isinstance(written, bool):
        return [{} for _ in range(written)]
    if not isinstance(written, list):
        raise Unsupported("inputs.events should be a list")
    return list(written)


def _measure(name: str, words: Words, happenings: list[Happening], *, recurring: bool, prorated: bool) -> Measure:
    expression = words.text(*EXPRESSION)
    value: Value = Property("value")
    if expression is not None:
        value = parse(expression.replace("event.properties.", "").replace("properties.", ""))
    inner: Measure
    match name:
        case "count":
            inner = Count()
        case "sum" if not prorated:
            inner = Sum(value)
        case "sum" | "prorated_sum":
            return TimeWeighted(value, carries_over=True)
        case "average":
            inner = Average(value)
        case "minimum":
            inner = Minimum(value)
        case "maximum":
            inner = Maximum(value)
        case "latest":
            inner = Latest(value, carries_over=recurring)
        case "first":
            inner = First(value)
        case "time_weighted":
            return TimeWeighted(
                value,
                readings=words.word("readings") or "deltas",
                per=words.word("per", "time_unit") or "period",
                series=_series(words),
                carries_over=recurring or words.has("initial", "initial_value"),
            )
        case "increase":
            return Increase(value, series=_series(words))
        case "unique" | "seats":
            return _unique(name, words, happenings, recurring=recurring, prorated=prorated)
        case _:
            percent = words.number("percentile", "percent", "p", "quantile")
            if percent is None:
                percent = Decimal(name[1:]) if name != "percentile" else None
            if percent is None:
                raise Unsupported("a percentile needs to say which")
            return Percentile(value, percent)
    bucket = words.word("bucket", "bucket_size", "window_size", "granularity")
    if bucket is None:
        return inner
    if not isinstance(inner, Inner):
        raise Unsupported(f"a {name} in windows")
    outer = words.word("outer", "outer_aggregation", "over_windows") or "sum"
    return Bucketed(
        inner,
        _BUCKETS.get(bucket.replace("_", ""), bucket),
        {"avg": "average", "max": "maximum", "min": "minimum"}.get(outer, outer),
        words.word("empty_windows", "empty") or "zero",
    )


def _unique(name: str, words: Words, happenings: list[Happening], *, recurring: bool, prorated: bool) -> Measure:
    counts = words.word("counts", "seat_count", "mode")
    acts = any("action" in happening.data for happening in happenings)
    if name == "unique" and not (acts or recurring or prorated or counts):
        return Unique("key")
    how = SeatCount.AVERAGE if prorated or name == "seats" else SeatCount.PERIOD_END
    if counts is not None:
        known = {"average": SeatCount.AVERAGE, "period_end": SeatCount.PERIOD_END, "end": SeatCount.PERIOD_END,
                 "peak": SeatCount.PEAK, "max": SeatCount.PEAK}  # fmt: skip
        if counts not in known:
            raise Unsupported(f"seats counted as “{counts}”")
        how = known[counts]
    return Seats("key", counts=how, carries_over=recurring or words.has("initial", "held"))


def _series(words: Words) -> tuple[str, ...]:
    series = words.take("series", "series_key") or []
    if not isinstance(series, str) and not (isinstance(series, list) and all(isinstance(one, str) for one in series)):
        raise Unsupported("inputs.series should name the series")
    return (series,) if isinstance(series, str) else tuple(series)


def _filter(words: Words) -> Filter | None:
    written = words.take("filter", "filters", "where", "matching_filters")
    if written is None:
        return None
    return filter_from(written, of="The filter")


def _happening(event: object, *, name: str, computed: bool) -> Happening:
    """One event of a case: a value, a list that opens with its time, or an object.

    With a computed value all that an object holds beside its time is its data.
    """
    holds = "key" if name in ("unique", "seats") else "value"
    if isinstance(event, dict):
        words = Words(event, of="event")
        when = words.text(*_TIME)
        data: dict[str, Any] = {}
        for nested in _DATA:
            inner = words.take(nested)
            data |= inner if isinstance(inner, dict) else {}
        if computed:
            return Happening(when, data | {each: words.take(each) for each in words.left_over()})
        value, key, action = words.take(*_VALUE), words.take(*_KEY), words.word(*_ACTION)
        data |= {each: words.take(each) for each in words.left_over()}
        if value is None and holds == "value" and len(data) == 1 and not any(word in data for word in _VALUE):
            value = next(iter(data.values()))
        return Happening(when, _data(data, value=value, key=key, action=action))
    if not isinstance(event, list) or len(event) == 1:
        alone = event[0] if isinstance(event, list) else event
        if isinstance(alone, str) and (alone.strip().lower() in _LABELS or _is_instant(alone)):
            return Happening(alone, {})
        return Happening(None, _data({}, **{holds: alone}))
    first, *rest = event or [None]
    if not isinstance(first, str):
        raise Unsupported("an event should open with its time")
    actions = [one for one in rest if isinstance(one, str) and one.lower() in _ADDS] if holds == "key" else []
    others = [one for one in rest if one not in actions]
    if holds == "key":
        return Happening(first, _data({}, key=others[0] if others else None, action=actions[0] if actions else None))
    if len(others) > 2:
        raise Unsupported("an event of more than a time, a value and a group")
    if len(others) == 2 and isinstance(others[0], str) and not _is_number(others[0]):
        others.reverse()
    group = {"group": others[1], "series": others[1]} if len(others) == 2 else {}
    if isinstance(others[0], dict):
        return Happening(first, _data(dict(others[0])))
    return Happening(first, _data(group, value=others[0]))


def _data(
    data: Mapping[str, Any], *, value: object = None, key: object = None, action: object = None
) -> dict[str, Any]:
    filled = dict(data)
    if value is not None:
        filled["value"] = value
    if key is not None:
        filled["key"] = key
    if isinstance(action, str):
        filled["action"] = _ADDS.get(action.lower(), action)
    return filled


def _period(start: datetime, end: datetime) -> Period:
    if start >= end:
        raise Unsupported(f"the period ends at {end:%Y-%m-%dT%H:%M:%SZ}, which is not after its start")
    return Period(start, end)


def _window(words: Words, happenings: list[Happening], *, in_zone: str) -> Window:
    """What is measured: the period a case gives, else the days of its events, else some month."""
    given = words.take(*PERIOD)
    start, end = words.text("from", "start", "period_start"), words.text("until", "end", "period_end")
    if isinstance(given, list) and len(given) == 2:
        start, end = given
    elif isinstance(given, dict):
        part = Words(given, of="period")
        start, end = part.text("start", "from"), part.text("end", "to")
        part.done()
    elif given is not None:
        raise Unsupported("a period is its start and its end")
    days = words.whole("period_days", "full_period_days", "charges_duration", "days_in_period")
    if days is not None and not 1 <= days <= _MOST_DAYS:
        raise Unsupported(f"a period of {days} days")
    full = words.listed("full_period")
    if start is not None and end is not None:
        segment = _period(_instant(start, in_zone=in_zone), _end(end, in_zone=in_zone))
    else:
        instants = [_instant(one.when, in_zone=in_zone) for one in happenings if one.when and _is_instant(one.when)]
        segment = _SOME_MONTH
        if instants:
            first, last = (local_date(pick(instants), in_zone=in_zone) for pick in (min, max))
            segment = Period(start_of_day(first, in_zone=in_zone),
                             start_of_day(last + timedelta(days=1), in_zone=in_zone))  # fmt: skip
    whole = segment
    if full is not None:
        whole = _period(_instant(full[0], in_zone=in_zone), _end(full[-1], in_zone=in_zone))
    elif days is not None and days != segment.days(in_zone=in_zone):
        first_day = local_date(segment.start, in_zone=in_zone)
        whole = _period(segment.start, start_of_day(first_day + timedelta(days=days), in_zone=in_zone))
    return Window(segment, whole, in_zone)


def _samples(happenings: list[Happening], window: Window) -> list[Sample]:
    """The events at their instants; without dates they come one second after the other, before, in or after."""
    dated = [one.when is not None and _is_instant(one.when) for one in happenings]
    if any(dated) and not all(dated):
        raise Unsupported("some events have a date, some have none")
    samples = []
    for place, one in enumerate(happenings, start=1):
        segment = window.segment
        if one.when is not None and _is_instant(one.when):
            at = _instant(one.when, in_zone=window.in_zone)
        elif one.when is not None and one.when.strip().lower() in _BEFORE:
            at = segment.start - timedelta(days=1) + place * _SECOND
        elif one.when is not None and one.when.strip().lower() in _AFTER:
            at = segment.end + place * _SECOND
        else:
            at = segment.start + place * _SECOND
        samples.append(Sample(at, place, one.data))
    return samples


def _initial(words: Words, measured_by: Measure, window: Window) -> list[Sample]:
    """What was there before the period, as events just before it."""
    initial = words.take("initial", "initial_value", "held", "carried_in", "baseline")
    if initial is None:
        return []
    at = window.segment.start - timedelta(days=1)
    if isinstance(measured_by, Seats):
        named = initial if isinstance(initial, list) else [f"held {number + 1}" for number in range(_how_many(initial))]
        return [Sample(at, 0, {"key": name, "action": "add"}) for name in named]
    return [Sample(at, 0, {"value": exact_number(initial, of="initial")})]


def _how_many(written: object) -> int:
    number = exact_number(written, of="initial")
    if not 0 <= number <= 100_000 or number != int(number):
        raise Unsupported(f"{number} seats")
    return int(number)


def _from_its_day(sample: Sample, *, in_zone: str) -> Sample:
    """By whole days an event counts from the beginning of its day."""
    day = local_date(sample.happened_at, in_zone=in_zone)
    return Sample(start_of_day(day, in_zone=in_zone), sample.position, sample.data)


def _is_accepted(measured_by: Measure, sample: Sample) -> bool:
    """Whether the event would be taken: what has no number for its meter is quarantined, never counted as 0."""
    try:
        measured_by.check(sample.data)
    except Refused:
        return False
    return True


def _running(reading: Reading, samples: list[Sample]) -> list[Exact]:
    """The value after the first event, the first two, and so on."""
    within = [one for one in samples if one.happened_at in reading.window.segment]
    before = [one for one in samples if one.happened_at < reading.window.segment.start]
    return [
        added(cell.quantity for cell in measure(reading, before + within[:upto])) for upto in range(1, len(within) + 1)
    ]


def _change(measured_by: Measure, reading: Reading, samples: list[Sample]) -> Exact:
    """What the changes of a level within the period add up to."""
    if not isinstance(measured_by, TimeWeighted):
        raise Unsupported("the change of a measure that has no level")
    summed = replace(reading.meter, measure=Sum(measured_by.value))
    [cell] = measure(replace(reading, meter=summed, group_by=()), samples)
    return cell.quantity


def _level(measured_by: Measure, reading: Reading, samples: list[Sample]) -> Exact:
    """Where a level stands at the end of the period."""
    if not isinstance(measured_by, TimeWeighted):
        raise Unsupported("a level at the end of a measure that has none")
    earliest = min([reading.window.segment.start, *(one.happened_at for one in samples)])
    window = Window(Period(earliest, reading.window.segment.end), reading.window.full, reading.window.in_zone)
    [cell] = measure(Reading(Meter("case", 1, "event", Sum(measured_by.value)), window, where=reading.where), samples)
    return cell.quantity


def _instant(written: object, *, in_zone: str) -> datetime:
    if not isinstance(written, str):
        raise Unsupported(f"“{written}” is not an instant")
    try:
        at = datetime.fromisoformat(written.strip().replace(" UTC", "Z").replace(" ", "T"))
    except ValueError:
        raise Unsupported(f"“{written}” is not an instant") from None
    if at.tzinfo is None:
        day = start_of_day(at.date(), in_zone=in_zone)
        return day + timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
    return at.astimezone(UTC)


def _end(written: object, *, in_zone: str) -> datetime:
    """The first instant outside; an end on the last second of an hour is meant to be within."""
    at = _instant(written, in_zone=in_zone)
    if (at.minute, at.second) == (59, 59):
        return at.replace(microsecond=0) + _SECOND
    return at


def _is_instant(written: str) -> bool:
    return re.match(r"\d{4}-\d{2}-\d{2}", written.strip()) is not None


def _is_number(written: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d+)?", written.strip()) is not None
