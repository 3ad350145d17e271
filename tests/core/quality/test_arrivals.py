"""What arrives is added up by source: nothing is lost or counted twice, and no time that is absurd is believed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.event import UsageEvent
from farthing.core.metering.screen import Accepted, Quarantined
from farthing.core.quality.arrivals import arrived, by_source, told_at
from tests.core.quality.hours import MONDAY, hour, hours

OUTCOMES = ("accepted", "duplicate", "conflict", "quarantined")
TIMES = st.one_of(st.none(), st.timedeltas(timedelta(days=-700), timedelta(days=700)).map(lambda by: MONDAY + by))


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(OUTCOMES), TIMES), max_size=50))
def test_every_event_is_counted_once_under_its_source(sent: list[tuple[str, str, datetime | None]]) -> None:
    columns = [list(column) for column in zip(*sent, strict=True)] or [[], [], []]
    found = arrived(*columns, received_at=MONDAY)  # type: ignore[arg-type]
    assert [one.source for one in found] == sorted({source for source, _, _ in sent})
    counted = Counter({(one.source, "accepted"): one.accepted for one in found})
    counted += Counter({(one.source, "duplicate"): one.duplicates for one in found})
    counted += Counter({(one.source, "conflict"): one.conflicts for one in found})
    counted += Counter({(one.source, "quarantined"): one.quarantined for one in found})
    assert counted == Counter((source, outcome) for source, outcome, _ in sent)
    for one in found:
        new = [
            at
            for source, outcome, at in sent
            if source == one.source and outcome in ("accepted", "quarantined") and at is not None
            if abs(at - MONDAY) <= timedelta(days=366)
        ]
        assert (one.earliest_at, one.latest_at) == (min(new, default=None), max(new, default=None))


def test_an_event_tells_its_time_as_far_as_that_can_be_read() -> None:
    event = UsageEvent("eu-1", "1", "call", "acme", "2026-01-05T10:00:00+01:00", {})
    at = datetime.fromisoformat("2026-01-05T09:00:00+00:00")
    assert told_at(Accepted(event, UUID(int=1), at)) == at
    assert told_at(Quarantined(event, "No meter.")) == at
    unsaid = UsageEvent("eu-1", "1", "call", "acme", None, {})
    assert told_at(Accepted(unsaid, UUID(int=1), at)) is None
    unread = UsageEvent("eu-1", "1", "call", "acme", "yesterday", {})
    assert told_at(Quarantined(unread, "“yesterday” is not a time.")) is None


def test_what_came_of_sources_without_a_row_of_their_own_is_nobodys() -> None:
    grouped = by_source([*hours(2), hour(MONDAY, source=""), hour(MONDAY, source="b")])
    assert {source: len(found) for source, found in grouped.items()} == {"eu-1": 2, "b": 1}
