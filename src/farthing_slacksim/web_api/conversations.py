"""conversations.*: which channels there are, who is in them, and opening a direct conversation."""

from __future__ import annotations

from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Channel, Json
from farthing_slacksim.present import channel_json
from farthing_slacksim.web_api.call import Call, Method, page_of

_READ_SCOPES = {"public": "channels:read", "private": "groups:read", "im": "im:read"}
_KINDS = {"public_channel": "public", "private_channel": "private", "im": "im"}


def open_conversation(call: Call) -> Json:
    channel_id, users = call.text("channel"), call.text("users")
    if channel_id:
        channel = call.seen_channel(channel_id)
        if channel.kind != "im":
            raise SlackError("channel_not_found")
    elif users:
        names = [name.strip() for name in users.split(",") if name.strip()]
        if len(names) != 1:
            raise SlackError("method_not_supported_for_channel_type")
        user = call.user(names[0])
        if call.is_stranger(user.id):
            raise SlackError("user_not_visible")
        if user.deleted:
            raise SlackError("user_disabled")
        if user.is_bot:
            raise SlackError("cannot_dm_bot")
        known = set(call.workspace.channels)
        channel = call.workspace.direct_channel(call.app.bot_user_id, user.id)
        if channel.id in known:
            return {"no_op": True, "already_open": True, "channel": _opened(call, channel)}
    else:
        raise SlackError("users_list_not_supplied")
    return {"channel": _opened(call, channel)}


def info(call: Call) -> Json:
    channel = _readable(call)
    shown = channel_json(channel, seen_by=call.app.bot_user_id, team_id=call.workspace.team_id)
    if not call.flag("include_num_members"):
        shown.pop("num_members", None)
    return {"channel": shown}


def list_conversations(call: Call) -> Json:
    kinds = [kind.strip() for kind in (call.text("types") or "public_channel").split(",")]
    if not set(kinds) <= set(_KINDS) | {"mpim"}:
        raise SlackError("invalid_types")
    wanted = [_KINDS[kind] for kind in kinds if kind != "mpim"]
    for kind in wanted:
        call.need(_READ_SCOPES[kind])
    bot = call.app.bot_user_id
    found = [
        channel_json(channel, seen_by=bot, team_id=call.workspace.team_id)
        for channel in call.workspace.channels.values()
        if channel.kind in wanted
        and (channel.kind == "public" or bot in channel.members)
        and not (channel.archived and call.flag("exclude_archived"))
    ]
    page, metadata = page_of(found, call, default=100)
    return {"channels": page, "response_metadata": metadata}


def members(call: Call) -> Json:
    page, metadata = page_of(list(_readable(call).members), call, default=100)
    return {"members": page, "response_metadata": metadata}


def join(call: Call) -> Json:
    channel = call.seen_channel(call.required("channel", "channel_not_found"))
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    already = call.app.bot_user_id in channel.members
    call.workspace.invite(channel.id, call.app.bot_user_id)
    answer: Json = {"channel": channel_json(channel, seen_by=call.app.bot_user_id, team_id=call.workspace.team_id)}
    return answer | ({"warning": "already_in_channel"} if already else {})


def _readable(call: Call) -> Channel:
    channel = call.seen_channel(call.required("channel", "channel_not_found"))
    call.need(_READ_SCOPES[channel.kind])
    return channel


def _opened(call: Call, channel: Channel) -> Json:
    if call.flag("return_im"):
        return channel_json(channel, seen_by=call.app.bot_user_id, team_id=call.workspace.team_id)
    return {"id": channel.id}


_ANY_READ = tuple(_READ_SCOPES.values())
METHODS = {
    "conversations.open": Method(open_conversation, ("im:write",)),
    "conversations.info": Method(info, _ANY_READ),
    "conversations.list": Method(list_conversations, _ANY_READ),
    "conversations.members": Method(members, _ANY_READ),
    "conversations.join": Method(join, ("channels:join",)),
}
