"""Serving: the HTTP API, Slack and the jobs run side by side in one process, until somebody says stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import uvicorn
import uvloop
from fastapi import FastAPI

from farthing.core.refused import Refused
from farthing.http_api.app import make_app, with_door
from farthing.jobs.bill_accrued import bill_accrued_everywhere
from farthing.jobs.close_due_periods import close_everywhere
from farthing.jobs.collect_due import collect_everywhere
from farthing.jobs.deliver_notices import deliver_notices
from farthing.jobs.expire_credit import expire_everywhere
from farthing.jobs.follow_usage import follow_everywhere
from farthing.jobs.settle_corrections import settle_everywhere
from farthing.jobs.tell_people import tell_everywhere
from farthing.jobs.watch_budgets import BudgetWatch
from farthing.jobs.watch_usage import watch_everywhere
from farthing.logs import get_logger
from farthing.settings import SlackMode
from farthing.slack.app import make_slack_app
from farthing.slack.delivery import SlackNotifier
from farthing.slack.names import CommandNames
from farthing.slack.serve import http_endpoint, run_socket_mode
from farthing.usecases.ports import SlackInstall
from farthing.wiring import Wired

DELIVER_EVERY_SECONDS = 0.3
_TURN_SECONDS = 0.0005
CLOSE_EVERY = timedelta(seconds=5)
ACCRUED_EVERY = timedelta(seconds=5)
FOLLOW_EVERY_SECONDS = 0.1
SETTLE_EVERY_SECONDS = 1.0
BUDGETS_EVERY_SECONDS = 0.5
WATCH_EVERY = timedelta(minutes=1)
EXPIRE_EVERY = timedelta(minutes=1)
TELL_EVERY = timedelta(minutes=1)
COLLECT_EVERY_SECONDS = 10.0
LOOK_AFTER_EVERY_SECONDS = 0.5
log = get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts this process runs; several processes may share one database."""

    web: bool = True
    slack: bool = True
    jobs: bool = True


class Serving:
    """One serving process. `port` 0 takes any free port; `url` says which it became."""

    def __init__(self, wired: Wired, *, host: str, port: int, parts: Parts | None = None) -> None:
        self._wired = wired
        self._parts = parts or Parts()
        self._listening = _listen(host, port) if self._parts.web else None
        self._stop = threading.Event()
        self._refusals: dict[UUID, str] = {}
        self._budgets = BudgetWatch(wired)
        # Whoever holds it has the periods to themselves for a while.
        self.closing = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """Where the HTTP API answers."""
        assert self._listening is not None, "this process serves no web"
        host, port = self._listening.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    def run(self) -> None:
        """Serve until `stop` or Ctrl-C; what is being done is finished first."""
        # Whoever has just heard from the database should not wait long for its turn to go on.
        sys.setswitchinterval(_TURN_SECONDS)
        jobs = [threading.Thread(target=job, name=name, daemon=True) for name, job in self._jobs()]
        for thread in jobs:
            thread.start()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        finally:
            self._stop.set()
            for thread in jobs:
                thread.join(timeout=30)

    def stop(self) -> None:
        """Ask it to stop; to be called from another thread."""
        self._stop.set()

    @contextlib.contextmanager
    def running(self) -> Iterator[Serving]:
        """Serve from a thread of its own while the block lasts."""

        def guarded() -> None:
            try:
                self.run()
            except BaseException as failure:
                self._failure = failure
            finally:
                self._ready.set()

        thread = threading.Thread(target=guarded, name="farthing serving", daemon=True)
        thread.start()
        self._ready.wait(timeout=30)
        if self._failure is not None:
            raise self._failure
        try:
            yield self
        finally:
            self.stop()
            thread.join(timeout=30)

    async def _serve(self) -> None:
        install = await asyncio.to_thread(self._install) if self._parts.slack else None
        tasks: list[asyncio.Task[None]] = []
        ended = asyncio.Event()
        server: uvicorn.Server | None = None
        api = make_app(self._wired, self._wired.documents) if self._parts.web else None
        if install is not None:
            tasks += self._slack_tasks(install, api, ended)
        if api is not None:
            server = uvicorn.Server(
                uvicorn.Config(
                    with_door(api),
                    proxy_headers=False,  # Nothing here asks who is behind a proxy.
                    log_config=None,  # Its own would print what our log hides.
                    log_level="warning",
                    access_log=False,
                    timeout_graceful_shutdown=10,
                )
            )
            assert self._listening is not None, "a web process listens"
            tasks.append(asyncio.create_task(server.serve(sockets=[self._listening])))
        self._ready.set()
        try:
            while not self._stop.is_set() and not any(task.done() for task in tasks):
                await asyncio.sleep(0.1)
        finally:
            ended.set()
            if server is not None:
                server.should_exit = True
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome

    def _slack_tasks(
        self, install: SlackInstall, api: FastAPI | None, ended: asyncio.Event
    ) -> list[asyncio.Task[None]]:
        settings = self._wired.settings
        app = make_slack_app(
            self._wired,
            self._wired.seller_id,
            self._wired.documents,
            slack_api_url=settings.slack_api_url,
            install=install,
            commands=self._commands,
        )
        if settings.slack_mode is SlackMode.SOCKET and install.app_token is not None:
            return [asyncio.create_task(run_socket_mode(app, install.app_token, ended))]
        if settings.slack_mode is SlackMode.HTTP and api is not None:
            api.mount("/slack", http_endpoint(app))
        return []

    @property
    def _commands(self) -> CommandNames:
        settings = self._wired.settings
        return CommandNames(usage=settings.usage_command, billing=settings.billing_command)

    def _install(self) -> SlackInstall | None:
        if self._wired.settings.slack_mode is SlackMode.OFF:
            return None
        store = self._wired.store
        with store.transaction():
            return store.slack_install()

    def _jobs(self) -> list[tuple[str, Callable[[], None]]]:
        look_after = self._wired.look_after_database
        jobs = [("look after the database", lambda: self._repeat(look_after, every_seconds=LOOK_AFTER_EVERY_SECONDS))]
        if not self._parts.jobs:
            return jobs
        jobs += [
            ("close due periods", lambda: self._repeat(self._close, every_seconds=CLOSE_EVERY.total_seconds())),
            ("bill accrued", lambda: self._repeat(self._accrued, every_seconds=ACCRUED_EVERY.total_seconds())),
            ("follow usage", lambda: self._repeat(self._follow, every_seconds=FOLLOW_EVERY_SECONDS)),
            ("settle corrections", lambda: self._repeat(self._settle, every_seconds=SETTLE_EVERY_SECONDS)),
            ("expire credit", lambda: self._repeat(self._expire, every_seconds=EXPIRE_EVERY.total_seconds())),
            ("collect", lambda: self._repeat(self._collect, every_seconds=COLLECT_EVERY_SECONDS)),
            ("tell people", lambda: self._repeat(self._tell, every_seconds=TELL_EVERY.total_seconds())),
            ("watch budgets", lambda: self._repeat(self._budgets.look, every_seconds=BUDGETS_EVERY_SECONDS)),
            ("watch usage", lambda: self._repeat(self._watch, every_seconds=WATCH_EVERY.total_seconds())),
        ]
        if self._wired.settings.slack_mode is not SlackMode.OFF:
            jobs.append(("deliver notices", lambda: self._repeat(self._deliver, every_seconds=DELIVER_EVERY_SECONDS)))
        return jobs

    def _close(self) -> None:
        with self.closing:
            close_everywhere(self._wired, self._refusals)

    def _accrued(self) -> None:
        with self.closing:
            bill_accrued_everywhere(self._wired)

    def _follow(self) -> None:
        while follow_everywhere(self._wired) and not self._stop.is_set():
            pass

    def _expire(self) -> None:
        expire_everywhere(self._wired)

    def _tell(self) -> None:
        tell_everywhere(self._wired)

    def _collect(self) -> None:
        collect_everywhere(self._wired)

    def _settle(self) -> None:
        settle_everywhere(self._wired)

    def _watch(self) -> None:
        with self.closing:
            watch_everywhere(self._wired)

    def _deliver(self) -> None:
        notifier = SlackNotifier(slack_api_url=self._wired.settings.slack_api_url, commands=self._commands)
        store = self._wired.store
        with store.transaction():
            connected = store.slack_install() is not None
        if connected:
            deliver_notices(self._wired, store, notifier)

    def _repeat(self, job: Callable[[], None], *, every_seconds: float) -> None:
        while not self._stop.wait(every_seconds):
            try:
                job()
            except Refused as refusal:
                log.warning("a job could not be done and will be tried again", why=refusal.sentence)
            except Exception:
                # One bad round must not end the job; what it left undone is still there in the next.
                log.exception("a job failed and will be tried again")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(512)
    except OSError as fault:
        listening.close()
        why = (fault.strerror or "no reason given").lower()
        raise Refused(f"Port {port} of {host} cannot be used ({why}); choose another with --port.") from None
    return listening
