"""Whatever comes in, a server answers in words, forgets it, and is no larger afterwards."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.acceptance.processes import Home, Serving, events, home_in, open_shop
from tests.http_api.hostile import LINES, MB, Hostile, hostile_bodies

# What Python and its database library set aside once and keep; a body that stayed would be more.
_MAY_GROW_BYTES = 48 * MB


@pytest.fixture
def serving(empty_database: str, tmp_path: Path) -> Iterator[tuple[Home, Serving]]:
    """A server as a process of its own, which has worked for a while."""
    with home_in(tmp_path / "home", owner_url=empty_database) as home:
        with home.store() as store:
            open_shop(store, "acme")
        with home.serving(warnings_expected=True) as serving:
            serving.send(events(2_000))
            yield home, serving


def test_any_body_is_answered_in_words_and_leaves_nothing_behind(serving: tuple[Home, Serving]) -> None:
    home, server = serving
    for hostile in hostile_bodies():  # The first time round, whatever is set aside for ever is.
        _answered_in_words(server, hostile)
    before = _resident(server)
    sent = 0
    for hostile in hostile_bodies():
        _answered_in_words(server, hostile)
        sent += 1
    after = _resident(server)
    assert sent > 100
    assert after - before < _MAY_GROW_BYTES, f"{before // MB} MB became {after // MB} MB over {sent} bodies"
    assert server.send(events(100, begin=2_000))["accepted"] == 100
    home.check()


def _answered_in_words(server: Serving, hostile: Hostile) -> None:
    named = {"Content-Type": hostile.media_type, "Content-Encoding": hostile.coding}
    try:
        answer = server.client.post("/v1/events", content=hostile.body, headers=server.headers() | named)
    except httpx2.HTTPError as fault:
        raise AssertionError(f"{hostile.what} ({hostile.media_type}): {fault!r}") from None
    if answer.status_code == 200:
        told = answer.json()
        assert all(one["reason"].endswith(".") for one in told["events"]), hostile.what
        return
    assert answer.status_code in (400, 413, 415, 422), f"{hostile.what}: {answer.status_code} {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json", hostile.what
    assert answer.json()["detail"].endswith("."), hostile.what


def _resident(server: Serving) -> int:
    return psutil.Process(server.process.pid).memory_info().rss


def test_broken_off_slow_and_mismeasured_bodies_hold_up_nobody(serving: tuple[Home, Serving]) -> None:
    _, server = serving
    body = json.dumps(events(1)[0] | {"id": "slow"}).encode()
    before = _resident(server)
    slow = [_begun(server, body[:40], announced=len(body)) for _ in range(100)]
    for announced in ("-1", "1e3", "99999999999999999999", "nonsense", f"{len(body)}, {len(body)}"):
        assert _begun(server, body, announced=announced).recv(100).startswith(b"HTTP/1.1 4"), announced
    for _ in range(100):
        _begun(server, body[:40], announced=len(body)).close()
        _begun(server, body[:40], announced=len(body), media_type=LINES).close()
    # Meanwhile everybody else is served.
    assert server.send(events(100, begin=5_000))["accepted"] == 100
    for connection in slow:
        for at in range(40, len(body), 50):
            connection.sendall(body[at : at + 50])
    told = [connection.recv(65_536) for connection in slow]
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in told)
    for connection in slow:
        connection.close()
    assert _resident(server) - before < _MAY_GROW_BYTES


def _begun(
    server: Serving, body: bytes, *, announced: int | str, media_type: str = "application/json"
) -> socket.socket:
    """A connection on which a request was begun."""
    connection = socket.create_connection((server.client.base_url.host, server.client.base_url.port or 80), timeout=60)
    head = f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: {server.headers()['Authorization']}\r\n"
    head += f"Content-Type: {media_type}\r\nContent-Length: {announced}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection
