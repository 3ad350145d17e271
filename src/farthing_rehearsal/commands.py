"""The rehearsal's commands: the demo, stories, walks, the crash test, and the Slack simulator on its own."""

from __future__ import annotations

import secrets
import signal
import sys
import threading
from pathlib import Path

import click

from farthing.core.refused import Refused
from farthing.logs import log_to_stderr
from farthing.settings import default_home


@click.command()
@click.option("--home", type=click.Path(path_type=Path), help="The folder the demo lives in.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8400, show_default=True, help="Of the page; 0: any free."
)
@click.option("--check", is_flag=True, help="Do what the Try strip says without a person, prove it, and end.")
@click.option("--reset", is_flag=True, help="Forget the demo's data, to begin anew next time.")
@click.option("--no-browser", is_flag=True, help="Do not open the page in a browser.")
def demo(home: Path | None, port: int, check: bool, reset: bool, no_browser: bool) -> None:
    """Try everything: a seller of AI inference, eight customers, and a Slack in the browser."""
    from farthing_rehearsal.demo.check import check_demo
    from farthing_rehearsal.demo.reset import reset_demo
    from farthing_rehearsal.demo.run import run_demo

    _errors_only()
    # Being told to stop is Ctrl-C by other means: the database stops with us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    where = (home or default_home() / "demo").expanduser().absolute()
    if reset:
        click.echo(reset_demo(where))
    elif check:
        sys.exit(0 if check_demo(where.with_name(where.name + "-check"), say=click.echo) else 1)
    else:
        run_demo(where, say=click.echo, port=port, open_browser=not no_browser)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER…", type=click.Path(path_type=Path))
@click.option("--catalog", type=click.Path(path_type=Path), help="What stories stand on that name no catalogue.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write how each went there, as JUnit XML.")
@click.option("--home", type=click.Path(path_type=Path), help="The folder in which the stage's database lives.")
@click.option("-v", "--verbose", is_flag=True, help="Say each line before it is played.")
def story(files: tuple[Path, ...], catalog: Path | None, junit: Path | None, home: Path | None, verbose: bool) -> None:
    """Play stories on a real database with the clock held; every invariant is proved after every line.

    Of a folder every file that ends in .story is played. It ends with 0 when all went as they say, else with 1.
    """
    from farthing_rehearsal.story.report import play_files

    _errors_only()
    where = (home or default_home() / "stage").expanduser().absolute()
    passed = play_files(files, home=where, say=click.echo, verbose=verbose, catalogue=catalog, junit=junit)
    sys.exit(0 if passed else 1)


@click.command()
@click.option("--walks", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="How many.")
@click.option("--acts", type=click.IntRange(1, 500), default=25, show_default=True, help="In each of them.")
@click.option("--seed", type=click.IntRange(0), help="Of the first walk; without it, another each time.")
@click.option("--home", type=click.Path(path_type=Path), help="The folder in which the stage's database lives.")
@click.option("--whole", is_flag=True, help="Tell a walk that fails as it went, not by its shortest way to fail.")
def walk(walks: int, acts: int, seed: int | None, home: Path | None, whole: bool) -> None:
    """Do anything with a customer's agreements and money in any order, and prove the books after every act.

    A walk that fails is told by the shortest part of it that fails in the same way.
    """
    from farthing_rehearsal.walk.run import told, walk_in

    _errors_only()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    first = secrets.randbelow(10**6) if seed is None else seed
    where = (home or default_home() / "stage").expanduser().absolute()
    click.echo(f"Seeds {first} to {first + walks - 1}, {acts} acts each.")
    walked = walk_in(where, walks=walks, first=first, length=acts, shrink=not whole, say=click.echo)
    click.echo(told(walked))
    sys.exit(1 if walked.failed else 0)


@click.command("crash-test")
@click.option("--rounds", type=click.IntRange(1, 10_000), default=9, show_default=True, help="How many kills.")
@click.option("--seed", type=click.IntRange(0), help="What chance goes by; without it, another each time.")
@click.option("--seconds-a-round", type=click.FloatRange(0.1, 600), default=2.0, show_default=True, help="At most.")
@click.option("--keep", is_flag=True, help="Leave the database and the logs, to look into them.")
def crash_test(rounds: int, seed: int | None, seconds_a_round: float, keep: bool) -> None:
    """Kill Farthing's processes while usage comes in, and prove that nothing that was answered is lost."""
    from farthing_rehearsal.crash.run import crash_test as run_crash_test
    from farthing_rehearsal.crash.run import told

    _errors_only()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = secrets.randbelow(10**6) if seed is None else seed
    crashed = run_crash_test(rounds=rounds, seed=chosen, seconds_a_round=seconds_a_round, say=click.echo, keep=keep)
    for line in told(crashed):
        click.echo(line)
    sys.exit(1 if crashed.findings else 0)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8400, show_default=True, help="0: any free one.")
@click.option("--traffic", type=click.Path(path_type=Path), help="Write the traffic there, one JSON object a line.")
@click.option(
    "--manifest", type=click.Path(exists=True, path_type=Path), help="A Slack app's manifest to install (JSON)."
)
def slack_simulate(port: int, traffic: Path | None, manifest: Path | None) -> None:
    """A small Slack of your own on this machine, with a page to use it."""
    import json

    from farthing_slacksim.server import SlackSim

    sim = SlackSim(port=port, traffic_log=traffic)
    workspace = sim.workspace
    people = [workspace.add_user(name=name) for name in ("ada", "ben", "cleo")]
    channels = [
        workspace.add_channel(name="general", members=people),
        workspace.add_channel(name="finance", private=True, members=people[:2]),
    ]
    northwind = sim.add_workspace(name="Northwind", domain="northwind")
    nina = northwind.add_user(name="nina", real_name="Nina of Northwind")
    joint = workspace.add_channel(name="northwind", private=True, members=people[:2])
    workspace.share_channel(joint, northwind)
    northwind.invite(joint, nina)
    guest = workspace.add_user(name="gus", real_name="Gus Guest", guest="single")
    workspace.invite(channels[0], guest)
    channels.append(joint)
    try:
        sim.start()
    except OSError as fault:
        raise Refused(
            f"Port {port} cannot be used ({(fault.strerror or 'busy').lower()}); give another --port."
        ) from None
    click.echo(f"Slack's page: {sim.url}   Web API: {sim.api_url}")
    if manifest is not None:
        try:
            app = workspace.install_app(json.loads(manifest.read_text(encoding="utf-8")))
        except ValueError as fault:
            sim.stop()
            raise Refused(f"{manifest} is no manifest of a Slack app: {fault}") from None
        for channel in channels:
            workspace.invite(channel, app.bot_user_id)
        click.echo(f"{app.name} is installed. Its tokens, good for this Slack only and until it ends:")
        click.echo(f"  bot token       {app.bot_token}\n  app token       {app.app_token}")
        click.echo(f"  signing secret  {app.signing_secret}")
        click.echo("To connect a sandbox seller's Farthing to it:")
        tokens = f"--bot-token {app.bot_token} --app-token {app.app_token} --signing-secret {app.signing_secret}"
        click.echo(f"  farthing slack connect --api-url {sim.api_url} {tokens}")
    else:
        click.echo("It has no app yet: write farthing slack manifest to a file, and give it with --manifest.")
    click.echo("Ctrl-C ends it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        # We are ending already; to be told again changes nothing.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sim.stop()


def _errors_only() -> None:
    """What the product logs as it works is not what a person at a terminal came to read."""
    log_to_stderr("error")
