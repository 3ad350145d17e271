"""INV-18 for every measure: on any events, filters, groups and expressions the store gives what the core gives."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.core.exact import Exact
from farthing.core.metering import filter as filters
from farthing.core.metering.average import Average
from farthing.core.metering.bucketed import EMPTY_WINDOWS, OUTER, Bucketed
from farthing.core.metering.count import Count
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.filter import Comparison, Filter
from farthing.core.metering.first import First
from farthing.core.metering.grouped import IN_GROUP, Grouped
from farthing.core.metering.increase import Increase
from farthing.core.metering.latest import Latest
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.measures import MEASURES, Measure
from farthing.core.metering.meter import Measured, Meter, Reading, measure
from farthing.core.metering.minimum import Minimum
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.sample import Sample, Window, whole
from farthing.core.metering.screen import Accepted
from farthing.core.metering.seats import SeatCount, Seats
from farthing.core.metering.time_weighted import PER, READINGS, TimeWeighted
from farthing.core.metering.total import Sum
from farthing.core.metering.unique import Unique
from farthing.core.metering.value import Value, parse
from farthing.core.parties import Customer
from farthing.core.period import Period, start_of_day
from farthing.core.refused import Refused
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.local_hours import local_hours
from farthing.postgres.measuring import window_of_day
from farthing.usecases.show_usage import local_days
from tests.core.core_values import ACME, AWKWARD_ZONES, at
from tests.databases import NOW, fresh_store, law, new_seller, send

NOBODY = new_seller().seller_id
ODD = "an \"odd\" 'name' %s {} ?"
NUMBERS, WORDS = ["a", "b", ODD], ["model", "host", "op"]

# What is sent. -------------------------------------------------------------------------------------------------

numbers = st.one_of(
    *[st.integers(-2, 4)] * 4,
    st.integers(-(10**37), 10**37),
    st.decimals(min_value=-50, max_value=50, places=2),
    st.decimals(min_value=-(10**19), max_value=10**19, places=18),
)
plain_texts = st.sampled_from(
    (
        *("5", "+5", ".5", "5.", "-0", "007", "0.10", " 12 ", "12345678901234567890.123456789012345678"),
        *("1e3", "2.50E-05", "-9999999999.99999999e10", "0.00000001e-10", "0e10"),
    )
)
texts_for_the_core = st.sampled_from(["1e11", "1E-18", ".5e1", "0e3", "0000000000000000000000000000012", "1e37"])
junk: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, "", "many", "1_000", "NaN", "1e400", "1e-19", "1e99999999", "٣", "5\x0b", [1], {"n": 1}]
)
hosts: st.SearchStrategy[Any] = st.sampled_from(["h1", "h1", "h2", 1, "1", True, None])
words: st.SearchStrategy[Any] = st.sampled_from(
    [
        "gpt-large",
        "gpt-large",
        "gpt-small",
        "é",
        "",
        "1.50",
        "1.5",
        1,
        Decimal("1.5"),
        150,
        True,
        False,
        "true",
        None,
        [1],
        {"a": 1},
    ]
)
actions: st.SearchStrategy[Any] = st.sampled_from(["add", "remove", "remove", None, "pause"])
Values = st.SearchStrategy[Any]
any_values = st.sampled_from([numbers, numbers | plain_texts | texts_for_the_core | junk])
cleanliness = st.sampled_from(
    [numbers, numbers | plain_texts, numbers | plain_texts, numbers | texts_for_the_core, numbers | plain_texts | junk]
)


@dataclass(frozen=True)
class Sent:
    """Events as they are kept, from position 1 on, of Acme and of somebody else."""

    events: list[Accepted]

    def samples(self, upto: int) -> list[Sample]:
        """Acme's events of the type that is measured, in order of instant and position."""
        found = [
            Sample(one.happened_at, position, one.event.data)
            for position, one in enumerate(self.events, start=1)
            if position <= upto and one.customer_id == ACME and one.event.type == "inference"
        ]
        return sorted(found, key=lambda sample: (sample.happened_at, sample.position))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Some days of a zone, where clocks may change, or a part of them that is cut by instant."""
    in_zone = draw(st.sampled_from(AWKWARD_ZONES))
    day = draw(
        st.sampled_from([date(2026, 1, 1), date(2026, 3, 6), date(2026, 3, 27), date(2026, 10, 23), date(2011, 12, 28)])
    )
    last = day + timedelta(days=draw(st.integers(1, 6)))
    full = Period(start_of_day(day, in_zone=in_zone), start_of_day(last, in_zone=in_zone))
    length = int((full.end - full.start).total_seconds())
    first, second = sorted(draw(st.lists(st.integers(0, length), min_size=2, max_size=2, unique=True)))
    cut = Period(full.start + timedelta(seconds=first), full.start + timedelta(seconds=second))
    return Window(draw(st.sampled_from([full] * 4 + [cut])), full, in_zone)


@st.composite
def sent_about(draw: st.DrawFn, window: Window, values: Values) -> Sent:
    """Events before, in and after a window, many at the same instant or at its edges."""
    segment, full = window.segment, window.full
    around = int((full.end - full.start).total_seconds())
    moments: st.SearchStrategy[datetime] = st.one_of(
        st.integers(-2 * 86_400, around + 3600).map(lambda seconds: full.start + timedelta(seconds=seconds)),
        st.integers(0, 16).map(lambda pieces: segment.start + timedelta(minutes=270 * pieces)),
        st.sampled_from([segment.start, segment.end, segment.end - timedelta(0, 0, 1), full.start]),
    )
    events = []
    for number in range(draw(st.sampled_from([14, 14, 8, 3, 0]))):
        event_type = draw(st.sampled_from(["inference"] * 9 + ["storage"]))
        customer = draw(st.sampled_from([ACME] * 9 + [NOBODY]))
        data: dict[str, Any] = {name: draw(values) for name in NUMBERS}
        data |= {"model": draw(words), "host": draw(hosts), "op": draw(actions), "other": {"nested": [1]}}
        for name in draw(st.sampled_from([[], [], [], [], ["model"], ["host"], ["op"]])):
            del data[name]
        if draw(st.integers(0, 60)) == 60:
            del data["a"]
        events.append(Accepted(UsageEvent("api", str(number), event_type, "x", None, data), customer, draw(moments)))
    return Sent(events)


# What is asked. ------------------------------------------------------------------------------------------------

expressions = st.recursive(
    st.sampled_from(["a", "a", "b", f"`{ODD}`", "0", "3", "0.5", "60", "7.25"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda made: f"({made[0]} {made[1]} {made[2]})"),
        st.tuples(inner, st.sampled_from(["3", "60", "1000", "0.7", "(-7)", "(4 - 1)", "(1 / 3)"])).map(
            lambda made: f"({made[0]} / {made[1]})"
        ),
        st.tuples(st.sampled_from(["ceil", "floor", "round"]), inner).map(lambda made: f"{made[0]}({made[1]})"),
        st.tuples(inner, st.integers(-3, 3)).map(lambda made: f"round({made[0]}, {made[1]})"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda made: f"{made[0]}({made[1]}, {made[2]})"),
        inner.map(lambda made: f"-{made}"),
    ),
    max_leaves=6,
)
quotients = st.tuples(expressions, st.sampled_from(["b", "(a - b)", "(b * b + 1)", "0"])).map(
    lambda made: f"{made[0]} / {made[1]}"
)
values_of_events: st.SearchStrategy[Value] = (
    st.sampled_from([st.just("a")] * 4 + [st.just(f"`{ODD}`")] + [expressions] * 4 + [quotients])
    .flatmap(lambda written: written)
    .map(parse)
)
series = st.sampled_from([(), ("host",), ("host", "model")])
percents = st.sampled_from([Decimal(percent) for percent in ("0", "50", "95", "33.333333333333333334", "100")])
SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    Count.kind: st.just(Count()),
    Sum.kind: values_of_events.map(Sum),
    Average.kind: values_of_events.map(Average),
    Minimum.kind: values_of_events.map(Minimum),
    Maximum.kind: values_of_events.map(Maximum),
    Unique.kind: st.sampled_from(["host", "model", "a", "nowhere"]).map(Unique),
    Latest.kind: st.builds(Latest, values_of_events, series),
    First.kind: values_of_events.map(First),
}
KINDS: dict[str, st.SearchStrategy[Measure]] = SIMPLE | {
    Latest.kind: st.builds(Latest, values_of_events, series, st.booleans()),
    Seats.kind: st.builds(
        Seats, st.sampled_from(["host", "model"]), st.just("op"), st.sampled_from(list(SeatCount)), st.booleans()
    ),
    TimeWeighted.kind: st.builds(
        TimeWeighted, values_of_events, st.sampled_from(READINGS), st.sampled_from(PER), series, st.booleans()
    ),
    Increase.kind: st.builds(Increase, values_of_events, series),
    Percentile.kind: st.builds(Percentile, values_of_events, percents),
    Bucketed.kind: st.builds(
        Bucketed,
        st.sampled_from(list(SIMPLE.values())).flatmap(lambda inner: inner),
        st.sampled_from(["7m", "1h", "5h", "1d", "2d"]),
        st.sampled_from(OUTER),
        st.sampled_from(EMPTY_WINDOWS),
    ),
}
KINDS[Grouped.kind] = st.builds(
    Grouped,
    st.sampled_from([("host",), ("host", "model")]),
    st.sampled_from([KINDS[kind] for kind in IN_GROUP]).flatmap(lambda inner: inner),
    st.sampled_from(OUTER),
)
assert set(KINDS) == set(MEASURES)
compared = st.sampled_from(
    [
        "gpt-large",
        "",
        "1.5",
        "1.50",
        " 1.5 ",
        "1",
        "150",
        "15e1",
        "true",
        "false",
        "null",
        "[1]",
        "-0",
        "5",
        "add",
        "nul\x00",
        "1e11",
    ]
)
clocks = st.sampled_from([time(0), time(1, 30), time(2), time(2, 30), time(9), time(22), time(23, 59, 59)])
names = st.sampled_from(["model", "host", "a", "op", ODD, "nowhere", "other"])
simple_filters: st.SearchStrategy[Any] = st.one_of(
    st.builds(filters.Compare, names, st.sampled_from([Comparison.EQ, Comparison.NE]), compared),
    st.builds(
        filters.Compare,
        st.sampled_from(["a", "b", "model", "host", "nowhere"]),
        st.sampled_from([Comparison.GT, Comparison.GE, Comparison.LT, Comparison.LE]),
        st.sampled_from(["0", "1.5", "-2", "1e3", " 5"]),
    ),
    st.builds(filters.OneOf, names, st.lists(compared, min_size=1, max_size=3).map(tuple)),
    st.builds(filters.Exists, names, st.booleans()),
    st.builds(filters.Prefix, names, st.sampled_from(["gpt-", "1", "1.5", "t", "é", "", "_", "%", "nul\x00"])),
    st.builds(filters.TimeOfDay, clocks, clocks),
)
any_filters: st.SearchStrategy[Filter] = st.recursive(
    simple_filters,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: filters.All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: filters.Any(tuple(parts))),
        inner.map(filters.Not),
    ),
    max_leaves=4,
)
maybe_filters = st.sampled_from([st.none()] * 5 + [any_filters]).flatmap(lambda chosen: chosen)
groups = st.sampled_from([(), (), ("host",), ("host", "model"), ("model",), ("a",), ("nowhere",)])


@st.composite
def readings(draw: st.DrawFn, kind: str, window: Window) -> Reading:
    """Any question of a meter with this measure."""
    meter = Meter("m", 1, "inference", draw(KINDS[kind]), where=draw(maybe_filters))
    has_amounts = not isinstance(getattr(meter.measure, "inner", meter.measure), Unique | Seats)
    amounts = has_amounts and draw(st.integers(0, 3)) == 3
    back_to = st.none() if amounts else st.none() | st.sampled_from([window.full.start, window.segment.start])
    return Reading(meter, window, draw(maybe_filters), draw(groups), amounts, since=draw(back_to))


Told = tuple[Measured, ...] | str


def in_core(reading: Reading, sent: Sent, upto: int) -> Told:
    """The core's cells, or its refusal."""
    try:
        return measure(reading, sent.samples(upto))
    except Refused as fault:
        return fault.sentence


def in_store(store: PostgresStore, reading: Reading, upto: int) -> Told:
    """The store's cells, or its refusal."""
    try:
        with store.transaction():
            return store.measure(reading, customer_id=ACME, to_position=upto).cells
    except Refused as fault:
        return fault.sentence


def kept(database: Database, sent: Sent) -> PostgresStore:
    """A seller's store that holds these events."""
    store = fresh_store(database)
    send(store, sent.events)
    return store


@pytest.mark.parametrize("kind", KINDS)
@settings(parent=law, max_examples=60)
@given(window=windows(), values=cleanliness, upto=st.sampled_from([15] * 6 + [9, 2]), data=st.data())
def test_whatever_is_asked_the_store_tells_what_the_core_tells(
    shared_database: Database, kind: str, window: Window, values: Values, upto: int, data: st.DataObject
) -> None:
    """INV-18: cells, quantities, events and amounts are equal to the last digit, and so are refusals."""
    sent = data.draw(sent_about(window, values))
    store = kept(shared_database, sent)
    for reading in data.draw(st.lists(readings(kind, window), min_size=6, max_size=8)):
        assert in_store(store, reading, upto) == in_core(reading, sent, upto), reading


@settings(parent=law, max_examples=60)
@given(window=windows(), values=cleanliness, data=st.data())
def test_a_filter_lets_the_same_events_through(
    shared_database: Database, window: Window, values: Values, data: st.DataObject
) -> None:
    sent = data.draw(sent_about(window, values))
    store = kept(shared_database, sent)
    for where in data.draw(st.lists(any_filters, min_size=12, max_size=16)):
        reading = Reading(Meter("m", 1, "inference", Count()), window, where)
        assert in_store(store, reading, 99) == in_core(reading, sent, 99), where


@pytest.mark.parametrize("kind", KINDS)
@settings(parent=law, max_examples=25)
@given(window=windows(), values=cleanliness, upto=st.sampled_from([15, 15, 9]), data=st.data())
def test_each_day_is_measured_as_a_window_of_its_own(
    shared_database: Database, kind: str, window: Window, values: Values, upto: int, data: st.DataObject
) -> None:
    """INV-18: what came before the first day is carried into it, and what each day left behind into the next."""
    sent = data.draw(sent_about(window, values))
    store = kept(shared_database, sent)
    meter = Meter("m", 1, "inference", data.draw(KINDS[kind]), where=data.draw(maybe_filters))
    where = data.draw(maybe_filters)
    days = local_days(window.segment, in_zone=window.in_zone)
    expected: list[tuple[date, Exact, int]] | str = []
    try:
        for day, period in days:
            (cell,) = measure(
                Reading(meter, window_of_day(day, period, in_zone=window.in_zone), where), sent.samples(upto)
            )
            expected.append((day, cell.quantity, cell.events))
    except Refused as fault:
        expected = fault.sentence
    told: list[tuple[date, Exact, int]] | str
    try:
        with store.transaction():
            measured = store.measure_by_day(
                meter, customer_id=ACME, days=days, to_position=upto, where=where, in_zone=window.in_zone
            )
        told = [(one.day, one.quantity, one.events) for one in measured]
    except Refused as fault:
        told = fault.sentence
    assert told == expected


@pytest.mark.parametrize("kind", KINDS)
@settings(parent=law, max_examples=15)
@given(window=windows(), values=any_values, data=st.data())
def test_what_a_meter_cannot_measure_is_what_its_measure_refuses(
    shared_database: Database, kind: str, window: Window, values: Values, data: st.DataObject
) -> None:
    sent = data.draw(sent_about(window, values))
    store = kept(shared_database, sent)
    for _ in range(4):
        meter = Meter("m", 1, "inference", data.draw(KINDS[kind]), where=data.draw(maybe_filters))
        refused = []
        for position, one in enumerate(sent.events, start=1):
            if one.event.type == "inference" and meter.concerns(one.event.data):
                try:
                    meter.measure.check(one.event.data)
                except Refused:
                    refused.append(position)
        with store.transaction():
            without = store.events_without(meter)
        if without is None:
            assert refused == []
        else:
            assert (without.events, without.first.position) == (len(refused), refused[0])


@given(window=windows(), night=st.builds(filters.TimeOfDay, clocks, clocks), data=st.data())
def test_hours_of_the_day_are_the_same_hours_in_utc(
    window: Window, night: filters.TimeOfDay, data: st.DataObject
) -> None:
    segment = window.segment
    edges = local_hours(night.start, night.end, in_zone=window.in_zone, within=segment)
    assert list(edges) == sorted(set(edges))
    assert all(segment.start <= edge <= segment.end for edge in edges)
    seconds = int((segment.end - segment.start).total_seconds())
    instants = [segment.start + timedelta(seconds=data.draw(st.integers(0, seconds - 1))) for _ in range(8)]
    instants += [instant for edge in edges for instant in (edge - timedelta(0, 0, 1), edge) if instant in segment]
    for instant in instants:
        inside = sum(edge <= instant for edge in edges) % 2 == 1
        assert inside == night.matches({}, instant, window.in_zone), (instant, edges)


@pytest.mark.parametrize("in_zone", ["Africa/Casablanca", "America/New_York", "Australia/Lord_Howe"])
def test_hours_are_right_all_year_however_often_the_clocks_change(in_zone: str) -> None:
    year = Period(at("2026-01-01"), at("2027-01-01"))
    night = filters.TimeOfDay(time(22), time(6))
    edges = local_hours(night.start, night.end, in_zone=in_zone, within=year)
    for hours in range(365 * 24):
        instant = year.start + timedelta(hours=hours, minutes=15)
        assert (bisect_right(edges, instant) % 2 == 1) == night.matches({}, instant, in_zone), instant


# A few that can be read. ---------------------------------------------------------------------------------------


def sent_at(number: int, happened_at: str, **data: Any) -> Accepted:
    """An event of Acme's."""
    return Accepted(UsageEvent("api", str(number), "inference", "acme", None, data), ACME, at(happened_at))


JANUARY = whole(Period(at("2026-01-01"), at("2026-02-01")))


def test_a_thirtieth_of_a_gigabyte_is_not_rounded(store: PostgresStore) -> None:
    """SQL gives numerator and denominator: 3 gigabytes for 10 of 31 days are 30/31, and not a digit less."""
    events = [sent_at(1, "2026-01-01", gb=3), sent_at(2, "2026-01-11", gb=-3)]
    send(store, events)
    reading = Reading(Meter("disk", 1, "inference", TimeWeighted(parse("gb / 3"), series=("host",))), JANUARY)
    assert in_store(store, reading, 2) == in_core(reading, Sent(events), 2)
    (cell,) = in_store(store, reading, 2)
    assert isinstance(cell, Measured)
    assert cell.quantity * 31 == 10


def test_started_minutes_are_counted_from_exact_quotients(store: PostgresStore) -> None:
    """ceil(seconds / 60) of 180 seconds is 3, and of 180.000000000000000001 it is 4."""
    seconds = [180, Decimal("180.000000000000000001"), "0.5", -60, Decimal("-60.5")]
    send(store, [sent_at(number, "2026-01-05", seconds=held) for number, held in enumerate(seconds)])
    reading = Reading(Meter("m", 1, "inference", Sum(parse("ceil(seconds / 60)"))), JANUARY, amounts=True)
    (cell,) = in_store(store, reading, 9)
    assert isinstance(cell, Measured)
    assert cell.amounts == (3, 4, 1, -1, -1)
    assert cell.quantity == 6


def test_the_same_hour_of_two_days_is_two_windows(store: PostgresStore) -> None:
    """Peaks of 5 and 7 at eight, and of 2 at nine, add up to 14; the 742 empty hours of the month count as nothing."""
    depths = [("2026-01-05T08:10:00", 5), ("2026-01-05T08:50:00", 3), ("2026-01-06T08:00:00", 7)]
    depths.append(("2026-01-06T09:00:00", 2))
    send(store, [sent_at(number, instant, depth=depth) for number, (instant, depth) in enumerate(depths)])
    for outer, expected in (("sum", Decimal(14)), ("maximum", Decimal(7)), ("minimum", Decimal(0))):
        meter = Meter("m", 1, "inference", Bucketed(Maximum("depth"), "1h", outer))
        assert in_store(store, Reading(meter, JANUARY), 9) == (Measured((), expected, 4),)


def test_another_sellers_and_another_customers_events_are_never_measured(
    shared_database: Database, store: PostgresStore
) -> None:
    theirs = sent_at(1, "2025-12-31", user="ann", n=9)
    send(fresh_store(shared_database), [theirs])
    send(store, [Accepted(theirs.event, NOBODY, theirs.happened_at)])
    for kind in (Count(), Sum("n"), Increase("n"), Seats("user", carries_over=True), Latest("n", carries_over=True)):
        reading = Reading(Meter("m", 1, "inference", kind), whole(Period(at("2025-12-01"), at("2026-02-01"))))
        assert in_store(store, reading, 9) == (Measured((), Decimal(0), 0),)


def test_days_are_those_of_the_customers_own_zone_unless_another_is_given(store: PostgresStore) -> None:
    with store.transaction():
        store.add_customer(Customer(ACME, "acme", "Acme Corp.", "Asia/Tokyo"), email=None, created_at=NOW)
    send(store, [sent_at(1, "2026-01-05T01:00:00")])  # Ten in the morning there.
    morning = filters.TimeOfDay(time(9), time(12))
    meter = Meter("m", 1, "inference", Count(), where=morning)
    days = local_days(Period(at("2026-01-04T15:00"), at("2026-01-05T15:00")), in_zone="Asia/Tokyo")
    with store.transaction():
        in_tokyo = store.measure_by_day(meter, customer_id=ACME, days=days, to_position=9)
        in_paris = store.measure_by_day(meter, customer_id=ACME, days=days, to_position=9, in_zone="Europe/Paris")
    assert [(one.day, one.events) for one in in_tokyo] == [(date(2026, 1, 5), 1)]
    assert [one.events for one in in_paris] == [0]


VERY_LONG = "a" + " * 3 + b / 7" * 40
VERY_DEEP = "ceil(" * 20 + "a / 7" + " / 7)" * 20


@pytest.mark.parametrize(
    "expression", ["a / 3", "round(a / 7, 2)", "min(a, 1) * max(a, 2)", "-a + 0.5", VERY_LONG, VERY_DEEP]
)
def test_an_expression_is_worked_out_where_the_events_are(store: PostgresStore, expression: str) -> None:
    events = [sent_at(number, "2026-01-05", a=number, b=number * number) for number in range(10)]
    send(store, events)
    reading = Reading(Meter("m", 1, "inference", Sum(parse(expression))), JANUARY)
    assert in_store(store, reading, 99) == in_core(reading, Sent(events), 99)
