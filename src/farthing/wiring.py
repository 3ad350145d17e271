"""The one place that knows every part: it opens an installation, sets one up, and lets it serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from types import TracebackType
from uuid import UUID

import psycopg
from psycopg import sql

from farthing.core.parties import Mode, Seller
from farthing.core.refused import Refused
from farthing.documents.printer import Printer
from farthing.logs import get_logger
from farthing.mail.carrier import Carrier
from farthing.postgres.database import Database, add_seller
from farthing.postgres.embedded import EmbeddedPostgres
from farthing.postgres.migrate import is_current, migrate
from farthing.postgres.roles import prepare_database
from farthing.postgres.urls import parts_of
from farthing.postgres.vault import Vault
from farthing.settings import Settings, is_initialised, save
from farthing.usecases.api_keys import new_api_key
from farthing.usecases.document_ports import Documents
from farthing.usecases.mail_ports import Mailer
from farthing.usecases.payment_ports import Gateway
from farthing.usecases.people import new_owner_code
from farthing.usecases.ports import SellerStore
from farthing.usecases.tax_ports import TaxService

DATABASE = "farthing"
TAX_SERVICES = "farthing.tax_services"
GATEWAYS = "farthing.gateways"
log = get_logger()


def world_now() -> datetime:
    """The world's time."""
    return datetime.now(UTC)


def tax_services() -> dict[str, TaxService]:
    """The outside services that work out taxes, by name: each is what an entry point of other packages makes."""
    return {found.name: found.load()() for found in entry_points(group=TAX_SERVICES)}


def gateways(home: Path) -> list[Gateway]:
    """Those who move money for sellers, from entry points of other packages; each keeps what it must in this folder."""
    return [found.load()(home) for found in entry_points(group=GATEWAYS)]


class Wired:
    """One running Farthing, opened as a context: every seller's store, the documents, and what time it is."""

    def __init__(
        self, settings: Settings, *, world_clock: Callable[[], datetime] = world_now, small_database: bool = False
    ) -> None:
        self.settings = settings
        self.documents: Documents = Printer()
        self.mailer: Mailer = Carrier()
        self._world_clock = world_clock
        self._embedded = (
            EmbeddedPostgres(settings.database_folder, small=small_database) if settings.database_url is None else None
        )
        self._database: Database | None = None
        self._gateways = gateways(settings.home)
        self.database_url: str | None = None

    def __enter__(self) -> Wired:
        if not is_initialised(self.settings.home):
            raise Refused(f"There is no Farthing in {self.settings.home} yet; run farthing init first.")
        vault = Vault.from_file(self.settings.key_file)
        try:
            self.database_url = self._open_database()
            database = Database(self.database_url, vault=vault, tax_services=tax_services())
            self._database = database
            database.check()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database; the last one out stops a PostgreSQL of our own."""
        if self._database is not None:
            self._database.close()
            self._database = None
        if self._embedded is not None:
            self._embedded.stop()

    def look_after_database(self) -> None:
        """Start a PostgreSQL of our own again if it died while we serve; one that is not ours has its own keepers."""
        if self._embedded is not None and self._embedded.look_after():
            log.warning("the database had died and was started again")

    @property
    def database(self) -> Database:
        """The open database."""
        assert self._database is not None, "the installation is open"
        return self._database

    @property
    def seller_id(self) -> UUID:
        """The seller this installation was set up for."""
        if self.settings.seller_id is None:
            raise Refused(f"{self.settings.file} names no seller_id; run farthing init first.")
        return self.settings.seller_id

    @property
    def store(self) -> SellerStore:
        """That seller's store."""
        return self.for_seller(self.seller_id)

    def for_seller(self, seller_id: UUID) -> SellerStore:
        """One seller's store, which can reach no other's rows."""
        return self.database.for_seller(seller_id)

    def seller_of_api_key(self, secret_mac: bytes) -> UUID | None:
        """Whose API key has this fingerprint."""
        return self.database.seller_of_api_key(secret_mac)

    def sellers(self) -> list[UUID]:
        """All of them."""
        return self.database.sellers()

    def sellers_to_follow(self) -> list[UUID]:
        """Those whose usage is to be added up further."""
        return self.database.sellers_to_follow()

    def world(self) -> datetime:
        """The world's time."""
        return self._world_clock()

    def now(self, store: SellerStore) -> datetime:
        """The seller's time: the world's, moved by as much as a sandbox clock was."""
        with store.transaction():
            return store.seller().now(self.world())

    def gateway(self, store: SellerStore) -> Gateway | None:
        """Who moves money for this seller; one that only plays at it does so for sandboxes alone."""
        with store.transaction():
            is_live = store.seller().mode is Mode.LIVE
        return next((one for one in self._gateways if one.moves_money is is_live), None)

    def _open_database(self) -> str:
        if self._embedded is None:
            url = self.settings.database_url
            assert url is not None, "there is a database of our own or an address"
            owner = self.settings.owner_database_url
            if owner is not None and not is_current(owner):
                migrate(owner)
            return url
        self._embedded.start()
        owner = self._embedded.url(DATABASE)
        if not is_current(owner):
            migrate(owner)
        role = self.settings.database_role
        if role is None:
            raise Refused(f"{self.settings.file} names no database_role; restore the file that farthing init wrote.")
        return self._embedded.url(DATABASE, role=role)


@dataclass(frozen=True, slots=True)
class Initialised:
    """What a new installation shows its operator once."""

    settings: Settings
    owner_code: str
    api_key: str


def initialise(
    settings: Settings, seller: Seller, *, now: datetime, owner_url: str | None = None, small_database: bool = False
) -> Initialised:
    """Set up an installation and its seller. `owner_url` is the owner's address of a database that is not ours.

    Refuses, and changes nothing, where there is one already.
    """
    if is_initialised(settings.home):
        raise Refused(f"There is a Farthing in {settings.home} already; choose another folder with --home.")
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not settings.key_file.exists():
        Vault.make_file(settings.key_file)
    if owner_url is not None:
        app_url = prepare_database(owner_url)
        add_seller(owner_url, seller)
        complete = replace(settings, database_url=app_url, seller_id=seller.seller_id)
    else:
        with EmbeddedPostgres(settings.database_folder, small=small_database) as embedded:
            _create_database(embedded.url())
            owned = embedded.url(DATABASE)
            role = parts_of(prepare_database(owned))["user"]
            add_seller(owned, seller)
        complete = replace(settings, database_role=role, seller_id=seller.seller_id)
    save(complete)
    with Wired(complete, small_database=small_database) as wired:
        return Initialised(
            settings=complete,
            owner_code=new_owner_code(wired.store, now=now),
            api_key=new_api_key(wired.store, label="made by farthing init", now=now),
        )


def _create_database(owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if there is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
