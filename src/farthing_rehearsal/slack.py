"""The product's Slack app on a Slack that we hold: installed, connected, and running beside the stage."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.slack.app import make_slack_app
from farthing.slack.manifest import manifest
from farthing.slack.names import USUAL_COMMANDS
from farthing.slack.serve import run_socket_mode
from farthing.usecases.ports import SellerStore, SlackInstall
from farthing.wiring import Wired
from farthing_slacksim.model import Message
from farthing_slacksim.server import SlackSim


def connect_app(sim: SlackSim, store: SellerStore, *, now: datetime) -> tuple[SlackInstall, str]:
    """Install the app there and keep its tokens, as `farthing slack connect` does; also the bot's user id."""
    app = sim.workspace.install_app(manifest(commands=USUAL_COMMANDS, mode="socket", public_url=None))
    install = SlackInstall(
        team_id=sim.workspace.team_id,
        bot_user_id=app.bot_user_id,
        bot_token=app.bot_token,
        app_token=app.app_token,
        signing_secret=app.signing_secret,
        finance_channel=None,
        installed_at=now,
    )
    with store.transaction():
        store.keep_slack_install(install)
    return install, app.bot_user_id


@contextlib.contextmanager
def running_app(
    wired: Wired, seller_id: UUID, install: SlackInstall, sim: SlackSim
) -> Iterator[asyncio.AbstractEventLoop]:
    """The app in Socket Mode, in a thread of its own, until the block ends; its loop, on which nothing outlives it."""
    app = make_slack_app(wired, seller_id, wired.documents, slack_api_url=sim.api_url, install=install)
    assert install.app_token is not None, "the app has an app-level token"
    app_token = install.app_token
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def run() -> None:
        # The SDK leaves tasks that it told to end; a runner waits for their end, and only then closes the loop.
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(run_socket_mode(app, app_token, stop))

    thread = threading.Thread(target=run, name="slack app", daemon=True)
    thread.start()
    sim.workspace.wait_until(lambda: sim.connections > 0, 10.0)
    try:
        yield loop
    finally:
        # An app that fell over has closed its loop, and there is nothing left to stop.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)


def visible_text(message: Message) -> str:
    """All that can be read in a message: its text and every text in its blocks."""
    return "\n".join([message.text, *_texts(message.blocks or [])])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        text = value.get("text")
        if isinstance(text, str):
            yield text
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
