"""What every post has in common: its text, blocks and metadata, read strictly, and where it may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from farthing_slacksim.blocks import message_faults
from farthing_slacksim.errors import SlackError
from farthing_slacksim.escaping import kept
from farthing_slacksim.model import Channel, Json, Message
from farthing_slacksim.views import with_block_ids
from farthing_slacksim.web_api.call import Call

LONGEST_TEXT = 4_000
LARGEST_METADATA = 16_000


@dataclass(frozen=True)
class Content:
    """`blocks` is None when none were given, which an update takes as "leave them"."""

    text: str | None
    blocks: list[Json] | None


def read_content(call: Call) -> Content:
    text = call.text("text")
    if text is not None and len(text) > LONGEST_TEXT:
        raise SlackError("msg_too_long")
    blocks: Any = call.complex("blocks", "invalid_blocks_format")
    if call.complex("attachments", "invalid_attachments"):
        # Left out of the simulator on purpose: blocks say all of it.
        raise SlackError("invalid_attachments")
    if blocks is not None:
        if not isinstance(blocks, list):
            raise SlackError("invalid_blocks_format")
        faults = message_faults(blocks, file_exists=call.file_exists) or call.workspace.untaken(blocks)
        if faults:
            raise SlackError("invalid_blocks", messages=faults)
        blocks = with_block_ids(blocks)
    if text is None and not blocks:
        raise SlackError("no_text")
    return Content(kept(text) if text is not None else None, blocks)


def read_metadata(call: Call) -> Json | None:
    metadata = call.complex("metadata", "invalid_metadata_format")
    if metadata is None or metadata == {}:
        return metadata  # type: ignore[no-any-return]
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    if set(metadata) - {"entities"} != {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_schema")
    if not isinstance(metadata["event_type"], str) or not isinstance(metadata["event_payload"], dict):
        raise SlackError("invalid_metadata_schema")
    if len(str(metadata)) > LARGEST_METADATA:
        raise SlackError("metadata_too_large")
    return metadata


def postable_channel(call: Call, name: str = "channel") -> Channel:
    """Where a post goes: a channel id, a #name, or a user id (their direct conversation with the bot)."""
    given = call.required(name, "channel_not_found")
    workspace, bot = call.workspace, call.app.bot_user_id
    if given in workspace.users or workspace.shares_with(given):
        user = call.user(given)
        if user.deleted or user.is_bot or call.is_stranger(given):
            raise SlackError("channel_not_found")
        return workspace.direct_channel(bot, given)
    named = workspace.channel_named(given.removeprefix("#")) if not given.startswith("D") else None
    channel = call.seen_channel(named.id if named else given)
    if channel.archived:
        raise SlackError("is_archived")
    if bot not in channel.members and not (channel.kind == "public" and call.may("chat:write.public")):
        raise SlackError("not_in_channel")
    return channel


def thread_of(call: Call, channel: Channel) -> str | None:
    """The message that a reply belongs under. Of a reply's own ts Slack takes its parent."""
    thread_ts = call.text("thread_ts")
    if thread_ts is None:
        return None
    parent = call.workspace.message(channel.id, thread_ts)
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def bot_message(call: Call, channel: Channel, **parts: Any) -> Message:
    return Message(
        ts=call.workspace.new_ts(),
        channel=channel.id,
        user=call.app.bot_user_id,
        app_id=call.app.app_id,
        bot_id=call.app.bot_id,
        **parts,
    )
