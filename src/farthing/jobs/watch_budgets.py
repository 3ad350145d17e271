"""Budgets are looked at as usage comes in, and all of them once a minute, since time alone moves a pace too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from farthing.jobs.troubles import Troubles
from farthing.usecases.ports import Installation, SellerStore
from farthing.usecases.watch_budgets import watch_budgets

EVERYONE_EVERY = timedelta(minutes=1)
_TROUBLES = Troubles(
    refused="budgets could not be looked at", failed="looking at budgets failed and will be tried again"
)


@dataclass(frozen=True, slots=True)
class _Looked:
    """How far one seller's usage was looked at, and when all budgets were, by the world's time."""

    position: int
    everyone_at: datetime


class BudgetWatch:
    """What one process remembers between two looks; another process looks on its own, and raises nothing twice."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._looked: dict[UUID, _Looked] = {}

    def look(self) -> None:
        """Look at every seller's budgets; one seller's trouble is not the others'."""
        for seller_id in self._installation.sellers():
            with _TROUBLES.of(seller_id):
                self._look(seller_id, self._installation.for_seller(seller_id))

    def _look(self, seller_id: UUID, store: SellerStore) -> None:
        world, now = self._installation.world(), self._installation.now(store)
        before = self._looked.get(seller_id)
        with store.transaction():
            if not store.customers_with_budgets():
                self._looked.pop(seller_id, None)
                return
            position = store.last_position()
            everyone = before is None or not before.everyone_at <= world < before.everyone_at + EVERYONE_EVERY
            customers = None if before is None or everyone else store.customers_since(before.position)
        if customers is None or customers:
            watch_budgets(store, now=now, customers=customers)
        self._looked[seller_id] = _Looked(position, world if before is None or everyone else before.everyone_at)
