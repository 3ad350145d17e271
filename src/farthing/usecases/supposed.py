"""A store as it would be if some plan versions were there: for looking at what would follow, and keeping nothing."""

from collections.abc import Iterable
from datetime import date
from typing import Any, cast
from uuid import UUID

from farthing.core.metering.meter import Measurement, Reading
from farthing.core.pricing.plan import Plan
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.ports import SellerStore


class _Supposed:
    """Asks the same question about one customer once: two versions of a plan ask most things alike."""

    def __init__(self, store: SellerStore, plans: Iterable[Plan]) -> None:
        self._store = store
        self._plans = {(plan.key, plan.version): plan for plan in plans}
        self._last_position: int | None = None
        self._customer_id: UUID | None = None
        self._measured: dict[tuple[Reading, int], Measurement] = {}

    def plan(self, key: str, version: int | None = None, *, for_start: date | None = None) -> Plan | None:
        if version is None:
            return self._store.plan(key, for_start=for_start)
        if (key, version) not in self._plans:
            there = self._store.plan(key, version, for_start=for_start)
            if there is None:
                return None
            self._plans[key, version] = there  # Versions never change (INV-08).
        return self._plans[key, version]

    def last_position(self) -> int:
        if self._last_position is None:
            self._last_position = self._store.last_position()
        return self._last_position

    def measure(self, reading: Reading, *, customer_id: UUID, to_position: int) -> Measurement:
        if customer_id != self._customer_id:
            self._customer_id, self._measured = customer_id, {}
        asked = (reading, to_position)
        if asked not in self._measured:
            measured = self._store.measure(reading, customer_id=customer_id, to_position=to_position)
            self._measured[asked] = measured
        return self._measured[asked]

    def keep_agreement(self, subscription: Subscription) -> None:
        """Keeps nothing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def supposed(store: SellerStore, plans: Iterable[Plan]) -> SellerStore:
    """The store with these plan versions, whether they are kept or not; what is agreed on it is not kept.

    For one snapshot: it goes by the position that was the last when it was first asked for.
    """
    return cast(SellerStore, _Supposed(store, plans))
