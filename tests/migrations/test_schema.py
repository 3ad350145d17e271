"""Migrating an empty database gives exactly what schema.sql shows, and there is one way to get there."""

import secrets
from importlib import resources
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from psycopg import sql

from farthing.core.refused import Refused
from farthing.postgres import migrate as migrating
from farthing.postgres.migrate import is_current, migrate
from farthing.postgres.urls import with_role
from tests.databases import Server

# Each asks the catalogue for one kind of thing, as text that two equal databases tell alike.
_PICTURES = {
    "columns": """
        SELECT relation.relname, attribute.attnum, attribute.attname, attribute.attnotnull, attribute.attidentity,
               format_type(attribute.atttypid, attribute.atttypmod), sorted_by.collname,
               pg_get_expr(preset.adbin, preset.adrelid)
        FROM pg_attribute AS attribute JOIN pg_class AS relation ON relation.oid = attribute.attrelid
        LEFT JOIN pg_collation AS sorted_by ON sorted_by.oid = attribute.attcollation
        LEFT JOIN pg_attrdef AS preset ON preset.adrelid = attribute.attrelid AND preset.adnum = attribute.attnum
        WHERE relation.relnamespace = 'farthing'::regnamespace AND relation.relkind IN ('r', 'p', 'v', 'm')
          AND attribute.attnum > 0
    """,
    "relations": """
        SELECT relname, relkind, relpersistence, relrowsecurity, relforcerowsecurity, reloptions::text,
               pg_get_userbyid(relowner)
        FROM pg_class WHERE relnamespace = 'farthing'::regnamespace
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype, condeferrable, condeferred, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'farthing'::regnamespace
    """,
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'farthing'",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger
        WHERE NOT tgisinternal
    """,
    "functions": """
        SELECT oid::regprocedure::text, prosecdef, proacl::text, pg_get_userbyid(proowner), pg_get_functiondef(oid)
        FROM pg_proc WHERE pronamespace = 'farthing'::regnamespace
    """,
    "policies": """
        SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies
        WHERE schemaname = 'farthing'
    """,
    "grants": """
        SELECT relation.relname, granted.grantee::regrole::text, granted.privilege_type, granted.is_grantable
        FROM pg_class AS relation CROSS JOIN LATERAL aclexplode(relation.relacl) AS granted
        WHERE relation.relnamespace = 'farthing'::regnamespace
    """,
    "grants on columns": """
        SELECT relation.relname, attribute.attname, granted.grantee::regrole::text, granted.privilege_type
        FROM pg_attribute AS attribute JOIN pg_class AS relation ON relation.oid = attribute.attrelid
        CROSS JOIN LATERAL aclexplode(attribute.attacl) AS granted
        WHERE relation.relnamespace = 'farthing'::regnamespace
    """,
    "schema": "SELECT nspacl::text, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'farthing'",
    "sequences": """
        SELECT seqrelid::regclass::text, seqtypid::regtype::text, seqstart, seqincrement, seqmax, seqcycle
        FROM pg_sequence
    """,
    "types": "SELECT typname, typtype FROM pg_type WHERE typnamespace = 'farthing'::regnamespace",
}
_SCHEMA = resources.files("farthing.postgres") / "schema.sql"


@pytest.fixture
def migrated(empty_database: str) -> str:
    migrate(empty_database)
    return empty_database


def test_migrating_gives_what_the_picture_shows(server: Server, migrated: str) -> None:
    name = f"farthing_picture_{secrets.token_hex(6)}"
    drawn = server.create(name)
    try:
        with psycopg.connect(drawn) as connection:
            connection.execute(_SCHEMA.read_text(encoding="utf-8").encode())
        for kind, question in _PICTURES.items():
            expected = _picture(drawn, question)
            assert len(expected) > 0, kind
            assert _picture(migrated, question) == expected, kind
    finally:
        server.drop(name)


def test_there_is_one_head() -> None:
    scripts = ScriptDirectory(str(Path(migrating.__file__).parent / "migrations"))
    assert scripts.get_heads() == [migrating.newest_migration()]


def test_migrating_again_changes_nothing(migrated: str) -> None:
    before = [_picture(migrated, question) for question in _PICTURES.values()]
    migrate(migrated)
    assert [_picture(migrated, question) for question in _PICTURES.values()] == before


def test_a_database_is_current_once_it_is_migrated(empty_database: str) -> None:
    assert not is_current(empty_database)
    migrate(empty_database)
    assert is_current(empty_database)


def test_who_may_not_create_anything_is_told_what_to_do(server: Server, empty_database: str) -> None:
    name = f"farthing_powerless_{secrets.token_hex(4)}"
    role = sql.Identifier(name)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'known'").format(role))
        try:
            with pytest.raises(Refused, match="give the address of a role that owns the database"):
                migrate(with_role(empty_database, role=name, password="known"))
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(role))


def _picture(url: str, question: str) -> list[str]:
    with psycopg.connect(url, options="-c search_path=pg_catalog") as connection:
        return sorted(repr(tuple(row)) for row in connection.execute(question.encode()).fetchall())
