"""The page behind "Add to Slack": who is asked, what the app wants to do, and Allow or Cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from farthing_slacksim.errors import SlackError
from farthing_slacksim.page import draw
from farthing_slacksim.page.extras import PageExtras
from farthing_slacksim.page.guard import POLICY, Guard

if TYPE_CHECKING:
    from farthing_slacksim.oauth import Asked
    from farthing_slacksim.server import SlackSim

_COMPLAINTS = {
    "invalid_client_id": "No app here has this client id.",
    "bad_redirect_uri": "The app's manifest does not name this redirect address.",
    "invalid_scope": "The app asks for a scope that its manifest does not have, or for none.",
    "user_is_restricted": "A guest may not install apps: ask a full member.",
}


class Authorize:
    """Shows what an app asks for, and sends the person back with their answer."""

    def __init__(self, sim: SlackSim, extras: PageExtras, guard: Guard) -> None:
        self._sim = sim
        self._extras = extras
        self._guard = guard

    async def ask(self, request: Request) -> Response:
        try:
            asked = self._sim.oauth.asked(str(request.url))
        except SlackError as error:
            return self._complaint(error)
        companies = [
            (workspace.name, [user for user in workspace.users.values() if not user.is_bot and not user.deleted])
            for workspace in self._sim.workspaces
        ]
        html = draw.page(
            "authorize.html",
            extras=self._extras,
            asked=asked,
            companies=companies,
            address=str(request.url.query),
            token=self._guard.token,
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": _policy(asked)})

    async def answer(self, request: Request) -> Response:
        form = await request.form()
        person = str(form.get("person", ""))
        try:
            asked = self._sim.oauth.asked(str(request.url))
            if form.get("answer") != "allow":
                return RedirectResponse(asked.sent_back(error="access_denied"), 303)
            user = self._sim.common.user(person)
            if user is None or user.is_bot:
                return RedirectResponse(str(request.url), 303)
            return RedirectResponse(self._sim.oauth.allow(asked, person), 303)
        except SlackError as error:
            return self._complaint(error)

    def _complaint(self, error: SlackError) -> Response:
        sentence = f"{_COMPLAINTS.get(error.code, 'This cannot be installed.')} ({error.code})"
        html = draw.page("sorry.html", sentence=sentence, person="", extras=self._extras)
        return HTMLResponse(html, status_code=400)


def _policy(asked: Asked) -> str:
    """A browser holds a form to where its answer redirects, too, and that is the app's own address."""
    parts = urlsplit(asked.redirect_uri)
    return POLICY.replace("form-action 'self'", f"form-action 'self' {parts.scheme}://{parts.netloc}")
