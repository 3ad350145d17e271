"""What is added up follows the events exactly once, whoever follows, whatever is killed, and however much there is."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from farthing.core.exact import Exact
from farthing.core.metering.count import Count
from farthing.core.metering.first import First
from farthing.core.metering.latest import Latest
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.meter import Meter, Reading
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.sample import whole
from farthing.core.metering.screen import Accepted
from farthing.core.metering.total import Sum
from farthing.core.metering.unique import Unique
from farthing.core.parties import Seller
from farthing.core.period import Period
from farthing.core.refused import Busy
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.rollup import MOST_CELLS
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.follow_usage import follow_usage
from farthing.usecases.ports import UsageIn
from farthing.usecases.verify_usage import verify_usage
from tests.contracts.test_rollups import end
from tests.core.core_values import ACME, at
from tests.databases import NOW, DatabaseUrls, Server, add_up, follow, fresh_store, send, used
from tests.usecases.shop import at_once, open_shop, record, sent
from tests.usecases.test_correct_usage import amendment, correct

TOKENS = Meter("tokens", 1, "inference", Sum("tokens"))
METERS = [
    TOKENS,
    Meter("calls", 1, "inference", Count()),
    Meter("peak", 1, "inference", Maximum("tokens"), groups=("tokens",)),
    Meter("last", 1, "inference", Latest("tokens")),
    Meter("kinds", 1, "inference", Unique("tokens"), groups=("model",)),
    Meter("median", 1, "inference", Percentile("tokens", Decimal(50))),
]
JANUARY = whole(Period(at("2026-01-01"), at("2026-02-01")))


def some(first: int, last: int) -> list[Accepted]:
    """Events all over January, some at the same instant."""
    hours = (timedelta(hours=number * 37 % 700) for number in range(first, last))
    return [
        used(str(number), f"{at('2026-01-01') + hour:%Y-%m-%dT%H:%M:%SZ}", tokens=number % 7)
        for number, hour in zip(range(first, last), hours, strict=True)
    ]


def usage(store: PostgresStore, meter: Meter, *, group_by: tuple[str, ...] = ()) -> UsageIn:
    """January of Acme's."""
    with store.snapshot():
        return store.usage_in(meter, customer_ids=[ACME], windows=[JANUARY], group_by=group_by)


def wrong(store: PostgresStore) -> list[object]:
    """Where something differs from the events, or has not come as far."""
    verified = verify_usage(store)
    assert verified
    behind = [one.state for one in verified if one.state.position < one.state.last_position]
    return [*behind, *(difference for one in verified for difference in one.differences)]


def test_followers_at_once_add_each_event_once(store: PostgresStore) -> None:
    add_up(store, METERS)

    def sends() -> None:
        kept: list[tuple[int, Accepted]] = []
        last = 0
        for first in range(0, 120, 10):
            events = some(first, first + 10)
            send(store, events)
            kept += [(last + place, event) for place, event in enumerate(events, start=1)]
            # One of this batch ends, and one that was followed for longer.
            end(store, *kept[first + 2])
            last = end(store, *kept[first // 2])

    def follows() -> None:
        for _ in range(40):
            with store.transaction():
                behind = store.rollups_behind()
            for rollup_id in behind:
                with store.transaction():
                    store.follow(rollup_id, now=NOW, most_positions=7)

    assert at_once(sends, follows, follows, follows) == [None] * 4
    follow(store)
    assert wrong(store) == []


def test_a_follower_that_is_killed_in_the_middle_of_a_step_loses_nothing(store: PostgresStore, server: Server) -> None:
    add_up(store, METERS)
    send(store, some(0, 30))
    with store.transaction():
        behind = store.rollups_behind()
    for rollup_id in behind:
        with pytest.raises(Busy), store.transaction():  # noqa: PT012
            store.follow(rollup_id, now=NOW, most_positions=11)
            with psycopg.connect(server.url, autocommit=True) as owner:
                owner.execute("SELECT pg_terminate_backend(%s, 10000)", [store.connection.info.backend_pid])
            store.last_position()
    assert wrong(store) != []
    follow(store)
    assert wrong(store) == []


def test_a_new_meter_is_read_from_events_until_it_has_caught_up(store: PostgresStore) -> None:
    send(store, some(0, 20))
    with store.transaction():
        store.lock_rollups()
        store.keep_rollups([TOKENS], now=NOW)
        (rollup_id,) = store.rollups_behind()
    expected = usage(store, TOKENS).rows
    for _ in range(3):
        with store.transaction():
            assert store.follow(rollup_id, now=NOW, most_positions=6)
        assert (usage(store, TOKENS).position, usage(store, TOKENS).rows) == (20, expected)
    with store.transaction():
        assert not store.follow(rollup_id, now=NOW, most_positions=6)
    send(store, some(20, 21))
    assert (usage(store, TOKENS).position, usage(store, TOKENS).rows) == (20, expected), "it answers by itself now"


def test_what_no_meter_asks_for_any_more_goes_away(store: PostgresStore) -> None:
    send(store, some(0, 20))
    add_up(store, METERS)
    add_up(store, [TOKENS])
    with store.transaction():
        while store.remove_retired():
            pass
        kept = [
            store.connection.execute(f"SELECT count(DISTINCT rollup_id) FROM farthing.{table}").fetchone()
            for table in ("usage_rollup", "usage_by_hour", "usage_by_day")
        ]
    assert [row[0] for row in kept if row is not None] == [1, 1, 1]
    assert wrong(store) == []


def test_meters_that_measure_the_same_are_added_up_once(store: PostgresStore) -> None:
    add_up(store, [TOKENS, replace(TOKENS, key="other", version=3, unit="words")])
    with store.transaction():
        assert [state.meters for state in store.rollups([TOKENS])] == [("tokens",)]


def test_a_day_with_more_groups_than_can_be_kept_is_read_from_its_events(store: PostgresStore) -> None:
    many = replace(TOKENS, groups=("tokens",))
    crowd = [used(f"c{number}", "2026-01-05T10:00:00Z", tokens=number) for number in range(MOST_CELLS)]
    send(store, [*crowd, used("one", "2026-01-06T10:00:00Z", tokens=1)])
    add_up(store, [many])
    assert len(usage(store, many, group_by=("tokens",)).rows) == MOST_CELLS
    send(store, [used("too many", "2026-01-05T11:00:00Z", tokens=MOST_CELLS)])
    follow(store)
    send(store, [used("again", "2026-01-05T11:00:00Z", tokens=3)])
    follow(store)
    found = usage(store, many, group_by=("tokens",)).rows
    assert len(found) == MOST_CELLS + 1
    assert {row.measured.of: row.measured.quantity for row in found}[("3",)] == 6
    with store.transaction():
        rows = store.connection.execute('SELECT count(*) FROM farthing.usage_by_hour WHERE "of" IS NOT NULL').fetchone()
    assert rows == (1,), "only the other day is kept"
    assert usage(store, many).rows[0].measured.events == MOST_CELLS + 3
    assert wrong(store) == []


def test_up_to_now_means_the_events_after_the_rollup_too(store: PostgresStore) -> None:
    events = some(0, 20)
    send(store, events)
    add_up(store, METERS)
    send(store, some(20, 30))
    end(store, 4, events[3])
    end(store, 25, used("24", "2026-01-05T00:00:00Z"))
    counted = [number % 7 for number in range(30) if number not in (3, 24)]
    with store.snapshot():
        told = {
            meter.key: store.measure_up_to_now(Reading(meter, JANUARY), customer_id=ACME)
            for meter in METERS
            if meter.key in ("tokens", "calls", "kinds", "median")
        }
    assert told == {"tokens": sum(counted), "calls": len(counted), "kinds": 7, "median": sorted(counted)[13]}


def test_a_catalogue_that_changes_changes_what_is_added_up(store: PostgresStore) -> None:
    assert not follow_usage(store, now=NOW)
    with store.transaction():
        store.keep_meter(TOKENS, created_at=NOW)
    send(store, some(0, 5))
    assert not follow_usage(store, now=NOW)
    with store.transaction():
        (state,) = store.rollups([TOKENS])
        assert (state.position, state.last_position, state.moved_at, state.ready) == (5, 5, NOW, True)
        store.keep_meter(replace(TOKENS, version=2, measure=Count()), created_at=NOW)
    while follow_usage(store, now=NOW):
        pass
    with store.transaction():
        assert [one.meters for one in store.rollups([replace(TOKENS, measure=Count())])] == [("tokens",)]


def test_a_meter_that_comes_while_the_others_are_being_read_is_added_up_too(
    database: Database, database_urls: DatabaseUrls
) -> None:
    store = fresh_store(database)
    with store.transaction():
        store.keep_meter(TOKENS, created_at=NOW)
    calls = Meter("calls", 1, "call", Count())
    with ThreadPoolExecutor(2) as threads, psycopg.connect(database_urls.owner) as gate:

        def waiting() -> int:
            found = gate.execute(
                """SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
                   WHERE NOT granted AND datname = current_database()"""
            ).fetchone()
            assert found is not None
            return int(found[0])

        # The follower has read the meters when it comes to this table.
        gate.execute("LOCK TABLE farthing.usage_rollup IN ACCESS EXCLUSIVE MODE")
        following = threads.submit(follow_usage, store, now=NOW)
        while waiting() < 1:
            assert not following.done()
            time.sleep(0.01)
        adding = threads.submit(apply_catalogue, store, meters={"calls": calls}, plans=[], now=NOW)
        while waiting() < 2 and not adding.done():
            time.sleep(0.01)
        gate.rollback()
        assert [change.key for change in adding.result()] == ["calls"]
        following.result()
    while follow_usage(store, now=NOW):
        pass
    with store.transaction():
        assert [one.meters for one in store.rollups([TOKENS, calls])] == [("tokens",), ("calls",)]


def test_a_seller_is_followed_only_when_there_is_something_to_follow(
    shared_database: Database, store: PostgresStore, seller: Seller
) -> None:
    def is_waiting() -> bool:
        return seller.seller_id in shared_database.sellers_to_follow()

    assert not is_waiting()
    with store.transaction():
        store.keep_meter(TOKENS, created_at=NOW)
    assert is_waiting()
    follow_usage(store, now=NOW)
    assert not is_waiting()
    send(store, some(0, 1))
    assert is_waiting()
    follow_usage(store, now=NOW)
    assert not is_waiting()


def test_an_amended_event_keeps_its_place_among_those_of_one_instant(store: PostgresStore) -> None:
    """Amended twice and moved by no second, it still came before the other; and what it said first counts no more."""
    open_shop(store)
    first, last, most, total = (
        replace(TOKENS, event_type="completion", measure=measure)
        for measure in (First("tokens"), Latest("tokens"), Maximum("tokens"), Sum("tokens"))
    )
    record(store, sent("a", tokens=100), sent("b", tokens=2))
    add_up(store, [first, last, most, total])
    seen = []
    for number, tokens in enumerate((5, 7)):
        correct(store, amendment(f"c{number}", "a", tokens))
        follow(store)
        seen.append([usage_of(store, meter) for meter in (first, last, most, total)])
    assert seen == [[5, 2, 5, 7], [7, 2, 7, 9]]
    assert wrong(store) == []


def usage_of(store: PostgresStore, meter: Meter) -> Exact:
    """January of the shop's Acme, as it is added up."""
    with store.snapshot():
        customer = store.customer_by_key("acme")
        assert customer is not None
        (row,) = store.usage_in(meter, customer_ids=[customer.customer_id], windows=[JANUARY]).rows
    return row.measured.quantity
