"""Who did something in Slack, and the name of that one act: what Slack sends twice is heard once (INV-13)."""

from dataclasses import dataclass
from typing import Any

from farthing.usecases.people_ports import Account

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person as Slack names them: the workspace they belong to, and their id."""

    team_id: str
    user_id: str


def actor_of(body: Body) -> Actor:
    """Whoever acted, by their own workspace: in a shared channel the payload's team is that of the message."""
    if "command" in body:
        return Actor(body["team_id"], body["user_id"])
    if "event" in body:
        event = body["event"]
        user = event.get("user") or event.get("user_id") or ""
        team = event.get("user_team") or event.get("team") or body.get("team_id") or ""
        return Actor(team, user if isinstance(user, str) else user.get("id", ""))
    user = body["user"]
    return Actor(user.get("team_id") or (body.get("team") or {}).get("id") or "", user["id"])


def account_of(body: Body) -> Account:
    """The same, as the books keep it."""
    actor = actor_of(body)
    return Account(actor.team_id, actor.user_id)


def typed_in(body: Body, block_id: str, action_id: str) -> str:
    """What a form was sent with at this field: what was typed, chosen or picked; empty where there is no such field."""
    field: dict[str, Any] = body["view"]["state"]["values"].get(block_id, {}).get(action_id) or {}
    chosen = field.get("selected_option") or {}
    picked = field.get("selected_date") or field.get("selected_user")
    return str(field.get("value") or picked or chosen.get("value") or "")


def key_of(body: Body) -> str | None:
    """What tells this act from any other; None for what has the same effect however often it is heard."""
    if "command" in body:
        return f"command {body['trigger_id']}"
    if body.get("type") == "block_actions":
        actor, action = actor_of(body), body["actions"][0]
        return f"click {actor.team_id} {actor.user_id} {action['action_ts']} {action['action_id']}"
    if "event" in body and body["event"]["type"] != "app_home_opened":
        return f"event {body['event_id']}"
    return None
