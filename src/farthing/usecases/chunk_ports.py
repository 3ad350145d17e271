"""What we ask of the store to bill many at once: what a chunk of subscriptions needs is read and written together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from farthing.core.metering.meter import Reading
from farthing.core.money import Currency
from farthing.core.subscriptions.subscription import Moment, Subscription


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription that is locked, with its next moment and the currency in which it is billed."""

    subscription: Subscription
    moment: Moment
    currency: Currency


class ChunkStore(Protocol):
    """A chunk, within one transaction of its store.

    It answers from what was read for all, and asks by itself for what was not; what is kept in it is written when
    `write` is called. No two of its subscriptions are one customer's, so that none waits for what another wrote.
    """

    def lock_due(self, subscription_ids: Sequence[UUID], *, through: datetime) -> list[Subscription]:
        """Those that are due by an instant, held until the transaction ends; without those that somebody else holds."""

    def hold_customers(self, customer_ids: Sequence[UUID]) -> set[UUID]:
        """Those whose coupons and credit are held now; without those that somebody else holds, and those with usage
        that came late or taxes that are asked for outside."""

    def read_ahead(self, due: Sequence[Due]) -> None:
        """Read what billing these moments asks for; their customers are held."""

    def read_slices_ahead(self, charge_ids: Sequence[UUID]) -> None:
        """Read what was billed of these charges so far."""

    def measure_ahead(self, reading: Reading, customer_ids: Sequence[UUID], *, to_position: int) -> None:
        """Measure the same for many customers at once."""

    def write(self) -> None:
        """Write all that was kept, everything in as few statements as one would take."""
