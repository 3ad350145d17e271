"""Budgets are looked at as usage comes in: a mark that is reached raises its alert, once, however many look."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from farthing.core.alerting.alert import Act, Acted, Alert, alerts_for, newly_reached
from farthing.core.alerting.budget import Budget, Tells
from farthing.core.notices import BudgetReached
from farthing.usecases.ports import SellerStore
from farthing.usecases.spent import standing_of

OURSELVES = "Farthing"


def watch_budgets(store: SellerStore, *, now: datetime, customers: Collection[UUID] | None = None) -> int:
    """Look at the budgets of these customers, or of all; the number of alerts raised. Then at snoozes that are over.

    May run in several processes at once: an alert is one for its budget, period and mark.
    """
    with store.transaction():
        having = store.customers_with_budgets(customers)
    raised = 0
    for customer_id in having:
        raised += _look(store, customer_id, now=now)
    return raised + remind_of_alerts(store, now=now)


def remind_of_alerts(store: SellerStore, *, now: datetime) -> int:
    """Tell again of alerts whose snooze is over, and that nobody has acknowledged."""
    with store.transaction():
        due = store.snoozed_alerts(until=now)
    for alert_id in due:
        with store.transaction():
            alert = store.lock_alert(alert_id)  # Read.
            if alert is None or not alert.is_due_again(now=now):
                continue
            budget = _budget_of(store, alert)
            store.keep_act(alert_id, Acted(Act.REMINDED, OURSELVES, now))  # Write.
            store.write_notices(notices_of(budget, alert_id, times=alert.reminders + 1), written_at=now)
    return len(due)


def notices_of(budget: Budget, alert_id: UUID, *, times: int) -> list[BudgetReached]:
    """To whom an alert is told; `times` is how often it came up again before."""
    return [
        BudgetReached(alert_id, budget.customer_id, times=times, to_customer=to_customer)
        for to_customer in _ears(budget.tells)
    ]


def _look(store: SellerStore, customer_id: UUID, *, now: datetime) -> int:
    found: list[tuple[Budget, list[Alert]]] = []
    with store.snapshot():
        for budget in store.budgets(customer_id=customer_id):
            standing = standing_of(store, budget, now=now)
            if standing is None:
                continue
            known = store.alerts_of(budget.budget_id, period_start=standing.period.start)
            if any(alert.rests(now=now) for alert in known):
                continue
            marks = newly_reached(budget, standing, {alert.mark for alert in known})
            if marks:
                found.append((budget, alerts_for(budget, standing, marks)))
    raised = 0
    for budget, alerts in found:
        with store.transaction():
            new = store.raise_alerts(alerts)
            told = [alert.alert_id for alert in alerts if alert.is_told and alert.alert_id in new]
            for alert_id in told:
                store.write_notices(notices_of(budget, alert_id, times=0), written_at=now)
            raised += len(new)
    return raised


def _budget_of(store: SellerStore, alert: Alert) -> Budget:
    budget = store.budget(alert.budget_id)
    assert budget is not None, f"alert {alert.alert_id} is of a budget"
    return budget


def _ears(tells: Tells) -> Iterable[bool]:
    """For each who hears of it, whether it is the customer."""
    return {Tells.FINANCE: (False,), Tells.CUSTOMER: (True,), Tells.BOTH: (False, True)}[tells]
