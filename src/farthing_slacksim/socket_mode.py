"""Socket Mode: an app's open WebSockets, what is sent down them, and what came back as acknowledged."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from farthing_slacksim import ids
from farthing_slacksim.model import Json

MOST_CONNECTIONS = 10
GRACE_SECONDS = 2.0


class ConnectionLostError(Exception):
    """The WebSocket went away before the app had acknowledged."""


class NotConnectedError(Exception):
    """The app has no WebSocket open."""


@dataclass(eq=False)
class Connection:
    """One WebSocket of an app, and the envelopes on it that wait for an acknowledgement."""

    websocket: WebSocket
    waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)

    async def send(self, kind: str, payload: Json, *, accepts: bool, retry: Json, timeout: float) -> Json | None:
        """Sends an envelope and waits for its acknowledgement, whose payload is given back.

        TimeoutError when none comes in time, ConnectionLostError when the connection goes first.
        """
        envelope_id = str(uuid.uuid4())
        acknowledged: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self.waiting[envelope_id] = acknowledged
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": accepts,
            **retry,
        }
        try:
            try:
                await self.websocket.send_text(json.dumps(envelope))
            except (RuntimeError, WebSocketDisconnect):
                raise ConnectionLostError from None
            return await asyncio.wait_for(acknowledged, timeout)
        finally:
            self.waiting.pop(envelope_id, None)

    def acknowledge(self, message: str) -> None:
        try:
            answer = json.loads(message)
        except ValueError:
            return
        future = self.waiting.get(answer.get("envelope_id", "")) if isinstance(answer, dict) else None
        if future is not None and not future.done():
            future.set_result(answer.get("payload"))

    def lose(self) -> None:
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(ConnectionLostError())


class Sockets:
    """Every app's WebSockets. An envelope goes down one of them, in turn."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._tickets: dict[str, str] = {}
        self._open: dict[str, list[Connection]] = {}
        self._leaving: list[Connection] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._turn = itertools.count()

    def new_ticket(self, app_id: str) -> str:
        ticket = ids.new_slug(36)
        self._tickets[ticket] = app_id
        return ticket

    def count(self, app_id: str) -> int:
        return len(self._open.get(app_id, []))

    def pick(self, app_id: str) -> Connection:
        connections = self._open.get(app_id)
        if not connections:
            raise NotConnectedError
        return connections[next(self._turn) % len(connections)]

    async def serve(self, websocket: WebSocket) -> None:
        """One connection from its hello to its end; its ticket is good for one connection only."""
        app_id = self._tickets.pop(websocket.query_params.get("ticket", ""), None)
        if app_id is None or self.count(app_id) >= MOST_CONNECTIONS:
            await websocket.close(1008)
            return
        await websocket.accept()
        connection = Connection(websocket)
        self._open.setdefault(app_id, []).append(connection)
        try:
            await websocket.send_text(json.dumps(self._hello(app_id)))
            self._changed()
            while True:
                connection.acknowledge(await websocket.receive_text())
        except (WebSocketDisconnect, RuntimeError, KeyError):
            pass
        finally:
            if connection in self._open.get(app_id, []):
                self._open[app_id].remove(connection)
            if connection in self._leaving:
                self._leaving.remove(connection)
            connection.lose()
            self._changed()

    async def refresh(self, app_id: str) -> None:
        """Tells every connection to make way for a new one, as Slack does now and then.

        Nothing more is sent on it; it is closed a little later if the app has not done so itself.
        """
        for connection in self._open.pop(app_id, []):
            note = {"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "simulator"}}
            await _quietly(connection.websocket.send_text(json.dumps(note)))
            self._leaving.append(connection)
            asyncio.get_running_loop().call_later(GRACE_SECONDS, self._close_soon, connection)

    async def warn(self, app_id: str) -> None:
        """Says that a `disconnect` comes soon. Nothing is closed, and envelopes still come."""
        for connection in list(self._open.get(app_id, [])):
            note = {"type": "disconnect", "reason": "warning", "debug_info": {"host": "simulator"}}
            await _quietly(connection.websocket.send_text(json.dumps(note)))

    def _close_soon(self, connection: Connection) -> None:
        if connection in self._leaving:
            self._leaving.remove(connection)
            task = asyncio.ensure_future(_quietly(connection.websocket.close()))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        open_now = [connection for several in self._open.values() for connection in several]
        for connection in open_now + self._leaving:
            await _quietly(connection.websocket.close(1001))

    def _hello(self, app_id: str) -> Json:
        return {
            "type": "hello",
            "num_connections": self.count(app_id),
            "debug_info": {"host": "simulator", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": app_id},
        }


async def _quietly(doing: Any) -> None:
    try:
        await doing
    except (RuntimeError, WebSocketDisconnect):
        return  # It was gone already, which is what closing is for.
