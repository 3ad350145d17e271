"""The database as the product uses it: a pool of connections as a harmless role, and one store for each seller."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool

from farthing.core.parties import Seller
from farthing.core.refused import Refused
from farthing.postgres.alerts import Alerts
from farthing.postgres.audit import AuditLog
from farthing.postgres.catalogue import Catalogue
from farthing.postgres.collecting import Collecting
from farthing.postgres.coupons import CouponBook
from farthing.postgres.credits import CreditBook
from farthing.postgres.digests import Digests
from farthing.postgres.drafts import Drafts
from farthing.postgres.foretelling import Foretelling
from farthing.postgres.late import Late
from farthing.postgres.migrate import cannot_reach, connect_as_owner, migration_of, newest_migration
from farthing.postgres.notices import Notices, PostgresOutbox
from farthing.postgres.once import Once
from farthing.postgres.openings import Openings
from farthing.postgres.paid_ahead import PaidAheadFees
from farthing.postgres.parties import insert_seller
from farthing.postgres.people import People
from farthing.postgres.reports import Reports
from farthing.postgres.reservations import Reservations
from farthing.postgres.roles import refuse_powerful_role
from farthing.postgres.runs import Runs
from farthing.postgres.sandboxes import Sandboxes
from farthing.postgres.session import Pool, PooledConnection, borrow
from farthing.postgres.slack import Slack
from farthing.postgres.slices import Slices
from farthing.postgres.sources import Sources
from farthing.postgres.telling import Telling
from farthing.postgres.urls import parts_of
from farthing.postgres.usage import Usage
from farthing.postgres.vault import Vault
from farthing.postgres.written import read_json
from farthing.usecases.tax_ports import TaxService

_WAIT_SECONDS = 20.0


class PostgresStore(
    Runs,
    Alerts,
    AuditLog,
    Catalogue,
    Collecting,
    CouponBook,
    CreditBook,
    Digests,
    Drafts,
    Foretelling,
    Late,
    Notices,
    Once,
    Openings,
    PaidAheadFees,
    People,
    Reports,
    Reservations,
    Sandboxes,
    Slack,
    Slices,
    Sources,
    Telling,
    Usage,
):
    """All of one seller: the books, the usage and, as `outbox`, the notices to be told."""

    @cached_property
    def outbox(self) -> PostgresOutbox:
        """The delivery job's side of the notices."""
        return PostgresOutbox(self)


class Database:
    """One database, for every seller in it."""

    def __init__(
        self, url: str, *, vault: Vault, pool_size: int = 10, tax_services: Mapping[str, TaxService] | None = None
    ) -> None:
        self._url = url
        self._tax_services = dict(tax_services or {})
        self._vault = vault
        parts_of(url)
        self._pool: Pool = ConnectionPool(
            url,
            connection_class=PooledConnection,
            min_size=0,
            max_size=pool_size,
            timeout=_WAIT_SECONDS,
            open=True,
            kwargs={
                "autocommit": True,
                "row_factory": namedtuple_row,
                # Nobody waits for hours for a host that is gone, and who fell asleep in mid-transaction holds nothing.
                "options": "-c TimeZone=UTC -c application_name=farthing -c idle_in_transaction_session_timeout=5min",
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
                "tcp_user_timeout": 60_000,
            },
            configure=_configure,
            check=ConnectionPool.check_connection,
        )

    def close(self) -> None:
        """Let go of every connection."""
        self._pool.close()

    def for_seller(self, seller_id: UUID) -> PostgresStore:
        """The store of one seller, who can reach no other's (INV-19); made in no time."""
        store = PostgresStore(self._pool, self._vault, seller_id)
        store.tax_services = self._tax_services
        return store

    def seller_of_api_key(self, secret_mac: bytes) -> UUID | None:
        """Whose key has this MAC; None when it is nobody's or was revoked."""
        with borrow(self._pool) as connection:
            row = connection.execute("SELECT farthing.seller_of_api_key(%s)", [secret_mac]).fetchone()
        return None if row is None else row[0]

    def sellers(self) -> list[UUID]:
        """Every seller there is, for the jobs that go round."""
        with borrow(self._pool) as connection:
            return [row[0] for row in connection.execute("SELECT farthing.sellers()").fetchall()]

    def sellers_to_follow(self) -> list[UUID]:
        """Those whose usage is to be added up further."""
        with borrow(self._pool) as connection:
            return [row[0] for row in connection.execute("SELECT farthing.sellers_to_follow()").fetchall()]

    def check(self) -> None:
        """Refuses, in a sentence, a database that cannot be reached or is not migrated, and a powerful role."""
        try:
            with psycopg.connect(self._url, autocommit=True) as connection:
                refuse_powerful_role(connection)
                found = migration_of(connection)
        except psycopg.OperationalError as error:
            raise cannot_reach(self._url, error) from None
        except psycopg.errors.InsufficientPrivilege:
            raise Refused(
                "The database's role may not see Farthing's tables; connect as the role that `farthing init` made."
            ) from None
        if found != newest_migration():
            state = "has no tables yet" if found is None else f"is at migration {found}, not {newest_migration()}"
            raise Refused(f"The database {state}; run `farthing init` with its owner's address to bring it up to date.")

    def add_seller(self, seller: Seller) -> None:
        """A new seller with its legal entity, its counter of usage and its series of invoice numbers."""
        with borrow(self._pool) as connection:
            insert_seller(connection, seller)


def add_seller(place: str | Database, seller: Seller) -> None:
    """A new seller, in a running database or at its owner's address; refuses (Clash) an id that is taken."""
    if isinstance(place, Database):
        place.add_seller(seller)
        return
    with connect_as_owner(place) as owner:
        insert_seller(owner, seller)


def _configure(connection: PooledConnection) -> None:
    set_json_loads(read_json, connection)
    try:
        refuse_powerful_role(connection)
    except Refused as refusal:
        connection.refusal = refusal
