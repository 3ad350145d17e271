"""Books that an older version kept are brought up to date, prove sound, and are billed on."""

from pathlib import Path
from uuid import UUID

import psycopg

from farthing.core.rating.line import LineKind
from farthing.postgres.database import Database
from farthing.postgres.migrate import VERSION_SCHEMA, VERSION_TABLE, is_current
from farthing.postgres.roles import prepare_database
from farthing.postgres.vault import Vault
from farthing.usecases.check_books import prove_books
from farthing.usecases.explain_line import explain_line
from tests.databases import NOW, close

_HERE = Path(__file__).parent
_MIGRATIONS = _HERE.parents[1] / "src/farthing/postgres/migrations/versions"
SELLER = UUID(int=77)


def _books_of_0001(url: str) -> None:
    """A database as version 0001 left it."""
    with psycopg.connect(url) as connection:
        connection.execute((_MIGRATIONS / "r0001_first_books.sql").read_bytes())
        connection.execute(
            f"""
            CREATE SCHEMA {VERSION_SCHEMA};
            CREATE TABLE {VERSION_SCHEMA}.{VERSION_TABLE} (version_num varchar(32) PRIMARY KEY);
            INSERT INTO {VERSION_SCHEMA}.{VERSION_TABLE} VALUES ('0001');
            SET LOCAL session_replication_role = replica;
            """.encode()
        )
        connection.execute((_HERE / "books_of_0001.sql").read_bytes())


def test_the_books_of_0001_prove_sound_and_are_billed_on(empty_database: str, vault: Vault) -> None:
    _books_of_0001(empty_database)
    assert not is_current(empty_database)
    database = Database(prepare_database(empty_database), vault=vault)
    try:
        store = database.for_seller(SELLER)
        proved = prove_books(store, now=NOW)
        assert (proved.findings, proved.invoices, proved.usage.accepted) == ([], 3, 4)
        explained = explain_line(store, "EX-000002", 3, person=None)
        assert (explained.line.kind, explained.holds) == (LineKind.USAGE, True)
        assert close(store, "2026-03-31").invoices == 1
        assert prove_books(store, now=NOW).findings == []
    finally:
        database.close()
