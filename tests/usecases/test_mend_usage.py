"""Mending usage: what was kept apart counts once it or its cause is mended, once, and nothing of it is lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from farthing.core.ids import id_of
from farthing.core.metering.event import read_event
from farthing.core.period import Period
from farthing.core.refused import Refused, Unknown
from farthing.postgres.database import PostgresStore
from farthing.usecases.customers import add_customer
from farthing.usecases.mend_usage import mend, replay
from farthing.usecases.ports import ALL_APART, ApartEvent, ApartWhich, KeptEvent
from farthing.usecases.record_usage import record_usage
from tests.databases import NOW
from tests.usecases.shop import at_once, instant, open_shop, outcomes, record, sent
from tests.usecases.test_record_usage import kept


def of(subject: str, event_id: str, **members: object) -> dict[str, Any]:
    """An event of another customer's."""
    return {**dict(sent(event_id)), "subject": subject, **members}  # type: ignore[call-overload]


def take_on(store: PostgresStore, key: str) -> None:
    add_customer(store, key=key, name=key.title(), in_zone="UTC", now=NOW)


def apart(store: PostgresStore, which: ApartWhich = ALL_APART) -> list[ApartEvent]:
    with store.transaction():
        return store.quarantine(which=which, limit=1000)


def accepted(store: PostgresStore) -> int:
    with store.transaction():
        return store.counts().accepted


def of_globex(store: PostgresStore) -> list[KeptEvent]:
    with store.transaction():
        customer = store.customer_by_key("globex")
        assert customer is not None
        return store.events(
            customer_id=customer.customer_id,
            event_type="completion",
            period=Period(instant("2020-01-01"), instant("2030-01-01")),
            to_position=store.last_position(),
            limit=10_000,
        )


def test_what_is_good_by_now_is_accepted_and_the_rest_stays_for_todays_reason(store: PostgresStore) -> None:
    open_shop(store)
    record(store, of("globex", "1"), of("globex", "2", data={"words": 1}), of("initech", "3"))
    before = {one.key: one.received_at for one in apart(store)}
    take_on(store, "globex")
    done = replay(store, ALL_APART, now=NOW + timedelta(days=1))
    assert (done.looked_at, done.accepted, done.quarantined, done.next_after) == (3, 1, 2, None)
    left = {one.event["id"]: one for one in apart(store)}
    assert sorted(left) == ["2", "3"]
    assert "no “tokens”" in left["2"].reason
    assert "initech" in left["3"].reason
    assert all(one.received_at == before[one.key] for one in left.values())
    assert accepted(store) == 1
    again = replay(store, ALL_APART, now=NOW + timedelta(days=1))
    assert (again.looked_at, again.accepted) == (2, 0)


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (ApartWhich(subject="globex"), "12"),
        (ApartWhich(type="completoin"), "4"),
        (ApartWhich(source="other"), "3"),
        (ApartWhich(reason="KEY “INITECH”"), "3"),
        (ApartWhich(subject="globex", reason="100%"), ""),
        (ApartWhich(subject="acme", type="completoin"), "4"),
        (ApartWhich(subject='a "quoted", \\ .* subject:é💶'), "5"),
        (ApartWhich(subject="nested"), ""),
        (ApartWhich(type=".*"), ""),
        (ApartWhich(key=id_of("event", "other", "3")), "3"),
        (ALL_APART, "12345"),
    ],
)
def test_events_kept_apart_are_found_by_what_they_say(store: PostgresStore, which: ApartWhich, found: str) -> None:
    open_shop(store)
    misleading = {"source": "other", "subject": "nested", "time": None, "type": "completion"}
    record(
        store,
        of("globex", "1", data={"tokens": "\x00", "a": misleading}),
        of("globex", "2", time=None),
        of("initech", "3", source="other"),
        of("acme", "4", type="completoin"),
        of('a "quoted", \\ .* subject:é💶', "5"),
    )
    assert "".join(sorted(one.event["id"] for one in apart(store, which))) == found
    with store.transaction():
        reasons = store.quarantine_by_reason(which=which)
    assert sum(one.events for one in reasons) == len(found)
    assert all(one.all_events == len(found) for one in reasons)


def test_a_replay_by_filter_leaves_the_others_alone(store: PostgresStore) -> None:
    open_shop(store)
    record(store, *(of(name, f"{name}-{number}") for name in ("globex", "initech") for number in range(3)))
    for name in ("globex", "initech"):
        take_on(store, name)
    assert replay(store, ApartWhich(subject="globex"), now=NOW).accepted == 3
    assert {one.event["subject"] for one in apart(store)} == {"initech"}


def test_a_long_replay_goes_on_where_it_stopped(store: PostgresStore) -> None:
    open_shop(store)
    record(store, *(of("globex", str(number)) for number in range(1_203)))
    first = replay(store, ALL_APART, now=NOW, limit=700)
    assert (first.looked_at, first.quarantined) == (700, 700)
    take_on(store, "globex")
    second = replay(store, ALL_APART, now=NOW, after=first.next_after)
    assert (second.accepted, second.next_after) == (503, None)
    assert len(apart(store)) == 700
    assert replay(store, ALL_APART, now=NOW).accepted == 700
    assert accepted(store) == 1_203


def test_an_event_without_a_time_happened_when_it_was_received(store: PostgresStore) -> None:
    open_shop(store)
    record(store, of("globex", "1", time=None))
    take_on(store, "globex")
    assert replay(store, ALL_APART, now=NOW + timedelta(days=40)).accepted == 1
    (one,) = of_globex(store)
    assert one.happened_at == NOW
    assert one.accepted_at == NOW + timedelta(days=40)


def test_of_several_with_one_key_the_last_received_is_accepted_and_the_others_stay_readable(
    store: PostgresStore,
) -> None:
    open_shop(store)
    record_usage(store, [of("globex", "1", data={"tokens": 1})], now=NOW)
    record_usage(store, [of("globex", "1", data={"tokens": 2})], now=NOW + timedelta(hours=1))
    record_usage(store, [of("globex", "1", data={"words": 3})], now=NOW + timedelta(hours=2))
    take_on(store, "globex")
    done = replay(store, ApartWhich(reason="globex"), now=NOW + timedelta(hours=3))
    assert (done.looked_at, done.accepted, done.conflict) == (3, 1, 2)
    assert [one.event.data for one in of_globex(store)] == [{"tokens": 2}]
    with store.transaction():
        assert store.quarantine() == []
        assert sorted(str(one.event["data"]) for one in store.conflicts()) == ["{'tokens': 1}", "{'words': 3}"]


def test_replays_and_senders_at_once_accept_each_event_once(store: PostgresStore) -> None:
    open_shop(store)
    events = [of("globex", str(number)) for number in range(1_500)]
    record(store, *events)
    take_on(store, "globex")

    def act(number: int) -> int:
        if number < 4:
            return replay(store, ALL_APART, now=NOW).accepted
        mine = events[:: 1 if number == 4 else -1]
        parts = [record(store, *mine[start : start + 100]) for start in range(0, len(mine), 100)]
        return sum(outcomes(part).count("accepted") for part in parts)

    answers = at_once(*(partial(act, number) for number in range(6)))
    assert [one for one in answers if isinstance(one, Exception)] == []
    assert sum(one for one in answers if isinstance(one, int)) == 1_500
    assert accepted(store) == 1_500
    assert apart(store) == []
    with store.transaction():
        assert store.conflicts() == []


def test_a_corrected_event_is_accepted_in_place_of_what_was_kept(store: PostgresStore) -> None:
    open_shop(store)
    wrong = of("globexx", "1", time=None)
    record(store, wrong)
    take_on(store, "globex")
    (kept_apart,) = apart(store)
    exact = Decimal("0.100000000000000001")
    corrected = {"type": "completion", "subject": "globex", "data": {"tokens": exact}}
    mend(store, kept_apart.key, corrected, now=NOW + timedelta(days=3))
    (one,) = of_globex(store)
    assert (one.event.key, one.event.data, one.happened_at) == (kept_apart.key, {"tokens": exact}, NOW)
    assert apart(store) == []
    with store.transaction():
        assert [said.event["subject"] for said in store.conflicts()] == ["globexx"]
    assert outcomes(record(store, wrong, {**corrected, "source": wrong["source"], "id": "1"})) == [
        "conflict",
        "duplicate",
    ]
    with pytest.raises(Unknown, match="mended meanwhile"):
        mend(store, kept_apart.key, corrected, now=NOW)


@pytest.mark.parametrize(
    ("corrected", "says"),
    [
        ({"subject": "nobody"}, "not good yet, and nothing was changed. No customer has the key “nobody”"),
        ({"id": "2"}, "keeps its source and id"),
        ({"source": 7}, "has no source"),
        ({"data": []}, "no JSON object"),
    ],
)
def test_a_correction_that_is_not_good_changes_nothing(
    store: PostgresStore, corrected: dict[str, Any], says: str
) -> None:
    open_shop(store)
    record(store, of("globex", "1"))
    (before,) = apart(store)
    usual = {"type": "completion", "subject": "acme", "data": {"tokens": 1}}
    with pytest.raises(Refused, match=says):
        mend(store, before.key, {**usual, **corrected}, now=NOW)
    assert apart(store) == [before]
    assert kept(store) == []


def test_what_is_nested_too_deep_to_be_read_again_stays(store: PostgresStore) -> None:
    open_shop(store)
    nested: object = 7
    for _ in range(3000):
        nested = [nested]
    event = read_event({**of("globex", "1"), "data": {"a": nested}})
    record(store, {**of("globex", "1"), "data": {"a": nested}})
    take_on(store, "globex")
    done = replay(store, ALL_APART, now=NOW)
    assert (done.looked_at, done.quarantined) == (1, 1)
    assert [one.key for one in apart(store)] == [event.key]


def test_an_event_without_a_time_happened_when_it_came_first_however_often_it_came_again(store: PostgresStore) -> None:
    open_shop(store)
    untimed = {name: value for name, value in of("globex", "1").items() if name != "time"}
    record_usage(store, [untimed], now=NOW)
    record_usage(store, [untimed], now=NOW + timedelta(days=30))
    take_on(store, "globex")
    assert replay(store, ALL_APART, now=NOW + timedelta(days=40)).accepted == 1
    assert [kept_event.happened_at for kept_event in of_globex(store)] == [NOW]
