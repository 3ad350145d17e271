"""Addresses of databases: the same database for another role, or another database for the same role."""

from urllib.parse import quote

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from farthing.core.refused import Refused


def with_role(url: str, *, role: str, password: str) -> str:
    """The same database, as another role."""
    return _url(parts_of(url) | {"user": role, "password": password})


def with_database(url: str, *, database: str) -> str:
    """Another database of the same server, as the same role."""
    return _url(parts_of(url) | {"dbname": database})


def parts_of(url: str) -> dict[str, str]:
    """The URL's settings by libpq's names; refuses what is not an address of a database."""
    try:
        return {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except ProgrammingError:
        raise Refused(
            "That is not the address of a database; write it like postgresql://role:password@host:5432/name."
        ) from None


def _url(parts: dict[str, str]) -> str:
    parts = dict(parts)
    database = quote(parts.pop("dbname", "postgres"), safe="")
    rest = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(parts.items()))
    return f"postgresql:///{database}?{rest}"
