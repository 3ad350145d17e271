"""What a person means: which element they click, and the people and channels they name in a command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from farthing_slacksim.escaping import kept
from farthing_slacksim.model import InstalledApp, Json
from farthing_slacksim.views import elements_of

if TYPE_CHECKING:
    from farthing_slacksim.workspace import Workspace


def aimed_at(blocks: list[Json], action_id: str, value: Any, block_id: str | None) -> tuple[Json, Json]:
    """The element a person means, and its block. Of several buttons with one action id, `value` says which."""
    found = [
        (block, element)
        for block in blocks
        for element in elements_of(block)
        if element["action_id"] == action_id and block_id in (None, block["block_id"])
    ]
    if value is not None:
        found = [pair for pair in found if pair[1]["type"] != "button" or pair[1].get("value") == value]
    shown = [element["action_id"] for block in blocks for element in elements_of(block)]
    assert found, f"Nothing to click with the action id {action_id!r} (value {value!r}); there are {shown}"
    return found[0]


def command_text(workspace: Workspace, app: InstalledApp, command: str, text: str) -> str:
    """A command's text as the app gets it; one that asks for it gets names as Slack's own mentions."""
    text = kept(text)
    if not app.commands[command].get("should_escape"):
        return text

    def user(match: re.Match[str]) -> str:
        found = workspace.user_named(match[1])
        return f"<@{found.id}|{found.name}>" if found else match[0]

    def channel(match: re.Match[str]) -> str:
        found = workspace.channel_named(match[1])
        return f"<#{found.id}|{found.name}>" if found else match[0]

    return re.sub(r"(?<!<)#([a-z0-9_-]+)", channel, re.sub(r"(?<!<)@([a-z0-9._-]+)", user, text))
