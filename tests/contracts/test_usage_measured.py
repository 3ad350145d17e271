"""What every UsageStore promises of measuring: what the core would, and where every event stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.count import Count
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.meter import Meter, Reading
from farthing.core.metering.sample import Sample, whole
from farthing.core.metering.screen import Accepted
from farthing.core.metering.total import Sum
from farthing.core.parties import Customer
from farthing.core.period import Period
from farthing.core.refused import Refused
from farthing.postgres.database import Database, PostgresStore
from tests.core.core_values import ACME, CALLS, TOKENS, at
from tests.databases import NOW, close, fresh_store, law, new_seller, open_books, send, used

JANUARY = Period(at("2026-01-01"), at("2026-02-01"))


numbers = st.one_of(
    st.integers(-(10**37), 10**37),
    st.decimals(min_value=-(10**6), max_value=10**6, places=18),
    st.decimals(min_value=-(10**19), max_value=10**19, places=18),
)
written_numbers = st.one_of(
    numbers.map(str),
    numbers.map(lambda number: f" {number}\t"),
    st.sampled_from(["1e3", "+5", ".5", "5.", "-0", "1E-18", "007", "0.10", "12345678901234567890.123456789012345678"]),
)
not_numbers = st.sampled_from([None, True, "", "many", "1_000", "NaN", "Infinity", "1e400", "٣", [1], {"n": 1}])
moments = st.integers(-2 * 86_400, 33 * 86_400).map(lambda seconds: at("2026-01-01") + timedelta(seconds=seconds))


@st.composite
def sent_events(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> list[Accepted]:
    """Events of two customers and two types, about the time of January."""
    events = []
    for number in range(draw(st.integers(0, 12))):
        event_type = draw(st.sampled_from(["inference", "inference", "storage"]))
        customer = draw(st.sampled_from([ACME, ACME, NOBODY]))
        happened_at = draw(moments | st.sampled_from([JANUARY.start, JANUARY.end, JANUARY.end - timedelta(0, 0, 1)]))
        data = {} if draw(st.integers(0, 30)) == 30 else {"tokens": draw(values), "other": draw(values)}
        events.append(Accepted(UsageEvent("api", str(number), event_type, "x", None, data), customer, happened_at))
    return events


NOBODY = new_seller().seller_id
measures = st.sampled_from([Count(), Sum("tokens"), Sum("other"), Sum("a \"property\" with 'quotes' and ?")])


def in_core(measure: Count | Sum, events: Sequence[Accepted], period: Period, upto: int) -> tuple[Any, int]:
    """What the core makes of the events at positions up to one; a refusal as its sentence."""
    chosen = [
        one.event
        for position, one in enumerate(events, start=1)
        if position <= upto and one.customer_id == ACME and one.event.type == "inference" and one.happened_at in period
    ]
    try:
        samples = [Sample(period.start, place, event.data) for place, event in enumerate(chosen)]
        return measure.of(samples, whole(period)), len(chosen)
    except Refused as fault:
        return fault.sentence, 0


@law
@given(events=sent_events(numbers | written_numbers), measure=measures, upto=st.integers(0, 13))
def test_the_store_measures_what_the_core_measures(
    shared_database: Database, events: list[Accepted], measure: Count | Sum, upto: int
) -> None:
    """INV-18: equal to the last digit, on any events."""
    store = fresh_store(shared_database)
    send(store, events)
    meter = Meter("m", 1, "inference", measure)
    quantity, count = in_core(measure, events, JANUARY, upto)
    with store.transaction():
        if isinstance(quantity, str):
            with pytest.raises(Refused, match="which this meter needs"):
                store.measure(Reading(meter, whole(JANUARY)), customer_id=ACME, to_position=upto)
            return
        measured = store.measure(Reading(meter, whole(JANUARY)), customer_id=ACME, to_position=upto)
    assert (measured.quantity, measured.events) == (quantity, count)


@law
@given(events=sent_events(st.one_of(numbers, written_numbers, not_numbers)))
def test_the_store_refuses_to_measure_what_the_core_refuses(shared_database: Database, events: list[Accepted]) -> None:
    store = fresh_store(shared_database)
    send(store, events)
    quantity, _ = in_core(Sum("tokens"), events, JANUARY, 99)
    meter = Meter("m", 1, "inference", Sum("tokens"))
    with store.transaction():
        try:
            measured: Any = store.measure(Reading(meter, whole(JANUARY)), customer_id=ACME, to_position=99).quantity
        except Refused:
            assert isinstance(quantity, str)
        else:
            assert measured == quantity


@law
@given(events=sent_events(numbers | written_numbers), upto=st.integers(0, 13))
def test_the_days_of_a_month_add_up_to_the_month(shared_database: Database, events: list[Accepted], upto: int) -> None:
    store = fresh_store(shared_database)
    send(store, events)
    days = [
        (date(2026, 1, day), Period(at(f"2026-01-{day:02}"), at(f"2026-01-{day:02}") + timedelta(days=1)))
        for day in range(1, 32)
    ]
    meter = Meter("m", 1, "inference", Count())
    with store.transaction():
        all_days = store.measure(Reading(meter, whole(JANUARY)), customer_id=ACME, to_position=upto)
        by_day = store.measure_by_day(meter, customer_id=ACME, days=days, to_position=upto)
    assert [one.day for one in by_day] == [day for day, _ in days]
    assert sum(one.quantity for one in by_day) == all_days.quantity
    assert [one.events for one in by_day] == [in_core(Count(), events, period, upto)[1] for _, period in days]


def test_no_events_measure_zero(store: PostgresStore) -> None:
    with store.transaction():
        for meter in (TOKENS, CALLS):
            measured = store.measure(
                Reading(meter, whole(JANUARY)), customer_id=ACME, to_position=store.last_position()
            )
            assert (measured.quantity, measured.events) == (Decimal(0), 0)
        assert store.measure_by_day(TOKENS, customer_id=ACME, days=[], to_position=0) == []


def test_events_come_in_pages_by_position(store: PostgresStore) -> None:
    send(store, [used(str(number), f"2026-01-{30 - number:02}T00:00:00Z") for number in range(1, 8)])
    seen: list[str] = []
    after = 0
    while True:
        with store.transaction():
            page = store.events(
                customer_id=ACME,
                event_type="inference",
                period=JANUARY,
                to_position=6,
                after_position=after,
                limit=4,
            )
        if not page:
            break
        seen += [one.event.id for one in page]
        after = page[-1].position
    assert seen == ["1", "2", "3", "4", "5", "6"]


def test_every_event_is_billed_late_open_or_unattributed(store: PostgresStore) -> None:
    """INV-21: exactly one of them, and the counts reconcile."""
    open_books(store)
    with store.transaction():
        store.add_customer(Customer(NOBODY, "nobody", "Nobody", "UTC"), email=None, created_at=NOW)
    strangers = UsageEvent("api", "stranger", "inference", "nobody", None, {"tokens": 1})
    unpriced = UsageEvent("api", "unpriced", "storage", "acme", None, {"tokens": 1})
    send(
        store,
        [
            used("before", "2026-01-09T23:59:59Z"),
            used("first", "2026-01-10T00:00:00Z"),
            used("last", "2026-01-31T23:59:59.999999Z"),
            used("open", "2026-03-01T00:00:00Z"),
            Accepted(strangers, NOBODY, at("2026-01-20")),
            Accepted(unpriced, ACME, at("2026-01-20")),
        ],
    )
    close(store, "2026-02-28")
    send(store, [used("late", "2026-01-20T00:00:00Z"), used("open too", "2026-06-01T00:00:00Z")])
    with store.transaction():
        counts = store.counts()
        unattributed = store.unattributed()
        of_nobody = store.unattributed(customer_id=NOBODY)
    assert (counts.billed, counts.open, counts.late, counts.unattributed) == (2, 2, 1, 3)
    assert counts.accepted == 8
    told = {(one.customer_id, one.type, one.events, one.first_at) for one in unattributed}
    assert told == {
        (ACME, "inference", 1, at("2026-01-09T23:59:59Z")),
        (ACME, "storage", 1, at("2026-01-20")),
        (NOBODY, "inference", 1, at("2026-01-20")),
    }
    assert [(one.type, one.last_at) for one in of_nobody] == [("inference", at("2026-01-20"))]


def test_the_unattributed_add_up_to_their_count(store: PostgresStore) -> None:
    """INV-21: what is named customer by customer is what is counted, before and after a close."""
    open_books(store)
    days = ["2026-01-02", "2026-01-09", "2026-01-10", "2026-01-25", "2026-02-11", "2026-04-01"]
    send(store, [used(f"{day} {again}", f"{day}T12:00:00Z") for day in days for again in range(2)])
    for through in (None, "2026-01-31", "2026-03-31"):
        if through is not None:
            close(store, through)
        with store.transaction():
            counted, named = store.counts().unattributed, store.unattributed()
        assert counted == sum(one.events for one in named) == 4
        assert [(one.first_at, one.last_at) for one in named] == [(at("2026-01-02T12:00"), at("2026-01-09T12:00"))]


def test_no_event_is_anywhere_when_there_is_none(store: PostgresStore) -> None:
    with store.transaction():
        counts = store.counts()
    assert (counts.accepted, counts.billed, counts.open, counts.late, counts.unattributed) == (0, 0, 0, 0, 0)
