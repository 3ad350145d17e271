"""What a person does with their hands: types a command, clicks, opens Home, fills in a form and sends it.

Each call waits until the app has acknowledged, as Slack's own window does, and tells what the person then
sees. They block, so call them from a plain thread (in async code: `await asyncio.to_thread(...)`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from farthing_slacksim.model import Ephemeral, Json, Message, ResponseUrl, View

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim
    from farthing_slacksim.workspace import Workspace


@dataclass(frozen=True)
class Outcome:
    """What came of a command or a click.

    `error` is Slack's code (`operation_timeout`, `dispatch_failed`, …) and `notice` the sentence shown with
    it. `ephemerals` and `messages` came through this act's own response URL or acknowledgement, and grow as
    the app goes on answering.
    """

    ok: bool
    error: str | None
    notice: str | None
    _workspace: Workspace
    _answers: ResponseUrl | None

    @property
    def ephemerals(self) -> list[Ephemeral]:
        keys = [key[2:] for key in self._shown() if key.startswith("e:")]
        return [shown for key in keys if (shown := self._workspace.ephemeral(key)) is not None]

    @property
    def messages(self) -> list[Message]:
        if self._answers is None:
            return []
        keys = [key[2:] for key in self._shown() if key.startswith("m:")]
        channel = self._answers.channel
        return [shown for key in keys if (shown := self._workspace.message(channel, key)) is not None]

    def wait_for_answer(self, timeout: float = 3.0) -> Outcome:
        """Waits until the app has answered through the response URL (or the time is over)."""
        self._workspace.wait_until(self._shown, timeout)
        return self

    def _shown(self) -> list[str]:
        return list(self._answers.shown) if self._answers else []


CommandResult = Outcome


class Person:
    """One person of the workspace, seen from their side of the screen."""

    def __init__(self, sim: SlackSim, user_id: str) -> None:
        self._sim = sim
        self.user_id = user_id

    def command(self, line: str, *, channel: str) -> CommandResult:
        """Types `/command text` in a channel. A command runs in a channel, never in a thread."""
        raise AssertionError("written next")

    def say(self, text: str, *, channel: str, thread_ts: str | None = None) -> Message:
        """Writes a message; an app that is mentioned in it, and is in the channel, hears `app_mention`."""
        raise AssertionError("written next")

    def click(
        self,
        channel_id: str,
        message_ts: str,
        action_id: str,
        value: Any = None,
        *,
        block_id: str | None = None,
    ) -> Outcome:
        """Clicks a button or picks in a select of a message.

        `value`: of a button, which one when several share the action id; of a select, radio buttons or
        overflow menu, the option's value; of checkboxes and multi-selects, a list of values; of a date
        picker `YYYY-MM-DD`; of a users or conversations select the id.
        """
        raise AssertionError("written next")

    def click_ephemeral(
        self, ephemeral_id: str, action_id: str, value: Any = None, *, block_id: str | None = None
    ) -> Outcome:
        raise AssertionError("written next")

    def click_view(
        self,
        action_id: str,
        value: Any = None,
        *,
        block_id: str | None = None,
        view_id: str | None = None,
        state_values: Json | None = None,
    ) -> Outcome:
        """Clicks in the modal on top, or else in Home (`view_id` chooses); `state_values` as in `submit`."""
        raise AssertionError("written next")

    def open_home(self, app_id: str | None = None, timeout: float = 3.0) -> Json | None:
        """Opens the app's Home and waits until it was published; None when it never was."""
        raise AssertionError("written next")

    @property
    def modal(self) -> View | None:
        return self._sim.workspace.views.modal(self.user_id)

    def home(self, app_id: str | None = None) -> View | None:
        """The Home as it stands, without opening it again."""
        raise AssertionError("written next")

    def submit(self, state_values: Json | None = None) -> dict[str, str] | None:
        """Sends the modal on top. `state_values` is {block_id: {action_id: value}}, where value is Slack's
        own dict (`{"type": "plain_text_input", "value": "12"}`, `{"type": "static_select",
        "selected_option": {...}}`) or, shorter, what `click` takes. Gives back the errors shown at the
        fields (key `""`: the app did not answer), or None when it was accepted.
        """
        raise AssertionError("written next")

    def close_modal(self, *, all_of_them: bool = False) -> None:
        """Cancels the modal on top, or the whole stack; the app hears `view_closed` if it asked to."""
        raise AssertionError("written next")

    def ephemerals(self, channel_id: str | None = None) -> list[Ephemeral]:
        return self._sim.workspace.ephemerals(self.user_id, channel_id)

    def direct_messages(self) -> list[Message]:
        """Every message in this person's direct conversations, oldest first."""
        workspace = self._sim.workspace
        found = [m for c in workspace.direct_channels(self.user_id) for m in workspace.messages(c.id)]
        return sorted(found, key=lambda message: message.ts)

    def reload(self) -> None:
        """Reloads Slack: ephemeral messages and open modals are gone."""
        self._sim.workspace.reload(self.user_id)
