"""One seller's transactions: everything inside is kept together or not at all, and sees this seller's rows only."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool, PoolTimeout

from farthing.core.refused import Busy, Refused
from farthing.core.saying import message
from farthing.postgres.vault import Vault


class PooledConnection(psycopg.Connection[Any]):
    """A connection of the pool; `refusal` says why it may not be worked with, when it may not."""

    refusal: Refused | None = None


Pool = ConnectionPool[PooledConnection]
Statement = LiteralString | sql.Composed


class Session:
    """What each noun's SQL runs on. Threads share it, each with a transaction of its own."""

    def __init__(self, pool: Pool, vault: Vault, seller_id: UUID) -> None:
        self._pool = pool
        self._vault = vault
        self._seller_id = seller_id
        self._open = threading.local()
        self._names = itertools.count()

    @property
    def seller_id(self) -> UUID:
        """Whose store it is."""
        return self._seller_id

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept together, or not at all when it raises. Not to be nested."""
        with self._begin():
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything inside is read as of one instant; nothing can be written. Not to be nested."""
        with self._begin(as_of_one_instant=True):
            yield

    def share_transaction(self, other: Session) -> None:
        """Work in the transactions that another session of this seller opens."""
        assert other.seller_id == self._seller_id, "a transaction is one seller's"
        self._open = other._open

    @contextmanager
    def _begin(self, *, as_of_one_instant: bool = False, to_write: bool = False) -> Iterator[None]:
        assert getattr(self._open, "connection", None) is None, "a transaction is open in this thread already"
        with borrow(self._pool) as connection, _mode(connection, as_of_one_instant, to_write), connection.transaction():
            connection.execute("SELECT set_config('farthing.seller', %s, true)", [str(self._seller_id)])
            self._open.connection = connection
            try:
                yield
            finally:
                self._open.connection = None

    def wait_at_most(self, seconds: float) -> None:
        """From here to the end of the transaction: what somebody else keeps for longer is told as Busy."""
        self._row("SELECT set_config('lock_timeout', %(wait)s, true)", {"wait": f"{round(seconds * 1000)}ms"})

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection of the transaction that is open in this thread."""
        connection: psycopg.Connection[Any] | None = getattr(self._open, "connection", None)
        assert connection is not None, "every call happens inside transaction()"
        return connection

    def _run(self, statement: Statement, values: Mapping[str, Any] | None = None) -> int:
        """The number of rows that the statement wrote."""
        return self.connection.execute(statement, values).rowcount

    def _rows(self, statement: Statement, values: Mapping[str, Any] | None = None) -> list[Any]:
        return self.connection.execute(statement, values).fetchall()

    def _row(self, statement: Statement, values: Mapping[str, Any] | None = None) -> Any:
        """The one row, or None."""
        return self.connection.execute(statement, values).fetchone()

    def _stream(self, statement: Statement, values: Mapping[str, Any] | None = None) -> Generator[Any, None, None]:
        """Rows as they are wanted, in bounded memory."""
        with self.connection.cursor(name=f"stream_{next(self._names)}") as cursor:
            cursor.itersize = 2000
            cursor.execute(statement, values)
            yield from cursor

    def _lock_name(self, *names: str, shared: bool = False) -> None:
        """Until the transaction ends nobody else of this seller holds the same name, or only others who share it."""
        name = {"name": "/".join((str(self._seller_id), *names))}
        if shared:
            self._row("SELECT pg_advisory_xact_lock_shared(hashtextextended(%(name)s, 0))", name)
        else:
            self._row("SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 0))", name)


@contextmanager
def _mode(connection: PooledConnection, as_of_one_instant: bool, to_write: bool) -> Iterator[None]:
    """How the next transaction begins: told with its beginning, which costs no question of its own."""
    if not as_of_one_instant:
        yield
        return
    connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, not to_write
    try:
        yield
    finally:
        if not connection.closed:
            connection.isolation_level = connection.read_only = None


@contextmanager
def borrow(pool: Pool) -> Iterator[PooledConnection]:
    """A connection for a while. What may work a moment later is told as Busy; our own mistakes are not touched."""
    try:
        with pool.connection() as connection:
            if connection.refusal is not None:
                raise connection.refusal
            yield connection
    except PoolTimeout:
        raise Busy(message("The database has no free connection at the moment; try again shortly.")) from None
    except (psycopg.errors.ProgramLimitExceeded, psycopg.errors.StatementTooComplex, psycopg.errors.OutOfMemory):
        raise  # Trying again would not help; what is too much for the database is a fault of ours.
    except psycopg.errors.LockNotAvailable:
        raise Busy(
            message("Somebody else keeps what is needed here for longer than we wait; try again shortly.")
        ) from None
    except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
        raise Busy(message("Someone else was changing the same thing at the same moment; try again.")) from None
    except psycopg.errors.DiskFull:
        raise Busy(
            message("The database's disk is full, so nothing was kept; make room there and try again.")
        ) from None
    except (
        psycopg.OperationalError,
        psycopg.errors.IdleInTransactionSessionTimeout,
        psycopg.errors.ReadOnlySqlTransaction,
    ):
        raise Busy(message("The connection to the database was lost before it answered; try again shortly.")) from None
