"""The demo runs: one process with the product, a Slack to use it in, and a clock that was set and ticks."""

from __future__ import annotations

import shlex
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from farthing.core.refused import Refused
from farthing.serving import Serving
from farthing.settings import Settings, is_initialised, load
from farthing.wiring import Wired, initialise, world_now
from farthing_rehearsal.demo.lock import alone_in
from farthing_rehearsal.demo.reset import API_KEY, MEMORY, TRIED, forget
from farthing_rehearsal.demo.seed import demo_seller, furnish, live, sign_up
from farthing_rehearsal.demo.strip import TryStrip
from farthing_slacksim.memory import recall, remember
from farthing_slacksim.page.extras import PageExtras
from farthing_slacksim.server import SlackSim

PAGE_PORT = 8400
API_PORT = 8401
PORTS_TRIED = 50
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that runs: its page, its API, and what it is made of."""

    page_url: str
    api_url: str
    api_key: str
    wired: Wired
    sim: SlackSim
    strip: TryStrip


@contextmanager
def running_demo(home: Path, *, say: Say, port: int = PAGE_PORT) -> Iterator[Demo]:
    """Set the demo up in this folder, or go on where it was; it runs while the block lasts.

    `port` 0 takes any free ports; a busy one moves on to the next and says so.
    """
    if not (is_initialised(home) and (home / MEMORY).exists()):
        _set_up(home, say=say)
    settings = load(home)
    with Wired(settings) as wired:
        sim, strip = _slack(wired, say=say, port=port)
        memory = home / MEMORY
        try:
            wired.settings = replace(settings, slack_api_url=sim.api_url)
            if memory.exists():
                recall(sim.workspace, memory)
            else:
                furnish(sim, wired, say=say)
                sign_up(sim, wired, say=say)
                live(sim, wired, say=say)
                remember(sim.workspace, memory)
            serving = _api(wired, port=0 if port == 0 else API_PORT, say=say)
            strip.closing = serving.closing
            with serving.running(), _remembering(sim, memory):
                sim.workspace.wait_until(lambda: sim.connections > 0, 15.0)
                yield Demo(
                    page_url=sim.url,
                    api_url=serving.url,
                    api_key=(home / API_KEY).read_text(encoding="utf-8").strip(),
                    wired=wired,
                    sim=sim,
                    strip=strip,
                )
        finally:
            sim.stop()


def run_demo(home: Path, *, say: Say, port: int, open_browser: bool) -> None:
    """Run it until Ctrl-C."""
    with alone_in(home), running_demo(home, say=say, port=port) as demo:
        say("")
        say(f"Farthing runs. Open  {demo.page_url}  and follow the Try strip; Ctrl-C ends it.")
        say(f"HTTP API: {demo.api_url}docs   Key: {demo.api_key}")
        say(f"Commands on the same data: {shlex.join([sys.argv[0], '--home', str(home), 'invoice', 'list'])}")
        if open_browser:
            threading.Thread(target=webbrowser.open, args=[demo.page_url], daemon=True).start()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            say("Ending; make demo goes on where you were.")


def _set_up(home: Path, *, say: Say) -> None:
    say("Setting up a PostgreSQL of its own, and a sandbox seller")
    forget(home)
    made = initialise(Settings(home=home), demo_seller(world_now()), now=world_now())
    key_file = home / API_KEY
    key_file.touch(mode=0o600)
    key_file.write_text(made.api_key + "\n", encoding="utf-8")


def _slack(wired: Wired, *, say: Say, port: int) -> tuple[SlackSim, TryStrip]:
    store = wired.store

    def finance_channel() -> str:
        with store.transaction():
            install = store.slack_install()
        return "" if install is None else install.finance_channel or ""

    strip = TryStrip(
        wired, traffic=lambda: sim.traffic, finance_channel=finance_channel, kept_in=wired.settings.home / TRIED
    )
    clock = _SellerClock(wired)
    extras = PageExtras(
        title="Farthing demo",
        clock_text=lambda: f"{clock():%a %-d %B %Y, %H:%M} UTC",
        steps=strip.steps,
        act=strip.act,
        opened=strip.opened,
    )
    for candidate in _candidates(port):
        sim = SlackSim(port=candidate, clock=clock, page=extras)
        try:
            sim.start()
        except OSError:
            continue
        if candidate != port:
            say(f"Port {port} is busy, so the page is on {candidate}.")
        return sim, strip
    raise Refused(f"Ports {port} to {port + PORTS_TRIED} are all busy; choose another with --port.")


def _api(wired: Wired, *, port: int, say: Say) -> Serving:
    for candidate in _candidates(port):
        try:
            serving = Serving(wired, host="127.0.0.1", port=candidate)
        except Refused:
            continue
        if candidate != port:
            say(f"Port {port} is busy, so the API is on {candidate}.")
        return serving
    raise Refused(f"Ports {port} to {port + PORTS_TRIED} are all busy; end what uses them.")


def _candidates(port: int) -> range:
    return range(port, port + (1 if port == 0 else PORTS_TRIED))


class _SellerClock:
    """The seller's time, without asking the database at every tick: the shift is read anew five times a second."""

    def __init__(self, wired: Wired) -> None:
        self._wired = wired
        self._shift = wired.now(wired.store) - wired.world()
        self._read_at = wired.world()

    def __call__(self) -> datetime:
        world = self._wired.world()
        if (world - self._read_at).total_seconds() >= 0.2:
            self._shift = self._wired.now(self._wired.store) - self._wired.world()
            self._read_at = world
        return world + self._shift


@contextmanager
def _remembering(sim: SlackSim, memory: Path) -> Iterator[None]:
    """Keep what is in the Slack, a moment after each change and at the end."""
    ended = threading.Event()

    def keep() -> None:
        kept = sim.workspace.version
        while not ended.wait(1.0):
            if sim.workspace.version != kept:
                kept = sim.workspace.version
                remember(sim.workspace, memory)

    thread = threading.Thread(target=keep, name="slack memory", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=5)
        remember(sim.workspace, memory)
