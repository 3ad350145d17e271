"""Serving: the HTTP API, Slack and the jobs, until somebody says stop."""

import signal
import sys
from types import FrameType

import click

from farthing.cli.opened import settings_of
from farthing.logs import LEVELS, log_to_stderr
from farthing.wiring import Wired


@click.command("serve")
@click.argument("parts", nargs=-1, type=click.Choice(["web", "slack", "worker"]))
@click.option("--host", help="The address to listen at; without it the one in the settings.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes any free one.")
@click.option(
    "--log-level", type=click.Choice(LEVELS), default="info", show_default=True, help="The least that is logged."
)
@click.pass_context
def command(context: click.Context, parts: tuple[str, ...], host: str | None, port: int | None, log_level: str) -> None:
    """Run it: all of it in one process, or only the PARTS named. Any number may run side by side."""
    # Web server and Slack client take a second to load, which no other command should wait for.
    from farthing.serving import Parts, Serving

    log_to_stderr(log_level)
    # Told to stop while it comes up, it lets go of the database like one that has served.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = settings_of(context)
    chosen = Parts(
        web=not parts or "web" in parts, slack=not parts or "slack" in parts, jobs=not parts or "worker" in parts
    )
    with Wired(settings) as wired:
        serving = Serving(wired, host=host or settings.host, port=settings.port if port is None else port, parts=chosen)

        def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
            serving.stop()

        # The embedded database must not be left behind, whichever way we are told to stop.
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        click.echo(f"Farthing serves at {serving.url} (see {serving.url}docs)." if chosen.web else "Farthing serves.")
        serving.run()
