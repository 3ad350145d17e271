"""What Slack sends twice has one effect, over both roads, and what is forged has none (INV-13)."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlencode

import httpx2
import pytest
import uvicorn

from farthing.slack.app import make_slack_app
from farthing.slack.clients import web_client
from farthing.slack.serve import http_endpoint
from farthing_slacksim.deliver import signature
from farthing_slacksim.model import Message
from tests.slack.world import World, texts


@contextmanager
def in_http_mode(world: World, *, with_secret: bool = True) -> Iterator[str]:
    """The app behind signed HTTP."""
    with world.store.transaction():
        seller_id = world.store.seller().seller_id
    install = world.install if with_secret else replace(world.install, signing_secret=None)
    app = make_slack_app(
        world.wired, seller_id, world.wired.documents, slack_api_url=world.sim.api_url, install=install
    )
    server = uvicorn.Server(uvicorn.Config(http_endpoint(app), port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/slack/events"
    finally:
        server.should_exit = True
        thread.join(10)


def slash_command(world: World, response_url: str) -> str:
    return urlencode(
        {
            "command": "/usage",
            "text": "acme",
            "team_id": world.sim.workspace.team_id,
            "user_id": world.people["fay"],
            "channel_id": world.channels["finance"],
            "trigger_id": "1.2.three",
            "response_url": response_url,
            "api_app_id": world.app.app_id,
        }
    )


def send(url: str, body: str, headers: dict[str, str]) -> int:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return httpx2.post(url, content=body, headers=headers, trust_env=False).status_code


def test_everything_works_over_signed_http_too(quiet_world: World) -> None:
    world = quiet_world
    with in_http_mode(world) as url:
        world.sim.workspace.set_request_url(world.app.app_id, url)
        fay = world.person("fay")

        card = world.answered(fay.command("/usage acme", channel=world.channels["finance"]))
        home = fay.open_home()

    assert "has come to" in card.text
    assert home is not None
    assert "spend so far" in texts(home["blocks"])


def test_the_same_command_sent_twice_is_answered_once(quiet_world: World) -> None:
    world = quiet_world
    with in_http_mode(world) as url:
        world.sim.workspace.set_request_url(world.app.app_id, url)
        fay = world.person("fay")
        before = fay.command("/billing help", channel=world.channels["lobby"])
        address = _response_url(world)
        body = slash_command(world, address)

        answers = [send(url, body, signature(world.app.signing_secret, body)) for _ in range(2)]
        world.until(lambda: len(before.ephemerals) == 2)
        world.answered(fay.command("/usage acme", channel=world.channels["acme"]))

    assert answers == [200, 200]
    assert len(before.ephemerals) == 2, "the help, and one card"


@pytest.mark.parametrize("forgery", ["wrong secret", "no signature", "old"])
def test_what_is_not_signed_by_slack_has_no_effect(quiet_world: World, forgery: str) -> None:
    world = quiet_world
    with in_http_mode(world) as url:
        body = slash_command(world, "http://127.0.0.1:9/")
        headers = {
            "wrong secret": signature("0" * 32, body),
            "no signature": {},
            "old": signature(world.app.signing_secret, body) | {"X-Slack-Request-Timestamp": "1600000000"},
        }[forgery]

        assert send(url, body, headers) == 401


def test_without_a_signing_secret_nothing_that_comes_by_http_is_believed(quiet_world: World) -> None:
    with in_http_mode(quiet_world, with_secret=False) as url:
        body = slash_command(quiet_world, "http://127.0.0.1:9/")

        assert send(url, body, signature("", body)) == 401


def test_an_unknown_button_is_acknowledged_and_explained(world: World) -> None:
    message = _post_button(world, "of_old", "1")

    answer = world.answered(world.person("fay").click(world.channels["lobby"], message.ts, "of_old"))

    assert "That button is from an older version" in answer.text


def test_a_button_with_a_made_up_value_does_nothing_and_says_so(world: World) -> None:
    message = _post_button(world, "explain_invoice", "no-such-id|x")

    answer = world.answered(world.person("fay").click(world.channels["lobby"], message.ts, "explain_invoice"))

    assert answer.text == "That button is from an older version; open the explanation again."


def test_a_fault_is_told_with_a_reference_and_nothing_more(world: World) -> None:
    world.closed_january()
    world.deliver()
    world.sim.faults.fail("views.open")
    fay, card = world.person("fay"), world.card_of("acme", "Tokens")

    answer = world.answered(fay.click(world.channels["acme"], card.ts, "explain_invoice"))

    assert re.fullmatch(r"Slack had trouble of its own\. \(reference [0-9a-f]{8}\)", answer.text)


def test_a_sockets_renewal_loses_nothing(world: World) -> None:
    world.sim.refresh_connections(world.app.app_id)
    world.until(lambda: world.sim.deliverer.sockets.count(world.app.app_id) >= 2)

    card = world.answered(world.person("fay").command("/usage acme", channel=world.channels["finance"]))

    assert "has come to" in card.text


def _post_button(world: World, action_id: str, value: str) -> Message:
    client = web_client(world.install.bot_token, slack_api_url=world.sim.api_url)
    button = {"type": "button", "text": {"type": "plain_text", "text": "Old"}, "action_id": action_id, "value": value}
    client.chat_postMessage(
        channel=world.channels["lobby"], text="old", blocks=[{"type": "actions", "elements": [button]}]
    )
    return world.said_in("lobby")[-1]


def _response_url(world: World) -> str:
    entry = world.sim.traffic.of("/billing")[-1]
    return str(entry.arguments["response_url"])
