"""What a person does on the page, carried out by their hands; each answer says what to show beside it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from farthing_slacksim.hands import Outcome, Person
from farthing_slacksim.model import Json, View
from farthing_slacksim.page.extras import PageExtras
from farthing_slacksim.page.screen import Place, Screen
from farthing_slacksim.views import elements_of

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim

Answer = dict[str, Any]
_DONE: Answer = {"ok": True}


def refused(sentence: str) -> Answer:
    return {"ok": False, "notice": sentence}


class Acts:
    """One method for each thing a person can do, by the last word of its address."""

    def __init__(self, sim: SlackSim, extras: PageExtras) -> None:
        self._sim = sim
        self._extras = extras

    async def act(self, request: Request) -> Response:
        person = request.path_params["person"]
        user = self._sim.common.user(person)
        what = {
            "reload": self._reload,
            "say": self._say,
            "click": self._click,
            "submit": self._submit,
            "close": self._close,
            "dismiss": self._dismiss,
            "home": self._home,
            "join": self._join,
            "lookup": self._look_up,
            "try": self._try,
        }.get(request.path_params["what"])
        if user is None or user.is_bot or what is None:
            return JSONResponse(refused("There is no such person or act here: reload the page."), 404)
        form = await request.form()
        return JSONResponse(await run_in_threadpool(what, self._sim.person(person), form))

    def _reload(self, hands: Person, _form: FormData) -> Answer:
        hands.reload()
        return _DONE

    def _say(self, hands: Person, form: FormData) -> Answer:
        text, channel, thread = _word(form, "text").strip(), _word(form, "channel"), _word(form, "thread")
        screen = Screen(self._sim, Place(hands.user_id, channel=channel))
        if screen.channel is None or not screen.may_read(screen.channel):
            return refused("You are not in this channel: choose another at the left.")
        if not text:
            return refused("Type a message or a command first.")
        if text.startswith("/"):
            if thread:
                return refused("Slash commands do not run in threads: type it in the channel instead.")
            return _told(hands.command(text, channel=channel))
        if not screen.is_member():
            return refused(f"Join #{screen.title(screen.channel)} to write there.")
        hands.say(self._as_sent(text, screen), channel=channel, thread_ts=thread or None)
        return _DONE

    def _as_sent(self, text: str, screen: Screen) -> str:
        """Names of people and channels become mentions, and the three characters of markup are escaped."""
        people: dict[str, str] = {}
        for user in screen.workspace.users.values():
            people |= {user.name.lower(): user.id, user.real_name.lower(): user.id}
        channels = {channel.name: channel.id for channel in screen.channels()}
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for name in sorted(people, key=len, reverse=True):
            pattern = re.compile(rf"(?<!\w)@{re.escape(name)}(?!\w)", re.IGNORECASE)
            text = pattern.sub(f"<@{people[name]}>", text)
        return re.sub(r"(?<!\w)#([a-z0-9_-]+)", lambda m: f"<#{channels[m[1]]}>" if m[1] in channels else m[0], text)

    def _click(self, hands: Person, form: FormData) -> Answer:
        workspace, key = self._sim.workspace.home_of(hands.user_id), _word(form, "id")
        action, block = _word(form, "action"), _word(form, "block")
        value = json.loads(_word(form, "value") or "null")
        match _word(form, "surface"):
            case "message":
                channel = workspace.channels.get(_word(form, "channel"))
                message = workspace.message(channel.id, key) if channel else None
                readable = channel and Screen(self._sim, Place(hands.user_id)).may_read(channel)
                if channel and message and readable and _has(message.blocks, action, block, value):
                    return _told(hands.click(channel.id, key, action, value, block_id=block))
            case "ephemeral":
                shown = workspace.ephemeral(key)
                if shown and shown.user == hands.user_id and _has(shown.blocks, action, block, value):
                    return _told(hands.click_ephemeral(key, action, value, block_id=block))
            case "view":
                view = self._view(hands, key)
                if view and _has(view.blocks, action, block, value):
                    typed = _known(view, json.loads(_word(form, "state") or "{}"))
                    return _told(hands.click_view(action, value, block_id=block, view_id=key, state_values=typed))
        # The app changed the message or form just before the click.
        return refused("This was changed just now: look again before you click.")

    def _view(self, hands: Person, view_id: str) -> View | None:
        views = self._sim.workspace.views
        apps = self._sim.workspace.home_of(hands.user_id).apps.all()
        homes = [views.home(app.app_id, hands.user_id) for app in apps]
        every = [*views.stack(hands.user_id), *homes]
        return next((view for view in every if view is not None and view.id == view_id), None)

    def _submit(self, hands: Person, form: FormData) -> Answer:
        view = hands.modal
        if view is None or view.id != _word(form, "id"):
            return refused("This form was closed in the meantime: open it again.")
        errors = hands.submit(_known(view, json.loads(_word(form, "state") or "{}")))
        if errors is None:
            return _DONE
        return {"ok": False, "errors": errors, "notice": errors.get("", "")}

    def _look_up(self, hands: Person, form: FormData) -> Answer:
        view, action, block = hands.modal, _word(form, "action"), _word(form, "block")
        if view is None or not _has(view.blocks, action, block, None):
            return refused("This form was closed in the meantime: open it again.")
        return {"ok": True, "options": hands.suggestions(action, _word(form, "query"), block_id=block)}

    def _close(self, hands: Person, form: FormData) -> Answer:
        if hands.modal is not None:
            hands.close_modal(all_of_them=_word(form, "all") == "yes")
        return _DONE

    def _dismiss(self, hands: Person, form: FormData) -> Answer:
        shown = self._sim.workspace.ephemeral(_word(form, "id"))
        if shown is not None and shown.user == hands.user_id:
            self._sim.workspace.dismiss_ephemeral(shown.id)
        return _DONE

    def _home(self, hands: Person, form: FormData) -> Answer:
        app = _word(form, "app")
        here = self._sim.workspace.home_of(hands.user_id)
        if not any(known.app_id == app and known.home_enabled for known in here.apps.all()):
            return refused("This app has no Home: choose another place at the left.")
        hands.open_home(app)
        return _DONE

    def _join(self, hands: Person, form: FormData) -> Answer:
        workspace = self._sim.workspace.home_of(hands.user_id)
        channel = workspace.channels.get(_word(form, "channel"))
        if channel is None or channel.kind != "public" or not workspace.may_read(hands.user_id, channel.id):
            return refused("Only public channels can be joined: ask to be invited instead.")
        workspace.invite(channel.id, hands.user_id)
        return _DONE

    def _try(self, _hands: Person, form: FormData) -> Answer:
        key = _word(form, "key")
        if not any(step.key == key and step.action_label for step in self._extras.steps()):
            return refused("This step has nothing to press any more: reload the page.")
        return {"ok": True, "notice": self._extras.act(key)}


def _word(form: FormData, key: str) -> str:
    value = form.get(key)
    return value if isinstance(value, str) else ""


def _has(blocks: list[Json], action: str, block: str, value: Any) -> bool:
    """Whether what was clicked is still there; of buttons with one action id, the one with this value."""
    for shown in blocks:
        for element in elements_of(shown) if shown.get("block_id") == block else []:
            if element["action_id"] == action and (
                element["type"] != "button" or value is None or element.get("value") == value
            ):
                return True
    return False


def _known(view: View, typed: Any) -> Json:
    """What was typed into blocks the form still has."""
    present = {block["block_id"] for block in view.blocks}
    return {block: row for block, row in typed.items() if block in present}


def _told(outcome: Outcome) -> Answer:
    return {"ok": outcome.ok, "notice": outcome.notice or ""}
