"""Events as lines: a stream of any length is kept while it arrives, and its answer counts all of it."""

from __future__ import annotations

import gzip
import json
import socket
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from farthing.http_api.lines import Lines, Part
from farthing.postgres.database import PostgresStore
from tests.http_api.callers import Api, event

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
