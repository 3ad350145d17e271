"""The real slack_bolt over signed HTTP: signatures hold, and what is not acknowledged is sent again."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse

from farthing_slacksim.model import Json
from tests.slacksim.bolt import Office, bolt_app, client, wait_for


@contextmanager
def served(office: Office, register: Callable[[AsyncApp], None], *, secret: str | None = None) -> Iterator[None]:
    """The app behind a request URL, as `secret` (else the right one) lets it check signatures."""
    installed = office.app
    app = bolt_app(office.sim, installed, register, signing_secret=secret)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(AsyncSlackRequestHandler(app), log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    port = listening.getsockname()[1]
    office.sim.workspace.set_request_url(installed.app_id, f"http://127.0.0.1:{port}/slack/events")
    while not server.started:
        time.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(5)


def test_commands_clicks_and_home_work_over_signed_http(office: Office) -> None:
    def register(app: AsyncApp) -> None:
        @app.command("/usage")
        async def usage(ack: Any) -> None:
            button = {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "More"}}
            await ack(text="Choose", blocks=[{"type": "actions", "elements": [button]}])

        @app.action("more")
        async def more(ack: Any, respond: Any) -> None:
            await ack()
            await respond(text="More", replace_original=True)

        @app.event("app_home_opened")
        async def opened(event: Json, client: Any) -> None:
            await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": []})

    hands = office.sim.person(office.fay)
    with served(office, register):
        shown = hands.command("/usage", channel=office.finance).ephemerals[0]
        hands.click_ephemeral(shown.id, "more")
        assert [each.text for each in hands.ephemerals()] == ["More"]
        assert hands.open_home() is not None


def test_an_app_with_another_signing_secret_refuses_what_it_hears(office: Office) -> None:
    def register(app: AsyncApp) -> None:
        @app.command("/usage")
        async def usage(ack: Any) -> None:
            await ack("heard")

    with served(office, register, secret="0" * 32):
        result = office.sim.person(office.fay).command("/usage", channel=office.finance)

    assert result.error == "dispatch_failed"
    assert result.ephemerals == []


def test_an_event_that_is_not_acknowledged_comes_again_with_its_number_and_reason(office: Office) -> None:
    office.sim.deliverer.retry_delays_seconds = (0.0, 0.01, 0.01)
    heard: list[tuple[str | None, str | None]] = []

    def register(app: AsyncApp) -> None:
        @app.middleware
        async def count(req: Any, next: Any) -> Any:
            number = req.headers.get("x-slack-retry-num", [None])[0]
            heard.append((number, req.headers.get("x-slack-retry-reason", [None])[0]))
            if len(heard) < 3:
                return BoltResponse(status=500)
            return await next()

        @app.event("app_mention")
        async def mention() -> None:
            return None

    with served(office, register):
        office.sim.person(office.fay).say(f"<@{office.app.bot_user_id}>", channel=office.finance)
        traffic = office.sim.traffic
        wait_for(lambda: len(traffic.of("app_mention")) == 3)

    assert heard == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert [entry.answer for entry in traffic.of("app_mention")][:2] == [{"error": "dispatch_failed"}] * 2
    assert len({entry.arguments["event_id"] for entry in traffic.of("app_mention")}) == 1


def test_socket_mode_is_off_once_there_is_a_request_url(office: Office, loop: Any) -> None:
    office.sim.workspace.set_request_url(office.app.app_id, "http://127.0.0.1:9/slack/events")
    web = client(office.sim, office.app.app_token)
    error = loop.error(web.apps_connections_open(app_token=office.app.app_token))
    assert error == "socket_mode_not_enabled"
    assert office.sim.person(office.fay).command("/usage", channel=office.finance).error == "dispatch_failed"
