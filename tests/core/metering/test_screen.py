"""Screening: every event is accepted or kept apart with a reason; none is lost, none stops the others."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.count import Count
from farthing.core.metering.event import read_event
from farthing.core.metering.meter import Meter
from farthing.core.metering.sample import Sample, whole
from farthing.core.metering.screen import Accepted, Quarantined, Screen
from farthing.core.metering.total import Sum
from farthing.core.period import Period
from tests.core.core_values import ACME, CALLS, TOKENS, at, json_values

NOW = at("2026-01-05T12:00")
SCREEN = Screen(
    meters_by_type={"inference": [TOKENS, CALLS], "call": [Meter("only-calls", 1, "call", Count())]},
    customers_by_subject={"acme": ACME},
)
GOOD = {
    "id": "1",
    "source": "api",
    "type": "inference",
    "subject": "acme",
    "time": "2026-01-05T10:00:00Z",
    "data": {"tokens": 12},
}


def _screened(change: dict[str, object]) -> Accepted | Quarantined:
    return SCREEN.screen(read_event(GOOD | change), now=NOW)


def _nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("change", "happened_at"),
    [
        ({}, at("2026-01-05T10:00")),
        ({"time": None}, NOW),
        ({"time": "2026-01-05T12:05:00Z"}, NOW + timedelta(minutes=5)),
        ({"time": "2019-05-05T12:05:00Z"}, at("2019-05-05T12:05")),
        ({"data": {"tokens": "1e3"}}, at("2026-01-05T10:00")),
        ({"data": {"tokens": Decimal("-0.5")}}, at("2026-01-05T10:00")),
        ({"data": {"tokens": 0, "note": "naïve 🙂", "tags": [None, True, {"a": []}]}}, at("2026-01-05T10:00")),
        ({"data": {"tokens": 1, "deep": _nested(14)}}, at("2026-01-05T10:00")),
        ({"type": "call", "data": None}, at("2026-01-05T10:00")),
        ({"type": "call", "data": {"tokens": "many"}}, at("2026-01-05T10:00")),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_good_event_is_accepted_at_its_own_time(change: dict[str, object], happened_at: datetime) -> None:
    assert _screened(change) == Accepted(read_event(GOOD | change), ACME, happened_at)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": None}, "has no type"),
        ({"type": "training"}, "No meter counts events of type “training”"),
        ({"type": "x" * 257}, "type is longer than 256"),
        ({"type": 5}, "No meter counts events of type “5”"),
        ({"subject": None}, "has no subject"),
        ({"subject": "globex"}, "No customer has the key “globex”"),
        ({"subject": "ac\x00me"}, "not text"),
        ({"subject": "\udc00"}, "not text"),
        ({"time": "tomorrow"}, "“tomorrow” is not a time"),
        ({"time": ""}, "is not a time"),
        ({"time": 1767607200}, "is not a time"),
        ({"time": "2026-02-31T00:00:00Z"}, "does not exist"),
        ({"time": "2026-01-05T12:05:00.000001Z"}, "5 minutes from now"),
        ({"time": "2026-01-05T16:00:00Z"}, "4 hours from now"),
        ({"time": "2026-02-05T16:00:00Z"}, "31 days from now"),
        ({"time": "1970-01-01T00:00:00Z"}, "happened in 1970"),
        ({"data": None}, "has no “tokens”"),
        ({"data": {}}, "has no “tokens”"),
        ({"data": {"Tokens": 1}}, "has no “tokens”"),
        ({"data": [1]}, "no JSON object"),
        ({"data": "tokens=5"}, "no JSON object"),
        ({"data": {"tokens": None}}, "data.tokens is missing"),
        ({"data": {"tokens": True}}, "data.tokens is no number: it is true"),
        ({"data": {"tokens": ""}}, "data.tokens is missing"),
        ({"data": {"tokens": "12 tokens"}}, "data.tokens is no number: “12 tokens”"),
        ({"data": {"tokens": [12]}}, "data.tokens is no number: it is a list"),
        ({"data": {"tokens": "NaN"}}, "must be finite"),
        ({"data": {"tokens": Decimal("NaN")}}, "must be finite"),
        ({"data": {"tokens": float("nan")}}, "A number in data"),
        ({"data": {"tokens": float("inf")}}, "A number in data"),
        ({"data": {"tokens": "1e999"}}, "too long"),
        ({"data": {"tokens": Decimal("1e999")}}, "too long"),
        ({"data": {"tokens": Decimal("0e999999")}}, "too long"),
        ({"data": {"tokens": 10**38}}, "too long"),
        ({"data": {"tokens": 10**5000}}, "too long"),
        ({"data": {"tokens": Decimal("1e-19")}}, "too long"),
        ({"data": {"tokens": 1, "other": Decimal("1e999")}}, "A number in data"),
        ({"data": {"tokens": 1, "other": 1.5}}, "A number in data"),
        ({"data": {"tokens": 1, "other": ["\ud83d"]}}, "not text"),
        ({"data": {"tokens": 1, "\x00": 1}}, "not text"),
        ({"data": {"tokens": 1, "deep": _nested(15)}}, "nested deeper than 16"),
        ({"data": {"tokens": 1, "deep": _nested(50_000)}}, "nested deeper than 16"),
    ],
    ids=lambda value: ascii(value)[:40] if isinstance(value, str) else "event",
)
def test_a_doubtful_event_is_kept_apart_with_its_reason(change: dict[str, object], reason: str) -> None:
    screened = _screened(change)
    assert isinstance(screened, Quarantined)
    assert reason in screened.reason
    assert screened.reason.endswith(".")
    assert len(screened.reason) < 400
    assert screened.event.key == read_event(GOOD).key
    assert screened.event.content != read_event(GOOD).content


def test_the_meter_that_misses_a_number_is_named() -> None:
    screen = Screen({"inference": [Meter("input_tokens", 1, "inference", Sum("tokens"))]}, {"acme": ACME})
    screened = screen.screen(read_event(GOOD | {"data": {}}), now=NOW)
    assert isinstance(screened, Quarantined)
    assert screened.reason == (
        "data has no “tokens”, which the meter “input_tokens” adds up; put that number there and send it again."
    )


attributes = st.fixed_dictionaries(
    {"id": st.just("1"), "source": st.just("api")},
    optional={
        "type": st.one_of(st.just("inference"), json_values),
        "subject": st.one_of(st.just("acme"), json_values),
        "time": st.one_of(st.just("2026-01-05T10:00:00Z"), json_values),
        "data": st.one_of(st.fixed_dictionaries({"tokens": json_values}), json_values),
    },
)


@given(attributes)
def test_whatever_is_sent_is_accepted_or_kept_apart_and_has_its_content(raw: dict[str, object]) -> None:
    event = read_event(raw)
    assert event.content
    match SCREEN.screen(event, now=NOW):
        case Accepted(happened_at=happened_at):
            assert happened_at <= NOW + SCREEN.furthest_ahead
            assert TOKENS.measure.value_of(event.data).is_finite()
        case Quarantined(reason=reason):
            assert reason.endswith(".")


@given(st.lists(st.decimals(-(10**19), 10**19, places=18, allow_nan=False, allow_infinity=False), max_size=30))
def test_a_sum_is_exact_and_does_not_depend_on_the_order(values: list[Decimal]) -> None:
    events = [Sample(NOW, place, {"tokens": value}) for place, value in enumerate(values)]
    day = whole(Period(NOW, NOW + timedelta(days=1)))
    added = Sum("tokens").of(events, day)
    assert Fraction(added) == sum((Fraction(value) for value in values), start=Fraction(0))
    assert added == Sum("tokens").of(reversed(events), day)
    assert Count().of(events, day) == len(values)
