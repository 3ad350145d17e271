"""Months of the books: which are locked, who locked them, and how a booking into one of them is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import LiteralString

import psycopg

from farthing.core.ledger.month import Month
from farthing.core.refused import Clash
from farthing.postgres.session import Session
from farthing.usecases.ledger_ports import MonthLock


class Months(Session):
    """What is locked."""

    def locked_through(self, entity_key: str) -> date | None:
        """The last day that is locked."""
        return self._locked_through(
            "SELECT locked_through FROM farthing.legal_entity WHERE entity_key = %(entity_key)s", entity_key
        )

    def hold_month(self, entity_key: str) -> date | None:
        """The last day that is locked; until the transaction ends no month is locked or unlocked."""
        return self._locked_through(
            "SELECT locked_through FROM farthing.legal_entity WHERE entity_key = %(entity_key)s FOR SHARE", entity_key
        )

    def hold_month_alone(self, entity_key: str) -> date | None:
        """The same for who locks or unlocks: until the transaction ends nobody books. Waits for who is booking."""
        return self._locked_through(
            "SELECT locked_through FROM farthing.legal_entity WHERE entity_key = %(entity_key)s FOR NO KEY UPDATE",
            entity_key,
        )

    def _locked_through(self, statement: LiteralString, entity_key: str) -> date | None:
        row = self._row(statement, {"entity_key": entity_key})
        assert row is not None, f"there is no legal entity {entity_key}"
        locked_through: date | None = row.locked_through
        return locked_through

    def month_locks(self, entity_key: str) -> list[MonthLock]:
        """Who locked and unlocked months, the newest act first."""
        rows = self._rows(
            "SELECT * FROM farthing.month_lock WHERE entity_key = %(entity_key)s ORDER BY number DESC",
            {"entity_key": entity_key},
        )
        return [
            MonthLock(Month.holding(row.month), row.locked, row.acted_at, row.acted_by, row.because) for row in rows
        ]

    def keep_month_lock(self, entity_key: str, lock: MonthLock) -> None:
        """Lock a month, or unlock the last locked one; to be called after `hold_month_alone`."""
        self._run(
            """
            INSERT INTO farthing.month_lock (entity_key, number, month, locked, acted_at, acted_by, because)
            SELECT %(entity_key)s, coalesce(max(number), 0) + 1, %(month)s, %(locked)s, %(at)s, %(by)s, %(because)s
            FROM farthing.month_lock WHERE entity_key = %(entity_key)s
            """,
            {
                "entity_key": entity_key,
                "month": lock.month.first_day,
                "locked": lock.locked,
                "at": lock.at,
                "by": lock.by,
                "because": lock.because,
            },
        )

    def first_booking(self, entity_key: str, *, after: date | None) -> date | None:
        """The first day after this one, or of all, on which something is booked."""
        row = self._row(
            """
            SELECT min(booked_on) AS day FROM farthing.transaction
            WHERE entity_key = %(entity_key)s AND (%(after)s::date IS NULL OR booked_on > %(after)s)
            """,
            {"entity_key": entity_key, "after": after},
        )
        day: date | None = row.day
        return day


@contextmanager
def told_when_locked() -> Iterator[None]:
    """A booking that the database refuses for its month is told in a sentence."""
    try:
        yield
    except psycopg.errors.CheckViolation as refusal:
        if refusal.diag.constraint_name != "month_is_open":
            raise
        said = str(refusal.diag.message_primary).removeprefix("INV-25: ")
        raise Clash(f"{said}; book it there, or unlock the month with farthing books unlock.") from None
