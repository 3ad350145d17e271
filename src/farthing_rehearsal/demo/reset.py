"""The demo is forgotten: its database and its Slack, so that the next one begins anew."""

from pathlib import Path

import psycopg
from psycopg import sql

from farthing.postgres.embedded import EmbeddedPostgres
from farthing.settings import is_initialised, load
from farthing.wiring import DATABASE
from farthing_rehearsal.demo.lock import alone_in

# The server's own folder stays: an empty server starts faster than a new one is made.
FORGOTTEN = ("farthing.toml", "secret.key", "api.key", "slack.memory")


def reset_demo(home: Path) -> str:
    """Forget it and say so; refuses while it runs."""
    with alone_in(home):
        if not is_initialised(home) and not (home / "secret.key").exists():
            return f"There is no demo in {home}; make demo makes one."
        settings = load(home)
        with EmbeddedPostgres(settings.database_folder) as server, psycopg.connect(
            server.url(), autocommit=True
        ) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
        for name in FORGOTTEN:
            (home / name).unlink(missing_ok=True)
    return f"Forgotten. make demo begins anew in {home}."
