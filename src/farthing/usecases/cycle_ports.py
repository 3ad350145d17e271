"""What we ask of the store about how time is cut: a place for another zone, anchor or interval."""

from __future__ import annotations

from typing import Protocol

from farthing.core.parties import Customer
from farthing.core.subscriptions.subscription import Subscription


class CycleStore(Protocol):
    """A seller's customers and subscriptions, as far as the calendar is concerned."""

    def move_customer(self, customer: Customer) -> None:
        """Keep the zone that a customer is in from now on."""

    def keep_cycle(self, subscription: Subscription) -> None:
        """Keep how the time of a subscription that is locked is cut, and when it is due next by it."""
