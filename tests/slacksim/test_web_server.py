"""The Web API over HTTP: how arguments, answers and addresses travel, and who is heard at all."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from farthing_slacksim.model import Json
from farthing_slacksim.server import SlackSim
from tests.slacksim.bolt import Loop, Office, client, manifest


async def raw(office: Office, method: str, **request: Any) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{office.sim.api_url}{method}", **request) as response,
    ):
        return response.status, await response.json(content_type=None)


def test_a_missing_scope_says_what_is_needed_and_what_was_given(loop: Loop) -> None:
    sim = SlackSim()
    app = sim.workspace.install_app(manifest(scopes=["commands", "users:read"]))
    fay = sim.workspace.add_user(name="fay", email="fay@seller.example")
    with sim.running():
        web = client(sim, app.bot_token)
        with pytest.raises(SlackApiError) as refused:
            loop.run(web.chat_postMessage(channel="C1", text="hello"))
        known = loop.run(web.auth_test())
        user = loop.run(web.users_info(user=fay))
    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "chat:write"
    assert refused.value.response["provided"] == "commands,users:read"
    assert known.headers["x-oauth-scopes"] == "commands,users:read"
    assert "email" not in user["user"]["profile"]


def test_arguments_come_from_query_form_and_json(office: Office, loop: Loop) -> None:
    headers = {"Authorization": f"Bearer {office.app.bot_token}"}
    blocks = [{"type": "divider"}]
    form = {"token": office.app.bot_token, "text": "form", "blocks": json.dumps(blocks)}
    _, by_form = loop.run(raw(office, f"chat.postMessage?channel={office.finance}", data=form))
    _, by_json = loop.run(
        raw(
            office,
            "chat.postMessage",
            headers=headers,
            json={"channel": office.finance, "text": "json", "blocks": blocks},
        )
    )
    for answered, text in ((by_form, "form"), (by_json, "json")):
        assert answered["message"]["text"] == text
        assert answered["message"]["blocks"][0]["type"] == "divider"
        assert answered["message"]["blocks"][0]["block_id"]
    _, not_json = loop.run(raw(office, "auth.test", headers={**headers, "Content-Type": "application/json"}, data="{"))
    assert not_json["error"] == "invalid_json"


def test_a_response_url_answers_five_times_in_thirty_minutes(loop: Loop) -> None:
    now = [datetime(2026, 4, 1, 9, 0, tzinfo=UTC)]
    sim = SlackSim(clock=lambda: now[0])
    workspace = sim.workspace
    fay = workspace.add_user(name="fay")
    finance = workspace.add_channel(name="finance", members=[fay])
    app = workspace.install_app(manifest())

    async def post(slug: str, body: Json) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{sim.url}answers/{slug}", json=body) as response,
        ):
            return response.status, await response.text()

    with sim.running():
        slug = workspace.passes.new_response_url(app.app_id, fay, finance).slug
        for number in range(5):
            assert loop.run(post(slug, {"text": str(number)})) == (200, "ok")
        assert loop.run(post(slug, {"text": "6"})) == (404, '{"ok":false,"error":"used_url"}')
        fresh = workspace.passes.new_response_url(app.app_id, fay, finance).slug
        assert "invalid_blocks" in loop.run(post(fresh, {"blocks": [{"type": "map"}]}))[1]
        assert "no_text" in loop.run(post(fresh, {}))[1]
        now[0] += timedelta(minutes=31)
        assert loop.run(post(fresh, {"text": "late"}))[1] == '{"ok":false,"error":"expired_url"}'
    assert [shown.text for shown in workspace.ephemerals(fay)] == ["0", "1", "2", "3", "4"]


def test_only_this_machine_by_its_own_name_is_answered(office: Office, loop: Loop) -> None:
    async def status(host: str) -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{office.sim.api_url}auth.test", headers={"Host": host}) as response,
        ):
            return response.status

    hosts = ("127.0.0.1", f"localhost:{office.sim.port}", "[::1]:80", "evil.example", "127.0.0.1.evil.example")
    assert [loop.run(status(host)) for host in hosts] == [200, 200, 200, 421, 421]
    with pytest.raises(ValueError, match="this machine only"):
        SlackSim(host="0.0.0.0")


def test_a_busy_port_is_told_at_once(office: Office) -> None:
    with pytest.raises(OSError):
        SlackSim(port=office.sim.port).start()


def test_the_traffic_log_holds_every_call_and_no_token(loop: Loop, tmp_path: Any) -> None:
    log = tmp_path / "traffic.jsonl"
    sim = SlackSim(traffic_log=log)
    app = sim.workspace.install_app(manifest())
    with sim.running():
        loop.run(raw(Office(sim, app, "", "", ""), "auth.test", data={"token": app.bot_token}))
        loop.run(client(sim, app.app_token).apps_connections_open(app_token=app.app_token))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["direction"], line["kind"]) for line in lines] == [
        ("in", "auth.test"),
        ("in", "apps.connections.open"),
    ]
    assert "xox" not in log.read_text()
    assert "xapp" not in log.read_text()
