"""The demo is forgotten: its database and its Slack, so that the next one begins anew."""

from pathlib import Path

import psycopg
from psycopg import sql

from farthing.postgres.embedded import EmbeddedPostgres
from farthing.settings import FILE_NAME, Settings
from farthing.wiring import DATABASE
from farthing_rehearsal.demo.lock import alone_in

MEMORY = "slack.memory"
API_KEY = "api.key"
TRIED = "tried"


def reset_demo(home: Path) -> str:
    """Forget it and say so; refuses while it runs."""
    if not home.exists():
        return f"There is no demo in {home}; make demo makes one."
    with alone_in(home):
        forget(home)
    return f"Forgotten. make demo begins anew in {home}."


def forget(home: Path) -> None:
    """Forget what an earlier demo, or half of one, left here; the server's own folder stays, to start sooner."""
    settings = Settings(home=home)
    with (
        EmbeddedPostgres(settings.database_folder) as server,
        psycopg.connect(server.url(), autocommit=True) as connection,
    ):
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
    for left in (home / FILE_NAME, settings.key_file, home / API_KEY, home / MEMORY, home / TRIED):
        left.unlink(missing_ok=True)
