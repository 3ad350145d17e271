"""Events as lines: a stream of any length is kept while it arrives, and its answer counts all of it."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack

import httpx2
import pytest
from fastapi import FastAPI

from farthing.documents.printer import Printer
from farthing.http_api.app import make_app
from farthing.http_api.ingestion import Ingestion
from farthing.http_api.lines import MOST_LINES, Lines, Part
from farthing.http_api.problems import Told
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.vault import Vault
from farthing.usecases.api_keys import new_api_key
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from tests.databases import DatabaseUrls, new_seller
from tests.http_api.callers import METERS, NOW, Api, HeldInstallation, event
from tests.http_api.test_ingestion import held, plain

NDJSON = "application/x-ndjson"


def lines_of(*events: object) -> bytes:
    return "".join(f"{json.dumps(one)}\n" for one in events).encode()


def accepted(store: PostgresStore) -> int:
    with store.transaction():
        return store.counts().accepted


@pytest.mark.parametrize("media_type", [NDJSON, "application/jsonl; charset=utf-8"])
def test_every_line_is_an_event_and_the_last_needs_no_end(api: Api, acme: PostgresStore, media_type: str) -> None:
    body = lines_of(event("1")) + b"\r\n  \n" + lines_of(event("2"), event("3")).rstrip()
    assert api.post("/v1/events", body, Content_Type=media_type).json()["accepted"] == 3
    assert accepted(acme) == 3


def test_a_line_that_is_no_event_is_refused_and_the_others_count(api: Api, acme: PostgresStore) -> None:
    good, other = json.dumps(event("1")).encode(), json.dumps(event("2")).encode()
    body = b"\n".join([good, b"{", b"\n\xff", b'{"id": NaN}', good, b"7", b'{"a": 1, "a": 2}', b"[" * 9999, other])
    told = api.post("/v1/events", body, Content_Type=NDJSON).json()
    assert (told["accepted"], told["duplicate"], told["refused"], told["more"]) == (2, 1, 6, 0)
    assert [one["index"] for one in told["events"]] == [1, 2, 3, 4, 5, 6, 7]
    assert all(one["reason"].endswith(".") for one in told["events"])
    assert accepted(acme) == 2


def test_a_stream_may_hold_more_than_one_request_of_another_form(api: Api, acme: PostgresStore) -> None:
    padding = {"tokens": 1, "padding": "x" * 1000}
    body = lines_of(*(event(str(number), data=padding) for number in range(10_500)))
    assert len(body) > 10 * 1024 * 1024

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 50_000):
            yield body[start : start + 50_000]

    named = {"Authorization": f"Bearer {api.key}", "Content-Type": NDJSON}
    answer = api.client.post("/v1/events", content=pieces(), headers=named).json()
    assert answer["accepted"] == 10_500
    again = api.post("/v1/events", gzip.compress(body, 1), Content_Type=NDJSON, Content_Encoding="gzip").json()
    assert (again["accepted"], again["duplicate"]) == (0, 10_500)
    assert (len(again["events"]), again["more"]) == (10_000, 500)
    assert accepted(acme) == 10_500


def test_what_was_kept_before_a_stream_broke_stays_and_the_answer_says_so(api: Api, acme: PostgresStore) -> None:
    body = lines_of(*(event(str(number)) for number in range(2_500)))
    packed = gzip.compress(body)[:-20]
    answer = api.post("/v1/events", packed, Content_Type=NDJSON, Content_Encoding="gzip")
    assert (answer.status_code, answer.json()["code"]) == (400, "broken_off")
    assert "The first 2000 events were worked through before (2000 accepted)" in answer.json()["detail"]
    assert accepted(acme) == 2_000
    again = api.post("/v1/events", body, Content_Type=NDJSON).json()
    assert (again["accepted"], again["duplicate"]) == (500, 2_000)


def test_a_connection_that_breaks_halfway_leaves_whole_thousands(api: Api, acme: PostgresStore, address: str) -> None:
    body = lines_of(*(event(str(number)) for number in range(2_500)))
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /v1/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {api.key}\r\n"
        head += f"Content-Type: {NDJSON}\r\nContent-Length: {len(body) * 2}\r\n\r\n"
        connection.sendall(head.encode() + body)
        deadline = time.monotonic() + 30
        while accepted(acme) < 2_000 and time.monotonic() < deadline:
            time.sleep(0.02)
    assert accepted(acme) == 2_000
    again = api.post("/v1/events", body, Content_Type=NDJSON).json()
    assert (again["accepted"], again["duplicate"]) == (500, 2_000)


def test_a_line_that_never_ends_is_answered(api: Api, acme: PostgresStore) -> None:
    answer = api.post("/v1/events", lines_of(event("1")) + b"x" * 1_200_000, Content_Type=NDJSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "Line 2 is longer than 1 MB" in answer.json()["detail"]
    assert accepted(acme) == 0


@pytest.mark.parametrize("at_once", [1, 7, 65_536])
def test_lines_are_the_same_however_they_arrive(at_once: int) -> None:
    lines = Lines("identity")
    body = lines_of(*(event("ü" * number) for number in range(1, 50)))
    parts: list[Part] = []
    for start in range(0, len(body), at_once):
        parts += lines.take(body[start : start + at_once])
    parts += lines.finish()
    assert [part.first for part in parts] == [0]
    sent = parts[0].sent
    seen = [(one or sent.others[index]).id for index, one in enumerate(sent.plain)]
    assert seen == ["ü" * number for number in range(1, 50)]


def test_a_long_stream_takes_no_more_memory_than_a_short_one() -> None:
    def peak(events: int) -> int:
        lines = Lines("identity")
        part = lines_of(*(event(str(number)) for number in range(500)))
        tracemalloc.start()
        try:
            for _ in range(events // 500):
                for given in lines.take(part):
                    assert len(given.sent.plain) == 1000
            assert not list(lines.finish())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(20_000) < 2 * peak(2_000)


def test_a_stream_of_as_many_lines_as_there_may_be_is_read_and_one_more_is_told() -> None:
    lines = Lines("identity")
    assert list(lines.take(b"\n" * MOST_LINES)) == []
    assert list(lines.finish()) == []
    with pytest.raises(Told, match="more than 1000000 lines"):
        list(lines.take(b"\n"))


def test_lines_that_hold_very_many_values_are_given_on_in_smaller_parts() -> None:
    nested = event("1", data={"a": [[]] * 100_000})
    body = lines_of(*[nested] * 20)
    parts = list(Lines("gzip").take(gzip.compress(body)))
    assert [len(part.sent.plain) for part in parts] == [1] * 20
    assert all(part.sent.size_bytes > 100_000 * 56 for part in parts)


async def pieces_until(store: PostgresStore, then: Callable[[], Coroutine[None, None, None]]) -> AsyncIterator[bytes]:
    """A thousand events; when they are kept, what happens then; and a thousand more."""
    yield lines_of(*(event(str(number)) for number in range(1000)))
    deadline = time.monotonic() + 30
    while await asyncio.to_thread(accepted, store) < 1000 and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    await then()
    yield lines_of(*(event(str(number)) for number in range(1000, 2000)))


async def streamed(app: FastAPI, store: PostgresStore, pieces: AsyncIterator[bytes]) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app)
    named = {"Authorization": f"Bearer {new_api_key(store, label='test', now=NOW)}", "Content-Type": NDJSON}
    async with httpx2.AsyncClient(transport=transport, base_url="http://farthing", timeout=60) as client:
        return await client.post("/v1/events", content=pieces, headers=named)


def test_a_stream_for_which_there_is_no_more_room_is_told_what_stays(
    acme: PostgresStore, shared_database: Database
) -> None:
    app = make_app(HeldInstallation(shared_database), Printer())
    app.state.ingestion = Ingestion(HeldInstallation(shared_database), most_waiting=1500)

    async def act() -> None:
        with ExitStack() as stack:
            others: list[asyncio.Task[object]] = []

            async def fill() -> None:
                await asyncio.to_thread(stack.enter_context, held(acme))
                keeping = app.state.ingestion.keep(acme.seller_id, plain(*map("z{}".format, range(1000))), size_bytes=9)
                others.append(asyncio.create_task(keeping))
                await asyncio.sleep(0.1)

            answer = await streamed(app, acme, pieces_until(acme, fill))
            stack.close()
            await asyncio.gather(*others)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_much")
        detail = answer.json()["detail"]
        assert detail.startswith(
            f"Too many of your events wait to be kept; send the rest again in {answer.headers['retry-after']} second"
        )
        assert "The first 1000 events were worked through before (1000 accepted)" in detail
        assert "nothing" not in detail

    asyncio.run(act())
    assert accepted(acme) == 2000


def test_a_stream_during_which_the_database_goes_away_is_told_what_stays(
    database: Database, database_urls: DatabaseUrls, vault: Vault
) -> None:
    seller = new_seller()
    database.add_seller(seller)
    store = database.for_seller(seller.seller_id)
    apply_catalogue(store, meters=METERS, plans=[], now=NOW)
    add_customer(store, key="acme", name="Acme", in_zone="UTC", now=NOW)
    leaving = Database(database_urls.app, vault=vault)
    app = make_app(HeldInstallation(database), Printer())
    app.state.ingestion = Ingestion(HeldInstallation(leaving))

    async def leave() -> None:
        await asyncio.to_thread(leaving.close)

    answer = asyncio.run(streamed(app, store, pieces_until(store, leave)))
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.headers["retry-after"]
    assert (
        "That is about the rest of the stream: the first 1000 events were worked through before (1000 accepted) and "
        "what was accepted stays; sending all of them again is safe."
    ) in answer.json()["detail"]
    assert accepted(store) == 1000
