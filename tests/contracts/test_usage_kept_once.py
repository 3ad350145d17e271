"""What every UsageStore promises of keeping: each event once, as it was sent, in the order it was accepted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from farthing.core.metering.event import UsageEvent
from farthing.core.metering.screen import Accepted, Quarantined
from farthing.core.period import Period
from farthing.core.refused import Refused
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.ports import Outcome
from tests.core.core_values import ACME, at
from tests.databases import NOW, apart, fresh_store, law, send, used

JANUARY = Period(at("2026-01-01"), at("2026-02-01"))


def kept(store: PostgresStore, *, period: Period = JANUARY) -> list[str]:
    """The ids of the events that count, by position."""
    with store.transaction():
        events = store.events(
            customer_id=ACME, event_type="inference", period=period, to_position=store.last_position(), limit=10_000
        )
    return [one.event.id for one in events]


def test_an_event_sent_twice_is_kept_once(store: PostgresStore) -> None:
    event = used("1", "2026-01-05T00:00:00Z")
    assert send(store, [event]) == [Outcome.ACCEPTED]
    assert send(store, [event]) == [Outcome.DUPLICATE]
    assert kept(store) == ["1"]


def test_the_same_key_with_other_content_is_a_conflict_and_both_are_kept(store: PostgresStore) -> None:
    send(store, [used("1", "2026-01-05T00:00:00Z", tokens=5)])
    assert send(store, [used("1", "2026-01-05T00:00:00Z", tokens=6)] * 2) == [Outcome.CONFLICT] * 2
    with store.transaction():
        (conflict,) = store.conflicts()
        (event,) = store.events(customer_id=ACME, event_type="inference", period=JANUARY, to_position=9)
    assert (event.event.data, conflict.event["data"]) == ({"tokens": 5}, {"tokens": 6})
    assert conflict.received_at == NOW


def test_in_one_batch_the_first_of_a_key_wins(store: PostgresStore) -> None:
    batch = [used("1", "2026-01-05T00:00:00Z", tokens=tokens) for tokens in (5, 5, 6)]
    assert send(store, batch) == [Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.CONFLICT]


def test_the_same_id_from_another_source_is_another_event(store: PostgresStore) -> None:
    batch = [used("1", "2026-01-05T00:00:00Z", source=source) for source in ("a", "b")]
    assert send(store, batch) == [Outcome.ACCEPTED] * 2


def test_a_good_resend_supersedes_its_quarantined_twin(store: PostgresStore) -> None:
    assert send(store, [apart("1", reason="No customer.")]) == [Outcome.QUARANTINED]
    assert send(store, [apart("1", reason="No meter.")]) == [Outcome.QUARANTINED]
    with store.transaction():
        assert [one.reason for one in store.quarantine()] == ["No meter."]
    assert send(store, [used("1", "2026-01-05T00:00:00Z")]) == [Outcome.ACCEPTED]
    with store.transaction():
        assert store.quarantine() == []


def test_a_quarantined_event_whose_key_is_taken_is_told_as_what_it_is_to_the_holder(store: PostgresStore) -> None:
    send(store, [used("1", "2026-01-05T00:00:00Z", tokens=5)])
    same = Quarantined(used("1", "2026-01-05T00:00:00Z", tokens=5).event, "Its customer is gone.")
    assert send(store, [same, apart("1", tokens=6)]) == [Outcome.DUPLICATE, Outcome.CONFLICT]
    with store.transaction():
        assert store.quarantine() == []


def test_what_is_no_text_survives_in_quarantine(store: PostgresStore) -> None:
    event = UsageEvent("api", "1", "in\x00ference", "\ud800acme", None, {"\udfff": "\x00", "n": Decimal("1.50")})
    assert send(store, [Quarantined(event, "Not \x00 text: \ud800.")]) == [Outcome.QUARANTINED]
    with store.transaction():
        (one,) = store.quarantine()
    assert one.event == {
        "source": "api",
        "id": "1",
        "type": "in\x00ference",
        "subject": "\ud800acme",
        "time": None,
        "data": {"\udfff": "\x00", "n": Decimal("1.5")},
    }


def test_what_is_nested_too_deep_to_be_taken_apart_is_shown_as_text(store: PostgresStore) -> None:
    nested: list[Any] = []
    for _ in range(5000):
        nested = [nested]
    assert send(store, [apart("1", nested=nested)] * 2) == [Outcome.QUARANTINED] * 2
    with store.transaction():
        (one,) = store.quarantine()
    assert one.event["text"].count("[") == 5001


def test_an_event_comes_back_as_it_was_sent(store: PostgresStore) -> None:
    data = {
        "tokens": Decimal("12345678901234567890.123456789012345678"),
        "whole": 99999999999999999999999999999999999999,
        "tiny": Decimal("0.000000000000000001"),
        "text": 'tab\t, "quotes", \\, \n and ключ',
        "nested": {"list": [1, Decimal("2.5"), None, True, "x"]},
    }
    event = UsageEvent("a\\\tb", "1\n", "inference", "acme", "2026-01-05T10:00:00.1234567+01:00", data)
    assert send(store, [Accepted(event, ACME, at("2026-01-05T09:00"))]) == [Outcome.ACCEPTED]
    with store.transaction():
        (one,) = store.events(customer_id=ACME, event_type="inference", period=JANUARY, to_position=9)
    assert one.event == event
    assert one.event.content == event.content
    assert (one.happened_at, one.accepted_at, one.position) == (at("2026-01-05T09:00"), NOW, 1)


def test_nothing_of_a_transaction_that_raises_is_kept(store: PostgresStore) -> None:
    def change_my_mind() -> None:
        with store.transaction():
            store.keep_events([used("1", "2026-01-05T00:00:00Z"), apart("2")], received_at=NOW)
            raise Refused("I changed my mind.")

    with pytest.raises(Refused, match="changed my mind"):
        change_my_mind()
    assert send(store, [used("1", "2026-01-05T00:00:00Z")]) == [Outcome.ACCEPTED]
    with store.transaction():
        assert store.quarantine() == []


def test_two_batches_in_one_transaction_are_both_kept(store: PostgresStore) -> None:
    with store.transaction():
        first = store.keep_events([used("1", "2026-01-05T00:00:00Z")], received_at=NOW)
        second = store.keep_events(
            [used("1", "2026-01-05T00:00:00Z"), used("2", "2026-01-05T00:00:00Z")], received_at=NOW
        )
    assert (first, second) == ([Outcome.ACCEPTED], [Outcome.DUPLICATE, Outcome.ACCEPTED])


def test_no_events_are_no_trouble(store: PostgresStore) -> None:
    assert send(store, []) == []


def test_positions_rise_in_the_order_sent(store: PostgresStore) -> None:
    send(store, [used(str(number), "2026-01-05T00:00:00Z") for number in (3, 1, 2)])
    send(store, [used(str(number), "2026-01-05T00:00:00Z") for number in (2, 9, 5)])
    assert kept(store) == ["3", "1", "2", "9", "5"]


one_sent = st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans())


@law
@given(batches=st.lists(st.lists(one_sent, max_size=8), max_size=4))
@example(batches=[[(0, 0, False), (0, 0, True), (0, 1, False)], [(0, 1, True), (1, 0, False)], [(1, 1, True)]])
def test_a_batch_is_kept_as_if_its_events_had_come_one_by_one(
    shared_database: Database, batches: list[list[tuple[int, int, bool]]]
) -> None:
    """INV-06: one (source, id), one event, for ever; told against the rule written plainly."""
    store = fresh_store(shared_database)
    held: dict[int, int] = {}
    quarantined: set[tuple[int, int]] = set()
    conflicts: set[tuple[int, int]] = set()
    order: list[str] = []
    for batch in batches:
        expected: list[Outcome] = []
        for key, content, is_good in batch:
            if key in held:
                same = held[key] == content
                expected.append(Outcome.DUPLICATE if same else Outcome.CONFLICT)
                conflicts |= set() if same else {(key, content)}
            elif is_good:
                expected.append(Outcome.ACCEPTED)
                held[key] = content
                order.append(str(key))
                quarantined = {(other, said) for other, said in quarantined if other != key}
            else:
                expected.append(Outcome.QUARANTINED)
                quarantined.add((key, content))
        sent: list[Accepted | Quarantined] = []
        for key, content, is_good in batch:
            good = used(str(key), "2026-01-05T00:00:00Z", tokens=content)
            sent.append(good if is_good else Quarantined(good.event, "Not now."))
        assert send(store, sent) == expected
    with store.transaction():
        assert {(int(one.event["id"]), one.event["data"]["tokens"]) for one in store.quarantine()} == quarantined
        assert {(int(one.event["id"]), one.event["data"]["tokens"]) for one in store.conflicts()} == conflicts
        assert store.counts().accepted == len(held)
    assert kept(store) == order


def test_times_are_kept_to_the_microsecond(store: PostgresStore) -> None:
    happened_at = datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)
    send(store, [Accepted(used("1", "2026-01-05T00:00:00Z").event, ACME, happened_at)])
    assert kept(store) == ["1"]
    assert kept(store, period=Period(happened_at, happened_at + timedelta(microseconds=1))) == ["1"]
    assert kept(store, period=Period(JANUARY.start, happened_at)) == []
