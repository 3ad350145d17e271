"""Compressed bodies: gzip and zstd are opened as they come, and no bomb becomes large."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections import deque
from collections.abc import Callable

import pytest
import zstandard

from farthing.http_api.bodies import Form
from farthing.http_api.problems import Told
from farthing.http_api.sent import sent_in
from farthing.http_api.unpacking import Unpacking
from farthing.postgres.database import PostgresStore
from tests.http_api.callers import Api, event

MB = 1024 * 1024
PACKED: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress}
# A frame that has a window of 8 MB, and blocks of four bytes that each stand for 128 KB of spaces.
ZSTD_BOMB = b"\x28\xb5\x2f\xfd\x00\x68" + (((131_072 << 3) | 2).to_bytes(3, "little") + b" ") * 16_000


@pytest.mark.parametrize("coding", PACKED)
@pytest.mark.parametrize("files", [1, 2])
def test_a_compressed_body_counts_as_what_it_holds(api: Api, acme: PostgresStore, coding: str, files: int) -> None:
    body = json.dumps([event(str(number)) for number in range(500)]).encode()
    half = len(body) // files
    packed = b"".join(PACKED[coding](part) for part in (body[:half], body[half:]) if part)
    answer = api.post("/v1/events", packed, Content_Encoding=coding.upper(), Content_Type="application/json")
    assert answer.json()["accepted"] == 500
    with acme.transaction():
        assert acme.counts().accepted == 500


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, zstd"])
def test_a_coding_that_we_do_not_read_is_told_with_those_we_do(api: Api, coding: str) -> None:
    answer = api.post("/v1/events", b"x", Content_Encoding=coding, Content_Type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (415, "compressed")
    assert answer.headers["accept-encoding"] == "gzip, zstd"


@pytest.mark.parametrize("coding", PACKED)
@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
def test_a_body_that_is_not_what_its_coding_says_or_breaks_off_is_told(
    api: Api, acme: PostgresStore, coding: str, media_type: str
) -> None:
    named = {"Content_Encoding": coding, "Content_Type": media_type}
    wrong = api.post("/v1/events", b'{"id": "1"}', **named)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "not_compressed")
    packed = PACKED[coding](json.dumps(event("1")).encode())
    broken = api.post("/v1/events", packed[:-3], **named)
    assert (broken.status_code, broken.json()["code"]) == (400, "broken_off")
    with acme.transaction():
        assert acme.counts().accepted == 0


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("coding", PACKED)
def test_a_bomb_is_answered_in_words(api: Api, coding: str, media_type: str) -> None:
    bomb = ZSTD_BOMB if coding == "zstd" else _gzip_bomb(300 * MB)
    assert len(bomb) < MB
    answer = api.post("/v1/events", bomb, Content_Encoding=coding, Content_Type=media_type)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("coding", PACKED)
def test_opening_a_bomb_takes_little_memory(coding: str) -> None:
    bomb = ZSTD_BOMB if coding == "zstd" else _gzip_bomb(300 * MB)
    pieces = Unpacking(coding, most_bytes=256 * MB).feed(bomb)
    tracemalloc.start()
    try:
        with pytest.raises(Told, match="larger than 256 MB, once it is decompressed"):
            deque(pieces, maxlen=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * MB


NESTED = b'{"id":"%d","source":"s","type":"t","subject":"a","data":{"a":[' + b",".join([b"[]"] * 200_000) + b"]}}"


@pytest.mark.parametrize("coding", PACKED)
def test_a_body_of_too_many_values_is_told_before_any_of_them_is_read(coding: str) -> None:
    body = b"[%b]" % b",".join(NESTED % number for number in range(15))
    packed = PACKED[coding](body)
    assert len(packed) < MB
    tracemalloc.start()
    try:
        with pytest.raises(Told, match="more than 1000000 values"):
            sent_in(packed, Form("application/json", coding))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(body) < 40 * MB


@pytest.mark.parametrize("coding", PACKED)
def test_a_compressed_body_waits_as_what_it_holds(coding: str) -> None:
    body = b"[%b]" % b",".join(NESTED % number for number in range(2))
    sent = sent_in(PACKED[coding](body), Form("application/json", coding))
    assert sorted(sent.others) == [0, 1]
    assert sent.size_bytes == sent_in(body, Form("application/json", "identity")).size_bytes
    # As much as is traced of it, more or less: it may not wait in hundreds as if it were nothing.
    assert sent.size_bytes > 2 * 200_000 * 56


def test_usual_events_wait_as_their_text() -> None:
    body = json.dumps([event(str(number)) for number in range(100)]).encode()
    assert sent_in(gzip.compress(body), Form("application/json", "gzip")).size_bytes == len(body)


@pytest.mark.parametrize("coding", PACKED)
def test_a_compressed_body_is_read_with_care_as_any_other(api: Api, coding: str) -> None:
    body = json.dumps([event("1"), event("2", data="here")]).replace('"here"', '{"tokens": 1, "tokens": 2}').encode()
    answer = api.post("/v1/events", PACKED[coding](body), Content_Encoding=coding, Content_Type="application/json")
    told = answer.json()
    assert (told["accepted"] + told["quarantined"], told["refused"]) == (2, 0)
    assert "says “tokens” twice" in told["events"][-1]["reason"]


def test_a_zstd_frame_that_needs_much_memory_is_told(api: Api) -> None:
    wide = zstandard.ZstdCompressionParameters(window_log=27)
    packing = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    packed = packing.compress(b"[]") + packing.flush()
    answer = api.post("/v1/events", packed, Content_Encoding="zstd", Content_Type="application/json")
    assert answer.status_code == 400
    assert "level below 20" in answer.json()["detail"]


def _gzip_bomb(size: int) -> bytes:
    packing = zlib.compressobj(9, wbits=31)
    return b"".join(packing.compress(b" " * MB) for _ in range(size // MB)) + packing.flush()
