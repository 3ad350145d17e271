"""users.*, team.info and bots.info: who is here, and in which workspace."""

from __future__ import annotations

from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Json, User
from farthing_slacksim.present import user_json
from farthing_slacksim.web_api.call import Call, Method, page_of


def user_info(call: Call) -> Json:
    user = call.user(call.required("user", "user_not_found"))
    locale = {"locale": user.locale} if call.flag("include_locale") else {}
    return {"user": _shown(call, user) | locale}


def lookup_by_email(call: Call) -> Json:
    email = call.required("email", "users_not_found").lower()
    for user in call.workspace.users.values():
        if user.email.lower() == email and not user.deleted and not user.is_bot:
            return {"user": _shown(call, user)}
    raise SlackError("users_not_found")


def list_users(call: Call) -> Json:
    everyone = [_shown(call, user) for user in call.workspace.users.values()]
    page, metadata = page_of(everyone, call, default=1000)
    return {"members": page, "cache_ts": call.workspace.now_seconds(), "response_metadata": metadata}


def team_info(call: Call) -> Json:
    workspace = call.workspace
    return {
        "team": {
            "id": workspace.team_id,
            "name": workspace.name,
            "url": call.sim.url,
            "domain": workspace.domain,
            "email_domain": "",
            "icon": {"image_default": True},
        }
    }


def bot_info(call: Call) -> Json:
    wanted = call.text("bot") or call.app.bot_id
    for app in call.workspace.apps.all():
        if app.bot_id == wanted:
            bot = {
                "id": app.bot_id,
                "deleted": False,
                "name": app.name,
                "updated": 0,
                "app_id": app.app_id,
                "user_id": app.bot_user_id,
                "icons": {},
            }
            return {"bot": bot}
    raise SlackError("bot_not_found")


def _shown(call: Call, user: User) -> Json:
    return user_json(
        user,
        team_id=call.workspace.team_id,
        with_email=call.may("users:read.email"),
        is_stranger=call.is_stranger(user.id),
    )


METHODS = {
    "users.info": Method(user_info, ("users:read",)),
    "users.lookupByEmail": Method(lookup_by_email, ("users:read.email",)),
    "users.list": Method(list_users, ("users:read",)),
    "team.info": Method(team_info, ("team:read",)),
    "bots.info": Method(bot_info, ("users:read",)),
}
