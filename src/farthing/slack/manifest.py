"""The manifest from which the seller makes their Slack app."""

import re
from typing import Any

from farthing.core.refused import Refused
from farthing.slack.names import BOT_EVENTS, BOT_SCOPES, EVENTS_PATH, NOTICE_MARK, USUAL_COMMANDS, CommandNames

_COMMAND = re.compile(r"/[a-z0-9][a-z0-9_-]{0,30}")


def manifest(
    *, commands: CommandNames = USUAL_COMMANDS, mode: str = "socket", public_url: str | None = None
) -> dict[str, Any]:
    """The manifest as plain data. `mode` is "socket" (no public address needed) or "http" (needs `public_url`)."""
    for command in (commands.usage, commands.billing):
        if not _COMMAND.fullmatch(command):
            raise Refused(
                f"“{command}” cannot be a command: write it like /usage, in small letters and without spaces."
            )
    if commands.usage == commands.billing:
        raise Refused(f"The two commands need different names; both are {commands.usage}.")
    address = _address(mode, public_url)
    told_at = {} if address is None else {"request_url": address}
    return {
        "display_information": {
            "name": "Farthing",
            "description": "Usage, invoices and how they came about.",
            "background_color": "#1f3a2d",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Farthing", "always_online": True},
            "slash_commands": [
                _command(
                    commands.usage, "What a customer has used, and what it comes to", "[customer] [month]", address
                ),
                _command(
                    commands.billing, "Invoices, and how they came about", "help | invoices | invoice NUMBER", address
                ),
            ],
        },
        "oauth_config": {"scopes": {"bot": list(BOT_SCOPES)}},
        "settings": {
            "event_subscriptions": {
                **told_at,
                "bot_events": list(BOT_EVENTS),
                # The app's own id is not known before it is made, so any app's; ours is told apart when heard.
                "metadata_subscriptions": [{"app_id": "*", "event_type": NOTICE_MARK}],
            },
            "interactivity": {"is_enabled": True, **told_at},
            "org_deploy_enabled": False,
            "socket_mode_enabled": address is None,
            "token_rotation_enabled": False,
        },
    }


def _address(mode: str, public_url: str | None) -> str | None:
    if mode == "socket":
        return None
    if mode != "http":
        raise Refused(f"There are two modes, socket and http, not “{mode}”.")
    if public_url is None or not public_url.startswith("https://"):
        raise Refused("In http mode Slack needs a public address of this server; give one that begins with https://.")
    return public_url.rstrip("/") + EVENTS_PATH


def _command(name: str, description: str, hint: str, address: str | None) -> dict[str, Any]:
    made = {"command": name, "description": description, "usage_hint": hint, "should_escape": False}
    return made if address is None else made | {"url": address}
