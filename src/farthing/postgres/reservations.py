"""Reservations: what is held of a customer's features for a while, summed up from what is open and not over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from farthing.core.entitling.reservation import Ended, Reservation
from farthing.postgres.session import Session
from farthing.postgres.written import is_storable
from farthing.usecases.reservation_ports import Commit


class Reservations(Session):
    """The reservations of one seller's customers."""

    def lock_feature(self, customer_id: UUID, feature: str, *, patience_seconds: float) -> None:
        """Until the transaction ends nobody else reserves of this feature for this customer."""
        self.wait_at_most(patience_seconds)
        self._lock_name("reservations", str(customer_id), feature)

    def reservation(self, customer_id: UUID, reservation_id: str) -> Reservation | None:
        """The reservation that a customer has under this id, whatever became of it."""
        if not is_storable(reservation_id):
            return None
        row = self._row(_ONE, {"customer_id": customer_id, "id": reservation_id})
        return None if row is None else _reservation(row)

    def lock_reservation(self, customer_id: UUID, reservation_id: str) -> Reservation | None:
        """The same, held until the transaction ends."""
        if not is_storable(reservation_id):
            return None
        row = self._row(f"{_ONE} FOR UPDATE", {"customer_id": customer_id, "id": reservation_id})
        return None if row is None else _reservation(row)

    def held(self, customer_id: UUID, *, at: datetime, after_position: int | None = None) -> Mapping[str, Decimal]:
        """How many units of each feature are held at an instant, for who knows the usage up to a position or all."""
        rows = self._rows(
            """
            SELECT feature, sum(units) AS units FROM (
                SELECT feature, units FROM farthing.reservation
                WHERE customer_id = %(customer_id)s AND ended_at IS NULL AND expires_at > %(at)s
                UNION ALL
                SELECT feature, units FROM farthing.reservation
                WHERE customer_id = %(customer_id)s AND position > %(after)s::bigint AND ended_at < expires_at
            ) AS holding
            GROUP BY feature
            """,
            {"customer_id": customer_id, "at": at, "after": after_position},
        )
        return {row.feature: row.units for row in rows}

    def held_reservations(
        self, customer_id: UUID, *, at: datetime, after: str | None = None, limit: int = 500
    ) -> list[Reservation]:
        """A page of those held at an instant, by id, from the one after `after` on."""
        rows = self._rows(
            f"""
            SELECT {_COLUMNS} FROM farthing.reservation
            WHERE customer_id = %(customer_id)s AND ended_at IS NULL AND expires_at > %(at)s
              AND (%(after)s::text IS NULL OR reservation_id COLLATE "C" > %(after)s)
            ORDER BY reservation_id COLLATE "C" LIMIT %(limit)s
            """,
            {"customer_id": customer_id, "at": at, "after": after, "limit": limit},
        )
        return [_reservation(row) for row in rows]

    def keep_reservation(self, reservation: Reservation) -> bool:
        """Keep a new one; False where its id is taken."""
        kept = self._run(
            """
            INSERT INTO farthing.reservation (customer_id, reservation_id, feature, units, held_at, expires_at)
            VALUES (%(customer_id)s, %(id)s, %(feature)s, %(units)s, %(held_at)s, %(expires_at)s)
            ON CONFLICT DO NOTHING
            """,
            {
                "customer_id": reservation.customer_id,
                "id": reservation.id,
                "feature": reservation.feature,
                "units": reservation.units,
                "held_at": reservation.held_at,
                "expires_at": reservation.expires_at,
            },
        )
        return kept == 1

    def release_reservation(self, reservation: Reservation) -> None:
        """Keep the end of a reservation that is locked."""
        assert reservation.ended is not None, f"{reservation.id} was ended"
        kept = self._run(
            """
            UPDATE farthing.reservation SET ended_at = %(ended_at)s
            WHERE customer_id = %(customer_id)s AND reservation_id = %(id)s
            """,
            {
                "customer_id": reservation.customer_id,
                "id": reservation.id,
                "ended_at": reservation.ended.at,
            },
        )
        assert kept == 1, f"there is no reservation {reservation.id}"

    def commit_reservations(self, commits: Sequence[Commit], *, at: datetime) -> set[tuple[UUID, str]]:
        """End those that are open, each by its event; tells which there are at all, by customer and id."""
        # Of several events that name one reservation the first is its commit.
        first = {(commit.customer_id, commit.reservation_id): commit.event_key for commit in reversed(commits)}
        named = {
            "customer_ids": [customer_id for customer_id, _ in first],
            "ids": [reservation_id for _, reservation_id in first],
        }
        # Locked in one order, so that no two wait in a circle.
        rows = self._rows(
            """
            SELECT customer_id, reservation_id, ended_at FROM farthing.reservation
            WHERE (customer_id, reservation_id) IN (SELECT * FROM unnest(%(customer_ids)s::uuid[], %(ids)s::text[]))
            ORDER BY customer_id, reservation_id FOR UPDATE
            """,
            named,
        )
        known = {(row.customer_id, row.reservation_id) for row in rows}
        to_end = [(row.customer_id, row.reservation_id) for row in rows if row.ended_at is None]
        if to_end:
            self._run(
                """
                UPDATE farthing.reservation
                SET ended_at = greatest(%(at)s, reservation.held_at), position = event.position
                FROM unnest(%(customer_ids)s::uuid[], %(ids)s::text[], %(keys)s::uuid[]) AS named (customer_id, id, key)
                JOIN farthing.event_key AS event ON event.key = named.key
                WHERE reservation.customer_id = named.customer_id AND reservation.reservation_id = named.id
                """,
                {
                    "at": at,
                    "customer_ids": [customer_id for customer_id, _ in to_end],
                    "ids": [reservation_id for _, reservation_id in to_end],
                    "keys": [first[one] for one in to_end],
                },
            )
        return known


_COLUMNS = "customer_id, reservation_id, feature, units, held_at, expires_at, ended_at, position"
_ONE = f"""
    SELECT {_COLUMNS} FROM farthing.reservation
    WHERE customer_id = %(customer_id)s AND reservation_id = %(id)s
"""


def _reservation(row: Any) -> Reservation:
    return Reservation(
        customer_id=row.customer_id,
        id=row.reservation_id,
        feature=row.feature,
        units=row.units,
        held_at=row.held_at,
        expires_at=row.expires_at,
        ended=None if row.ended_at is None else Ended(row.ended_at, row.position),
    )
