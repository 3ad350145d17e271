"""Who the product is to the database: a role of its own that can neither change the past nor see past its seller."""

import secrets
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from farthing.core.refused import Refused
from farthing.postgres.migrate import connect_as_owner, migrate
from farthing.postgres.urls import with_role

GROUP = "farthing_app"


def prepare_database(owner_url: str) -> str:
    """Bring the database up to date and make a role for this installation; the URL the product connects with.

    Run by whoever owns the database, which the product itself never does.
    """
    migrate(owner_url)
    role, password = f"farthing_{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    with connect_as_owner(owner_url) as owner:
        # Only a verifier of the password travels and may land in the server's log.
        verifier = owner.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        name = sql.Identifier(role)
        try:
            with owner.transaction():
                owner.execute(
                    sql.SQL(
                        "CREATE ROLE {} LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS "
                        "PASSWORD {}"
                    ).format(name, sql.Literal(verifier))
                )
                owner.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(GROUP), name))
                database = sql.Identifier(owner.info.dbname)
                owner.execute(
                    sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, sql.Identifier(GROUP))
                )
        except psycopg.errors.InsufficientPrivilege:
            raise Refused(
                f"The database role “{owner.info.user}” may not make a role for the product; as a superuser run "
                f'ALTER ROLE "{owner.info.user}" CREATEROLE; GRANT {GROUP} TO "{owner.info.user}" WITH ADMIN OPTION; '
                "and try again."
            ) from None
    return with_role(owner_url, role=role, password=password)


def drop_role(owner_url: str, app_url: str) -> None:
    """Remove the role that `prepare_database` made, when its installation is given up."""
    role = conninfo_to_dict(app_url)["user"]
    assert isinstance(role, str)
    with connect_as_owner(owner_url) as owner:
        owner.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def refuse_powerful_role(connection: psycopg.Connection[Any]) -> None:
    """Refuses to work as a role that row-level security does not bind: a superuser, the owner, or BYPASSRLS."""
    found = connection.execute(
        """
        SELECT role.rolname, role.rolsuper, role.rolbypassrls,
               EXISTS (SELECT FROM pg_class AS kept
                       WHERE kept.relnamespace = to_regnamespace('farthing')
                         AND kept.relkind IN ('r', 'p') AND pg_has_role(current_user, kept.relowner, 'MEMBER'))
        FROM pg_roles AS role WHERE role.rolname = current_user
        """
    ).fetchone()
    assert found is not None, "every connection has a role"
    name, is_superuser, bypasses, is_owner = tuple(found)
    power = (
        "is a superuser"
        if is_superuser
        else "bypasses row-level security"
        if bypasses
        else "owns the tables"
        if is_owner
        else None
    )
    if power is not None:
        raise Refused(
            f"The database role “{name}” {power}, so nothing would keep one seller's books from another's; "
            "connect as the role that `farthing init` made."
        )
