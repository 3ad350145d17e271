"""The workspace's things as JSON, in the shapes the Web API and the payloads to an app have."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING

from farthing_slacksim.connect import sharing_json
from farthing_slacksim.model import Channel, Ephemeral, InstalledApp, Json, Message, StoredFile, User, View

if TYPE_CHECKING:
    from farthing_slacksim.workspace import Workspace


def message_json(message: Message) -> Json:
    shown: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": message.team,
    }
    if message.bot_id:
        shown |= {"bot_id": message.bot_id, "app_id": message.app_id}
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if message.edited:
        shown["edited"] = message.edited
    if message.files:
        shown["files"] = message.files
    if message.metadata:
        shown["metadata"] = message.metadata
    return shown


def ephemeral_json(ephemeral: Ephemeral) -> Json:
    # Of an ephemeral message Slack gives an app hardly more than where and when it was.
    return {"type": "message", "ts": ephemeral.ts, "is_ephemeral": True, "user": ephemeral.author}


def user_json(user: User, *, team_id: str, with_email: bool, is_stranger: bool | None = None) -> Json:
    """A person as an app of workspace `team_id` is told of them; `is_stranger` is said of other companies' people."""
    home = user.team_id or team_id
    profile: Json = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "team": home,
    }
    if with_email and user.email:
        profile["email"] = user.email
    if user.bot_id:
        profile |= {"bot_id": user.bot_id, "api_app_id": user.app_id}
    shown: Json = {
        "id": user.id,
        "team_id": home,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "profile": profile,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 0,
    }
    if not user.deleted:
        shown |= {
            "tz": user.tz,
            "tz_label": user.tz,
            "is_admin": user.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": user.guest is not None,
            "is_ultra_restricted": user.guest == "single",
            "is_email_confirmed": not user.is_bot,
        }
    if is_stranger is not None:
        shown["is_stranger"] = is_stranger
    return shown


def channel_json(channel: Channel, *, seen_by: str, team_id: str) -> Json:
    if channel.kind == "im":
        other = next((user for user in channel.members if user != seen_by), seen_by)
        return {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "is_archived": False,
            "is_org_shared": False,
            "user": other,
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": channel.created,
        "creator": channel.creator,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.kind == "private",
        "is_archived": channel.archived,
        "is_general": False,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "is_member": seen_by in channel.members,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": channel.purpose, "creator": "", "last_set": 0},
        "num_members": len(channel.members),
        **sharing_json(channel, team_id),
    }


def file_json(file: StoredFile, *, workspace: Workspace, base_url: str) -> Json:
    kind = file.name.rpartition(".")[2].lower() if "." in file.name else "text"
    private = f"{base_url}files-pri/{workspace.team_id}-{file.id}/{file.name}"
    places: dict[str, list[str]] = {"channels": [], "groups": [], "ims": []}
    shares: Json = {}
    for share in file.shares:
        channel = workspace.channels[share["channel"]]
        places[{"public": "channels", "private": "groups", "im": "ims"}[channel.kind]].append(channel.id)
        visibility = "public" if channel.kind == "public" else "private"
        entry = {name: value for name, value in share.items() if name != "channel"}
        shares.setdefault(visibility, {}).setdefault(channel.id, []).append(entry)
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        "filetype": kind,
        "pretty_type": kind.upper(),
        "user": file.user,
        "user_team": workspace.team_id,
        "size": file.size,
        "mode": "hosted",
        "is_external": False,
        "is_public": bool(places["channels"]),
        "url_private": private,
        "url_private_download": f"{private}?download=1",
        "permalink": f"{base_url}files/{file.user}/{file.id}/{file.name}",
        **({"alt_txt": file.alt_text} if file.alt_text else {}),
        **places,
        "shares": shares,
        "has_more_shares": False,
    }


def view_json(view: View, *, app: InstalledApp, team_id: str) -> Json:
    """A view as `views.open` answers it and as payloads carry it, with what was typed under `state`."""
    body = view.body
    return {
        "id": view.id,
        "team_id": team_id,
        "type": view.type,
        "title": body.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "submit": body.get("submit"),
        "close": body.get("close"),
        "blocks": view.blocks,
        "private_metadata": body.get("private_metadata") or "",
        "callback_id": body.get("callback_id") or "",
        "external_id": body.get("external_id") or "",
        "clear_on_close": bool(body.get("clear_on_close")),
        "notify_on_close": bool(body.get("notify_on_close")),
        "state": {"values": view.state},
        "hash": view.hash,
        "root_view_id": view.root_view_id,
        "previous_view_id": view.previous_view_id,
        "app_id": view.app_id,
        "app_installed_team_id": team_id,
        "bot_id": app.bot_id,
    }
