"""views.*: opening, stacking and changing modals, and publishing Home."""

from __future__ import annotations

from farthing_slacksim.blocks import view_faults
from farthing_slacksim.blocks.surfaces import is_too_large
from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Json, View
from farthing_slacksim.present import view_json
from farthing_slacksim.web_api.call import Call, Method, invalid_argument


def open_view(call: Call) -> Json:
    body = read_view(call, "modal")
    trigger = call.workspace.passes.use_trigger(call.app.app_id, _trigger_id(call))
    return _shown(
        call, call.workspace.views.open(call.app.app_id, trigger.user_id, body, team_id=call.workspace.team_id)
    )


def push(call: Call) -> Json:
    body = read_view(call, "modal")
    trigger = call.workspace.passes.use_trigger(call.app.app_id, _trigger_id(call))
    return _shown(call, call.workspace.views.push(call.app.app_id, trigger.user_id, body))


def update(call: Call) -> Json:
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if not view_id and not external_id:
        raise invalid_argument("view_id", "view_id or external_id is required")
    view = call.workspace.views.find(
        call.app.app_id, team_id=call.workspace.team_id, view_id=view_id, external_id=external_id
    )
    body = read_view(call, view.type)
    return _shown(call, call.workspace.views.update(view, body, expected_hash=call.text("hash")))


def publish(call: Call) -> Json:
    if not call.app.home_enabled:
        raise SlackError("not_enabled")
    user = call.required("user_id")
    if user not in call.workspace.users or call.workspace.users[user].is_bot:
        raise invalid_argument("user_id", "invalid `user_id`")
    body = read_view(call, "home")
    home = call.workspace.views.publish(
        call.app.app_id, user, body, team_id=call.workspace.team_id, expected_hash=call.text("hash")
    )
    return _shown(call, home)


def read_view(call: Call, kind: str) -> Json:
    view = call.complex("view", "invalid_arguments")
    if not isinstance(view, dict):
        raise invalid_argument("view", "missing required field: view")
    check_view(view, kind, call)
    return view


def check_view(view: Json, kind: str, call: Call) -> None:
    """Raises as Slack would when this view cannot be shown there."""
    faults = view_faults(view, file_exists=call.file_exists)
    if not faults and view["type"] != kind:
        faults = [f"[ERROR] must be of type {kind} [json-pointer:/view/type]"]
    if faults:
        raise SlackError("invalid_arguments", messages=faults)
    if is_too_large(view):
        raise SlackError("view_too_large")


def _trigger_id(call: Call) -> str:
    trigger_id = call.text("trigger_id")
    if trigger_id is None:
        raise invalid_argument("trigger_id", "invalid `trigger_id`")
    return trigger_id


def _shown(call: Call, view: View) -> Json:
    return {"view": view_json(view, app=call.app, team_id=call.workspace.team_id)}


METHODS = {
    "views.open": Method(open_view),
    "views.push": Method(push),
    "views.update": Method(update),
    "views.publish": Method(publish),
}
