"""The payloads Slack sends an app when a person types a command, clicks, or sends or closes a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farthing_slacksim.model import Channel, Ephemeral, InstalledApp, Json, Message, User, View
from farthing_slacksim.present import ephemeral_json, message_json, view_json
from farthing_slacksim.values import state_of

if TYPE_CHECKING:
    from farthing_slacksim.workspace import Workspace


def command_form(
    workspace: Workspace,
    app: InstalledApp,
    user_id: str,
    channel: Channel,
    *,
    command: str,
    text: str,
    trigger_id: str,
    response_url: str,
) -> dict[str, str]:
    user = _user(workspace, user_id)
    names = {"im": "directmessage", "private": "privategroup", "public": channel.name}
    return {
        "token": "simulator",
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": names[channel.kind],
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": app.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def message_click(
    workspace: Workspace,
    app: InstalledApp,
    user_id: str,
    shown: Message | Ephemeral,
    action: Json,
    *,
    trigger_id: str,
    response_url: str,
) -> Json:
    channel = workspace.channels[shown.channel]
    is_ephemeral = isinstance(shown, Ephemeral)
    container: Json = {
        "type": "message",
        "message_ts": shown.ts,
        "channel_id": channel.id,
        "is_ephemeral": is_ephemeral,
    }
    if shown.thread_ts:
        container["thread_ts"] = shown.thread_ts
    typed = {action["block_id"]: {action["action_id"]: action}} if action["type"] != "button" else {}
    values = state_of(shown.blocks, {})
    for block_id, row in typed.items():
        for action_id, value in row.items():
            if action_id in values.get(block_id, {}):
                known = values[block_id][action_id]
                values[block_id][action_id] = {name: value.get(name, part) for name, part in known.items()}
    payload = _interaction(workspace, app, user_id, "block_actions") | {
        "container": container,
        "trigger_id": trigger_id,
        "channel": {"id": channel.id, "name": channel.name or "directmessage"},
        "state": {"values": values},
        "response_url": response_url,
        "actions": [action],
    }
    # Of an ephemeral message an app is told its container only, so it must remember what it showed.
    payload["message"] = ephemeral_json(shown) if isinstance(shown, Ephemeral) else message_json(shown)
    return payload


def message_shortcut(
    workspace: Workspace,
    app: InstalledApp,
    user_id: str,
    message: Message,
    callback_id: str,
    *,
    trigger_id: str,
    response_url: str,
) -> Json:
    channel = workspace.channels[message.channel]
    return _interaction(workspace, app, user_id, "message_action") | {
        "action_ts": workspace.new_ts(),
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "response_url": response_url,
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": channel.name or "directmessage"},
        "message": message_json(message),
    }


def view_click(workspace: Workspace, app: InstalledApp, view: View, action: Json, *, trigger_id: str) -> Json:
    return _interaction(workspace, app, view.user_id, "block_actions") | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger_id,
        "view": view_json(view, app=app, team_id=workspace.team_id),
        "actions": [action],
    }


def submission(workspace: Workspace, app: InstalledApp, view: View, *, trigger_id: str) -> Json:
    return _interaction(workspace, app, view.user_id, "view_submission") | {
        "trigger_id": trigger_id,
        "view": view_json(view, app=app, team_id=workspace.team_id),
        "response_urls": [],
    }


def closing(workspace: Workspace, app: InstalledApp, view: View, *, cleared: bool) -> Json:
    return _interaction(workspace, app, view.user_id, "view_closed") | {
        "view": view_json(view, app=app, team_id=workspace.team_id),
        "is_cleared": cleared,
    }


def suggestion(workspace: Workspace, app: InstalledApp, view: View, block_id: str, action_id: str, query: str) -> Json:
    return _interaction(workspace, app, view.user_id, "block_suggestion") | {
        "action_id": action_id,
        "block_id": block_id,
        "value": query,
        "container": {"type": "view", "view_id": view.id},
        "view": view_json(view, app=app, team_id=workspace.team_id),
    }


def _user(workspace: Workspace, user_id: str) -> User:
    user = workspace.common.user(user_id)
    assert user is not None, f"No such person: {user_id}"
    return user


def _interaction(workspace: Workspace, app: InstalledApp, user_id: str, kind: str) -> Json:
    user = _user(workspace, user_id)
    return {
        "type": kind,
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team_id or workspace.team_id,
        },
        "api_app_id": app.app_id,
        "token": "simulator",
        "team": {"id": workspace.team_id, "domain": workspace.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }
