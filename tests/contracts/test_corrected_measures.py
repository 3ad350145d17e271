"""INV-18 with corrections: on any events, amended and voided in any order, the store gives what the core gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.core.exact import Exact
from farthing.core.metering.correction import Correction
from farthing.core.metering.meter import Meter, Reading, measure
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.screen import Accepted
from farthing.core.refused import Refused
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.measuring import window_of_day
from farthing.usecases.correction_ports import Effect
from farthing.usecases.show_usage import local_days
from tests.contracts.test_sql_measures import (
    KINDS,
    Told,
    Values,
    cleanliness,
    in_store,
    kept,
    maybe_filters,
    readings,
    sent_about,
    windows,
)
from tests.core.core_values import ACME
from tests.databases import NOW, law


@dataclass(frozen=True)
class Said:
    """What an event said from one position until another, and the place among those of one instant that it kept."""

    event: Accepted
    place: int
    since: int
    until: int | None = None


def samples(said: list[Said], upto: int) -> list[Sample]:
    """Acme's events of the type that is measured, as of a position, in order of instant and place."""
    found = [
        Sample(one.event.happened_at, one.place, one.event.event.data)
        for one in said
        if one.since <= upto and (one.until is None or one.until > upto)
        if one.event.customer_id == ACME and one.event.event.type == "inference"
    ]
    return sorted(found, key=lambda sample: (sample.happened_at, sample.position))


def corrected(
    data: st.DataObject, database: Database, window: Window, values: Values
) -> tuple[PostgresStore, list[Said]]:
    """A store whose events were corrected, and what each of its versions said."""
    sent = data.draw(sent_about(window, values))
    others = data.draw(sent_about(window, values)).events
    store = kept(database, sent)
    said = [Said(event, position, position) for position, event in enumerate(sent.events, start=1)]
    for number, other in enumerate([*others, None, None]):
        in_force = [place for place, one in enumerate(said) if one.until is None]
        if not in_force:
            break
        at = data.draw(st.sampled_from(in_force))
        ended = said[at]
        position = len(sent.events) + number + 1
        of = ended.event.event
        made = None if other is None else replace(other, event=replace(other.event, source=of.source, id=of.id))
        with store.transaction():
            store.hold_acceptance()
            (correctable,) = store.correctable([of.key]).values()
            correction = Correction("ops", str(number), of.source, of.id, "So it was.", "ada", made and made.event)
            store.keep_corrections([Effect(correction, position, correctable, made)], received_at=NOW)
        said[at] = replace(ended, until=position)
        if made is not None:
            said.append(Said(made, ended.place, position))
    return store, said


def in_core(reading: Reading, said: list[Said], upto: int) -> Told:
    """The core's cells, or its refusal."""
    try:
        return measure(reading, samples(said, upto))
    except Refused as fault:
        return fault.sentence


@pytest.mark.parametrize("kind", KINDS)
@settings(parent=law, max_examples=25)
@given(window=windows(), values=cleanliness, upto=st.sampled_from([99, 99, 99, 20, 16, 15, 9]), data=st.data())
def test_whatever_was_corrected_the_store_tells_what_the_core_tells(
    shared_database: Database, kind: str, window: Window, values: Values, upto: int, data: st.DataObject
) -> None:
    """A reading as of a position knows the corrections up to it; an amended event keeps its place among ties."""
    store, said = corrected(data, shared_database, window, values)
    for reading in data.draw(st.lists(readings(kind, window), min_size=4, max_size=6)):
        assert in_store(store, reading, upto) == in_core(reading, said, upto), reading


@pytest.mark.parametrize("kind", ["sum", "latest", "time_weighted", "bucketed"])
@settings(parent=law, max_examples=15)
@given(window=windows(), values=cleanliness, upto=st.sampled_from([99, 18, 15]), data=st.data())
def test_each_day_of_corrected_usage_is_measured_as_a_window_of_its_own(
    shared_database: Database, kind: str, window: Window, values: Values, upto: int, data: st.DataObject
) -> None:
    store, said = corrected(data, shared_database, window, values)
    meter = Meter("m", 1, "inference", data.draw(KINDS[kind]), where=data.draw(maybe_filters))
    days = local_days(window.segment, in_zone=window.in_zone)
    expected: list[tuple[date, Exact, int]] | str = []
    try:
        for day, period in days:
            asked = Reading(meter, window_of_day(day, period, in_zone=window.in_zone))
            (cell,) = measure(asked, samples(said, upto))
            expected.append((day, cell.quantity, cell.events))
    except Refused as fault:
        expected = fault.sentence
    told: Any
    try:
        with store.transaction():
            measured = store.measure_by_day(
                meter, customer_id=ACME, days=days, to_position=upto, in_zone=window.in_zone
            )
        told = [(one.day, one.quantity, one.events) for one in measured]
    except Refused as fault:
        told = fault.sentence
    assert told == expected


@pytest.mark.parametrize("kind", ["sum", "seats", "latest"])
@settings(parent=law, max_examples=15)
@given(window=windows(), values=cleanliness, data=st.data())
def test_versions_that_ended_keep_no_meter_from_the_catalogue(
    shared_database: Database, kind: str, window: Window, values: Values, data: st.DataObject
) -> None:
    store, said = corrected(data, shared_database, window, values)
    meter = Meter("m", 1, "inference", data.draw(KINDS[kind]), where=data.draw(maybe_filters))
    refused = []
    for one in said:
        if one.until is None and one.event.event.type == "inference" and meter.concerns(one.event.event.data):
            try:
                meter.measure.check(one.event.event.data)
            except Refused:
                refused.append(one.since)
    with store.transaction():
        without = store.events_without(meter)
    if without is None:
        assert refused == []
    else:
        assert (without.events, without.first.position) == (len(refused), min(refused))
