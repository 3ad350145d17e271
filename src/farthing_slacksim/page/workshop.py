"""Behind the scenes: the traffic between the apps and the simulator, and the faults one can switch on."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from farthing_slacksim.faults import ANY_METHOD
from farthing_slacksim.page import draw
from farthing_slacksim.page.extras import PageExtras
from farthing_slacksim.page.guard import Guard

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim

SHOWN_ENTRIES = 200
METHODS = (
    ANY_METHOD,
    "chat.postMessage",
    "chat.update",
    "chat.postEphemeral",
    "views.open",
    "views.update",
    "views.publish",
    "conversations.open",
    "files.getUploadURLExternal",
    "files.completeUploadExternal",
    "users.info",
    "auth.test",
    "chat.unfurl",
    "response_url",
)
MOVES = {
    "10 seconds": timedelta(seconds=10),
    "6 minutes": timedelta(minutes=6),
    "1 hour": timedelta(hours=1),
    "1 day": timedelta(days=1),
}
KINDS = {
    "drop_after_accept": "Carry it out, then cut the connection",
    "drop_before_accept": "Cut the connection and do nothing",
    "time_out": "Never answer and do nothing",
    "fail": "Answer 500 and do nothing",
    "slow": "Answer late, by 5 seconds",
    "rate_limit": "Answer 429, try again after 1 second",
}


class Workshop:
    """The traffic and fault pages."""

    def __init__(self, sim: SlackSim, extras: PageExtras, guard: Guard) -> None:
        self._sim = sim
        self._extras = extras
        self._guard = guard

    async def traffic(self, request: Request) -> Response:
        kind = request.query_params.get("kind", "")
        every = list(self._sim.traffic)
        entries = [entry for entry in reversed(every) if kind in ("", entry.kind)]
        html = draw.page(
            "traffic.html",
            extras=self._extras,
            entries=list(islice(entries, SHOWN_ENTRIES)),
            total=len(entries),
            kinds=sorted({entry.kind for entry in every}),
            kind=kind,
        )
        return HTMLResponse(html)

    async def faults(self, _request: Request) -> Response:
        html = draw.page(
            "faults.html",
            extras=self._extras,
            waiting=self._sim.faults.waiting(),
            methods=METHODS,
            kinds=KINDS,
            moves=list(MOVES),
            now=self._sim.common.now(),
            token=self._guard.token,
        )
        return HTMLResponse(html)

    async def change_faults(self, request: Request) -> Response:
        form = await request.form()
        kind, method, written = (str(form.get(key, "")) for key in ("kind", "method", "times"))
        times = int(written) if written.isdecimal() and 1 <= int(written) <= 20 else 1
        faults = self._sim.faults
        if kind == "move":
            self._sim.common.move_time(MOVES.get(str(form.get("by", "")), timedelta()))
        elif kind == "clear":
            faults.clear()
        elif method in METHODS:
            match kind:
                case "drop_after_accept":
                    faults.drop_after_accept(method, times)
                case "drop_before_accept":
                    faults.drop_before_accept(method, times)
                case "time_out":
                    faults.time_out(method, times=times)
                case "fail":
                    faults.fail(method, 500, times)
                case "slow":
                    faults.slow(method, 5.0, times)
                case "rate_limit":
                    faults.rate_limit(method, 1, times)
        return RedirectResponse("/faults", 303)
