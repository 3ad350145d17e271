"""What an app says back to a command or a click: in its acknowledgement, or later through the response URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from farthing_slacksim.blocks import message_faults
from farthing_slacksim.errors import SlackError
from farthing_slacksim.escaping import kept
from farthing_slacksim.model import Ephemeral, InstalledApp, Json, Message, ResponseUrl
from farthing_slacksim.views import with_block_ids
from farthing_slacksim.web_api.posts import LONGEST_TEXT

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim
    from farthing_slacksim.workspace import Workspace


def take_answer(sim: SlackSim, url: ResponseUrl, body: Any) -> None:
    """Shows one answer; SlackError when Slack would not take it."""
    if not isinstance(body, dict):
        raise SlackError("invalid_payload")
    if body.get("delete_original"):
        _delete_original(sim, url)
        return
    text, blocks = _content(sim, sim.workspace_with(url.team_id), body)
    if body.get("replace_original") and _replace_original(sim, url, text, blocks):
        return
    workspace = sim.workspace_with(url.team_id)
    app = workspace.apps.by_id(url.app_id)
    thread_ts = body.get("thread_ts")
    if body.get("response_type") == "in_channel":
        message = _in_channel(sim, app, url, text, blocks, thread_ts)
        workspace.post(message)
        url.shown.append(f"m:{message.ts}")
    else:
        shown = Ephemeral(
            id=sim.workspace.ids.next("E"),
            ts=sim.workspace.new_ts(),
            channel=url.channel,
            user=url.user_id,
            text=text,
            blocks=blocks,
            app_id=url.app_id,
            author=app.bot_user_id,
            thread_ts=thread_ts,
            team_id=url.team_id,
        )
        sim.workspace.show_ephemeral(shown)
        url.shown.append(f"e:{shown.id}")
    sim.workspace.changed()


def _content(sim: SlackSim, workspace: Workspace, body: Json) -> tuple[str, list[Json]]:
    text, blocks = body.get("text") or "", body.get("blocks") or []
    if not isinstance(text, str) or not isinstance(blocks, list):
        raise SlackError("invalid_payload")
    if len(text) > LONGEST_TEXT:
        raise SlackError("msg_too_long")
    if body.get("attachments"):
        raise SlackError("invalid_attachments")
    faults = message_faults(blocks, file_exists=lambda file_id: sim.workspace.files.get(file_id) is not None)
    if faults := faults or workspace.untaken(blocks):
        raise SlackError("invalid_blocks", messages=faults)
    if not text and not blocks:
        raise SlackError("no_text")
    return kept(text), with_block_ids(blocks)


def _in_channel(
    sim: SlackSim, app: InstalledApp, url: ResponseUrl, text: str, blocks: list[Json], thread_ts: str | None
) -> Message:
    # A response URL may post where the bot is not a member: the person asked for it there.
    return Message(
        ts=sim.workspace.new_ts(),
        channel=url.channel,
        user=app.bot_user_id,
        text=text,
        blocks=blocks,
        thread_ts=thread_ts,
        app_id=app.app_id,
        bot_id=app.bot_id,
    )


def _replace_original(sim: SlackSim, url: ResponseUrl, text: str, blocks: list[Json]) -> bool:
    workspace = sim.workspace_with(url.team_id)
    ephemeral = workspace.ephemeral(url.ephemeral_id) if url.ephemeral_id else None
    if ephemeral is None and url.message_ts is None:
        # After a command the thing to replace is what the same URL showed before.
        last = next((key[2:] for key in reversed(url.shown) if key.startswith("e:")), None)
        ephemeral = workspace.ephemeral(last) if last else None
    if ephemeral is not None:
        workspace.change_ephemeral(ephemeral, text=text, blocks=blocks)
        url.shown.append(f"e:{ephemeral.id}")
        workspace.changed()
        return True
    message = workspace.message(url.channel, url.message_ts) if url.message_ts else None
    if message is None:
        return False
    workspace.update(message, text=text, blocks=blocks)
    url.shown.append(f"m:{message.ts}")
    workspace.changed()
    return True


def _delete_original(sim: SlackSim, url: ResponseUrl) -> None:
    if url.ephemeral_id:
        sim.workspace.dismiss_ephemeral(url.ephemeral_id)
    message = sim.workspace.message(url.channel, url.message_ts) if url.message_ts else None
    if message is not None:
        sim.workspace.delete(message)
    for key in url.shown if not url.ephemeral_id and not url.message_ts else []:
        sim.workspace.dismiss_ephemeral(key[2:])
