"""Sending a form: Slack checks the fields, the app answers, and the answer decides what is open afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from farthing_slacksim.blocks import view_faults
from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Json, View
from farthing_slacksim.payloads import closing, submission
from farthing_slacksim.values import field_faults, state_of

if TYPE_CHECKING:
    from farthing_slacksim.deliver import Ack
    from farthing_slacksim.server import SlackSim

TROUBLE = "We had some trouble connecting. Try again?"


def send_form(sim: SlackSim, view: View, typed: Json, *, wait_seconds: float) -> dict[str, str] | None:
    """Submits a modal. The errors are by block id; under "" stands what Slack itself has to say."""
    workspace = sim.workspace_with(view.team_id)
    app = workspace.apps.by_id(view.app_id)
    unknown = set(typed) - {block["block_id"] for block in view.blocks}
    assert not unknown, f"The form has no blocks {sorted(unknown)}"
    with workspace.lock:
        view.state = state_of(view.blocks, {**view.state, **typed})
        faults = field_faults(view.blocks, view.state)
        if faults:
            workspace.views.show_errors(view, faults)
            return faults
        trigger = workspace.passes.new_trigger(app.app_id, view.user_id, view.id)
        payload = submission(workspace, app, view, trigger_id=trigger.id)
    ack = sim.deliverer.interaction(app, payload).result(wait_seconds)
    return take_form_answer(sim, view, ack)


def take_form_answer(sim: SlackSim, view: View, ack: Ack) -> dict[str, str] | None:
    views = sim.workspace.views
    answer: Any = ack.body or {}
    if not ack.ok or not isinstance(answer, dict):
        return _trouble(sim, view)
    action = answer.get("response_action")
    try:
        if action is None:
            if answer:
                return _trouble(sim, view)
            views.close(view)
        elif action == "errors":
            return _show_errors(sim, view, answer.get("errors"))
        elif action == "clear":
            views.drop_modals(view.user_id)
        elif action == "update":
            views.update(view, _checked(sim, answer.get("view")))
        elif action == "push":
            views.push(view.app_id, view.user_id, _checked(sim, answer.get("view")))
        else:
            return _trouble(sim, view)
    except SlackError as error:
        sim.traffic.note("out", "response_action refused", answer, error.answer())
        return _trouble(sim, view)
    return None


def close_form(sim: SlackSim, view: View, *, all_of_them: bool) -> None:
    """Cancels a modal, or every modal above and below it too, and tells the app where it asked to be told."""
    views = sim.workspace.views
    if all_of_them:
        closed = views.drop_modals(view.user_id)
    else:
        closed = [view]
        views.close(view)
    for each in closed:
        if each.body.get("notify_on_close"):
            workspace = sim.workspace_with(each.team_id)
            app = workspace.apps.by_id(each.app_id)
            sim.deliverer.interaction(app, closing(workspace, app, each, cleared=all_of_them))


def _show_errors(sim: SlackSim, view: View, errors: Any) -> dict[str, str]:
    fields = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= fields:
        # Slack shows an error only at an input block; any other key makes the whole answer invalid.
        return _trouble(sim, view)
    worded = {str(block_id): str(sentence) for block_id, sentence in errors.items()}
    sim.workspace.views.show_errors(view, worded)
    return worded


def _checked(sim: SlackSim, body: Any) -> Json:
    if not isinstance(body, dict):
        raise SlackError("invalid_arguments")
    faults = view_faults(body, file_exists=lambda file_id: sim.workspace.files.get(file_id) is not None)
    if faults or body["type"] != "modal":
        raise SlackError("invalid_arguments", messages=faults)
    return body


def _trouble(sim: SlackSim, view: View) -> dict[str, str]:
    sim.workspace.views.show_errors(view, {"": TROUBLE})
    return {"": TROUBLE}
