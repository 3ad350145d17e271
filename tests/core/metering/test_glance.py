"""What is accepted at a glance is what the screen would accept, with the same result; a glance decides nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.columns import Columns
from farthing.core.metering.count import Count
from farthing.core.metering.event import UsageEvent, canonical
from farthing.core.metering.filter import Compare, Comparison
from farthing.core.metering.glance import Glance
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.meter import Meter
from farthing.core.metering.screen import Accepted, Screen
from farthing.core.metering.seats import Seats
from farthing.core.metering.total import Sum
from farthing.core.metering.unique import Unique
from farthing.core.metering.value import parse

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
CUSTOMERS = {"acme": UUID(int=1), "globex ✓": UUID(int=2)}
METERS = {
    "call": [Meter("calls", 1, "call", Count())],
    "completion": [
        Meter("tokens", 1, "completion", Sum("tokens")),
        Meter("depth", 1, "completion", Maximum("depth"), where=Compare("tier", Comparison.EQ, "gold")),
    ],
    "request": [Meter("cost", 1, "request", Sum(parse("a / b"))), Meter("users", 1, "request", Unique("user"))],
    "seat": [Meter("seats", 1, "seat", Seats("user"))],
}


@dataclass
class Read:
    """An event as a quick reader gives it."""

    source: str
    id: str
    type: str
    subject: str
    time: str | None
    data: Any
    text: bytes


values = st.one_of(
    st.integers(-(10**17), 10**17),
    st.decimals(-1000, 1000, places=6, allow_nan=False),
    st.sampled_from(["gold", "1.5", "x", "add", "remove", "", "0"]),
    st.booleans(),
    st.none(),
)
names = st.sampled_from(["tokens", "depth", "tier", "a", "b", "user", "action", "other"])
times = st.one_of(
    st.none(),
    st.integers(-10_000_000, 1_774_000_000_000_000)
    .map(lambda at: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at))
    .flatmap(
        lambda at: st.sampled_from(
            [
                at.isoformat(),
                at.isoformat().replace("+00:00", "Z"),
                at.isoformat(sep=" ").replace("+00:00", "z"),
                at.isoformat().replace("+00:00", "+05:30"),
                at.isoformat().removesuffix("+00:00"),
            ]
        )
    ),
    st.sampled_from(
        [
            "2026-03-15T12:05:00Z",
            "2026-03-15T12:05:00.000001Z",
            "2026-02-30T00:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.1234567891Z",
            f"2026-01-01T00:00:00.{'1' * 300}Z",
            "2026-01-01T00:00:00.１Z",
            "2026-W01-1T00:00:00Z",
            "20260101T000000Z",
            "1970-01-02T00:00:00Z",
            "1970-01-01T23:59:59.999999Z",
            "Z",
            "",
        ]
    ),
)
events = st.builds(
    lambda source, event_id, kind, subject, time, data: Read(
        source, event_id, kind, subject, time, data, canonical(data).encode()
    ),
    st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable()),
    st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable()),
    st.sampled_from([*METERS, "unknown", ""]),
    st.sampled_from([*CUSTOMERS, "nobody", ""]),
    times,
    st.dictionaries(names, values, max_size=5),
)


def whole(event: Read) -> UsageEvent:
    return UsageEvent(event.source, event.id, event.type, event.subject, event.time, event.data)


def a_glance() -> Glance:
    glance = Glance(METERS)
    glance.learn(CUSTOMERS)
    return glance


@given(st.lists(events, max_size=6))
def test_what_is_good_at_a_glance_is_good_to_the_screen_and_comes_out_the_same(sent: list[Read]) -> None:
    columns, screened = Columns(), Columns()
    left = a_glance().look(sent, columns, now=NOW)
    screen = Screen(METERS, CUSTOMERS)
    for index, event in enumerate(sent):
        if index not in left:
            result = screen.screen(whole(event), now=NOW)
            assert isinstance(result, Accepted), f"{event} is not good: {result}"
            screened.add(index, result)
    assert columns == screened


def test_the_usual_event_is_good_at_a_glance() -> None:
    usual = [
        Read("api", "1", "completion", "acme", time, {"tokens": tokens, "tier": "free"}, b'{"tier":"free","tokens":1}')
        for time in (None, "2026-03-15T10:00:00Z", "2026-03-15T10:00:00.5+00:00", "2026-03-15T11:00:00+01:00")
        for tokens in (1, Decimal("0.5"))
    ]
    columns = Columns()
    assert a_glance().look(usual, columns, now=NOW) == []
    assert len(columns) == len(usual)


def test_a_glance_knows_a_subject_only_once_it_was_told_whose_it_is() -> None:
    event = Read("api", "1", "call", "acme", None, {}, b"{}")
    glance = Glance(METERS)
    assert glance.look([event], Columns(), now=NOW) == [0]
    glance.learn(CUSTOMERS)
    assert glance.look([event], Columns(), now=NOW) == []


def test_an_event_that_was_read_with_a_doubt_is_left_to_the_screen() -> None:
    event = Read("api", "1", "call", "acme", None, {}, b"")
    assert a_glance().look([event, None], Columns(), now=NOW) == [0]


def test_a_time_beyond_ascii_is_left_to_the_screen() -> None:
    event = Read("api", "1", "call", "acme", "2026-03-15T10:00:00.123456\u0663Z", {}, b"{}")
    assert a_glance().look([event], Columns(), now=NOW) == [0]


def test_the_furthest_ahead_is_the_screens() -> None:
    ahead = (NOW + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    further = (NOW + timedelta(minutes=5, seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    sent = [Read("api", "1", "call", "acme", time, {}, b"{}") for time in (ahead, further)]
    assert a_glance().look(sent, Columns(), now=NOW) == [1]
