"""A small app of our own on the real slack_bolt, for the simulator to be tried with."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from farthing_slacksim.model import InstalledApp, Json
from farthing_slacksim.server import SlackSim

SCOPES = [
    "commands",
    "chat:write",
    "files:write",
    "files:read",
    "im:write",
    "users:read",
    "users:read.email",
    "channels:read",
    "groups:read",
    "team:read",
    "app_mentions:read",
    "metadata.message:read",
]


def manifest(*, scopes: list[str] | None = None, socket_mode: bool = True) -> Json:
    return {
        "display_information": {"name": "Tally"},
        "features": {
            "bot_user": {"display_name": "Tally", "always_online": True},
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
            "slash_commands": [
                {"command": "/usage", "description": "What was used", "should_escape": False},
                {"command": "/billing", "description": "Bills", "should_escape": True},
            ],
        },
        "oauth_config": {"scopes": {"bot": SCOPES if scopes is None else scopes}},
        "settings": {
            "socket_mode_enabled": socket_mode,
            "interactivity": {"is_enabled": True},
            "event_subscriptions": {
                "bot_events": [
                    "app_home_opened",
                    "app_mention",
                    "app_uninstalled",
                    "channel_archive",
                    "message_metadata_posted",
                ],
                "metadata_subscriptions": [{"app_id": "*", "event_type": "tally_post"}],
            },
        },
    }


@dataclass
class Office:
    """A workspace with Fay and Omar in #finance, and an app that is in #finance too."""

    sim: SlackSim
    app: InstalledApp
    fay: str
    omar: str
    finance: str

    @property
    def web(self) -> AsyncWebClient:
        return client(self.sim, self.app.bot_token)


class Loop:
    """An asyncio loop in a thread of its own, as the app would have in its own process."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, doing: Any, timeout: float = 10) -> Any:
        return asyncio.run_coroutine_threadsafe(doing, self.loop).result(timeout)

    def error(self, call: Any) -> str:
        """The error code with which Slack answers this call."""
        with pytest.raises(SlackApiError) as refused:
            self.run(call)
        return str(refused.value.response["error"])

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


def client(sim: SlackSim, token: str) -> AsyncWebClient:
    """A client that talks to the simulator only: the SDK would take loopback through a proxy."""
    web = AsyncWebClient(token=token, base_url=sim.api_url)
    web.proxy = None
    web.retry_handlers = []
    return web


def bolt_app(
    sim: SlackSim,
    installed: InstalledApp,
    register: Callable[[AsyncApp], None],
    *,
    signing_secret: str | None = None,
    hears_itself: bool = True,
) -> AsyncApp:
    """By default Bolt acknowledges the app's own events and drops them: the metadata of its own posts, too."""
    app = AsyncApp(
        signing_secret=signing_secret or installed.signing_secret,
        client=client(sim, installed.bot_token),
        ignoring_self_events_enabled=not hears_itself,
    )
    register(app)
    return app


@contextmanager
def connected(
    sim: SlackSim,
    installed: InstalledApp,
    register: Callable[[AsyncApp], None],
    *,
    connections: int = 1,
    hears_itself: bool = True,
) -> Iterator[Loop]:
    """The app, connected by Socket Mode as often as asked."""
    loop = Loop()
    handlers: list[AsyncSocketModeHandler] = []

    async def connect() -> None:
        for _ in range(connections):
            app = bolt_app(sim, installed, register, hears_itself=hears_itself)
            handler = AsyncSocketModeHandler(
                app, installed.app_token, web_client=client(sim, installed.app_token), ping_interval=0.2
            )
            handler.client.proxy = None
            await handler.connect_async()  # type: ignore[no-untyped-call]
            handlers.append(handler)

    async def disconnect() -> None:
        for handler in handlers:
            await handler.close_async()  # type: ignore[no-untyped-call]

    loop.run(connect())
    sockets = sim.deliverer.sockets
    assert sim.workspace.wait_until(lambda: sockets.count(installed.app_id) == connections)
    try:
        yield loop
    finally:
        loop.run(disconnect())
        loop.stop()


def wait_for(true: Callable[[], object], timeout: float = 5.0) -> None:
    """Bolt acknowledges an event before its listener has run, so what the listener does comes a little later."""
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, "It did not happen in time"
        time.sleep(0.005)
