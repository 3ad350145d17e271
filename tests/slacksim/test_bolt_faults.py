"""What goes wrong between Slack and an app: lost answers, lost connections, limits, and how the app learns of it."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import FixedValueRetryIntervalCalculator
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler

from farthing_slacksim.model import Json
from tests.slacksim.bolt import Loop, Office, connected, wait_for

METADATA = {"event_type": "tally_post", "event_payload": {"post": "p-1"}}


def listen_for_posts(heard: list[Json]) -> Any:
    def register(app: AsyncApp) -> None:
        @app.event("message_metadata_posted")
        async def posted(event: Json) -> None:
            heard.append(event)

    return register


def test_a_post_whose_answer_is_lost_took_effect_and_is_told_by_its_metadata(office: Office) -> None:
    heard: list[Json] = []
    office.sim.faults.drop_after_accept("chat.postMessage")
    with connected(office.sim, office.app, listen_for_posts(heard)) as loop:
        post = office.web.chat_postMessage(channel=office.finance, text="Invoice", metadata=METADATA)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            loop.run(post)
        wait_for(lambda: heard)

    (message,) = office.sim.workspace.messages(office.finance)
    assert message.text == "Invoice"
    assert heard[0]["message_ts"] == message.ts
    assert heard[0]["channel_id"] == office.finance
    assert heard[0]["metadata"] == METADATA
    assert heard[0]["app_id"] == office.app.app_id


def test_bolt_drops_the_metadata_of_the_apps_own_posts_unless_it_is_told_not_to(office: Office) -> None:
    heard: list[Json] = []
    with connected(office.sim, office.app, listen_for_posts(heard), hears_itself=False) as loop:
        loop.run(office.web.chat_postMessage(channel=office.finance, text="Invoice", metadata=METADATA))
        wait_for_traffic(office, "message_metadata_posted", 1)

    assert office.sim.traffic.of("message_metadata_posted")[0].answer is None
    assert heard == []


def test_the_default_retry_of_the_sdk_posts_twice_though_the_client_msg_id_is_the_same(
    office: Office, loop: Loop
) -> None:
    office.sim.faults.drop_after_accept("chat.postMessage")
    web = office.web
    web.retry_handlers = [AsyncConnectionErrorRetryHandler(interval_calculator=FixedValueRetryIntervalCalculator(0.01))]
    loop.run(web.chat_postMessage(channel=office.finance, text="Invoice", client_msg_id="one-and-the-same"))

    assert [message.text for message in office.sim.workspace.messages(office.finance)] == ["Invoice"] * 2


def test_metadata_of_another_type_or_in_another_channel_is_not_told(office: Office) -> None:
    heard: list[Json] = []
    other = {"event_type": "another", "event_payload": {}}
    with connected(office.sim, office.app, listen_for_posts(heard)) as loop:
        loop.run(office.web.chat_postMessage(channel=office.finance, text="1", metadata=other))
        loop.run(office.web.chat_postMessage(channel=office.finance, text="2"))
        loop.run(office.web.chat_postMessage(channel=office.finance, text="3", metadata=METADATA))
        wait_for(lambda: heard)

    assert [event["message_ts"] for event in heard] == [office.sim.workspace.messages(office.finance)[2].ts]


def test_an_event_is_sent_again_down_another_connection_when_one_breaks_before_the_ack(
    office: Office, loop: Loop
) -> None:
    """Spoken without the SDK, so that a connection can break at a chosen moment."""
    office.sim.deliverer.retry_delays_seconds = (0.0,)

    async def two_connections() -> tuple[Json, Json]:
        async with aiohttp.ClientSession() as session:
            first = await _raw_connection(office, session)
            second = await _raw_connection(office, session)
            hands = office.sim.person(office.fay)
            await asyncio.to_thread(hands.say, f"<@{office.app.bot_user_id}>", channel=office.finance)
            waiting = {asyncio.ensure_future(ws.receive_json()): ws for ws in (first, second)}
            done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            heard = done.pop()
            await waiting[heard].close()
            (other,) = rest
            again = await other
            await waiting[other].send_json({"envelope_id": again["envelope_id"]})
            return heard.result(), again

    one, again = loop.run(two_connections())
    wait_for_traffic(office, "app_mention", 2)
    assert one["payload"] == again["payload"]
    assert one["envelope_id"] != again["envelope_id"]
    assert (one["retry_attempt"], again["retry_attempt"]) == (0, 1)
    assert [entry.answer for entry in office.sim.traffic.of("app_mention")] == [
        {"error": "dispatch_failed"},
        None,
    ]


def test_a_ticket_opens_one_connection_and_only_on_this_machine(office: Office, loop: Loop) -> None:
    async def use_twice() -> None:
        async with aiohttp.ClientSession() as session:
            answer = await session.post(
                f"{office.sim.api_url}apps.connections.open",
                headers={"Authorization": f"Bearer {office.app.app_token}"},
            )
            url = (await answer.json())["url"]
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url, headers={"Host": "evil.example"})
            async with session.ws_connect(url) as ws:
                hello = await ws.receive_json()
                assert (hello["type"], hello["num_connections"]) == ("hello", 1)
                with pytest.raises(aiohttp.WSServerHandshakeError):
                    await session.ws_connect(url)

    loop.run(use_twice())


async def _raw_connection(office: Office, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    answer = await session.post(
        f"{office.sim.api_url}apps.connections.open",
        headers={"Authorization": f"Bearer {office.app.app_token}"},
    )
    ws = await session.ws_connect((await answer.json())["url"])
    assert (await ws.receive_json())["type"] == "hello"
    return ws


def test_after_a_refresh_the_app_is_connected_anew_and_hears(office: Office) -> None:
    def register(app: AsyncApp) -> None:
        @app.command("/usage")
        async def usage(ack: Any) -> None:
            await ack("still here")

    sockets = office.sim.deliverer.sockets
    with connected(office.sim, office.app, register):
        opened = len(office.sim.traffic.of("apps.connections.open"))
        office.sim.refresh_connections(office.app.app_id)
        wait_for_traffic(office, "apps.connections.open", opened + 1)
        assert office.sim.workspace.wait_until(lambda: sockets.count(office.app.app_id) == 1)
        result = office.sim.person(office.fay).command("/usage", channel=office.finance)

    assert [shown.text for shown in result.ephemerals] == ["still here"]


def test_an_uninstalled_app_hears_of_it_and_its_tokens_are_dead(office: Office) -> None:
    heard: list[str] = []

    def register(app: AsyncApp) -> None:
        @app.event("app_uninstalled")
        async def gone() -> None:
            heard.append("app_uninstalled")

        @app.event("channel_archive")
        async def archived(event: Json) -> None:
            heard.append(event["channel"])

    with connected(office.sim, office.app, register) as loop:
        office.sim.workspace.archive(office.finance)
        wait_for(lambda: heard == [office.finance])
        office.sim.workspace.uninstall_app(office.app.app_id)
        wait_for(lambda: "app_uninstalled" in heard)
        post = office.web.chat_postMessage(channel=office.finance, text="Invoice")
        assert loop.error(post) == "account_inactive"

    result = office.sim.person(office.fay).command("/usage", channel=office.finance)
    assert result.error == "not_a_command"


def test_a_rate_limit_and_a_server_error_change_nothing_and_pass(office: Office, loop: Loop) -> None:
    office.sim.faults.rate_limit("chat.postMessage", retry_after=7)
    office.sim.faults.fail("chat.postMessage", status=503)
    with pytest.raises(SlackApiError) as limited:
        loop.run(office.web.chat_postMessage(channel=office.finance, text="1"))
    assert limited.value.response.status_code == 429
    assert limited.value.response["error"] == "ratelimited"
    assert limited.value.response.headers["Retry-After"] == "7"
    with pytest.raises(SlackApiError) as failed:
        loop.run(office.web.chat_postMessage(channel=office.finance, text="2"))
    assert failed.value.response.status_code == 503
    assert office.sim.workspace.messages(office.finance) == []
    loop.run(office.web.chat_postMessage(channel=office.finance, text="3"))
    assert [message.text for message in office.sim.workspace.messages(office.finance)] == ["3"]


def test_a_slow_call_takes_effect_though_the_app_gives_up(office: Office, loop: Loop) -> None:
    office.sim.faults.slow("chat.postMessage", seconds=0.15)

    async def hurried() -> None:
        await asyncio.wait_for(office.web.chat_postMessage(channel=office.finance, text="slow"), 0.1)

    with pytest.raises(TimeoutError):
        loop.run(hurried())
    assert [message.text for message in office.sim.workspace.messages(office.finance)] == ["slow"]


def wait_for_traffic(office: Office, kind: str, count: int) -> None:
    """The log is written just after the act, which itself is what moves the workspace on."""
    assert office.sim.traffic.wait_for(kind, count), [entry.kind for entry in office.sim.traffic]
