"""INV-18 for rollups: what is added up as events come in is what the core makes of the same events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.core.metering.cutting import Cut, cut
from farthing.core.metering.filter import filter_terms
from farthing.core.metering.measures import Measure
from farthing.core.metering.meter import Measured, Meter, Reading, measure
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.value import text_of
from farthing.core.refused import Refused
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.rollup import rollup_of
from farthing.postgres.written import write_json
from tests.contracts.test_sql_measures import (
    KINDS,
    Values,
    cleanliness,
    maybe_filters,
    numbers,
    plain_texts,
    sent_about,
    windows,
)
from tests.core.core_values import ACME
from tests.databases import add_up, follow, fresh_store, law, send

Told = list[tuple[Window, Measured]] | str
# What can be added up; some of their readings cannot.
SERVED = ("count", "sum", "average", "minimum", "maximum", "unique", "latest", "first", "percentile")
declared_groups = st.sampled_from([(), (), ("host",), ("host", "model"), ("model", "a")])


@dataclass(frozen=True)
class Asked:
    """A question of usage by window."""

    meter: Meter
    windows: list[Window]
    group_by: tuple[str, ...]
    only: dict[str, str]


def end(store: PostgresStore, position: int, one: Any) -> int:
    """End the version of an event at a position; the correction's own position."""
    with store.transaction():
        row = store.connection.execute(
            "UPDATE farthing.usage_counter SET last_position = last_position + 1 RETURNING last_position"
        ).fetchone()
        assert row is not None
        by_position = int(row.last_position)
        store.connection.execute(
            "INSERT INTO farthing.usage_superseded (position, by_position, customer_id, type, happened_at) "
            "VALUES (%s, %s, %s, %s, %s)",
            [position, by_position, one.customer_id, one.event.type, one.happened_at],
        )
    return by_position


def in_core(asked: Asked, samples: Sequence[Sample]) -> Told:
    """The core's cells of each window that has any, or its refusal."""
    names = (*asked.group_by, *(name for name in asked.only if name not in asked.group_by))
    found: list[tuple[Window, Measured]] = []
    for window in asked.windows:
        try:
            cells = measure(Reading(asked.meter, window, group_by=names), samples)
        except Refused as fault:
            return fault.sentence
        for cell in cells:
            held = dict(zip(names, cell.of, strict=True))
            if (cell.events or cell.quantity) and all(held[name] == value for name, value in asked.only.items()):
                of = tuple(held[name] for name in asked.group_by)
                found.append((window, Measured(of, cell.quantity, cell.events)))
    return found


def in_store(store: PostgresStore, asked: Asked) -> Told:
    """The store's."""
    try:
        with store.snapshot():
            usage = store.usage_in(
                asked.meter,
                customer_ids=[ACME],
                windows=asked.windows,
                group_by=asked.group_by,
                only=asked.only,
            )
    except Refused as fault:
        return fault.sentence
    return [(row.window, row.measured) for row in usage.rows]


def compare(told: Told, asked: Asked, samples: Sequence[Sample]) -> None:
    """The store tells what the core tells of the groups that are asked for, or refuses what the core refuses of all."""
    wanted = [
        sample
        for sample in samples
        if all(text_of(sample.data.get(name)) == value for name, value in asked.only.items())
    ]
    if isinstance(told, str):
        assert isinstance(in_core(asked, samples), str), asked
    else:
        assert told == in_core(asked, wanted), asked


@st.composite
def questions(draw: st.DrawFn, measures: st.SearchStrategy[Measure], window: Window) -> Asked:
    """Any windows over any part of a period, by some of the declared groups."""
    groups = draw(declared_groups)
    where = draw(maybe_filters)
    if where is not None and "\\u0000" in write_json(filter_terms(where)):
        where = None  # No catalogue can hold it.
    meter = Meter("m", 1, "inference", draw(measures), where=where, groups=groups)
    by = tuple(name for name in groups if draw(st.booleans()))
    only = {
        name: draw(st.sampled_from(["h1", "gpt-large", "1.5", "1"])) for name in groups if draw(st.integers(0, 3)) == 3
    }
    into = draw(st.sampled_from([None, Cut.HOUR, Cut.DAY, Cut.DAY, Cut.WEEK, Cut.MONTH]))
    cuts = [window] if into is None else list(cut(window.segment, into, in_zone=window.in_zone))
    return Asked(meter, cuts, by, only)


def is_served(asked: Asked) -> bool:
    """Whether it is read from what is added up."""
    return rollup_of(asked.meter, grouped=bool(asked.group_by or asked.only)) is not None


@pytest.mark.parametrize("kind", KINDS)
@settings(parent=law, max_examples=30, phases=[__import__("hypothesis").Phase.generate])
@given(window=windows(), values=cleanliness, steps=st.integers(1, 9), data=st.data())
def test_whatever_is_asked_of_usage_the_core_would_say(
    shared_database: Database, kind: str, window: Window, values: Values, steps: int, data: st.DataObject
) -> None:
    """INV-18: any measure, filter, groups, zone and windows; refusals, too."""
    sent = data.draw(sent_about(window, values))
    asked = data.draw(st.lists(questions(KINDS[kind], window), min_size=3, max_size=4))
    store = fresh_store(shared_database)
    half = len(sent.events) // 2
    send(store, sent.events[:half])
    add_up(store, [one.meter for one in asked], most_positions=steps)
    send(store, sent.events[half:])
    follow(store, most_positions=steps)
    for one in asked:
        compare(in_store(store, one), one, sent.samples(99))


@pytest.mark.parametrize("kind", SERVED)
@settings(parent=law, max_examples=30, phases=[__import__("hypothesis").Phase.generate])
@given(window=windows(), steps=st.integers(1, 9), data=st.data())
def test_what_a_correction_ended_is_taken_away_once(
    shared_database: Database, kind: str, window: Window, steps: int, data: st.DataObject
) -> None:
    sent = data.draw(sent_about(window, numbers | plain_texts))
    for one in sent.events:
        one.event.data.setdefault("a", 1)  # type: ignore[attr-defined]
    asked = [
        one for one in data.draw(st.lists(questions(KINDS[kind], window), min_size=5, max_size=6)) if is_served(one)
    ]
    many = len(sent.events)
    ended = data.draw(st.lists(st.integers(1, max(many, 1)), unique=True, max_size=6)) if many else []
    half = data.draw(st.integers(0, many))
    store = fresh_store(shared_database)
    add_up(store, [one.meter for one in asked])
    send(store, sent.events[:half])
    early = [position for position in ended if position <= half and data.draw(st.booleans())]
    if data.draw(st.booleans()):
        follow(store, most_positions=steps)
    for position in early:
        end(store, position, sent.events[position - 1])
    if data.draw(st.booleans()):
        follow(store, most_positions=steps)
    send(store, sent.events[half:])
    late = [position for position in ended if position not in early]
    # Positions after a correction are higher by as many as there were.
    at = {place: place if place <= half else place + len(early) for place in range(1, many + 1)}
    for position in late:
        end(store, at[position], sent.events[position - 1])
    follow(store, most_positions=steps)
    samples = [sample for sample in sent.samples(99) if sample.position not in ended]
    for one in asked:
        compare(in_store(store, one), one, samples)
