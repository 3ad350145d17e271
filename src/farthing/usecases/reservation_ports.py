"""What we ask of the store about reservations: what is held of a customer's features, and what ended it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from farthing.core.entitling.reservation import Reservation


@dataclass(frozen=True, slots=True)
class Commit:
    """An accepted event, by its key, and the reservation of its customer that it names."""

    customer_id: UUID
    reservation_id: str
    event_key: UUID


class ReservationStore(Protocol):
    """Reservations of one seller's customers."""

    def lock_feature(self, customer_id: UUID, feature: str, *, patience_seconds: float) -> None:
        """Until the transaction ends nobody else reserves of this feature for this customer.

        Who waits longer than this, here or later in the transaction, is told so (Busy).
        """

    def reservation(self, customer_id: UUID, reservation_id: str) -> Reservation | None:
        """The reservation that a customer has under this id, whatever became of it."""

    def lock_reservation(self, customer_id: UUID, reservation_id: str) -> Reservation | None:
        """The same, held until the transaction ends."""

    def held(self, customer_id: UUID, *, at: datetime, after_position: int | None = None) -> Mapping[str, Decimal]:
        """How many units of each feature are held at an instant: what is open and not over.

        For who knows the usage up to a position and no further that is, too, what an event at a later position
        committed while it was held: that event is not in the usage yet, so its units are held for whoever adds up both.
        """

    def held_reservations(
        self, customer_id: UUID, *, at: datetime, after: str | None = None, limit: int = 500
    ) -> list[Reservation]:
        """A page of those held at an instant, by id, from the one after `after` on."""

    def keep_reservation(self, reservation: Reservation) -> bool:
        """Keep a new one; False where its id is taken."""

    def release_reservation(self, reservation: Reservation) -> None:
        """Keep the end of a reservation that is locked."""

    def commit_reservations(self, commits: Sequence[Commit], *, at: datetime) -> set[tuple[UUID, str]]:
        """End those that are open, each by its event; tells which there are at all, by customer and id.

        To be called in the transaction in which the events were accepted, or later.
        """
