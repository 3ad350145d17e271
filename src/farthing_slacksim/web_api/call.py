"""One call of a Web API method: who calls, with what arguments, and how those are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Channel, InstalledApp, Json, User

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim
    from farthing_slacksim.workspace import Workspace


@dataclass(frozen=True)
class Call:
    """Arguments are as merged from query, form and JSON; complex ones may be objects or JSON strings."""

    sim: SlackSim
    app: InstalledApp
    arguments: Json
    with_app_token: bool = False

    @property
    def workspace(self) -> Workspace:
        return self.sim.workspace_with(self.app.team_id)

    def text(self, name: str) -> str | None:
        value = self.arguments.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, dict | list):
            raise invalid_argument(name, f"`{name}` must be a string")
        return str(value)

    def required(self, name: str, code: str | None = None) -> str:
        value = self.text(name)
        if value is None:
            raise SlackError(code) if code else missing_argument(name)
        return value

    def flag(self, name: str) -> bool:
        return self.arguments.get(name) in (True, 1, "true", "1", "True")

    def number(self, name: str, default: int) -> int:
        value = self.arguments.get(name)
        try:
            return default if value in (None, "") else int(str(value))
        except ValueError:
            raise invalid_argument(name, f"`{name}` must be an integer") from None

    def complex(self, name: str, code: str) -> Any:
        """An object or array, given as such or as a JSON string; `code` is the error if it is neither."""
        value = self.arguments.get(name)
        if isinstance(value, str):
            if value == "":
                return None
            try:
                value = json.loads(value)
            except ValueError:
                raise SlackError(code) from None
            if not isinstance(value, dict | list):
                raise SlackError(code)
        return value

    def may(self, scope: str) -> bool:
        return scope in self.app.scopes

    def need(self, scope: str) -> None:
        if not self.may(scope):
            raise SlackError("missing_scope", needed=scope, provided=",".join(self.app.scopes))

    def seen_channel(self, channel_id: str) -> Channel:
        """A channel that the app can know of: public, or one its bot is in."""
        channel = self.workspace.channels.get(channel_id)
        if channel is None or (channel.kind != "public" and self.app.bot_user_id not in channel.members):
            raise SlackError("channel_not_found")
        return channel

    def user(self, user_id: str) -> User:
        """Somebody of this workspace, or of another company that is met in a shared channel."""
        user = self.workspace.users.get(user_id)
        if user is None and self.workspace.shares_with(user_id):
            user = self.sim.common.user(user_id)
        if user is None:
            raise SlackError("user_not_found")
        return user

    def is_stranger(self, user_id: str) -> bool | None:
        """Whether the app's bot meets this person of another company nowhere; None for our own people."""
        if user_id in self.workspace.users:
            return None
        bot = self.app.bot_user_id
        return not any(
            channel.kind == "public" or bot in channel.members for channel in self.workspace.shares_with(user_id)
        )

    def file_exists(self, id_or_url: str) -> bool:
        file_id = id_or_url.split("/files-pri/")[-1].split("/")[0].split("-")[-1]
        return self.workspace.files.get(file_id) is not None


@dataclass(frozen=True)
class Method:
    """One method: the scopes of which any allows it (none: every token), the token it wants, what it does."""

    do: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    token: str = "bot"


def invalid_argument(name: str, fault: str) -> SlackError:
    return SlackError("invalid_arguments", messages=[f"[ERROR] {fault} [json-pointer:/{name}]"])


def missing_argument(name: str) -> SlackError:
    return SlackError("invalid_arguments", messages=[f"[ERROR] missing required field: {name}"])


def page_of(items: list[Any], call: Call, *, default: int) -> tuple[list[Any], Json]:
    """The page that `cursor` and `limit` ask for, and the `response_metadata` naming the next."""
    limit = call.number("limit", default)
    if not 0 < limit <= 1000:
        raise SlackError("invalid_limit")
    cursor = call.text("cursor")
    start = 0
    if cursor is not None:
        if not cursor.startswith("from:") or not cursor[5:].isdigit():
            raise SlackError("invalid_cursor")
        start = int(cursor[5:])
    following = f"from:{start + limit}" if start + limit < len(items) else ""
    return items[start : start + limit], {"next_cursor": following}
