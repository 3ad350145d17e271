"""What we ask of the store about budgets, and the alerts that they raise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from farthing.core.alerting.alert import Acted, Alert
from farthing.core.alerting.budget import Budget


class AlertStore(Protocol):
    """Budgets and alerts of one seller."""

    def budgets(self, *, customer_id: UUID | None = None) -> list[Budget]:
        """Those in force, by customer and name."""

    def budget(self, budget_id: UUID) -> Budget | None:
        """One, in force or ended."""

    def keep_budget(self, budget: Budget) -> None:
        """Set it; the customer is locked, and has none in force of that name."""

    def end_budget(self, budget_id: UUID, *, by: str, at: datetime) -> None:
        """It is in force no more; what it raised stays readable."""

    def customers_with_budgets(self, customers: Collection[UUID] | None = None) -> list[UUID]:
        """Those of these customers, or of all, who have a budget in force."""

    def raise_alerts(self, alerts: Sequence[Alert]) -> list[UUID]:
        """Keep them; the ids of those that were not there yet."""

    def alerts_of(self, budget_id: UUID, *, period_start: datetime) -> list[Alert]:
        """What a budget raised in a period, the lowest mark first."""

    def alert(self, alert_id: UUID) -> Alert | None:
        """One, with what was done about it."""

    def lock_alert(self, alert_id: UUID) -> Alert | None:
        """The same, while nobody else acts on it."""

    def alerts(self, *, customer_id: UUID | None = None, is_open: bool = False, limit: int = 100) -> list[Alert]:
        """Those that have a message of their own, newest first; `is_open` leaves out what was acknowledged."""

    def snoozed_alerts(self, *, until: datetime) -> list[UUID]:
        """Those whose last snooze ends by this instant and that nobody acknowledged since; the oldest first."""

    def keep_act(self, alert_id: UUID, acted: Acted) -> None:
        """Keep what was done about an alert; it is locked."""
