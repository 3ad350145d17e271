"""The surroundings are looked over: database, key, clock, port, Slack, disk; each gets one line."""

import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import click
import psycopg

from farthing.cli.opened import settings_of
from farthing.cli.say import Found, showable
from farthing.core.refused import Refused
from farthing.settings import Settings, SlackMode, is_initialised
from farthing.wiring import Wired

LEAST_FREE_BYTES = 1024**3
MOST_SECONDS_APART = 5.0


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found at one place; `well` None means that there was nothing to look at."""

    what: str
    well: bool | None
    sentence: str


@click.command("doctor")
@click.pass_context
def command(context: click.Context) -> None:
    """Look over everything Farthing stands on; ends with 1 when something is wrong."""
    settings = settings_of(context)
    looked = [_settings(settings)]
    if looked[0].well:
        looked += [_key_file(settings), _disk(settings), *_open_and_look(settings), _port(settings)]
    marks = {True: "ok   ", False: "WRONG", None: "-    "}
    for look in looked:
        click.echo(f"{marks[look.well]}  {look.what:<9} {showable(look.sentence)}")
    wrong = [look for look in looked if look.well is False]
    if wrong:
        raise Found(f"To mend: {', '.join(look.what for look in wrong)}.")


def _settings(settings: Settings) -> Looked:
    if not is_initialised(settings.home):
        return Looked("settings", False, f"There is no Farthing in {settings.home} yet; run farthing init first.")
    return Looked("settings", True, str(settings.file))


def _key_file(settings: Settings) -> Looked:
    try:
        mode = settings.key_file.stat().st_mode & 0o777
    except OSError:
        return Looked("key", False, f"{settings.key_file} is missing; restore it from your backup.")
    if mode & 0o077:
        return Looked("key", False, f"Others can read {settings.key_file}; run chmod 600 {settings.key_file}.")
    return Looked("key", True, f"{settings.key_file}, readable by its owner only")


def _disk(settings: Settings) -> Looked:
    free = shutil.disk_usage(settings.home).free
    told = f"{free / 1024**3:,.1f} GB are free at {settings.home}"
    return Looked("disk", free >= LEAST_FREE_BYTES, told if free >= LEAST_FREE_BYTES else f"Only {told}; make room.")


def _open_and_look(settings: Settings) -> list[Looked]:
    try:
        with Wired(settings) as wired:
            return [*_database(wired), _guarded("Slack", lambda: _slack(wired))]
    except Refused as refusal:
        return [Looked("database", False, refusal.sentence)]


def _database(wired: Wired) -> list[Looked]:
    with psycopg.connect(str(wired.database_url)) as connection:
        row = connection.execute("SELECT current_user, current_setting('server_version'), clock_timestamp()").fetchone()
    assert row is not None, "the database answers with a row"
    role, version, theirs = row
    whose = "our own" if wired.settings.database_url is None else "by address"
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    clock = (
        Looked("clock", True, "the database's clock and ours agree")
        if apart <= MOST_SECONDS_APART
        else Looked("clock", False, f"Our clock and the database's are {apart:.0f} s apart; set them by NTP.")
    )
    told = f"PostgreSQL {version} ({whose}), as {role}, which row-level security binds"
    return [Looked("database", True, told), clock]


def _port(settings: Settings) -> Looked:
    try:
        with socket.create_connection((settings.host, settings.port), timeout=1) as connection:
            connection.settimeout(3)
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = connection.recv(4096)
    except OSError:
        return Looked("port", True, f"{settings.port} of {settings.host} is free for farthing serve")
    if answer.startswith(b"HTTP/1.1 200"):
        return Looked("port", True, f"{settings.port} of {settings.host}: a server answers that it is well")
    return Looked("port", False, f"Another program uses port {settings.port}; set another in {settings.file}.")


def _slack(wired: Wired) -> Looked:
    store = wired.store
    with store.transaction():
        install = store.slack_install()
    if wired.settings.slack_mode is SlackMode.OFF:
        return Looked("Slack", None, "switched off in the settings")
    if install is None:
        return Looked("Slack", None, "no workspace is connected; farthing slack connect does it")
    # The Slack client takes a while to load, which is worth it only with tokens to check.
    from farthing.slack.connect import check_tokens

    check_tokens(
        bot_token=install.bot_token,
        app_token=install.app_token,
        signing_secret=install.signing_secret,
        slack_api_url=wired.settings.slack_api_url,
    )
    if install.finance_channel is None:
        return Looked("Slack", False, "There is no finance channel; farthing slack bind-finance CHANNEL_ID sets it.")
    return Looked("Slack", True, f"workspace {install.team_id}; its tokens have every scope that is used")


def _guarded(what: str, look: Callable[[], Looked]) -> Looked:
    try:
        return look()
    except Refused as refusal:
        return Looked(what, False, refusal.sentence)
