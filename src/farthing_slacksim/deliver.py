"""How the app hears: over Socket Mode, or by signed HTTP, acknowledged within three seconds or tried again."""

from __future__ import annotations

import asyncio
import concurrent.futures
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp

from farthing_slacksim.apps import subscribes
from farthing_slacksim.model import InstalledApp, Json
from farthing_slacksim.socket_mode import ConnectionLostError, NotConnectedError, Sockets

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim

_KINDS = {"command": "slash_commands", "interactive": "interactive", "event": "events_api"}


@dataclass(frozen=True)
class Ack:
    """An acknowledgement, with what the app put in it, or `error`: operation_timeout or dispatch_failed.

    `again` is Slack's word for why it would send the same event again; None when it would not.
    """

    error: str | None = None
    body: Any = None
    again: str | None = None

    @property
    def ok(self) -> bool:
        return self.error is None


@dataclass(frozen=True)
class _Refused(Exception):
    """An HTTP answer other than 200; `retry` is False when the app asked not to be sent it again."""

    status: int
    retry: bool


class Deliverer:
    """Carries commands, interactions and events to apps.

    `ack_timeout_seconds` and `retry_delays_seconds` are Slack's own unless a test makes them shorter.
    """

    def __init__(self, sim: SlackSim) -> None:
        self._sim = sim
        self.ack_timeout_seconds = 3.0
        self.retry_delays_seconds: tuple[float, ...] = (0.0, 60.0, 300.0)
        self.sockets = Sockets(sim.workspace.changed)
        self._events: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None

    # Called from any thread

    def command(self, app: InstalledApp, form: dict[str, str]) -> concurrent.futures.Future[Ack]:
        return asyncio.run_coroutine_threadsafe(self._attempt(app, "command", form), self._sim.loop)

    def interaction(self, app: InstalledApp, payload: Json) -> concurrent.futures.Future[Ack]:
        return asyncio.run_coroutine_threadsafe(self._attempt(app, "interactive", payload), self._sim.loop)

    def event(self, app: InstalledApp, event: Json) -> None:
        """Tells the app of an event if it subscribed to it, and again later if it does not acknowledge."""
        if not self._sim.is_running or not subscribes(app, event["type"]):
            return
        self._sim.loop.call_soon_threadsafe(self._begin_event, app, self._wrapped(app, event))

    # On the server's own loop

    async def close(self) -> None:
        for task in list(self._events):
            task.cancel()
        await self.sockets.close()
        if self._http is not None:
            await self._http.close()

    def _begin_event(self, app: InstalledApp, wrapped: Json) -> None:
        task = asyncio.ensure_future(self._until_heard(app, wrapped))
        self._events.add(task)
        task.add_done_callback(self._events.discard)

    async def _until_heard(self, app: InstalledApp, wrapped: Json) -> None:
        ack = await self._attempt(app, "event", wrapped)
        for number, delay in enumerate(self.retry_delays_seconds, start=1):
            if ack.again is None:
                return
            await self._until(self._sim.common.now() + timedelta(seconds=delay), delay)
            ack = await self._attempt(app, "event", wrapped, attempt=number, reason=ack.again)

    async def _until(self, due: datetime, seconds: float) -> None:
        """Waits for a retry's time: by the workspace's clock if somebody moves it, by the wall's if nobody does."""
        deadline = time.monotonic() + seconds
        while self._sim.common.now() < due and (left := deadline - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.05))

    async def _attempt(self, app: InstalledApp, kind: str, payload: Json, *, attempt: int = 0, reason: str = "") -> Ack:
        try:
            if app.socket_mode:
                ack = Ack(body=await self._by_socket(app, kind, payload, attempt, reason))
            else:
                ack = Ack(body=await self._by_http(app, kind, payload, attempt, reason))
        except TimeoutError:
            ack = Ack(error="operation_timeout", again="timeout" if app.socket_mode else "http_timeout")
        except (ConnectionLostError, NotConnectedError, aiohttp.ClientError):
            ack = Ack(error="dispatch_failed", again="connection_failed")
        except _Refused as refused:
            ack = Ack(error="dispatch_failed", again="http_error" if refused.retry else None)
        name = payload["event"]["type"] if kind == "event" else payload.get("type") or payload.get("command")
        self._sim.traffic.note("out", str(name), payload, {"error": ack.error} if ack.error else ack.body)
        return ack

    async def _by_socket(self, app: InstalledApp, kind: str, payload: Json, attempt: int, reason: str) -> Json | None:
        retry: Json = {"retry_attempt": attempt, "retry_reason": reason} if kind == "event" else {}
        return await self.sockets.pick(app.app_id).send(
            _KINDS[kind], payload, accepts=kind != "event", retry=retry, timeout=self.ack_timeout_seconds
        )

    async def _by_http(self, app: InstalledApp, kind: str, payload: Json, attempt: int, reason: str) -> Any:
        if not app.request_url:
            raise NotConnectedError
        body, content_type = _http_body(kind, payload)
        headers = {"Content-Type": content_type, **signature(app.signing_secret, body)}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        if self._http is None:
            self._http = aiohttp.ClientSession(trust_env=False)
        timeout = aiohttp.ClientTimeout(total=self.ack_timeout_seconds)
        async with self._http.post(app.request_url, data=body, headers=headers, timeout=timeout) as response:
            text = await response.text()
            if response.status != 200:
                raise _Refused(response.status, retry=response.headers.get("X-Slack-No-Retry") != "1")
            if "json" in response.headers.get("Content-Type", "") and text:
                return json.loads(text)
            return {"text": text} if text else None

    def _wrapped(self, app: InstalledApp, event: Json) -> Json:
        workspace = self._sim.workspace_with(app.team_id)
        place = event.get("channel")
        channel = workspace.channels.get(place) if isinstance(place, str) else None
        return {
            "token": "simulator",
            "team_id": workspace.team_id,
            "api_app_id": app.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": workspace.ids.next("Ev"),
            "event_time": workspace.now_seconds(),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": workspace.team_id,
                    "user_id": app.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": bool(channel and channel.teams),
        }


def signature(signing_secret: str, body: str) -> dict[str, str]:
    """The headers that prove a request comes from Slack. They go by real time, as the app checks them by it."""
    stamp = str(int(time.time()))
    digest = hmac.new(signing_secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def _http_body(kind: str, payload: Json) -> tuple[str, str]:
    if kind == "event":
        return json.dumps(payload), "application/json"
    form = payload if kind == "command" else {"payload": json.dumps(payload)}
    return urlencode(form), "application/x-www-form-urlencoded"
