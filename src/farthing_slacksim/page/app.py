"""The addresses of the page: places, what people do there, live updates, files, traffic and faults."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from farthing_slacksim.page import draw, live
from farthing_slacksim.page.acts import Acts
from farthing_slacksim.page.authorize import Authorize
from farthing_slacksim.page.extras import PageExtras
from farthing_slacksim.page.guard import Guard
from farthing_slacksim.page.screen import Place, Screen
from farthing_slacksim.page.workshop import Workshop

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim

_STATIC = Path(__file__).parent / "static"
_STATIC_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Shown in the browser; every other kind of file is only ever saved.
_SHOWN_KINDS = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"}


class Pages:
    """What each address shows."""

    def __init__(self, sim: SlackSim, extras: PageExtras, guard: Guard) -> None:
        self._sim = sim
        self._extras = extras
        self._guard = guard

    async def front(self, _request: Request) -> Response:
        """The first person's first channel; an empty workspace says what is missing."""
        people = [user for user in self._sim.workspace.users.values() if not user.is_bot]
        if not people:
            return self._sorry("There is nobody in this workspace yet: add a person, then reload.")
        return RedirectResponse(f"/as/{people[0].id}", 303)

    async def person(self, request: Request) -> Response:
        """Where a person lands: in their oldest channel that has a message, else in any, else in an app's Home."""
        person = request.path_params["person"]
        if not self._is_person(person):
            return self._sorry("There is no such person here: choose one at the top.", 404)
        screen = Screen(self._sim, Place(person))
        found = sorted(screen.channels(), key=screen.is_quiet_or_foreign)
        first = next(iter(found), None)
        if first is not None:
            return RedirectResponse(f"/as/{person}/{first.id}", 303)
        homes = screen.listed_homes()
        if homes:
            return RedirectResponse(homes[0].href, 303)
        return self._sorry("There is no channel in this workspace yet: add one, then reload.")

    async def channel(self, request: Request) -> Response:
        place = Place(
            request.path_params["person"],
            channel=request.path_params["channel"],
            thread=request.path_params.get("thread", ""),
        )
        if not self._is_person(place.person):
            return self._sorry("There is no such person here: choose one at the top.", 404)
        screen = Screen(self._sim, place, ephemerals=False)
        if screen.channel is None or not screen.may_read(screen.channel):
            # Unknown and forbidden read the same, as in Slack.
            return self._sorry("There is no such channel for this person: choose another.", 404, place.person)
        await run_in_threadpool(self._extras.opened, place.person, place.channel)
        return await run_in_threadpool(self._page, screen)

    async def home(self, request: Request) -> Response:
        place = Place(request.path_params["person"], app=request.path_params["app"])
        if not self._is_person(place.person):
            return self._sorry("There is no such person here: choose one at the top.", 404)
        screen = Screen(self._sim, place, ephemerals=False)
        if screen.app is None:
            return self._sorry("This app is not installed here: choose another place.", 404, place.person)
        return await run_in_threadpool(self._page, screen)

    async def direct(self, request: Request) -> Response:
        """The direct conversation with an app, opened if there is none yet."""
        person = request.path_params["person"]
        workspace = self._sim.workspace.home_of(person)
        app = next((app for app in workspace.apps.all() if app.app_id == request.path_params["app"]), None)
        if app is None or not self._is_person(person):
            return self._sorry("This app is not installed here: choose another place.", 404)
        channel = workspace.direct_channel(app.bot_user_id, person)
        return RedirectResponse(f"/as/{person}/{channel.id}", 303)

    async def live(self, request: Request) -> Response:
        query = request.query_params
        place = Place(
            request.path_params["person"],
            channel=query.get("channel", ""),
            app=query.get("app", ""),
            thread=query.get("thread", ""),
        )
        if not self._is_person(place.person):
            return self._sorry("There is no such person here.", 404)
        channel = Screen(self._sim, place).channel
        if place.channel and (channel is None or not Screen(self._sim, place).may_read(channel)):
            return self._sorry("There is no such channel for this person.", 404)
        return StreamingResponse(live.updates(self._sim, self._extras, place), media_type="text/event-stream")

    async def file(self, request: Request) -> Response:
        """A file's bytes, for a person who is in a place it was shared to."""
        person, found = request.path_params["person"], self._sim.workspace.files.get(request.path_params["file"])
        if found is None or not self._is_person(person):
            return self._sorry("There is no such file for this person.", 404)
        screen = Screen(self._sim, Place(person))
        places = [screen.workspace.channels.get(channel) for channel in found.channels]
        if places and not any(place and screen.may_read(place) for place in places):
            return self._sorry("There is no such file for this person.", 404)
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        name = "".join(letter if letter.isalnum() or letter in " ._-" else "_" for letter in found.name)
        plain_name = name.encode("ascii", "replace").decode().replace("?", "_")
        how = "inline" if kind in _SHOWN_KINDS else "attachment"
        headers = {"Content-Disposition": f'{how}; filename="{plain_name}"'}
        if kind == "application/pdf":
            # The browser's own PDF window does not open under the page's policy.
            headers["Content-Security-Policy"] = "frame-ancestors 'none'"
        return Response(
            found.content,
            media_type=kind if kind in _SHOWN_KINDS else "application/octet-stream",
            headers=headers,
        )

    async def static(self, request: Request) -> Response:
        path = _STATIC / request.path_params["name"]
        kind = _STATIC_KINDS.get(path.suffix)
        if path.parent != _STATIC or kind is None or not path.is_file():
            return self._sorry("There is no such file.", 404)
        return FileResponse(path, media_type=kind)

    def _is_person(self, person: str) -> bool:
        user = self._sim.common.user(person)
        return user is not None and not user.is_bot

    def _page(self, screen: Screen) -> Response:
        regions = {name: live.drawn(screen, name) for name in live.regions_of(screen.place) if name != "modal"}
        steps = self._extras.steps()
        html = draw.page(
            "page.html",
            s=screen,
            n=screen.reader,
            regions=regions,
            steps=steps,
            steps_html=live.drawn_steps(self._extras, steps),
            extras=self._extras,
            clock=self._extras.clock_text(),
            token=self._guard.token,
        )
        return HTMLResponse(html)

    def _sorry(self, sentence: str, status: int = 200, person: str = "") -> Response:
        html = draw.page("sorry.html", sentence=sentence, person=person, extras=self._extras)
        return HTMLResponse(html, status_code=status)


def page_routes(sim: SlackSim) -> list[BaseRoute]:
    """Everything the page answers, for the simulator's one server."""
    extras = sim.page or PageExtras()
    guard = Guard()
    pages, acts, workshop = Pages(sim, extras, guard), Acts(sim, extras), Workshop(sim, extras, guard)
    authorize = Authorize(sim, extras, guard)
    reads, changes = guard.reads, guard.changes
    return [
        Route("/", reads(pages.front)),
        Route("/page/static/{name}", reads(pages.static)),
        Route("/traffic", reads(workshop.traffic)),
        Route("/oauth/v2/authorize", reads(authorize.ask)),
        Route("/oauth/v2/authorize", changes(authorize.answer), methods=["POST"]),
        Route("/faults", reads(workshop.faults)),
        Route("/faults", changes(workshop.change_faults), methods=["POST"]),
        Route("/as/{person}", reads(pages.person)),
        Route("/as/{person}/live", reads(pages.live)),
        Route("/as/{person}/do/{what}", changes(acts.act), methods=["POST"]),
        Route("/as/{person}/files/{file}", reads(pages.file)),
        Route("/as/{person}/home/{app}", reads(pages.home)),
        Route("/as/{person}/with/{app}", reads(pages.direct)),
        Route("/as/{person}/{channel}", reads(pages.channel)),
        Route("/as/{person}/{channel}/thread/{thread}", reads(pages.channel)),
    ]
