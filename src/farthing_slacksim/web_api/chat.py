"""chat.*: posting, changing and deleting the app's messages."""

from __future__ import annotations

from farthing_slacksim.blocks import message_faults
from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Ephemeral, Json, Message
from farthing_slacksim.present import message_json
from farthing_slacksim.unfurls import links_of
from farthing_slacksim.views import with_block_ids
from farthing_slacksim.web_api.call import Call, Method
from farthing_slacksim.web_api.posts import bot_message, postable_channel, read_content, read_metadata, thread_of


def post_message(call: Call) -> Json:
    # `client_msg_id` is accepted and ignored: nothing Slack publishes promises that it stops a second post.
    channel = postable_channel(call)
    content = read_content(call)
    message = bot_message(
        call,
        channel,
        text=content.text or "",
        blocks=content.blocks or [],
        metadata=read_metadata(call),
        thread_ts=thread_of(call, channel),
        reply_broadcast=call.flag("reply_broadcast"),
    )
    call.workspace.post(message)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(message)}


def post_ephemeral(call: Call) -> Json:
    channel = postable_channel(call)
    content = read_content(call)
    user = call.required("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    shown = Ephemeral(
        id=call.workspace.ids.next("E"),
        ts=call.workspace.new_ts(),
        channel=channel.id,
        user=user,
        text=content.text or "",
        blocks=content.blocks or [],
        app_id=call.app.app_id,
        author=call.app.bot_user_id,
        thread_ts=thread_of(call, channel),
        team_id=call.workspace.team_id,
    )
    call.workspace.show_ephemeral(shown)
    return {"message_ts": shown.ts}


def update(call: Call) -> Json:
    message = _own_message(call, "cant_update_message")
    window = call.workspace.edit_window
    if window is not None and call.workspace.now().timestamp() - float(message.ts) > window.total_seconds():
        raise SlackError("edit_window_closed")
    content = read_content(call)
    call.workspace.update(
        message,
        text=message.text if content.text is None else content.text,
        # Without `blocks` the old ones stay, and then a new text is not seen: so it is in Slack.
        blocks=message.blocks if content.blocks is None else content.blocks,
        metadata=read_metadata(call),
    )
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(message),
    }


def delete(call: Call) -> Json:
    message = _own_message(call, "cant_delete_message")
    call.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    channel = call.seen_channel(call.required("channel", "channel_not_found"))
    message = call.workspace.message(channel.id, call.required("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"{call.sim.url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def unfurl(call: Call) -> Json:
    unfurls = call.complex("unfurls", "invalid_unfurls_format")
    if not unfurls:
        raise SlackError("missing_unfurls")
    if not isinstance(unfurls, dict):
        raise SlackError("invalid_unfurls_format")
    channel = call.seen_channel(call.required("channel", "missing_channel"))
    message = call.workspace.message(channel.id, call.required("ts", "missing_ts"))
    if message is None:
        raise SlackError("cannot_find_message")
    known = [link["url"] for link in links_of(call.app, message.text)]
    for address, shown in unfurls.items():
        if address not in known:
            raise SlackError("cannot_unfurl_url")
        if not isinstance(shown, dict) or not isinstance(shown.get("blocks"), list):
            raise SlackError("invalid_unfurls_format")
        faults = message_faults(shown["blocks"], file_exists=call.file_exists)
        if faults:
            raise SlackError("invalid_blocks", messages=faults)
    named = {address: {"blocks": with_block_ids(shown["blocks"])} for address, shown in unfurls.items()}
    with call.workspace.lock:
        message.unfurls = {**(message.unfurls or {}), **named}
        call.workspace.changed()
    return {}


def _own_message(call: Call, refusal: str) -> Message:
    channel = call.seen_channel(call.required("channel", "channel_not_found"))
    message = call.workspace.message(channel.id, call.required("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.app_id != call.app.app_id:
        raise SlackError(refusal)
    if channel.archived:
        raise SlackError("is_archived")
    return message


METHODS = {
    "chat.unfurl": Method(unfurl, ("links:write",)),
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.update": Method(update, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink),
}
