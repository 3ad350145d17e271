"""The load of a benchmark: a process of its own that sends usage over HTTP as fast as it is answered.

Its bodies are made before it is told to go, so that what it costs while measuring is little more than the sockets.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import cast

import uvloop

CUSTOMERS = 100
EVENT_TYPE = "completion"


@dataclass(frozen=True, slots=True)
class Load:
    """What to send: so many requests of so many events, over so many connections; `tag` makes the ids its own.

    With `random_ids` the ids come in no order, as UUIDs do.
    """

    port: int
    key: str
    requests: int
    each: int
    connections: int
    tag: str
    random_ids: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it: seconds on the clock and of the processor, and how long each request took, in milliseconds."""

    events: int
    seconds: float
    cpu_seconds: float
    wrong: int
    median_ms: float
    p99_ms: float
    mebibytes: float


def event_id(load: Load, number: int) -> str:
    """The id of the event with this number."""
    plain = f"{load.tag}-{number}"
    return hashlib.md5(plain.encode(), usedforsecurity=False).hexdigest() if load.random_ids else plain


def body_of(load: Load, request: int, *, at: float) -> bytes:
    """One request's events; they happened at this second since 1970."""
    happened = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    first = request * load.each
    events = [
        {
            "id": event_id(load, number),
            "source": "bench",
            "type": EVENT_TYPE,
            "subject": f"customer-{number % CUSTOMERS}",
            "time": happened,
            "data": {"model": "large", "tokens": number % 5000},
        }
        for number in range(first, first + load.each)
    ]
    return json.dumps(events if load.each > 1 else events[0], separators=(",", ":")).encode()


def _request(load: Load, body: bytes) -> bytes:
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {load.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Connection(asyncio.Protocol):
    """Sends one request after another, each when the one before it was answered."""

    def __init__(self, load: Load, requests: Iterator[bytes], took: list[float]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.wrong = 0
        self._requests, self._took = requests, took
        self._expected = b'"accepted":%d,' % load.each
        self._answer = b""
        self._transport: asyncio.Transport | None = None
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, complete, body = self._answer.partition(b"\r\n\r\n")
        if not complete or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        self._took.append(time.perf_counter() - self._began)
        self.wrong += not (head.startswith(b"HTTP/1.1 200") and self._expected in body)
        self._answer = b""
        self._next()

    def connection_lost(self, fault: Exception | None) -> None:  # noqa: ARG002
        if not self.ended.done():
            self.wrong += 1
            self.ended.set_result(None)

    def _next(self) -> None:
        assert self._transport is not None, "it is open"
        request = next(self._requests, None)
        if request is None:
            self.ended.set_result(None)
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(request)


async def _send(load: Load, requests: list[bytes]) -> Sent:
    took: list[float] = []
    left, loop = iter(requests), asyncio.get_running_loop()
    cpu, began = time.process_time(), time.perf_counter()
    opened = [
        (await loop.create_connection(lambda: _Connection(load, left, took), "127.0.0.1", load.port))[1]
        for _ in range(load.connections)
    ]
    await asyncio.gather(*(one.ended for one in opened))
    seconds = time.perf_counter() - began
    took.sort()
    return Sent(
        events=len(took) * load.each,
        seconds=seconds,
        cpu_seconds=time.process_time() - cpu,
        wrong=sum(one.wrong for one in opened),
        median_ms=1000 * took[len(took) // 2],
        p99_ms=1000 * took[len(took) * 99 // 100],
        mebibytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def main() -> None:
    """Read a load from the first line of standard input, say that it is ready, and send it at the second line."""
    load = Load(**json.loads(sys.stdin.readline()))
    now = time.time()
    requests = [_request(load, body_of(load, number, at=now)) for number in range(load.requests)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sent = runner.run(_send(load, requests))
    sys.stdout.write(json.dumps(asdict(sent)) + "\n")


if __name__ == "__main__":
    main()
