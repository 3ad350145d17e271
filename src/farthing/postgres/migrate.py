"""A database is brought up to date by its owner, one migration after the other, all of them or none."""

from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from farthing.core.refused import Refused
from farthing.postgres.urls import parts_of

VERSION_SCHEMA = "farthing_version"
VERSION_TABLE = "migration"
OLDEST_SERVER = 15
# Any number that no other program is likely to lock; two migrations at once take turns.
_MIGRATION_LOCK = 0x6661727468696E67


def migrate(owner_url: str) -> None:
    """Bring the database up to date; does nothing when it is."""
    with connect_as_owner(owner_url) as turn:
        if turn.info.server_version < OLDEST_SERVER * 10_000:
            raise Refused(
                f"The database is PostgreSQL {turn.info.server_version // 10_000}; "
                f"Farthing needs {OLDEST_SERVER} or newer."
            )
        turn.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        try:
            turn.execute(f"CREATE SCHEMA IF NOT EXISTS {VERSION_SCHEMA}")
            _upgrade(owner_url)
            turn.execute(f"GRANT USAGE ON SCHEMA {VERSION_SCHEMA} TO farthing_app")
            turn.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {VERSION_SCHEMA} TO farthing_app")
        except psycopg.errors.InsufficientPrivilege as error:
            said = error.diag.message_primary
            raise Refused(
                f"The database role “{turn.info.user}” may not set up the database ({said}); "
                f"give the address of a role that owns the database “{turn.info.dbname}” and may create roles."
            ) from None


def is_current(url: str) -> bool:
    """Whether the database has every migration that this version knows; any role may ask."""
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            return migration_of(connection) == newest_migration()
    except psycopg.OperationalError as error:
        raise cannot_reach(url, error) from None


def migration_of(connection: psycopg.Connection[Any]) -> str | None:
    """The last migration this database had; None when it had none."""
    there = connection.execute("SELECT to_regclass(%s)", [f"{VERSION_SCHEMA}.{VERSION_TABLE}"]).fetchone()
    if there is None or there[0] is None:
        return None
    found = connection.execute(f"SELECT version_num FROM {VERSION_SCHEMA}.{VERSION_TABLE}").fetchone()
    return None if found is None else str(found[0])


@cache
def newest_migration() -> str:
    """The last migration that this version knows, by the names of their files: r0001_what_it_does.py."""
    return max(file.name[1:5] for file in (Path(__file__).parent / "migrations" / "versions").glob("r*.py"))


def connect_as_owner(url: str) -> psycopg.Connection[Any]:
    """A connection of the database's owner; refuses in a sentence when there is none to be had."""
    try:
        return psycopg.connect(url, autocommit=True)
    except psycopg.OperationalError as error:
        raise cannot_reach(url, error) from None


def cannot_reach(url: str, error: Exception) -> Refused:
    """The sentence for a database that does not answer, without its password."""
    parts = parts_of(url)
    where = f"“{parts.get('dbname', 'postgres')}” at {parts.get('host', 'localhost')}"
    said = " ".join(str(error).split()).rstrip(".")
    return Refused(f"The database {where} cannot be reached: {said}; check that it runs and that the address is right.")


def _upgrade(owner_url: str) -> None:
    # Imported here: they take longer to load than most commands take to run, and few of them migrate.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    # The engine never reads an address of its own, so every form that libpq knows works.
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(owner_url, autocommit=False), poolclass=NullPool
    )
    try:
        with engine.connect() as connection:
            config = Config()
            config.set_main_option("script_location", "farthing.postgres:migrations")
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()
