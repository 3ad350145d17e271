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


async def _one_after_another(load: Load, requests: Iterator[bytes], took: list[float]) -> int:
    """Send over one connection until there is no more; how many were not answered as they should be."""
    wrong, expected = 0, b'"accepted":%d,' % load.each
    reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
    for request in requests:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        answer = await reader.readexactly(length)
        took.append(time.perf_counter() - began)
        wrong += not (head.startswith(b"HTTP/1.1 200") and expected in answer)
    writer.close()
    return wrong


async def _send(load: Load, requests: list[bytes]) -> Sent:
    took: list[float] = []
    left = iter(requests)
    cpu, began = time.process_time(), time.perf_counter()
    wrong = await asyncio.gather(*(_one_after_another(load, left, took) for _ in range(load.connections)))
    seconds = time.perf_counter() - began
    took.sort()
    return Sent(
        events=len(took) * load.each,
        seconds=seconds,
        cpu_seconds=time.process_time() - cpu,
        wrong=sum(wrong),
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
    sys.stdout.write(json.dumps(asdict(asyncio.run(_send(load, requests)))) + "\n")


if __name__ == "__main__":
    main()
