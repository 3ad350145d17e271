"""The Web API refuses what Slack refuses, in Slack's words."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Json
from farthing_slacksim.server import SlackSim
from farthing_slacksim.web_api import answer
from tests.slacksim.bolt import Loop, Office, client, manifest


def call(office: Office, method: str, **arguments: Any) -> Json:
    """One call by the app's bot token, past HTTP; an error comes back as its answer."""
    token = arguments.pop("token", office.app.bot_token)
    try:
        return answer(office.sim, method, token, arguments)
    except SlackError as error:
        return error.answer()


def error(office: Office, method: str, **arguments: Any) -> str:
    return str(call(office, method, **arguments).get("error"))


async def raw(office: Office, method: str, **request: Any) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{office.sim.api_url}{method}", **request) as response,
    ):
        return response.status, await response.json(content_type=None)


def test_a_token_is_needed_known_and_of_the_right_kind(office: Office) -> None:
    assert error(office, "auth.test", token=None) == "not_authed"
    assert error(office, "auth.test", token="xoxb-no-such") == "invalid_auth"
    assert error(office, "chat.postMessage", token=office.app.app_token) == "not_allowed_token_type"
    assert error(office, "apps.connections.open") == "not_allowed_token_type"
    assert call(office, "chat.scheduleMessage") == {
        "ok": False,
        "error": "unknown_method",
        "req_method": "chat.scheduleMessage",
    }


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


def test_a_bot_posts_only_where_it_is_and_sees_no_private_channel_of_others(office: Office) -> None:
    workspace = office.sim.workspace
    outside = workspace.add_channel(name="outside", members=[office.fay])
    secret = workspace.add_channel(name="secret", private=True, members=[office.fay])
    assert error(office, "chat.postMessage", channel="C0NOWHERE", text="x") == "channel_not_found"
    assert error(office, "chat.postMessage", text="x") == "channel_not_found"
    assert error(office, "chat.postMessage", channel=outside, text="x") == "not_in_channel"
    assert error(office, "chat.postMessage", channel=secret, text="x") == "channel_not_found"
    assert error(office, "conversations.info", channel=secret) == "channel_not_found"
    assert call(office, "chat.postMessage", channel="#finance", text="x")["channel"] == office.finance
    workspace.invite(secret, office.app.bot_user_id)
    assert call(office, "chat.postMessage", channel=secret, text="x")["ok"]
    workspace.channels[secret].archived = True
    assert error(office, "chat.postMessage", channel=secret, text="x") == "is_archived"


def test_what_is_said_must_be_there_short_enough_and_well_formed(office: Office) -> None:
    def post(**content: Any) -> str:
        return error(office, "chat.postMessage", channel=office.finance, **content)

    assert post() == "no_text"
    assert post(blocks=[]) == "no_text"
    assert post(text="x" * 4001) == "msg_too_long"
    assert post(text="x", blocks="{not json") == "invalid_blocks_format"
    assert post(text="x", blocks='"a string"') == "invalid_blocks_format"
    assert post(text="x", blocks={"type": "divider"}) == "invalid_blocks_format"
    assert post(text="x", attachments=[{"text": "old"}]) == "invalid_attachments"
    assert post(text="x", thread_ts="1.2") == "thread_not_found"
    assert post(text="x", metadata="{") == "invalid_metadata_format"
    assert post(text="x", metadata={"event_type": "a"}) == "invalid_metadata_schema"
    refused = call(office, "chat.postMessage", channel=office.finance, blocks=[{"type": "map"}])
    assert refused["error"] == "invalid_blocks"
    assert refused["response_metadata"] == {"messages": ["[ERROR] unsupported type: map [json-pointer:/blocks/0/type]"]}
    assert office.sim.workspace.messages(office.finance) == []


def test_text_is_kept_escaped(office: Office) -> None:
    sent = f"R&D <!channel> 1 < 2 <@{office.fay}> <https://a.example|a>"
    kept = call(office, "chat.postMessage", channel=office.finance, text=sent)["message"]["text"]
    assert kept == f"R&amp;D <!channel> 1 &lt; 2 <@{office.fay}> <https://a.example|a>"


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


def test_an_update_keeps_what_was_not_given_and_only_ones_own_message_can_change(office: Office) -> None:
    posted = call(office, "chat.postMessage", channel=office.finance, text="a", blocks=[{"type": "divider"}])
    place = {"channel": office.finance, "ts": posted["ts"]}
    changed = call(office, "chat.update", **place, text="b")
    assert changed["message"]["text"] == "b"
    assert changed["message"]["blocks"] == posted["message"]["blocks"]
    assert "blocks" not in call(office, "chat.update", **place, text="c", blocks=[])["message"]
    assert error(office, "chat.update", **place) == "no_text"
    assert error(office, "chat.update", channel=office.finance, ts="1.1", text="x") == "message_not_found"
    said = office.sim.person(office.fay).say("mine", channel=office.finance)
    assert error(office, "chat.update", channel=office.finance, ts=said.ts, text="x") == "cant_update_message"
    assert error(office, "chat.delete", channel=office.finance, ts=said.ts) == "cant_delete_message"
    assert call(office, "chat.delete", **place)["ok"]
    assert error(office, "chat.delete", **place) == "message_not_found"


def test_a_reply_goes_under_the_first_message_and_a_permalink_names_both(office: Office) -> None:
    first = call(office, "chat.postMessage", channel=office.finance, text="a")["ts"]
    reply = call(office, "chat.postMessage", channel=office.finance, text="b", thread_ts=first)["ts"]
    nested = call(office, "chat.postMessage", channel=office.finance, text="c", thread_ts=reply)
    assert nested["message"]["thread_ts"] == first
    link = call(office, "chat.getPermalink", channel=office.finance, message_ts=reply)["permalink"]
    assert link.endswith(f"/p{reply.replace('.', '')}?thread_ts={first}&cid={office.finance}")


def test_an_ephemeral_is_seen_by_one_member_until_they_reload(office: Office) -> None:
    stranger = office.sim.workspace.add_user(name="stranger")
    place = {"channel": office.finance, "text": "only you"}
    assert error(office, "chat.postEphemeral", **place, user=stranger) == "user_not_in_channel"
    assert call(office, "chat.postEphemeral", **place, user=office.fay)["ok"]
    hands = office.sim.person(office.fay)
    assert [shown.text for shown in hands.ephemerals(office.finance)] == ["only you"]
    assert office.sim.person(office.omar).ephemerals(office.finance) == []
    assert office.sim.workspace.messages(office.finance) == []
    hands.reload()
    assert hands.ephemerals(office.finance) == []


def test_a_direct_conversation_is_opened_once_and_a_user_id_posts_into_it(office: Office) -> None:
    opened = call(office, "conversations.open", users=office.fay)["channel"]["id"]
    again = call(office, "conversations.open", users=office.fay, return_im=True)
    assert again["already_open"]
    assert again["channel"] == call(office, "conversations.open", channel=opened, return_im="true")["channel"]
    assert again["channel"]["user"] == office.fay
    assert call(office, "chat.postMessage", channel=office.fay, text="hello")["channel"] == opened
    assert [message.text for message in office.sim.person(office.fay).direct_messages()] == ["hello"]
    assert error(office, "conversations.open", users="U0NOBODY") == "user_not_found"
    assert error(office, "conversations.open") == "users_list_not_supplied"
    assert error(office, "conversations.open", users=office.app.bot_user_id) == "cannot_dm_bot"


def test_channels_and_people_are_listed_page_by_page(office: Office) -> None:
    for number in range(3):
        office.sim.workspace.add_channel(name=f"room-{number}")
    seen: list[str] = []
    cursor = ""
    while True:
        page = call(office, "conversations.list", limit=2, cursor=cursor)
        seen += [channel["name"] for channel in page["channels"]]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert seen == ["finance", "room-0", "room-1", "room-2"]
    assert error(office, "conversations.list", cursor="made up") == "invalid_cursor"
    assert error(office, "conversations.list", types="public_channel,im") == "missing_scope"
    assert call(office, "conversations.members", channel=office.finance)["members"] == [
        office.fay,
        office.omar,
        office.app.bot_user_id,
    ]
    found = call(office, "users.lookupByEmail", email="FAY@seller.example")["user"]
    assert (found["id"], found["profile"]["email"]) == (office.fay, "fay@seller.example")
    assert error(office, "users.lookupByEmail", email="no@seller.example") == "users_not_found"
    assert error(office, "users.info", user="U0NOBODY") == "user_not_found"
    assert [user["is_bot"] for user in call(office, "users.list")["members"]] == [False, False, True]
    assert call(office, "team.info")["team"]["id"] == office.sim.workspace.team_id
    assert call(office, "bots.info", bot=office.app.bot_id)["bot"]["user_id"] == office.app.bot_user_id


def test_a_trigger_opens_one_form_within_three_seconds() -> None:
    now = [datetime(2026, 4, 1, 9, 0, tzinfo=UTC)]
    sim = SlackSim(clock=lambda: now[0])
    workspace = sim.workspace
    fay = workspace.add_user(name="fay")
    app = workspace.install_app(manifest())
    office = Office(sim, app, fay, fay, "")
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Form"}, "blocks": []}

    trigger = workspace.passes.new_trigger(app.app_id, fay).id
    assert error(office, "views.open", view=view, trigger_id="12.34.made-up") == "invalid_trigger_id"
    assert error(office, "views.open", view={**view, "title": None}, trigger_id=trigger) == "invalid_arguments"
    assert call(office, "views.open", view=json.dumps(view), trigger_id=trigger)["view"]["type"] == "modal"
    assert error(office, "views.open", view=view, trigger_id=trigger) == "exchanged_trigger_id"
    late = workspace.passes.new_trigger(app.app_id, fay).id
    now[0] += timedelta(seconds=3.5)
    assert error(office, "views.open", view=view, trigger_id=late) == "expired_trigger_id"
    workspace.install_app(manifest())
    other = workspace.passes.new_trigger(workspace.apps.all()[1].app_id, fay).id
    assert error(office, "views.open", view=view, trigger_id=other) == "invalid_trigger_id"


def test_views_conflict_by_hash_and_external_id_and_stack_three_deep(office: Office) -> None:
    passes = office.sim.workspace.passes
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Form"}, "blocks": []}

    def trigger() -> str:
        return passes.new_trigger(office.app.app_id, office.fay).id

    opened = call(office, "views.open", view={**view, "external_id": "mine"}, trigger_id=trigger())["view"]
    changed = call(office, "views.update", view=view, view_id=opened["id"], hash=opened["hash"])["view"]
    assert changed["hash"] != opened["hash"]
    stale = {"view_id": opened["id"], "hash": opened["hash"]}
    assert error(office, "views.update", view=view, **stale) == "hash_conflict"
    assert error(office, "views.update", view=view, view_id="V0NONE") == "not_found"
    assert error(office, "views.update", view=view, external_id="mine") == "not_found"
    named = {**view, "external_id": "again"}
    assert call(office, "views.push", view=named, trigger_id=trigger())["view"]["root_view_id"] == opened["id"]
    assert error(office, "views.push", view=named, trigger_id=trigger()) == "duplicate_external_id"
    assert call(office, "views.push", view=view, trigger_id=trigger())["ok"]
    assert error(office, "views.push", view=view, trigger_id=trigger()) == "push_limit_reached"
    home = {"type": "home", "blocks": []}
    assert error(office, "views.publish", view=view, user_id=office.fay) == "invalid_arguments"
    published = call(office, "views.publish", view=home, user_id=office.fay)["view"]
    assert call(office, "views.publish", view=home, user_id=office.fay, hash=published["hash"])["ok"]
    assert error(office, "views.publish", view=home, user_id=office.fay, hash=published["hash"]) == "hash_conflict"


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
