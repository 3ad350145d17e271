"""What a person does with their hands: types a command, clicks, opens Home, fills in a form and sends it.

Each call waits until the app has acknowledged, as Slack's own window does, and tells what the person then
sees. They block, so call them from a plain thread (in async code: `await asyncio.to_thread(...)`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from farthing_slacksim import forms, payloads
from farthing_slacksim.aiming import aimed_at, command_text
from farthing_slacksim.answers import take_answer
from farthing_slacksim.errors import SlackError
from farthing_slacksim.escaping import kept
from farthing_slacksim.model import Ephemeral, InstalledApp, Json, Message, ResponseUrl, View
from farthing_slacksim.present import view_json
from farthing_slacksim.unfurls import tell_of_draft, tell_of_links
from farthing_slacksim.values import action_of, has_state, state_of, value_of

if TYPE_CHECKING:
    from farthing_slacksim.deliver import Ack
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
        # How long to watch for a first visible effect after the acknowledgement: people do, too.
        self.settle_seconds = 1.0

    @property
    def _workspace(self) -> Workspace:
        """The company this person works for."""
        return self._sim.workspace.home_of(self.user_id)

    def command(self, line: str, *, channel: str) -> CommandResult:
        """Types `/command text` in a channel. A command runs in a channel, never in a thread."""
        workspace = self._workspace
        name, _, text = line.strip().partition(" ")
        place = workspace.channels[channel]
        self._assert_in(channel)
        app = workspace.apps.by_command(name)
        if app is None:
            return self._failed("not_a_command", f"{name} is not a valid command.", None)
        trigger = workspace.passes.new_trigger(app.app_id, self.user_id)
        url = workspace.passes.new_response_url(app.app_id, self.user_id, channel, team_id=workspace.team_id)
        form = payloads.command_form(
            workspace,
            app,
            self.user_id,
            place,
            command=name,
            text=command_text(workspace, app, name, text.strip()),
            trigger_id=trigger.id,
            response_url=self._address(url),
        )
        before = self._seen()
        ack = self._sim.deliverer.command(app, form).result(self._patience)
        if not ack.ok:
            return self._failed(ack.error, f'{name} failed with the error "{ack.error}"', url)
        return self._settled(self._taken(ack, url), before)

    def say(self, text: str, *, channel: str, thread_ts: str | None = None) -> Message:
        """Writes a message; an app that is mentioned in it, and is in the channel, hears `app_mention`."""
        workspace = self._workspace
        self._assert_in(channel)
        message = Message(
            ts=workspace.new_ts(), channel=channel, user=self.user_id, text=kept(text), thread_ts=thread_ts
        )
        workspace.post(message)
        for app in workspace.common.apps_in(workspace.channels[channel]):
            if re.search(rf"<@{app.bot_user_id}(\|[^>]*)?>", message.text):
                event: Json = {
                    "type": "app_mention",
                    "user": self.user_id,
                    "text": message.text,
                    "ts": message.ts,
                    "channel": channel,
                    "event_ts": message.ts,
                    "team": workspace.team_id,
                }
                self._sim.deliverer.event(app, event | ({"thread_ts": thread_ts} if thread_ts else {}))
        tell_of_links(workspace, message)
        return message

    def compose(self, text: str) -> None:
        """Types a text without sending it: an app hears of its links as from a composer."""
        tell_of_draft(self._workspace, self.user_id, kept(text))

    def add_to_slack(self, address: str, *, allow: bool = True) -> str:
        """Follows an "Add to Slack" address and presses Allow (or Cancel); gives back where Slack sends them."""
        asked = self._sim.oauth.asked(address)
        return self._sim.oauth.allow(asked, self.user_id) if allow else asked.sent_back(error="access_denied")

    def shortcut(self, channel_id: str, message_ts: str, callback_id: str) -> Outcome:
        """Chooses a message shortcut of an app installed in this person's own workspace."""
        workspace = self._workspace
        message = workspace.message(channel_id, message_ts)
        assert message is not None, f"No message {message_ts} in {channel_id}"
        self._assert_in(channel_id)
        apps = [app for app in workspace.apps.all() if not app.uninstalled and callback_id in (app.shortcuts or {})]
        assert apps, f"No app here has the shortcut {callback_id!r}"
        app = apps[0]
        trigger = workspace.passes.new_trigger(app.app_id, self.user_id)
        url = workspace.passes.new_response_url(app.app_id, self.user_id, channel_id, team_id=workspace.team_id)
        payload = payloads.message_shortcut(
            workspace, app, self.user_id, message, callback_id, trigger_id=trigger.id, response_url=self._address(url)
        )
        before = self._seen()
        return self._heard(self._sim.deliverer.interaction(app, payload).result(self._patience), url, before)

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
        message = self._workspace.message(channel_id, message_ts)
        assert message is not None, f"No message {message_ts} in {channel_id}"
        self._assert_in(channel_id)
        url_parts = {"message_ts": message.ts}
        return self._click_message(message, action_id, value, block_id, url_parts)

    def click_ephemeral(
        self, ephemeral_id: str, action_id: str, value: Any = None, *, block_id: str | None = None
    ) -> Outcome:
        shown = self._workspace.ephemeral(ephemeral_id)
        assert shown is not None, f"No ephemeral message {ephemeral_id}"
        assert shown.user == self.user_id, "An ephemeral message is seen by one person only"
        return self._click_message(shown, action_id, value, block_id, {"ephemeral_id": shown.id})

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
        view = self._view(view_id)
        workspace = self._sim.workspace_with(view.team_id)
        app = workspace.apps.by_id(view.app_id)
        block, element = aimed_at(view.blocks, action_id, value, block_id)
        with workspace.lock:
            view.state = state_of(view.blocks, {**view.state, **(state_values or {})})
            if has_state(element):
                view.state[block["block_id"]][action_id] = value_of(element, value)
            inside = view.id if view.type == "modal" else None
            trigger = workspace.passes.new_trigger(app.app_id, self.user_id, inside)
            action = action_of(element, value, block_id=block["block_id"], action_ts=workspace.new_ts())
            payload = payloads.view_click(workspace, app, view, action, trigger_id=trigger.id)
        before = self._seen()
        return self._heard(self._sim.deliverer.interaction(app, payload).result(self._patience), None, before)

    def open_home(self, app_id: str | None = None, timeout: float = 3.0) -> Json | None:
        """Opens the app's Home and waits until it was published; None when it never was."""
        workspace = self._workspace
        app = self._app_with_home(app_id)
        before = workspace.views.home(app.app_id, self.user_id)
        old_hash = before.hash if before else None
        event: Json = {
            "type": "app_home_opened",
            "user": self.user_id,
            "channel": workspace.direct_channel(app.bot_user_id, self.user_id).id,
            "tab": "home",
            "event_ts": workspace.new_ts(),
        }
        if before is not None:
            event["view"] = view_json(before, app=app, team_id=workspace.team_id)
        self._sim.deliverer.event(app, event)

        def published() -> bool:
            now = workspace.views.home(app.app_id, self.user_id)
            return now is not None and now.hash != old_hash

        workspace.wait_until(published, timeout)
        home = workspace.views.home(app.app_id, self.user_id)
        return view_json(home, app=app, team_id=workspace.team_id) if home else None

    @property
    def modal(self) -> View | None:
        return self._workspace.views.modal(self.user_id)

    def home(self, app_id: str | None = None) -> View | None:
        """The Home as it stands, without opening it again."""
        return self._workspace.views.home(self._app_with_home(app_id).app_id, self.user_id)

    def submit(self, state_values: Json | None = None) -> dict[str, str] | None:
        """Sends the modal on top. `state_values` is {block_id: {action_id: value}}, where value is Slack's
        own dict (`{"type": "plain_text_input", "value": "12"}`, `{"type": "static_select",
        "selected_option": {...}}`) or, shorter, what `click` takes. Gives back the errors shown at the
        fields (key `""`: the app did not answer), or None when it was accepted.
        """
        view = self.modal
        assert view is not None, "There is no modal to send"
        return forms.send_form(self._sim, view, state_values or {}, wait_seconds=self._patience)

    def close_modal(self, *, all_of_them: bool = False) -> None:
        """Cancels the modal on top, or the whole stack; the app hears `view_closed` if it asked to."""
        view = self.modal
        assert view is not None, "There is no modal to close"
        forms.close_form(self._sim, view, all_of_them=all_of_them)

    def suggestions(self, action_id: str, query: str, *, block_id: str | None = None) -> list[Json]:
        """Types into an external select of the modal on top; gives back the options the app offers."""
        view = self._view(None)
        workspace = self._sim.workspace_with(view.team_id)
        app = workspace.apps.by_id(view.app_id)
        block, _ = aimed_at(view.blocks, action_id, None, block_id)
        payload = payloads.suggestion(workspace, app, view, block["block_id"], action_id, query)
        ack = self._sim.deliverer.interaction(app, payload).result(self._patience)
        answer = ack.body if isinstance(ack.body, dict) else {}
        groups = answer.get("option_groups", [])
        return list(answer.get("options", [])) + [o for group in groups for o in group["options"]]

    def ephemerals(self, channel_id: str | None = None) -> list[Ephemeral]:
        return self._workspace.ephemerals(self.user_id, channel_id)

    def direct_messages(self) -> list[Message]:
        """Every message in this person's direct conversations, oldest first."""
        workspace = self._workspace
        found = [m for c in workspace.direct_channels(self.user_id) for m in workspace.messages(c.id)]
        return sorted(found, key=lambda message: message.ts)

    def reload(self) -> None:
        """Reloads Slack: ephemeral messages and open modals are gone."""
        self._workspace.reload(self.user_id)

    # What the acts have in common

    @property
    def _patience(self) -> float:
        return self._sim.deliverer.ack_timeout_seconds + 5

    def _address(self, url: ResponseUrl) -> str:
        return f"{self._sim.url}answers/{url.slug}"

    def _assert_in(self, channel_id: str) -> None:
        assert self._workspace.may_read(self.user_id, channel_id), "Not a member of that channel"

    def _app_with_home(self, app_id: str | None) -> InstalledApp:
        apps = [app for app in self._workspace.apps.all() if app.home_enabled and not app.uninstalled]
        found = next((app for app in apps if app_id in (None, app.app_id)), None)
        assert found is not None, "No installed app has a Home"
        return found

    def _view(self, view_id: str | None) -> View:
        views = self._workspace.views
        every = views.stack(self.user_id)[::-1]
        every += [home for app in self._workspace.apps.all() if (home := views.home(app.app_id, self.user_id))]
        found = next((view for view in every if view_id in (None, view.id)), None)
        assert found is not None, "There is neither a modal nor a Home to click in"
        return found

    def _click_message(
        self,
        shown: Message | Ephemeral,
        action_id: str,
        value: Any,
        block_id: str | None,
        url_parts: dict[str, str],
    ) -> Outcome:
        workspace = self._sim.workspace_with(shown.team_id if isinstance(shown, Ephemeral) else shown.team)
        assert shown.app_id is not None, "Only messages of an app can be clicked"
        app = workspace.apps.by_id(shown.app_id)
        block, element = aimed_at(shown.blocks, action_id, value, block_id)
        trigger = workspace.passes.new_trigger(app.app_id, self.user_id)
        url = workspace.passes.new_response_url(
            app.app_id, self.user_id, shown.channel, **url_parts, team_id=workspace.team_id
        )
        payload = payloads.message_click(
            workspace,
            app,
            self.user_id,
            shown,
            action_of(element, value, block_id=block["block_id"], action_ts=workspace.new_ts()),
            trigger_id=trigger.id,
            response_url=self._address(url),
        )
        before = self._seen()
        return self._heard(self._sim.deliverer.interaction(app, payload).result(self._patience), url, before)

    def _heard(self, ack: Ack, url: ResponseUrl | None, before: int) -> Outcome:
        if not ack.ok:
            return self._failed(ack.error, "This app is not responding.", url)
        return self._settled(Outcome(True, None, None, self._workspace, url), before)

    def _taken(self, ack: Ack, url: ResponseUrl) -> Outcome:
        """A command's acknowledgement may carry the answer itself."""
        if ack.body:
            try:
                take_answer(self._sim, url, ack.body)
            except SlackError as error:
                return self._failed(error.code, f"The app's answer was not valid: {error}", url)
        return Outcome(True, None, None, self._workspace, url)

    def _failed(self, code: str | None, notice: str, url: ResponseUrl | None) -> Outcome:
        return Outcome(False, code, notice, self._workspace, url)

    def _seen(self) -> int:
        return self._workspace.version

    def _settled(self, outcome: Outcome, before: int) -> Outcome:
        self._workspace.wait_for_change(before, self.settle_seconds)
        return outcome
