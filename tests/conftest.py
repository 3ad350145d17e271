"""A database for each test: a clone of one that is made once a run, on our own server or on the one that
FARTHING_TEST_DATABASE_URL names (as a role that may create databases and roles)."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from farthing.core.parties import Seller
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.embedded import EmbeddedPostgres
from farthing.postgres.roles import drop_role, prepare_database
from farthing.postgres.urls import with_database, with_role
from farthing.postgres.vault import KEY_BYTES, Vault
from tests.databases import DatabaseUrls, Server, new_seller

_RUN = "FARTHING_TEST_RUN"
EXTERNAL_URL = os.environ.get("FARTHING_TEST_DATABASE_URL")


def pytest_configure(config: pytest.Config) -> None:
    """Name the run once, for all the processes that share it."""
    if not hasattr(config, "workerinput"):
        os.environ[_RUN] = secrets.token_hex(4)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that began the run takes away what the run made."""
    if hasattr(config, "workerinput") or not _folder().is_dir():
        return
    made = _folder() / "template.json"
    if EXTERNAL_URL is None:
        EmbeddedPostgres(_folder() / "server", small=True).remove()
    elif made.exists():
        template = json.loads(made.read_text(encoding="utf-8"))
        Server(EXTERNAL_URL).drop(template["name"])
        drop_role(EXTERNAL_URL, template["app"])
    shutil.rmtree(_folder())


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server of this run."""
    if EXTERNAL_URL is not None:
        yield Server(EXTERNAL_URL)
        return
    _folder().mkdir(mode=0o700, exist_ok=True)
    with EmbeddedPostgres(_folder() / "server", small=True) as embedded:
        shared = Server(embedded.url())
        shared.never_wait_for_the_disk()
        yield shared


@pytest.fixture(scope="session")
def template(server: Server) -> DatabaseUrls:
    """A migrated database, empty; never connect to it."""
    _folder().mkdir(mode=0o700, exist_ok=True)
    made = _folder() / "template.json"
    with (_folder() / "making").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not made.exists():
            name = f"farthing_template_{os.environ[_RUN]}"
            app = prepare_database(server.create(name))
            made.write_text(json.dumps({"name": name, "app": app}), encoding="utf-8")
    kept = json.loads(made.read_text(encoding="utf-8"))
    return DatabaseUrls(owner=with_database(server.url, database=kept["name"]), app=kept["app"])


@pytest.fixture
def empty_database(server: Server) -> Iterator[str]:
    """The owner's URL of a database that knows nothing of us."""
    name = f"farthing_empty_{secrets.token_hex(6)}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture
def database_urls(server: Server, template: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A migrated database of this test's own."""
    with _clone(server, template) as urls:
        yield urls


@pytest.fixture(scope="session")
def vault() -> Vault:
    """A vault whose key everybody may know."""
    return Vault(bytes(KEY_BYTES))


@pytest.fixture
def database(database_urls: DatabaseUrls, vault: Vault) -> Iterator[Database]:
    """A database of this test's own, as the product uses it: connected as its harmless role."""
    opened = Database(database_urls.app, vault=vault)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared_database(server: Server, template: DatabaseUrls, vault: Vault) -> Iterator[Database]:
    """A database for all tests that keep to a seller of their own, as tests of one seller's store do."""
    with _clone(server, template) as urls:
        opened = Database(urls.app, vault=vault)
        yield opened
        opened.close()


@pytest.fixture
def seller(shared_database: Database) -> Seller:
    """A sandbox seller of this test's own, in UTC."""
    added = new_seller()
    shared_database.add_seller(added)
    return added


@pytest.fixture
def store(shared_database: Database, seller: Seller) -> PostgresStore:
    """The seller's store."""
    return shared_database.for_seller(seller.seller_id)


@contextmanager
def _clone(server: Server, template: DatabaseUrls) -> Iterator[DatabaseUrls]:
    name = f"farthing_test_{secrets.token_hex(6)}"
    owner = server.create(name, template=str(conninfo_to_dict(template.owner)["dbname"]))
    role = conninfo_to_dict(template.app)
    try:
        yield DatabaseUrls(owner, with_role(owner, role=str(role["user"]), password=str(role["password"])))
    finally:
        server.drop(name)


def _folder() -> Path:
    return Path(tempfile.gettempdir()) / f"farthing-tests-{os.geteuid()}-{os.environ[_RUN]}"
