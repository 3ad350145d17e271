"""What Slack limits besides the shape of blocks: how often, how late, which links, and what a workspace takes."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from farthing_slacksim.errors import SlackError
from farthing_slacksim.faults import ANY_METHOD
from farthing_slacksim.model import Json
from farthing_slacksim.server import SlackSim
from farthing_slacksim.web_api import answer
from tests.slacksim.bolt import Loop, Office, connected, manifest, wait_for

CHART: Json = {
    "type": "data_visualization",
    "title": "Usage",
    "chart": {"type": "pie", "segments": [{"label": "Calls", "value": 1}, {"label": "Seats", "value": 2}]},
}


@pytest.fixture
def timed() -> Iterator[tuple[Office, list[datetime]]]:
    """An office whose clock stands still until a test moves it, and which hears of links to its invoices."""
    now = [datetime(2026, 4, 1, 9, tzinfo=UTC)]
    sim = SlackSim(clock=lambda: now[0])
    workspace = sim.workspace
    fay, omar = workspace.add_user(name="fay"), workspace.add_user(name="omar")
    finance = workspace.add_channel(name="finance", members=[fay, omar])
    made = manifest()
    made["oauth_config"]["scopes"]["bot"] = [*made["oauth_config"]["scopes"]["bot"], "links:read", "links:write"]
    made["features"]["unfurl_domains"] = ["bill.example"]
    made["features"]["shortcuts"] = [
        {"name": "Ask", "type": "message", "callback_id": "ask", "description": "Ask about this charge"}
    ]
    made["settings"]["event_subscriptions"]["bot_events"].append("link_shared")
    app = workspace.install_app(made)
    workspace.invite(finance, app.bot_user_id)
    with sim.running():
        yield Office(sim, app, fay, omar, finance), now


def call(office: Office, method: str, **arguments: Any) -> Json:
    try:
        return answer(office.sim, method, office.app.bot_token, arguments)
    except SlackError as error:
        return error.answer()


def test_a_channel_takes_one_post_a_second_and_the_answer_says_when_to_come_again(
    timed: tuple[Office, list[datetime]], loop: Loop
) -> None:
    office, now = timed
    office.sim.limits.enforce()
    loop.run(office.web.chat_postMessage(channel=office.finance, text="one"))
    with pytest.raises(SlackApiError) as refused:
        loop.run(office.web.chat_postMessage(channel=office.finance, text="two"))
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    now[0] += timedelta(seconds=1)
    loop.run(office.web.chat_postMessage(channel=office.finance, text="two"))
    assert len(office.sim.workspace.messages(office.finance)) == 2


def test_a_method_takes_so_many_calls_a_minute(timed: tuple[Office, list[datetime]], loop: Loop) -> None:
    office, now = timed
    office.sim.limits.enforce()
    for _ in range(20):
        loop.run(office.web.users_list())
    now[0] += timedelta(seconds=20)
    with pytest.raises(SlackApiError) as refused:
        loop.run(office.web.users_list())
    assert refused.value.response.headers["Retry-After"] == "40"
    loop.run(office.web.team_info())


def test_a_message_can_be_changed_only_while_the_workspace_lets_it(timed: tuple[Office, list[datetime]]) -> None:
    office, now = timed
    ts = call(office, "chat.postMessage", channel=office.finance, text="a")["ts"]
    office.sim.workspace.edit_window = timedelta(hours=1)
    assert call(office, "chat.update", channel=office.finance, ts=ts, text="b")["ok"]
    now[0] += timedelta(hours=2)
    assert call(office, "chat.update", channel=office.finance, ts=ts, text="c")["error"] == "edit_window_closed"


def test_a_workspace_that_does_not_take_charts_yet_says_so_with_a_pointer(
    timed: tuple[Office, list[datetime]],
) -> None:
    office, _ = timed
    post = {"channel": office.finance, "text": "Usage", "blocks": [{"type": "divider"}, CHART]}
    assert call(office, "chat.postMessage", **post)["ok"]
    office.sim.workspace.untaken_blocks.add("data_visualization")
    refused = call(office, "chat.postMessage", **post)
    assert refused["error"] == "invalid_blocks"
    assert refused["response_metadata"]["messages"] == [
        "[ERROR] unsupported type: data_visualization [json-pointer:/blocks/1/type]"
    ]


def test_a_shared_link_of_the_apps_own_domain_is_told_of_and_can_be_unfurled(
    timed: tuple[Office, list[datetime]],
) -> None:
    office, _ = timed
    heard: list[Json] = []

    def register(app: AsyncApp) -> None:
        @app.event("link_shared")
        async def shared(event: Json, client: Any) -> None:
            heard.append(event)
            if event["source"] == "composer":
                return
            shown = {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Invoice 7: issued"}}]}
            unfurls = {link["url"]: shown for link in event["links"]}
            await client.chat_unfurl(channel=event["channel"], ts=event["message_ts"], unfurls=unfurls)

    fay = office.sim.person(office.fay)
    with connected(office.sim, office.app, register):
        fay.say("https://other.example/7", channel=office.finance)
        said = fay.say("see <https://pay.bill.example/i/7|this>", channel=office.finance)
        wait_for(lambda: said.unfurls)
        fay.compose("https://bill.example/i/8")
        wait_for(lambda: len(heard) == 2)
    assert heard[0]["links"] == [{"domain": "bill.example", "url": "https://pay.bill.example/i/7"}]
    assert heard[0]["is_bot_user_member"]
    assert heard[1]["channel"] == "COMPOSER"
    assert list(said.unfurls or {}) == ["https://pay.bill.example/i/7"]


def test_only_links_that_are_there_are_unfurled(timed: tuple[Office, list[datetime]]) -> None:
    office, _ = timed
    said = office.sim.person(office.fay).say("https://bill.example/1 https://x.example/", channel=office.finance)
    blocks = [{"type": "divider"}]

    def unfurl(address: str, shown: Any = None, ts: str = said.ts) -> Any:
        unfurls = {address: {"blocks": blocks} if shown is None else shown}
        return call(office, "chat.unfurl", channel=office.finance, ts=ts, unfurls=unfurls).get("error")

    assert unfurl("https://bill.example/1") is None
    assert unfurl("https://bill.example/2") == "cannot_unfurl_url"
    assert unfurl("https://x.example/") == "cannot_unfurl_url"
    assert unfurl("https://bill.example/1", ts="1.1") == "cannot_find_message"
    assert unfurl("https://bill.example/1", {"text": "old"}) == "invalid_unfurls_format"
    assert unfurl("https://bill.example/1", {"blocks": [{"type": "map"}]}) == "invalid_blocks"
    assert call(office, "chat.unfurl", channel=office.finance, ts=said.ts)["error"] == "missing_unfurls"


def test_a_message_shortcut_brings_the_message_and_opens_a_form(timed: tuple[Office, list[datetime]]) -> None:
    office, _ = timed
    ts = call(office, "chat.postMessage", channel=office.finance, text="Invoice 7")["ts"]

    def register(app: AsyncApp) -> None:
        @app.message_shortcut("ask")
        async def ask(ack: Any, body: Json, client: Any) -> None:
            await ack()
            title = {"type": "plain_text", "text": "Ask"}
            blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": body["message"]["text"]}}]
            view = {"type": "modal", "title": title, "blocks": blocks}
            await client.views_open(trigger_id=body["trigger_id"], view=view)

    fay = office.sim.person(office.fay)
    with connected(office.sim, office.app, register):
        assert fay.shortcut(office.finance, ts, "ask").ok
        wait_for(lambda: fay.modal)
    assert fay.modal is not None
    assert fay.modal.blocks[0]["text"]["text"] == "Invoice 7"


def test_faults_before_anything_is_done_leave_nothing_behind(office: Office, loop: Loop) -> None:
    office.sim.faults.drop_before_accept("chat.postMessage")
    office.sim.faults.time_out(ANY_METHOD, seconds=0.05)
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            loop.run(office.web.chat_postMessage(channel=office.finance, text="x"))
    assert office.sim.workspace.messages(office.finance) == []
    loop.run(office.web.chat_postMessage(channel=office.finance, text="x"))
    assert len(office.sim.workspace.messages(office.finance)) == 1


def test_a_retry_comes_at_its_time_on_the_clock_that_was_moved(timed: tuple[Office, list[datetime]]) -> None:
    office, now = timed
    tries: list[int] = []

    def register(app: AsyncApp) -> None:
        @app.event("app_mention")
        async def mention() -> None:
            tries.append(1)

    office.sim.deliverer.retry_delays_seconds = (300.0,)
    office.sim.person(office.fay).say(f"<@{office.app.bot_user_id}> hello", channel=office.finance)
    assert office.sim.traffic.wait_for("app_mention")
    with connected(office.sim, office.app, register):
        time.sleep(0.1)
        assert tries == []
        now[0] += timedelta(minutes=5)
        wait_for(lambda: tries)


def test_a_warning_leaves_the_connections_open(office: Office) -> None:
    with connected(office.sim, office.app, lambda _app: None):
        office.sim.warn_connections(office.app.app_id)
        assert office.sim.connections >= 1
