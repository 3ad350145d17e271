"""Requests that come together are kept together; what waits is bounded, and nobody waits for another seller's flood."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from farthing.core.metering.event import UsageEvent
from farthing.core.refused import Busy
from farthing.http_api.ingestion import Answer, Ingestion
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.quick import quick_events
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import Recorder
from tests.databases import new_seller
from tests.http_api.callers import METERS, NOW, HeldInstallation


def plain(*ids: str, source: str = "api") -> Any:
    events = ",".join(
        f'{{"id":"{one}","source":"{source}","type":"completion","subject":"acme","data":{{"tokens":1}}}}'
        for one in ids
    )
    quick = quick_events(f"[{events}]".encode(), "application/json")
    assert quick is not None
    return quick


@contextmanager
def held(store: PostgresStore) -> Iterator[None]:
    """Nobody of this seller can accept an event while the block lasts."""
    holds, release = threading.Event(), threading.Event()

    def hold() -> None:
        with store.transaction():
            store.hold_acceptance()
            holds.set()
            release.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait(60)
    try:
        yield
    finally:
        release.set()
        thread.join()


def run(act: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(act(), timeout=60))


def counted(store: PostgresStore) -> int:
    with store.transaction():
        return store.counts().accepted


@pytest.fixture
def other(shared_database: Database) -> PostgresStore:
    seller = new_seller()
    shared_database.add_seller(seller)
    store = shared_database.for_seller(seller.seller_id)
    apply_catalogue(store, meters=METERS, plans=[], now=NOW)
    add_customer(store, key="acme", name="Acme", in_zone="UTC", now=NOW)
    return store


def test_what_waits_together_is_answered_each_for_itself(acme: PostgresStore, shared_database: Database) -> None:
    ingestion = Ingestion(HeldInstallation(shared_database))

    async def act() -> None:
        with held(acme):
            asked = [
                asyncio.create_task(ingestion.keep(acme.seller_id, plain(*ids), size_bytes=100))
                for ids in (("1", "2"), ("2", "3"), ("4",), ("4", "5", "4"))
            ]
            unknown = UsageEvent("api", "6", "nothing", "acme", None, {})
            asked.append(asyncio.create_task(ingestion.keep(acme.seller_id, [None], {0: unknown}, size_bytes=9)))
            await asyncio.sleep(0.3)
            assert not any(task.done() for task in asked)
        answers: list[Answer] = await asyncio.gather(*asked)
        told = [{index: one.outcome for index, one in answer.items()} for answer in answers]
        again = Outcome.DUPLICATE
        assert told == [{}, {0: again}, {}, {0: again, 2: again}, {0: Outcome.QUARANTINED}]
        assert "No meter counts" in answers[-1][0].reason

    run(act)
    assert counted(acme) == 5


def test_more_than_may_wait_is_sent_away_with_when_to_come_back_and_what_waits_is_kept(
    acme: PostgresStore, shared_database: Database
) -> None:
    ingestion = Ingestion(HeldInstallation(shared_database), most_waiting=5)

    async def act() -> None:
        with held(acme):
            waits = [
                asyncio.create_task(ingestion.keep(acme.seller_id, plain(one, f"{one}b"), size_bytes=9)) for one in "12"
            ]
            await asyncio.sleep(0.1)
            with pytest.raises(ToldProblem) as sent_away:
                await ingestion.keep(acme.seller_id, plain("3", "4"), size_bytes=9)
            waits.append(asyncio.create_task(ingestion.keep(acme.seller_id, plain("5"), size_bytes=9)))
            await asyncio.sleep(0.1)
        assert await asyncio.gather(*waits) == [{}, {}, {}]
        assert sent_away.value.status == 429
        assert sent_away.value.headers is not None
        assert int(sent_away.value.headers["Retry-After"]) >= 1
        assert sent_away.value.headers["RateLimit"].startswith('"waiting";r=0;t=')
        assert "nothing of this request was kept" in sent_away.value.detail
        assert await ingestion.keep(acme.seller_id, plain("3", "4"), size_bytes=9) == {}

    run(act)
    assert counted(acme) == 7


def test_one_request_that_is_larger_than_all_that_may_wait_is_kept_when_nobody_waits(
    acme: PostgresStore, shared_database: Database
) -> None:
    ingestion = Ingestion(HeldInstallation(shared_database), most_waiting=2)

    async def act() -> None:
        assert await ingestion.keep(acme.seller_id, plain("1", "2", "3"), size_bytes=9) == {}

    run(act)


def test_a_large_body_takes_the_room_of_many_events(acme: PostgresStore, shared_database: Database) -> None:
    ingestion = Ingestion(HeldInstallation(shared_database), most_waiting=5)

    async def act() -> None:
        with held(acme):
            waits = asyncio.create_task(ingestion.keep(acme.seller_id, plain("1"), size_bytes=5 * 1024))
            await asyncio.sleep(0.1)
            with pytest.raises(ToldProblem, match="wait to be kept"):
                await ingestion.keep(acme.seller_id, plain("2"), size_bytes=9)
        assert await waits == {}

    run(act)


def test_a_flood_of_one_seller_keeps_no_other_waiting(
    acme: PostgresStore, other: PostgresStore, shared_database: Database
) -> None:
    ingestion = Ingestion(HeldInstallation(shared_database), most_waiting=10)

    async def act() -> None:
        with held(acme):
            flood = [
                asyncio.create_task(ingestion.keep(acme.seller_id, plain(str(number)), size_bytes=9))
                for number in range(10)
            ]
            await asyncio.sleep(0.2)
            with pytest.raises(ToldProblem):
                await ingestion.keep(acme.seller_id, plain("more"), size_bytes=9)
            for number in range(5):
                assert await ingestion.keep(other.seller_id, plain(str(number)), size_bytes=9) == {}
            assert not any(task.done() for task in flood)
        await asyncio.gather(*flood)

    run(act)
    assert (counted(acme), counted(other)) == (10, 5)


def test_what_nobody_foresaw_is_told_to_its_sender_alone(acme: PostgresStore, shared_database: Database) -> None:
    ingestion = Ingestion(HeldInstallation(shared_database))
    broken = UsageEvent("api", "9", "completion", "acme", None, {"tokens": object()})

    async def act() -> None:
        with held(acme):
            good = asyncio.create_task(ingestion.keep(acme.seller_id, plain("1"), size_bytes=9))
            bad = asyncio.create_task(ingestion.keep(acme.seller_id, [None], {0: broken}, size_bytes=9))
            more = asyncio.create_task(ingestion.keep(acme.seller_id, plain("2"), size_bytes=9))
            await asyncio.sleep(0.2)
        assert await good == {}
        assert await more == {}
        with pytest.raises(Exception, match="object"):
            await bad

    run(act)
    assert counted(acme) == 2


class Poison:
    """What no reader makes: looking at it ends a thread."""

    def __getattr__(self, name: str) -> str:
        raise SystemExit(name)


def test_whatever_ends_a_writer_its_sender_hears_of_it_and_the_next_is_written_for(
    acme: PostgresStore, shared_database: Database
) -> None:
    ingestion = Ingestion(HeldInstallation(shared_database))

    async def act() -> None:
        assert await ingestion.keep(acme.seller_id, plain("0"), size_bytes=9) == {}
        for _ in range(10):
            with pytest.raises(Busy, match="send it again"):
                await ingestion.keep(acme.seller_id, [Poison()], size_bytes=9)  # type: ignore[list-item]
        assert await ingestion.keep(acme.seller_id, plain("1"), size_bytes=9) == {}

    run(act)
    assert counted(acme) == 2


def test_who_waits_too_long_for_somebody_else_is_told_to_come_back(acme: PostgresStore) -> None:
    recorder = Recorder(acme)
    with held(acme), pytest.raises(Busy, match="longer than we wait"):
        recorder.record(plain("1"), {}, world=NOW)
    assert recorder.record(plain("1"), {}, world=NOW) == {}
