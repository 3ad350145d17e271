"""Sandboxes: everything of one is copied under a new seller by the database itself, and a family is told as a list."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import psycopg

from farthing.core.refused import Clash
from farthing.postgres.session import Session
from farthing.usecases.sandbox_ports import ORIGINAL, Kind, Sandbox


class Sandboxes(Session):
    """The seller's family of sandboxes."""

    @contextmanager
    def to_be_copied(self) -> Iterator[None]:
        """A transaction that sees everything as of one instant, and in which `copy_sandbox` may be called."""
        with self._begin(as_of_one_instant=True, to_write=True):
            yield

    def copy_sandbox(self, copy_id: UUID, *, name: str, kind: Kind, stands_at: datetime, copied_at: datetime) -> None:
        """All of this sandbox once more, as a seller of its own; refuses (Clash) a name that the family has."""
        try:
            self._row(
                "SELECT farthing.copy_sandbox(%(copy_id)s, %(name)s, %(kind)s, %(stands_at)s, %(copied_at)s)",
                {
                    "copy_id": copy_id,
                    "name": name,
                    "kind": kind.value,
                    "stands_at": stands_at,
                    "copied_at": copied_at,
                },
            )
        except psycopg.errors.UniqueViolation as taken:
            if taken.diag.constraint_name != "sandbox_copy_family_id_name_key":
                raise
            raise Clash(f"There is a “{name}” already; choose another name.", field="name") from None

    def sandboxes(self) -> list[Sandbox]:
        """The family: its first sandbox, then the copies by when they were made."""
        rows = self._rows("SELECT * FROM farthing.sandboxes()")
        return [
            Sandbox(
                seller_id=row.seller_id,
                name=ORIGINAL if row.name is None else row.name,
                kind=Kind.ORIGINAL if row.kind is None else Kind(row.kind),
                clock_shift=row.clock_shift,
                copied_from=row.copied_from,
                stands_at=row.stands_at,
                copied_at=row.copied_at,
            )
            for row in rows
        ]

    def due_moments(self, *, through: datetime) -> list[tuple[datetime, str]]:
        """The instants up to this one at which a subscription is due next or a draft's grace is over, with its zone."""
        rows = self._rows(
            """
            SELECT due_at AS at, in_zone FROM farthing.subscription WHERE due_at <= %(through)s
            UNION
            SELECT draft.issue_at, coalesce(subscription.in_zone, customer.in_zone)
            FROM farthing.draft AS draft
            LEFT JOIN farthing.subscription AS subscription
              ON subscription.seller_id = draft.seller_id AND subscription.subscription_id = draft.subscription_id
            LEFT JOIN farthing.customer AS customer
              ON customer.seller_id = draft.seller_id AND customer.customer_id = draft.customer_id
            WHERE draft.ended_at IS NULL AND draft.state = 'waiting' AND draft.issue_at <= %(through)s
            ORDER BY at, in_zone
            """,
            {"through": through},
        )
        return [(row.at, row.in_zone) for row in rows]

    def count_invoices(self) -> int:
        """How many were issued, ever."""
        return int(self._row("SELECT count(*) AS issued FROM farthing.invoice").issued)
