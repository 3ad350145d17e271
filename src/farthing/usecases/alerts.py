"""Alerts: listed, looked at, and seen to: acknowledged, snoozed, taken on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from farthing.core.alerting.alert import Act, Acted, Alert
from farthing.core.alerting.budget import Budget
from farthing.core.parties import Customer
from farthing.core.people import Ask, Person
from farthing.core.refused import Refused, Unknown
from farthing.core.saying import message
from farthing.usecases.budgets import unit_of
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.watch_budgets import notices_of

_NO_ALERT = message("There is no such alert here; it may be from an older message.")


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert with whose it is, and what its amounts count."""

    customer: Customer
    budget: Budget
    alert: Alert
    unit: str


def list_alerts(
    store: SellerStore, *, person: Person | None, customer_key: str | None = None, is_open: bool = True, limit: int = 50
) -> list[AlertView]:
    """Alerts that this person may see, newest first; those that nobody acknowledged, unless all are wanted."""
    with store.transaction():
        customer_id = None
        if customer_key is not None:
            customer_id = find_customer(store, customer_key, person=person).customer_id
        elif person is not None:
            customer_id = person.customer_id
        found = store.alerts(customer_id=customer_id, is_open=is_open, limit=limit)
        return [_view(store, alert) for alert in found]


def show_alert(store: SellerStore, alert_id: UUID, *, person: Person | None) -> AlertView:
    """One; unknown and forbidden are told alike."""
    with store.transaction():
        alert = store.alert(alert_id)
        return _seen_by(store, alert, person=person)


def acknowledge_alert(
    store: SellerStore, alert_id: UUID, *, by: str, person: Person | None, now: datetime
) -> AlertView:
    """Somebody has seen to it: it comes up no more, and the budget's next mark is told as ever."""
    return _act(store, alert_id, Acted(Act.ACKNOWLEDGED, by, now), person=person)


def snooze_alert(
    store: SellerStore, alert_id: UUID, *, until: datetime, by: str, person: Person | None, now: datetime
) -> AlertView:
    """Nothing more of its budget is told until then; then it comes up again, unless somebody acknowledged it."""
    if until <= now:
        raise Refused(message("Snooze until a time that is still to come."), field="until")
    return _act(store, alert_id, Acted(Act.SNOOZED, by, now, until=until), person=person)


def assign_alert(store: SellerStore, alert_id: UUID, *, to: str, person: Person | None, now: datetime) -> AlertView:
    """Say who looks after it."""
    return _act(store, alert_id, Acted(Act.ASSIGNED, to, now), person=person)


def _act(store: SellerStore, alert_id: UUID, acted: Acted, *, person: Person | None) -> AlertView:
    with store.transaction():
        alert = store.lock_alert(alert_id)  # Read.
        view = _seen_by(store, alert, person=person)
        if person is not None:
            person.must(Ask.SEE_TO_ALERTS)
        if _is_repeated(view.alert, acted):  # Decide.
            return view
        view.alert.refuse_if_done()
        store.keep_act(alert_id, acted)  # Write.
        for notice in notices_of(view.budget, alert_id, times=view.alert.reminders):
            store.write_notices([notice], written_at=acted.at)
        return _view(store, store.alert(alert_id) or view.alert)


def _is_repeated(alert: Alert, acted: Acted) -> bool:
    """Whether the same person did the same last, as with a click that comes twice."""
    last = alert.acts[-1] if alert.acts else None
    return last is not None and (last.act, last.by, last.until) == (acted.act, acted.by, acted.until)


def _seen_by(store: SellerStore, alert: Alert | None, *, person: Person | None) -> AlertView:
    if alert is None:
        raise Unknown(_NO_ALERT)
    view = _view(store, alert)
    if person is not None and not person.may_see(view.customer.customer_id):
        raise Unknown(_NO_ALERT)
    return view


def _view(store: SellerStore, alert: Alert) -> AlertView:
    budget = store.budget(alert.budget_id)
    assert budget is not None, f"alert {alert.alert_id} is of a budget"
    customer = store.customer(budget.customer_id)
    assert customer is not None, f"the budget {budget.name} is a customer's"
    return AlertView(customer, budget, alert, unit_of(store, budget))
