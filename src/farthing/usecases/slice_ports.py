"""What we ask of the store about charges that are billed slice by slice, and about usage that crosses thresholds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from farthing.core.money import Money
from farthing.core.rating.slicing import BilledSlice
from farthing.core.subscriptions.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Crossing:
    """What had accrued at an instant, up to a position, had come to this much, and the threshold was that."""

    subscription_id: UUID
    since: datetime
    position: int
    accrued: Money
    threshold: Money


class SliceStore(Protocol):
    """Slices of one seller's charges, and crossings of thresholds."""

    def slices_of(self, charge_ids: Iterable[UUID]) -> dict[UUID, list[BilledSlice]]:
        """What was billed of these charges, in order; a charge of which nothing was billed is left out."""

    def keep_crossing(self, crossing: Crossing, *, subscription: Subscription) -> None:
        """Keep that a threshold was crossed; the subscription is locked, and is due then."""

    def look_for_accrued(self, *, now: datetime) -> bool:
        """Note the subscriptions with a threshold that the next events may be for; whether there are more events.

        Each event is looked at once, in the order of positions. To be called in a transaction.
        """

    def accruing(self) -> list[UUID]:
        """The subscriptions that are noted, oldest first."""

    def settle_accruing(self, subscription_id: UUID, *, upto: int) -> None:
        """What happened at positions up to this one crosses nothing."""
