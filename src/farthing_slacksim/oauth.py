"""Add to Slack: a person allows an app in their workspace, and the app turns the code it gets into a token, once."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from farthing_slacksim import ids
from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import InstalledApp, Json

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim

CODE_LIFE = timedelta(minutes=10)


@dataclass
class Code:
    """What a person allowed: good for one token, for ten minutes."""

    app: InstalledApp
    user_id: str
    scopes: list[str]
    redirect_uri: str
    made_at: datetime
    used: bool = False


@dataclass(frozen=True)
class Asked:
    """What the address of `oauth/v2/authorize` asks a person for."""

    app: InstalledApp
    scopes: list[str]
    redirect_uri: str
    given_redirect_uri: str
    state: str

    def sent_back(self, **answer: str) -> str:
        """The address a person's browser is sent to; the state comes back as it was given."""
        query = {**answer, "state": self.state}
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{joint}{urlencode(query)}"


class OAuth:
    """The codes of one simulator."""

    def __init__(self, sim: SlackSim) -> None:
        self._sim = sim
        self._codes: dict[str, Code] = {}

    def asked(self, address: str) -> Asked:
        """Reads an authorize address; SlackError says what Slack's own page would complain of."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        app = self._app(query.get("client_id", ""))
        registered = app.manifest.get("oauth_config", {}).get("redirect_urls", [])
        given = query.get("redirect_uri", "")
        if not registered or (given and not any(given.startswith(url) for url in registered)):
            raise SlackError("bad_redirect_uri")
        scopes = [scope for scope in query.get("scope", "").split(",") if scope]
        if not scopes or not set(scopes) <= set(app.manifest["oauth_config"]["scopes"]["bot"]):
            raise SlackError("invalid_scope")
        return Asked(app, scopes, given or registered[0], given, query.get("state", ""))

    def allow(self, asked: Asked, user_id: str) -> str:
        """The person presses Allow; gives back the address they are sent to. A guest may not install."""
        user = self._sim.common.user(user_id)
        assert user is not None, f"No such person: {user_id}"
        if user.guest is not None or user.deleted:
            raise SlackError("user_is_restricted")
        code = f"{ids.new_slug(12)}.{ids.new_slug(40)}"
        now = self._sim.common.now()
        self._codes[code] = Code(asked.app, user_id, asked.scopes, asked.given_redirect_uri, now)
        return asked.sent_back(code=code)

    def access(self, arguments: Json) -> Json:
        """`oauth.v2.access`: the code is used up, and the app is installed where the person works."""
        app = self._app(str(arguments.get("client_id", "")))
        if not hmac.compare_digest(app.client_secret, str(arguments.get("client_secret", ""))):
            raise SlackError("bad_client_secret")
        with self._sim.common.lock:
            code = self._codes.get(str(arguments.get("code", "")))
            if code is None or code.app.app_id != app.app_id:
                raise SlackError("invalid_code")
            if code.used:
                raise SlackError("code_already_used")
            if self._sim.common.now() - code.made_at > CODE_LIFE:
                raise SlackError("code_expired")
            if str(arguments.get("redirect_uri") or "") != code.redirect_uri:
                raise SlackError("bad_redirect_uri")
            code.used = True
            workspace = self._sim.workspace.home_of(code.user_id)
            installed = workspace.apps.install_here(app, code.scopes)
        return {
            "access_token": installed.bot_token,
            "token_type": "bot",
            "scope": ",".join(installed.scopes),
            "bot_user_id": installed.bot_user_id,
            "app_id": installed.app_id,
            "team": {"id": workspace.team_id, "name": workspace.name},
            "enterprise": None,
            "authed_user": {"id": code.user_id},
            "is_enterprise_install": False,
        }

    def _app(self, client_id: str) -> InstalledApp:
        every = [app for workspace in self._sim.workspaces for app in workspace.apps.all()]
        app = next((app for app in every if client_id and app.client_id == client_id), None)
        if app is None:
            raise SlackError("invalid_client_id")
        return app
