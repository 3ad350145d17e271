"""The commands over a real installation, whose sandbox clock says the middle of March 2026."""

from __future__ import annotations

from pathlib import Path

import pytest

from farthing.core.parties import Seller
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.vault import Vault
from farthing.settings import Settings, SlackMode, save
from farthing.wiring import world_now
from tests.cli.commands import CATALOGUE, MID_MARCH, Commands
from tests.databases import DatabaseUrls, new_seller


@pytest.fixture
def seller(database: Database) -> Seller:
    """A sandbox seller, alone in this test's own database."""
    added = new_seller()
    database.add_seller(added)
    return added


@pytest.fixture
def books(database: Database, seller: Seller) -> PostgresStore:
    """The books beneath, to be looked at."""
    return database.for_seller(seller.seller_id)


@pytest.fixture
def home(tmp_path: Path, database_urls: DatabaseUrls, seller: Seller, books: PostgresStore) -> Path:
    """The folder of an installation that stands on this test's own database."""
    folder = tmp_path / "a home"
    folder.mkdir()
    settings = Settings(
        home=folder, database_url=database_urls.app, seller_id=seller.seller_id, slack_mode=SlackMode.OFF
    )
    Vault.make_file(settings.key_file)
    save(settings)
    with books.transaction():
        books.set_clock_shift(MID_MARCH - world_now())
    return folder


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    """Runs commands there, from a folder of this test's own."""
    monkeypatch.chdir(tmp_path)
    return Commands(home)


@pytest.fixture
def acme(run: Commands, tmp_path: Path) -> Commands:
    """The same, with Acme on the starter plan since 1 January 2026."""
    (tmp_path / "catalog.yaml").write_text(CATALOGUE, encoding="utf-8")
    run.well("catalog", "apply", "catalog.yaml")
    run.well("customer", "add", "acme", "--name", "Acme GmbH", "--zone", "Europe/Berlin")
    run.well("subscribe", "acme", "starter", "--from", "2026-01-01")
    return run
