"""Memory: a workspace is kept in a file and recalled from it, so that a demonstration can go on another day."""

from __future__ import annotations

import os
import pickle
from datetime import datetime
from pathlib import Path
from typing import Any

from farthing_slacksim import model
from farthing_slacksim.workspace import Workspace

# What people would find again in Slack: open forms, triggers and answers only one person saw are not among it.
_KEPT = ("team_id", "name", "domain", "users", "channels")


def remember(workspace: Workspace, file: Path) -> None:
    """Write the workspace down, readable by its owner only; the old file stays whole until the new one is."""
    with workspace.lock:
        kept: dict[str, Any] = {name: getattr(workspace, name) for name in _KEPT}
        kept["messages"] = dict(workspace.common.messages)
        kept["last_microsecond"] = workspace.common.last_microsecond
        kept["ids"] = dict(workspace.ids._counts)
        kept["apps"] = dict(workspace.apps._apps)
        kept["homes"] = dict(workspace.views._homes)
        kept["files"] = dict(workspace.files._files)
        written = pickle.dumps(kept)
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(written)
    draft.replace(file)


def recall(workspace: Workspace, file: Path) -> None:
    """Make this workspace what was written down."""
    with file.open("rb") as opened:
        kept = _OnlyOurs(opened).load()
    with workspace.lock:
        for name in _KEPT:
            setattr(workspace, name, kept[name])
        workspace.common.workspaces = {workspace.team_id: workspace}
        workspace.common.messages.update(kept["messages"])
        workspace.common.last_microsecond = kept["last_microsecond"]
        workspace.ids._counts.update(kept["ids"])
        workspace.apps._apps.update(kept["apps"])
        workspace.views._homes.update(kept["homes"])
        workspace.files._files.update(kept["files"])
        workspace.changed()


class _OnlyOurs(pickle.Unpickler):
    """Reads our own values and nothing else, so that a file somebody swapped can run nothing."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "farthing_slacksim.model" and isinstance(getattr(model, name, None), type):
            return getattr(model, name)
        if (module, name) == ("datetime", "datetime"):
            return datetime
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a workspace")
