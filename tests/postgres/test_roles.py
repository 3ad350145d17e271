"""The product works as a role that row-level security binds, and refuses to work as any other."""

import secrets
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from farthing.core.refused import Busy, Refused
from farthing.postgres.database import Database, add_seller
from farthing.postgres.migrate import is_current
from farthing.postgres.roles import drop_role, prepare_database, refuse_powerful_role
from farthing.postgres.urls import with_database, with_role
from farthing.postgres.vault import Vault
from tests.databases import NOW, DatabaseUrls, Server, new_seller


def test_the_products_role_has_no_power(database_urls: DatabaseUrls) -> None:
    with psycopg.connect(database_urls.app) as connection:
        refuse_powerful_role(connection)
        powers = connection.execute(
            """
            SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
                   EXISTS (SELECT FROM pg_class WHERE relowner = oid AND relnamespace = 'farthing'::regnamespace)
            FROM pg_roles WHERE rolname = current_user
            """
        ).fetchone()
    assert powers == (False,) * 6


def test_the_owner_is_refused_as_the_products_role(database_urls: DatabaseUrls, vault: Vault) -> None:
    with pytest.raises(Refused, match=r"superuser|owns the tables"):
        Database(database_urls.owner, vault=vault).check()


def test_nothing_is_done_as_a_powerful_role(database_urls: DatabaseUrls, vault: Vault) -> None:
    database = Database(database_urls.owner, vault=vault)
    with pytest.raises(Refused, match=r"superuser|owns the tables"):
        database.sellers()
    with pytest.raises(Refused, match=r"superuser|owns the tables"), database.for_seller(uuid4()).transaction():
        pass
    database.close()


def test_a_role_that_bypasses_row_level_security_is_refused(server: Server, database_urls: DatabaseUrls) -> None:
    role = f"farthing_bypass_{secrets.token_hex(4)}"
    with psycopg.connect(server.url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS PASSWORD 'known'").format(sql.Identifier(role)))
    try:
        with (
            psycopg.connect(with_role(database_urls.owner, role=role, password="known")) as connection,
            pytest.raises(Refused, match="bypasses row-level security"),
        ):
            refuse_powerful_role(connection)
    finally:
        drop_role(server.url, with_role(server.url, role=role, password="known"))


def test_an_owner_that_is_no_superuser_can_prepare_a_database(server: Server, vault: Vault) -> None:
    name = f"farthing_owned_{secrets.token_hex(4)}"
    owner_url, app_url = with_role(server.url, role=name, password="known"), None
    with psycopg.connect(server.url, autocommit=True) as superuser:
        owner = sql.Identifier(name)
        superuser.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD 'known'").format(owner))
        if superuser.execute("SELECT FROM pg_roles WHERE rolname = 'farthing_app'").fetchone() is not None:
            # Another installation's owner made the group on this server; its members are ours to add to as well.
            superuser.execute(sql.SQL("GRANT farthing_app TO {} WITH ADMIN OPTION").format(owner))
        superuser.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(owner, owner))
    try:
        url = with_database(owner_url, database=name)
        app_url = prepare_database(url)
        database = Database(app_url, vault=vault)
        try:
            database.check()
            by_app, by_owner = new_seller(), new_seller()
            database.add_seller(by_app)
            add_seller(url, by_owner)
            assert set(database.sellers()) == {by_app.seller_id, by_owner.seller_id}
            store = database.for_seller(by_app.seller_id)
            with store.transaction():
                assert store.seller() == by_app
                store.keep_api_key(by_app.seller_id, secret_mac=b"mac", label="", created_at=NOW)
            assert database.seller_of_api_key(b"mac") == by_app.seller_id
            assert database.seller_of_api_key(b"other") is None
        finally:
            database.close()
        with psycopg.connect(url) as as_owner:
            assert as_owner.execute("SELECT count(*) FROM farthing.customer").fetchone() == (0,)
            with pytest.raises(Refused, match="owns the tables"):
                refuse_powerful_role(as_owner)
    finally:
        server.drop(name)
        if app_url is not None:
            drop_role(server.url, app_url)
        drop_role(server.url, owner_url)


def test_preparing_twice_gives_two_roles_to_one_database(empty_database: str, server: Server) -> None:
    first = prepare_database(empty_database)
    second = prepare_database(empty_database)
    try:
        assert first != second
        assert is_current(first)
        assert is_current(second)
    finally:
        server.drop(str(conninfo_to_dict(empty_database)["dbname"]))
        drop_role(server.url, first)
        drop_role(server.url, second)


def test_a_database_that_is_not_migrated_is_refused(server: Server, template: DatabaseUrls, vault: Vault) -> None:
    bare = f"farthing_bare_{secrets.token_hex(4)}"
    role = conninfo_to_dict(template.app)
    url = with_role(server.create(bare), role=str(role["user"]), password=str(role["password"]))
    try:
        with pytest.raises(Refused, match="has no tables yet"):
            Database(url, vault=vault).check()
    finally:
        server.drop(bare)


def test_a_server_that_is_not_there_is_refused_without_its_password(vault: Vault) -> None:
    database = Database("postgresql://someone:hunter2@127.0.0.1:1/nowhere", vault=vault)
    with pytest.raises(Refused, match="cannot be reached") as refusal:
        database.check()
    assert "hunter2" not in refusal.value.sentence
    assert not isinstance(refusal.value, Busy)
    database.close()


def test_what_is_no_address_is_refused(vault: Vault) -> None:
    with pytest.raises(Refused, match="write it like"):
        Database("over there", vault=vault)
