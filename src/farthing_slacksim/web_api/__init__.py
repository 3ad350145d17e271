"""The Web API: every method the simulator knows, and the checks each call passes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import InstalledApp, Json
from farthing_slacksim.web_api import auth, chat, conversations, files, people, views
from farthing_slacksim.web_api.call import Call, Method

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim

METHODS: dict[str, Method] = {
    **auth.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **people.METHODS,
    **views.METHODS,
}


def answer(sim: SlackSim, method_name: str, token: str | None, arguments: Json) -> Json:
    """What Slack answers to one call; a SlackError says no."""
    method = METHODS.get(method_name)
    if method is None:
        raise SlackError("unknown_method", req_method=method_name)
    app = caller(sim, token)
    with_app_token = token == app.app_token
    if method.token != "any" and method.token != ("app" if with_app_token else "bot"):
        raise SlackError("not_allowed_token_type")
    if method.scopes and not set(method.scopes) & set(app.scopes):
        raise SlackError("missing_scope", needed=",".join(method.scopes), provided=",".join(app.scopes))
    return {"ok": True, **method.do(Call(sim, app, arguments, with_app_token))}


def caller(sim: SlackSim, token: str | None) -> InstalledApp:
    if not token:
        raise SlackError("not_authed")
    found = (workspace.apps.by_token(token) for workspace in sim.workspaces)
    apps = [app for app in found if app is not None]
    # An app-level token is the same in every workspace, so it lives as long as the app does in one of them.
    app = next((app for app in apps if not app.uninstalled), apps[0] if apps else None)
    if app is None:
        raise SlackError("invalid_auth")
    if app.uninstalled:
        raise SlackError(app.ending)
    return app
