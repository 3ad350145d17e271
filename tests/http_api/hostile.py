"""Bodies that somebody sends by mistake or to do harm, each with what it is called and how it is sent."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import zstandard

from tests.http_api.callers import event

MB = 1024 * 1024
JSON, LINES = "application/json", "application/x-ndjson"


@dataclass(frozen=True)
class Hostile:
    """One of them."""

    what: str
    body: bytes
    media_type: str = JSON
    coding: str = "identity"


def hostile_bodies() -> Iterator[Hostile]:
    """All of them, one at a time, since some are large."""
    for what, text in _texts():
        for media_type in (JSON, LINES):
            yield Hostile(what, text, media_type)
    yield from _packed()
    yield Hostile("10,001 events", _listed([event(f"many-{number}") for number in range(10_001)]))
    yield Hostile("10,000 events", _listed([event(f"most-{number}") for number in range(10_000)]))
    yield Hostile("ten megabytes of empty events", b"[" + b"{}," * 3_400_000 + b"{}]")
    yield Hostile("ten megabytes of one event", _event_with(b'{"v":[' + b"1234567," * 990_000 + b"1]}"))
    yield Hostile("eleven megabytes", b" " * (11 * MB))
    yield Hostile("a million empty lines", b"\n" * 999_999, LINES)
    yield Hostile("a line without an end", b"x" * (3 * MB), LINES)


def _texts() -> Iterator[tuple[str, bytes]]:
    good = json.dumps(event("good")).encode()
    yield "nothing", b""
    yield "no UTF-8", good.replace(b"acme", b"ac\xff\xfeme")
    yield "UTF-8 that is too long for its letter", good.replace(b"acme", b"\xc0\xafcme")
    yield "half of a surrogate pair in UTF-8", good.replace(b"acme", b"\xed\xa0\x80")
    yield "half of a surrogate pair, escaped", good.replace(b"acme", b"\\ud800")
    yield "a byte-order mark in the middle", good + b"\xef\xbb\xbf" + good
    yield "two byte-order marks", b"\xef\xbb\xbf" * 2 + good
    yield "UTF-16", good.decode().encode("utf-16")
    yield "UTF-32", good.decode().encode("utf-32")
    yield "NUL", b"\0" * 1000
    yield "NUL in text", good.replace(b"acme", b"ac\0me")
    yield "NUL in text, escaped", good.replace(b"acme", b"ac\\u0000me")
    yield "a hundred thousand lists in each other", b"[" * 100_000 + b"]" * 100_000
    yield "a hundred thousand objects in each other", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    yield "a hundred thousand lists in data", _event_with(b"[" * 100_000 + b"]" * 100_000)
    yield "nine hundred lists in data", _event_with(b'{"tokens":' + b"[" * 900 + b"]" * 900 + b"}")
    for number in (
        "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e-400", "-0", "-0.0", "0e999999999", "1e99999999999999999",
        "1e-99999999999999999", "9" * 99_999, "9" * 500_000, "0." + "1" * 99_000, "1" + "0" * 40, "0x10", "01", "+1",
        "1.", ".1", "1_000", "١",
    ):  # fmt: skip
        yield f"the number {number[:20]}", _event_with(b'{"tokens":' + number.encode() + b"}")
    yield "an id said twice", good.replace(b'"id"', b'"id": "other", "id"')
    yield "tokens said twice", _event_with(b'{"tokens":1,"tokens":2}')
    yield "a key of a megabyte", _event_with(b'{"tokens":1,"' + b"k" * (MB - 500) + b'":1}')
    yield "fifty thousand keys", _event_with(b"{" + b",".join(b'"k%d":1' % at for at in range(50_000)) + b"}")
    yield "an id of a megabyte", good.replace(b"good", b"i" * (MB - 500))
    yield "a type of a megabyte", good.replace(b"completion", b"t" * (MB - 500))
    yield "a subject of a megabyte", good.replace(b"acme", b"s" * (MB - 500))
    yield "a time of a megabyte", good.replace(b"2026-02-05T10:00:00Z", b"9" * (MB - 500))
    yield "a time that does not exist", good.replace(b"2026-02-05T10", b"2026-02-30T25")
    yield "no JSON", b"id=1&source=x"
    yield "JSON with a comment", b"/* usage */ " + good
    yield "XML", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><event id="1"/>'


def _packed() -> Iterator[Hostile]:
    good = json.dumps(event("packed")).encode()
    for media_type in (JSON, LINES):
        yield Hostile("a gzip bomb", _gzip_bomb(1000), media_type, "gzip")
        yield Hostile("a zstd bomb", _zstd_bomb(1000), media_type, "zstd")
        yield Hostile("a gzip bomb in gzip", gzip.compress(_gzip_bomb(300)), media_type, "gzip")
        yield Hostile("a zstd bomb in gzip", gzip.compress(_zstd_bomb(300)), media_type, "gzip")
        yield Hostile("a gzip bomb in zstd", zstandard.compress(_gzip_bomb(300)), media_type, "zstd")
        yield Hostile("a hundred thousand empty gzip files", gzip.compress(b"") * 100_000, media_type, "gzip")
        yield Hostile("a hundred thousand empty zstd frames", zstandard.compress(b"") * 100_000, media_type, "zstd")
        for coding, packed in (("gzip", gzip.compress(good)), ("zstd", zstandard.compress(good))):
            for cut in (1, 9, len(packed) - 1):
                yield Hostile(f"{coding} broken off {cut} bytes early", packed[:-cut], media_type, coding)
            yield Hostile(f"{coding} with a wrong byte", _changed(packed), media_type, coding)
            yield Hostile(f"{coding} with something behind", packed + b"behind", media_type, coding)
            yield Hostile(f"no {coding}", good, media_type, coding)
        yield Hostile("gzip said to be brotli", gzip.compress(good), media_type, "br")
        yield Hostile("packed twice, and said so", gzip.compress(gzip.compress(good)), media_type, "gzip, gzip")


def _event_with(data: bytes) -> bytes:
    return json.dumps(event("odd", data="here")).encode().replace(b'"here"', data)


def _listed(events: list[dict[str, object]]) -> bytes:
    return json.dumps({"events": events}).encode()


def _changed(packed: bytes) -> bytes:
    middle = len(packed) // 2
    return packed[:middle] + bytes([packed[middle] ^ 0x55]) + packed[middle + 1 :]


def _gzip_bomb(megabytes: int) -> bytes:
    packing = zlib.compressobj(9, wbits=31)
    return b"".join(packing.compress(b" " * MB) for _ in range(megabytes)) + packing.flush()


def _zstd_bomb(megabytes: int) -> bytes:
    packing = zstandard.ZstdCompressor().compressobj()
    return b"".join(packing.compress(b" " * MB) for _ in range(megabytes)) + packing.flush()
