"""The page kept up to date: each part that changed is drawn again and sent over one open connection."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from farthing_slacksim.page import draw
from farthing_slacksim.page.extras import PageExtras, Step
from farthing_slacksim.page.screen import Place, Screen

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim

LOOK_SECONDS = 0.1
CLOCK_SECONDS = 0.5
STEPS_SECONDS = 2.0
STEPS_AFTER_CHANGE_SECONDS = 0.4
HEARTBEAT_SECONDS = 10.0


def regions_of(place: Place) -> list[str]:
    """The parts of the page that live, for one place."""
    middle = "home" if place.app else "messages"
    return ["side", middle, "modal"] + (["thread"] if place.thread else [])


def drawn(screen: Screen, region: str) -> str:
    """The HTML inside one part of the page."""
    return draw.page(f"{region}.html", s=screen, n=screen.reader)


def drawn_steps(extras: PageExtras, steps: list[Step]) -> str:
    return draw.page("try.html", steps=steps, title=extras.title)


async def updates(sim: SlackSim, extras: PageExtras, place: Place) -> AsyncIterator[str]:
    """Server-sent events: first every part, then each part again when it has changed."""
    sent: dict[str, str] = {}
    clock, version, heard = "", -1, time.monotonic()
    steps_at = clock_at = 0.0
    while True:
        news: dict[str, dict[str, str]] = {}
        current = sim.workspace.version
        now = time.monotonic()
        if current != version:
            changed, version = version >= 0, current
            if changed:
                steps_at = min(steps_at, now - STEPS_SECONDS + STEPS_AFTER_CHANGE_SECONDS)
            news |= await run_in_threadpool(_redrawn, sim, place, sent)
        if now - steps_at >= STEPS_SECONDS:
            steps_at = now
            html = drawn_steps(extras, await run_in_threadpool(extras.steps))
            news |= _if_new({"try": html}, sent)
        told = clock
        if now - clock_at >= CLOCK_SECONDS:
            clock, clock_at = await run_in_threadpool(extras.clock_text), now
        if news or clock != told:
            heard = now
            yield f"data: {json.dumps({'regions': news, 'clock': clock})}\n\n"
        elif now - heard > HEARTBEAT_SECONDS:
            heard = now
            yield ": still here\n\n"
        # A long channel takes longer to draw, so it is drawn less often: the app's own calls come first.
        await asyncio.sleep(max(LOOK_SECONDS, 2 * (time.monotonic() - now)))


def _redrawn(sim: SlackSim, place: Place, sent: dict[str, str]) -> dict[str, dict[str, str]]:
    screen = Screen(sim, place)
    return _if_new({region: drawn(screen, region) for region in regions_of(place)}, sent)


def _if_new(regions: dict[str, str], sent: dict[str, str]) -> dict[str, dict[str, str]]:
    news = {}
    for region, html in regions.items():
        known = draw.hash_of(html)
        if sent.get(region) != known:
            sent[region] = known
            news[region] = {"hash": known, "html": html}
    return news
