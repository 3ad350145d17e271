"""How the app is reached: over two sockets that it opens itself, or by signed HTTP at a public address."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from farthing.slack.clients import is_loopback
from farthing.slack.names import EVENTS_PATH

# One that drops abruptly is missed for some seconds; the other hears meanwhile.
CONNECTIONS = 2
CHECK_SECONDS = 3

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Endpoint = Callable[[Scope, Receive, Send], Awaitable[None]]


async def run_socket_mode(app: AsyncApp, app_token: str, stop: asyncio.Event) -> None:
    """Listen until told to stop. Lost connections are made anew, for as long as it takes."""
    clients: list[Any] = [AsyncSocketModeHandler(app, app_token).client for _ in range(CONNECTIONS)]
    for client in clients:
        if is_loopback(str(app.client.base_url)):
            # The SDK takes a proxy from the environment even for this machine.
            client.proxy = None
    connecting = [asyncio.ensure_future(client.connect()) for client in clients]
    try:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), CHECK_SECONDS)
            for client in clients:
                if client.current_session is None or client.current_session.closed:
                    # An address is good for one connection; the SDK would try a used one again for ever.
                    client.wss_uri = None
    finally:
        for attempt in connecting:
            attempt.cancel()
        await asyncio.gather(*connecting, return_exceptions=True)
        for client in clients:
            await client.close()


def http_endpoint(app: AsyncApp) -> Endpoint:
    """An ASGI application for POST /slack/events, wherever it is mounted; each request's signature is verified."""
    handler: Any = AsyncSlackRequestHandler(app, path=EVENTS_PATH)

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # Servers differ in whether a mounted path holds what it was mounted below, and Bolt compares exactly.
            path = str(scope["path"])
            whole = path if path == EVENTS_PATH else str(scope.get("root_path") or "") + path
            scope = {**scope, "path": EVENTS_PATH if whole == EVENTS_PATH else whole}
        await handler(scope, receive, send)

    return endpoint
