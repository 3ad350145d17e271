"""The Web API refuses what Slack refuses, in Slack's words."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Json
from farthing_slacksim.server import SlackSim
from farthing_slacksim.web_api import answer
from tests.slacksim.bolt import Office, manifest


def call(office: Office, method: str, **arguments: Any) -> Json:
    """One call by the app's bot token, past HTTP; an error comes back as its answer."""
    token = arguments.pop("token", office.app.bot_token)
    try:
        return answer(office.sim, method, token, arguments)
    except SlackError as error:
        return error.answer()


def error(office: Office, method: str, **arguments: Any) -> str:
    return str(call(office, method, **arguments).get("error"))


def test_a_token_is_needed_known_and_of_the_right_kind(closed_office: Office) -> None:
    assert error(closed_office, "auth.test", token=None) == "not_authed"
    assert error(closed_office, "auth.test", token="xoxb-no-such") == "invalid_auth"
    assert error(closed_office, "chat.postMessage", token=closed_office.app.app_token) == "not_allowed_token_type"
    assert error(closed_office, "apps.connections.open") == "not_allowed_token_type"
    assert call(closed_office, "chat.scheduleMessage") == {
        "ok": False,
        "error": "unknown_method",
        "req_method": "chat.scheduleMessage",
    }


def test_a_bot_posts_only_where_it_is_and_sees_no_private_channel_of_others(closed_office: Office) -> None:
    workspace = closed_office.sim.workspace
    outside = workspace.add_channel(name="outside", members=[closed_office.fay])
    secret = workspace.add_channel(name="secret", private=True, members=[closed_office.fay])
    assert error(closed_office, "chat.postMessage", channel="C0NOWHERE", text="x") == "channel_not_found"
    assert error(closed_office, "chat.postMessage", text="x") == "channel_not_found"
    assert error(closed_office, "chat.postMessage", channel=outside, text="x") == "not_in_channel"
    assert error(closed_office, "chat.postMessage", channel=secret, text="x") == "channel_not_found"
    assert error(closed_office, "conversations.info", channel=secret) == "channel_not_found"
    assert call(closed_office, "chat.postMessage", channel="#finance", text="x")["channel"] == closed_office.finance
    workspace.invite(secret, closed_office.app.bot_user_id)
    assert call(closed_office, "chat.postMessage", channel=secret, text="x")["ok"]
    workspace.channels[secret].archived = True
    assert error(closed_office, "chat.postMessage", channel=secret, text="x") == "is_archived"


def test_what_is_said_must_be_there_short_enough_and_well_formed(closed_office: Office) -> None:
    def post(**content: Any) -> str:
        return error(closed_office, "chat.postMessage", channel=closed_office.finance, **content)

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
    refused = call(closed_office, "chat.postMessage", channel=closed_office.finance, blocks=[{"type": "map"}])
    assert refused["error"] == "invalid_blocks"
    assert refused["response_metadata"] == {"messages": ["[ERROR] unsupported type: map [json-pointer:/blocks/0/type]"]}
    assert closed_office.sim.workspace.messages(closed_office.finance) == []


def test_text_is_kept_escaped(closed_office: Office) -> None:
    sent = f"R&D <!channel> 1 < 2 <@{closed_office.fay}> <https://a.example|a>"
    kept = call(closed_office, "chat.postMessage", channel=closed_office.finance, text=sent)["message"]["text"]
    assert kept == f"R&amp;D <!channel> 1 &lt; 2 <@{closed_office.fay}> <https://a.example|a>"


def test_an_update_keeps_what_was_not_given_and_only_ones_own_message_can_change(closed_office: Office) -> None:
    posted = call(
        closed_office, "chat.postMessage", channel=closed_office.finance, text="a", blocks=[{"type": "divider"}]
    )
    place = {"channel": closed_office.finance, "ts": posted["ts"]}
    changed = call(closed_office, "chat.update", **place, text="b")
    assert changed["message"]["text"] == "b"
    assert changed["message"]["blocks"] == posted["message"]["blocks"]
    assert "blocks" not in call(closed_office, "chat.update", **place, text="c", blocks=[])["message"]
    assert error(closed_office, "chat.update", **place) == "no_text"
    assert error(closed_office, "chat.update", channel=closed_office.finance, ts="1.1", text="x") == "message_not_found"
    said = closed_office.sim.person(closed_office.fay).say("mine", channel=closed_office.finance)
    assert (
        error(closed_office, "chat.update", channel=closed_office.finance, ts=said.ts, text="x")
        == "cant_update_message"
    )
    assert error(closed_office, "chat.delete", channel=closed_office.finance, ts=said.ts) == "cant_delete_message"
    assert call(closed_office, "chat.delete", **place)["ok"]
    assert error(closed_office, "chat.delete", **place) == "message_not_found"


def test_a_reply_goes_under_the_first_message_and_a_permalink_names_both(closed_office: Office) -> None:
    first = call(closed_office, "chat.postMessage", channel=closed_office.finance, text="a")["ts"]
    reply = call(closed_office, "chat.postMessage", channel=closed_office.finance, text="b", thread_ts=first)["ts"]
    nested = call(closed_office, "chat.postMessage", channel=closed_office.finance, text="c", thread_ts=reply)
    assert nested["message"]["thread_ts"] == first
    link = call(closed_office, "chat.getPermalink", channel=closed_office.finance, message_ts=reply)["permalink"]
    assert link.endswith(f"/p{reply.replace('.', '')}?thread_ts={first}&cid={closed_office.finance}")


def test_an_ephemeral_is_seen_by_one_member_until_they_reload(closed_office: Office) -> None:
    stranger = closed_office.sim.workspace.add_user(name="stranger")
    place = {"channel": closed_office.finance, "text": "only you"}
    assert error(closed_office, "chat.postEphemeral", **place, user=stranger) == "user_not_in_channel"
    assert call(closed_office, "chat.postEphemeral", **place, user=closed_office.fay)["ok"]
    hands = closed_office.sim.person(closed_office.fay)
    assert [shown.text for shown in hands.ephemerals(closed_office.finance)] == ["only you"]
    assert closed_office.sim.person(closed_office.omar).ephemerals(closed_office.finance) == []
    assert closed_office.sim.workspace.messages(closed_office.finance) == []
    hands.reload()
    assert hands.ephemerals(closed_office.finance) == []


def test_a_direct_conversation_is_opened_once_and_a_user_id_posts_into_it(closed_office: Office) -> None:
    opened = call(closed_office, "conversations.open", users=closed_office.fay)["channel"]["id"]
    again = call(closed_office, "conversations.open", users=closed_office.fay, return_im=True)
    assert again["already_open"]
    assert again["channel"] == call(closed_office, "conversations.open", channel=opened, return_im="true")["channel"]
    assert again["channel"]["user"] == closed_office.fay
    assert call(closed_office, "chat.postMessage", channel=closed_office.fay, text="hello")["channel"] == opened
    assert [message.text for message in closed_office.sim.person(closed_office.fay).direct_messages()] == ["hello"]
    assert error(closed_office, "conversations.open", users="U0NOBODY") == "user_not_found"
    assert error(closed_office, "conversations.open") == "users_list_not_supplied"
    assert error(closed_office, "conversations.open", users=closed_office.app.bot_user_id) == "cannot_dm_bot"


def test_channels_and_people_are_listed_page_by_page(closed_office: Office) -> None:
    for number in range(3):
        closed_office.sim.workspace.add_channel(name=f"room-{number}")
    seen: list[str] = []
    cursor = ""
    while True:
        page = call(closed_office, "conversations.list", limit=2, cursor=cursor)
        seen += [channel["name"] for channel in page["channels"]]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert seen == ["finance", "room-0", "room-1", "room-2"]
    assert error(closed_office, "conversations.list", cursor="made up") == "invalid_cursor"
    assert error(closed_office, "conversations.list", types="public_channel,im") == "missing_scope"
    assert call(closed_office, "conversations.members", channel=closed_office.finance)["members"] == [
        closed_office.fay,
        closed_office.omar,
        closed_office.app.bot_user_id,
    ]
    found = call(closed_office, "users.lookupByEmail", email="FAY@seller.example")["user"]
    assert (found["id"], found["profile"]["email"]) == (closed_office.fay, "fay@seller.example")
    assert error(closed_office, "users.lookupByEmail", email="no@seller.example") == "users_not_found"
    assert error(closed_office, "users.info", user="U0NOBODY") == "user_not_found"
    assert [user["is_bot"] for user in call(closed_office, "users.list")["members"]] == [False, False, True]
    assert call(closed_office, "team.info")["team"]["id"] == closed_office.sim.workspace.team_id
    assert (
        call(closed_office, "bots.info", bot=closed_office.app.bot_id)["bot"]["user_id"]
        == closed_office.app.bot_user_id
    )


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


def test_views_conflict_by_hash_and_external_id_and_stack_three_deep(closed_office: Office) -> None:
    passes = closed_office.sim.workspace.passes
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Form"}, "blocks": []}

    def trigger() -> str:
        return passes.new_trigger(closed_office.app.app_id, closed_office.fay).id

    opened = call(closed_office, "views.open", view={**view, "external_id": "mine"}, trigger_id=trigger())["view"]
    changed = call(closed_office, "views.update", view=view, view_id=opened["id"], hash=opened["hash"])["view"]
    assert changed["hash"] != opened["hash"]
    stale = {"view_id": opened["id"], "hash": opened["hash"]}
    assert error(closed_office, "views.update", view=view, **stale) == "hash_conflict"
    assert error(closed_office, "views.update", view=view, view_id="V0NONE") == "not_found"
    assert error(closed_office, "views.update", view=view, external_id="mine") == "not_found"
    named = {**view, "external_id": "again"}
    assert call(closed_office, "views.push", view=named, trigger_id=trigger())["view"]["root_view_id"] == opened["id"]
    assert error(closed_office, "views.push", view=named, trigger_id=trigger()) == "duplicate_external_id"
    assert call(closed_office, "views.push", view=view, trigger_id=trigger())["ok"]
    assert error(closed_office, "views.push", view=view, trigger_id=trigger()) == "push_limit_reached"
    home = {"type": "home", "blocks": []}
    assert error(closed_office, "views.publish", view=view, user_id=closed_office.fay) == "invalid_arguments"
    published = call(closed_office, "views.publish", view=home, user_id=closed_office.fay)["view"]
    assert call(closed_office, "views.publish", view=home, user_id=closed_office.fay, hash=published["hash"])["ok"]
    assert (
        error(closed_office, "views.publish", view=home, user_id=closed_office.fay, hash=published["hash"])
        == "hash_conflict"
    )
