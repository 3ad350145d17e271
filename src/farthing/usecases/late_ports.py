"""What we ask of the store about usage that came after it was billed: whose it is, and what was adjusted of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from farthing.core.rating.line import Line


@dataclass(frozen=True, slots=True)
class LateCustomer:
    """A customer about whose billed time something was said, and when that was found first."""

    customer_id: UUID
    found_at: datetime


class LateStore(Protocol):
    """Usage of one seller that came after it was billed, or was corrected since."""

    def adjustments_of(self, invoice_id: UUID) -> list[Line]:
        """What was adjusted of an invoice so far, oldest first."""

    def hold_looking(self) -> None:
        """Until the transaction ends nobody looks for late usage; any number may bill side by side."""

    def look_for_late(self, *, now: datetime) -> bool:
        """Note whose billed time the next events and corrections are about; whether there are more.

        Each is looked at once, in the order of positions. To be called in a transaction.
        """

    def late_customers(self) -> list[LateCustomer]:
        """All that are noted, oldest first."""

    def hold_late(self, customer_id: UUID) -> LateCustomer | None:
        """The note about a customer, held until the transaction ends; nobody else adjusts meanwhile."""

    def note_late(self, customer_id: UUID, *, now: datetime) -> None:
        """Note that something may be to adjust for a customer, whatever was looked at."""

    def settle_late(self, customer_ids: Iterable[UUID]) -> None:
        """Nothing is open of what came late for these."""
