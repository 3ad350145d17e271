"""Slack Connect: one channel of several companies, who is connected to it, and what their apps hear of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farthing_slacksim.model import Channel, Json

if TYPE_CHECKING:
    from farthing_slacksim.workspace import Workspace


def share(host: Workspace, channel_id: str, other: Workspace) -> None:
    """Connects another company to a channel: its people can be invited, and apps in it hear `channel_shared`."""
    channel = host.channels[channel_id]
    assert channel.kind != "im", "A direct conversation is not shared"
    assert other.team_id not in companies(host, channel), f"{other.name} is connected to #{channel.name} already"
    with host.lock:
        channel.teams = (*companies(host, channel), other.team_id)
        other.channels[channel_id] = channel
        host.changed()
    _tell(host, channel, {"type": "channel_shared", "connected_team_id": other.team_id, "channel": channel_id})


def unshare(host: Workspace, channel_id: str, other: Workspace) -> None:
    """Cuts a company off: its people are out, and apps still in the channel hear `channel_unshared`."""
    channel = host.channels[channel_id]
    assert other.team_id in channel.teams[1:], f"{other.name} is not a guest in #{channel.name}"
    with host.lock:
        left = tuple(team for team in channel.teams if team != other.team_id)
        channel.teams = left if len(left) > 1 else ()
        channel.members = [member for member in channel.members if member not in other.users]
        del other.channels[channel_id]
        host.changed()
    event = {
        "type": "channel_unshared",
        "previously_connected_team_id": other.team_id,
        "channel": channel_id,
        "is_ext_shared": bool(channel.teams),
    }
    _tell(host, channel, event)


def companies(host: Workspace, channel: Channel) -> tuple[str, ...]:
    """The workspaces of a channel, its host first."""
    return channel.teams or (host.team_id,)


def sharing_json(channel: Channel, team_id: str) -> Json:
    """What `conversations.info` says of the companies in a channel, seen from one of them.

    >>> shared = Channel("C1", "joint", "private", [], 0, "", teams=("T1", "T2"))
    >>> sharing_json(shared, "T2")["connected_team_ids"], sharing_json(shared, "T1")["is_ext_shared"]
    (['T1'], True)
    """
    if not channel.teams:
        return {"is_shared": False, "is_ext_shared": False, "shared_team_ids": [team_id], "context_team_id": team_id}
    return {
        "is_shared": True,
        "is_ext_shared": True,
        "conversation_host_id": channel.teams[0],
        "shared_team_ids": list(channel.teams),
        "internal_team_ids": [],
        "connected_team_ids": [team for team in channel.teams if team != team_id],
        "pending_connected_team_ids": [],
        "context_team_id": team_id,
    }


def _tell(host: Workspace, channel: Channel, event: Json) -> None:
    for app in host.common.apps_in(channel):
        host.tell_app(app, {**event, "event_ts": host.new_ts()})
