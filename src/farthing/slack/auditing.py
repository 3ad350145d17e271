"""What the audit log is told of one act in Slack: who asked what, where, and the words they were shown."""

from typing import Any
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.people import Person
from farthing.logs import redacted
from farthing.slack.identity import Body, actor_of
from farthing.slack.views.blocks import Block
from farthing.slack.views.charts import without_native
from farthing.usecases.audit_ports import AuditEntry, AuditKind

MOST_CHARACTERS = 50_000


def entry_of(body: Body, *, act_id: UUID, kind: AuditKind, person: Person | None, now: Any, said: str) -> AuditEntry:
    """One entry; what looks like a secret is not kept, whoever typed it."""
    actor, container = actor_of(body), body.get("container") or {}
    event: dict[str, Any] = body.get("event") or {}
    channel = body.get("channel_id") or (body.get("channel") or {}).get("id") or event.get("channel") or ""
    return AuditEntry(
        entry_id=id_of("audit", act_id, kind.value),
        act_id=act_id,
        happened_at=now,
        kind=kind,
        slack_team=actor.team_id,
        slack_user=actor.user_id,
        person_name=None if person is None else person.name,
        role=None if person is None else person.role.value,
        channel_id=str(channel),
        message_ts=str(container.get("message_ts") or event.get("ts") or ""),
        said=kept_words(said),
    )


def kept_words(said: str) -> str:
    """The words as they are kept."""
    return redacted(said)[:MOST_CHARACTERS]


def asked_in(body: Body) -> str:
    """What was done, in a line: the command as typed, the button or form with what it carries, or the event."""
    if "command" in body:
        return f"{body['command']} {body.get('text') or ''}".strip()
    if "event" in body:
        return str(body["event"]["type"])
    if body.get("actions"):
        action = body["actions"][0]
        value = (action.get("selected_option") or action).get("value") or ""
        return f"{action['action_id']} {value}".strip()
    return str((body.get("view") or {}).get("callback_id") or body.get("callback_id") or body.get("type") or "")


def words_of(blocks: list[Block]) -> str:
    """Every text in some blocks, one a line; charts and tables as the text that stands for them."""
    found: list[str] = []

    def walk(part: object) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("text"), str):
                found.append(part["text"])
            for member in part.values():
                walk(member)
        elif isinstance(part, list):
            for member in part:
                walk(member)

    walk(without_native(blocks))
    return "\n".join(found)
