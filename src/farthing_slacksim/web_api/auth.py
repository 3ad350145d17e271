"""auth.test, api.test and apps.connections.open: whose token this is, and a ticket for Socket Mode."""

from __future__ import annotations

from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Json
from farthing_slacksim.web_api.call import Call, Method


def auth_test(call: Call) -> Json:
    workspace = call.workspace
    if call.with_app_token:
        return {"app_id": call.app.app_id, "app_name": call.app.name}
    return {
        "url": call.sim.url,
        "team": workspace.name,
        "user": workspace.users[call.app.bot_user_id].name,
        "team_id": workspace.team_id,
        "user_id": call.app.bot_user_id,
        "bot_id": call.app.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(call: Call) -> Json:
    if not call.app.socket_mode:
        raise SlackError("socket_mode_not_enabled")
    ticket = call.sim.deliverer.sockets.new_ticket(call.app.app_id)
    return {"url": f"ws{call.sim.url.removeprefix('http')}link?ticket={ticket}&app_id={call.app.app_id}"}


def revoke(call: Call) -> Json:
    """The app gives its token back, which takes it out of the workspace."""
    if call.flag("test"):
        return {"revoked": False}
    call.workspace.apps.uninstall(call.app.app_id, ending="token_revoked")
    return {"revoked": True}


METHODS = {
    "auth.revoke": Method(revoke),
    "auth.test": Method(auth_test, token="any"),
    "apps.connections.open": Method(open_connection, token="app"),
}
