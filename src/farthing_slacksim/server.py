"""The simulator as one server on this machine: the Web API, Socket Mode, answer and upload addresses, the page."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from farthing_slacksim.deliver import Deliverer
from farthing_slacksim.faults import Faults
from farthing_slacksim.hands import Person
from farthing_slacksim.hosts import LoopbackOnly
from farthing_slacksim.http_routes import protocol_routes
from farthing_slacksim.limits import Limits
from farthing_slacksim.oauth import OAuth
from farthing_slacksim.page.app import page_routes
from farthing_slacksim.traffic import Traffic
from farthing_slacksim.workspace import Workspace

if TYPE_CHECKING:
    from farthing_slacksim.page.extras import PageExtras


class SlackSim:
    """A small Slack. `with SlackSim().running() as sim:` serves it from a thread of its own.

    `port=0` takes any free port; a port that was asked for and is busy raises OSError on starting.
    `clock` is what the workspace goes by: the times of messages, and how long triggers live.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        traffic_log: Path | None = None,
        clock: Callable[[], datetime] | None = None,
        page: PageExtras | None = None,
    ) -> None:
        if host not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("The simulator listens on this machine only: use 127.0.0.1, localhost or ::1.")
        self.host = host
        self.port = port
        self.page = page
        self.workspace = Workspace(clock=clock)
        self.common = self.workspace.common
        self.traffic = Traffic(traffic_log, self.workspace.now)
        self.faults = Faults()
        self.limits = Limits()
        self.oauth = OAuth(self)
        self.share_delay_seconds = 0.05
        self.deliverer = Deliverer(self)
        self.workspace.tell_app = self.deliverer.event
        self._thread: threading.Thread | None = None
        self._server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    @property
    def api_url(self) -> str:
        """The `base_url` for slack_sdk."""
        return f"{self.url}api/"

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        assert self._loop is not None, "The simulator is not running"
        return self._loop

    @property
    def is_running(self) -> bool:
        return self._loop is not None

    @property
    def connections(self) -> int:
        """How many Socket Mode connections are open, of all apps."""
        every = {app.app_id for workspace in self.workspaces for app in workspace.apps.all()}
        return sum(self.deliverer.sockets.count(app_id) for app_id in every)

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """Does something on the server's loop, this much later."""
        self.loop.call_soon_threadsafe(self.loop.call_later, seconds, do)

    def refresh_connections(self, app_id: str) -> None:
        """Slack's `disconnect` message: every Socket Mode connection of the app is to be renewed."""
        asyncio.run_coroutine_threadsafe(self.deliverer.sockets.refresh(app_id), self.loop).result(5)

    def warn_connections(self, app_id: str) -> None:
        """Slack's warning, some ten seconds ahead, that the connections will be renewed; they stay open."""
        asyncio.run_coroutine_threadsafe(self.deliverer.sockets.warn(app_id), self.loop).result(5)

    def add_workspace(self, *, name: str, domain: str) -> Workspace:
        """Another company's workspace. `workspace` stays the one that was there first."""
        workspace = Workspace(name=name, domain=domain, common=self.common)
        workspace.tell_app = self.deliverer.event
        return workspace

    @property
    def workspaces(self) -> list[Workspace]:
        return list(self.common.workspaces.values())

    def workspace_with(self, team_id: str) -> Workspace:
        """The workspace of this id; the first one, for what was made before there were several."""
        return self.common.workspaces.get(team_id, self.workspace)

    def person(self, user_id: str) -> Person:
        """The hands of one person, of whichever workspace."""
        assert self.common.user(user_id) is not None, f"No such person: {user_id}"
        return Person(self, user_id)

    def asgi(self) -> Starlette:
        """The application itself, for whoever serves it otherwise."""
        routes: list[BaseRoute] = [*protocol_routes(self), *page_routes(self)]
        return Starlette(routes=routes, middleware=[Middleware(LoopbackOnly)])

    def start(self) -> SlackSim:
        assert self._thread is None, "The simulator is running already"
        listening = self._listen()
        self.port = listening.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening, ready)), name="slack-simulator", daemon=True
        )
        self._thread.start()
        assert ready.wait(10), "The simulator did not start within ten seconds"
        return self

    def stop(self) -> None:
        if self._thread is None or self._server is None:
            return
        # What is cut off by our ending is no news, but the server would tell each of it with a trace.
        log = logging.getLogger("uvicorn.error")
        level = log.level
        log.setLevel(logging.CRITICAL + 1)
        try:
            self._server.should_exit = True
            self._thread.join(10)
        finally:
            log.setLevel(level)
        self._thread = None
        self._server = None
        self._loop = None

    @contextlib.contextmanager
    def running(self) -> Iterator[SlackSim]:
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def cut_connection(self, client: tuple[str, int] | None) -> None:
        """Ends the TCP connection of one client at once, with nothing more said."""
        assert self._server is not None
        for protocol in list(self._server.server_state.connections):
            if getattr(protocol, "client", None) == client:
                protocol.transport.abort()

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if self.host == "::1" else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((self.host, self.port))
            listening.listen(128)
        except OSError:
            listening.close()
            raise
        return listening

    async def _serve(self, listening: socket.socket, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        config = uvicorn.Config(
            self.asgi(),
            log_config=None,  # Whoever started us has set up logging already.
            log_level="error",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        serving = asyncio.ensure_future(self._server.serve(sockets=[listening]))
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.005)
        ready.set()
        await serving
        await self.deliverer.close()
