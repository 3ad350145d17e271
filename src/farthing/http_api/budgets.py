"""Budgets and their alerts over HTTP: set, listed as they stand, taken away; alerts listed and seen to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from farthing.core.alerting.alert import AHEAD, Alert
from farthing.core.alerting.budget import USUAL_SHARES, Budget, Standing, Tells
from farthing.core.exact import Exact
from farthing.core.money import currency, exact_decimal, round_to_money
from farthing.http_api.access import Asking, Changing, Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import DecimalText, Given, Instant, PeriodGiven, Taken, Text, Whole, number
from farthing.usecases.alerts import AlertView, acknowledge_alert, assign_alert, list_alerts, show_alert, snooze_alert
from farthing.usecases.budgets import USUAL_NAME, BudgetView, remove_budget, set_budget, show_budget, show_budgets
from farthing.usecases.ports import SellerStore

router = APIRouter(tags=["budgets"])
_EXAMPLE: dict[str, Any] = {"customer": "acme", "most": "500", "shares": [50, 80, 100], "by": "Ada"}
Customer = Annotated[Text, Path(description="The customer's key.")]
Name = Annotated[Text, Path(description="The budget's name.")]
_SEEING = responses(400, 404, 409, 413, 503)


class BudgetTaken(Taken):
    """A budget for a customer's billing period, in place of the one of that name. It only tells."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    customer: Text
    most: DecimalText = Field(description="Money in major units, or units of the meter.")
    name: Text = USUAL_NAME
    currency: Text | None = Field(None, description="The one their subscriptions are charged in, when left out.")
    meter: Text | None = Field(None, description="Only what this meter's usage comes to.")
    in_units: bool = Field(False, description="`most` counts units of the meter, not money.")
    shares: list[Whole] = Field(list(USUAL_SHARES), description="The percents at which somebody is told, rising.")
    ahead: bool = Field(True, description="Tell too when the pace so far leads beyond it.")
    tells: Annotated[Tells, Field(strict=False)] = Tells.FINANCE
    by: Text


class StandingGiven(Given):
    """How a budget stands in its period."""

    period: PeriodGiven
    at: datetime
    used: DecimalText
    percent: int = Field(description="Whole percents that are full.")
    at_the_end: DecimalText | None = Field(description="At the pace so far; null where it is too early to say.")
    used_up_at: datetime | None


class BudgetGiven(Given):
    """A budget, how it stands, and the marks that it has reached in the period."""

    budget_id: UUID
    customer: str
    name: str
    most: DecimalText
    unit: str = Field(description="A currency's code, or the meter's unit.")
    currency: str | None
    meter: str | None
    shares: list[int]
    ahead: bool
    tells: str
    set_by: str
    set_at: datetime
    standing: StandingGiven | None = Field(description="null while nothing runs that it counts.")
    reached: list[int] = Field(description="Shares that were reached; 0 says that the pace leads beyond it.")


class BudgetsGiven(Given):
    """Budgets in force, by customer and name."""

    budgets: list[BudgetGiven]


class AlertGiven(Given):
    """A mark that a budget reached, how it stood then, and what people did about it."""

    alert_id: UUID
    customer: str
    budget: str
    mark: int = Field(description="A share in percent; 0 says that the pace leads beyond the budget.")
    will_not_last: bool
    used: DecimalText
    most: DecimalText
    unit: str
    period: PeriodGiven
    raised_at: datetime
    acknowledged_by: str | None
    looked_after_by: str | None
    snoozed_until: datetime | None


class AlertsGiven(Given):
    """Alerts, newest first."""

    alerts: list[AlertGiven]


class SeenTaken(Taken):
    """Who says so."""

    by: Text


class SnoozeTaken(Taken):
    """Who lets an alert rest, and until when."""

    by: Text
    until: Instant = Field(strict=False)


@router.post("/v1/budgets", status_code=201, summary="Set a budget", responses=responses(400, 404, 409, 413, 503))
def post_budget(asking: Changing, taken: BudgetTaken) -> BudgetGiven:
    """The same again changes nothing; anything else takes the place of the budget of that name."""

    def act(store: SellerStore) -> object:
        budget = set_budget(
            store,
            customer_key=taken.customer,
            most=exact_decimal(taken.most, what="A budget"),
            by=taken.by,
            now=asking.now,
            name=taken.name,
            currency=None if taken.currency is None else currency(taken.currency),
            meter_key=taken.meter,
            in_units=taken.in_units,
            shares=taken.shares,
            ahead=taken.ahead,
            tells=taken.tells,
        )
        return str(budget.budget_id)

    return _shown(asking, UUID(asking.once("POST /v1/budgets", taken.model_dump(mode="json"), act)))


@router.get("/v1/budgets", summary="List budgets as they stand", responses=responses(404))
def get_budgets(
    asking: Looking, customer: Annotated[Text | None, Query(description="Of this customer only.")] = None
) -> BudgetsGiven:
    """How much of each is used now, and where its pace leads."""
    views = show_budgets(asking.store, person=None, now=asking.now, customer_key=customer)
    return BudgetsGiven(budgets=[_given(view) for view in views])


@router.post(
    "/v1/customers/{customer}/budgets/{name}/remove",
    summary="Take a budget away",
    responses=responses(400, 404, 409, 413, 503),
)
def post_remove(asking: Changing, customer: Customer, name: Name, taken: SeenTaken) -> BudgetGiven:
    """What it raised stays readable."""

    def act(store: SellerStore) -> object:
        removed = remove_budget(store, customer_key=customer, name=name, by=taken.by, now=asking.now)
        return str(removed.budget_id)

    scope = f"POST /v1/customers/{customer}/budgets/{name}/remove"
    return _shown(asking, UUID(asking.once(scope, taken.model_dump(mode="json"), act)))


@router.get("/v1/alerts", summary="List alerts", responses=responses(404))
def get_alerts(
    asking: Looking,
    customer: Annotated[Text | None, Query(description="Of this customer only.")] = None,
    every: Annotated[bool, Query(alias="all", description="Those that somebody acknowledged too.")] = False,
) -> AlertsGiven:
    """Those that nobody acknowledged yet, newest first, at most 50."""
    views = list_alerts(asking.store, person=None, customer_key=customer, is_open=not every)
    return AlertsGiven(alerts=[_alert_given(view) for view in views])


@router.get("/v1/alerts/{alert_id}", summary="Look at an alert", responses=responses(404))
def get_alert(asking: Looking, alert_id: UUID) -> AlertGiven:
    """With what people did about it."""
    return _alert_given(show_alert(asking.store, alert_id, person=None))


@router.post("/v1/alerts/{alert_id}/acknowledge", summary="Acknowledge an alert", responses=_SEEING)
def post_acknowledge(asking: Changing, alert_id: UUID, taken: SeenTaken) -> AlertGiven:
    """It comes up no more."""
    return _seen_to(
        asking,
        "acknowledge",
        alert_id,
        taken,
        lambda store: acknowledge_alert(store, alert_id, by=taken.by, person=None, now=asking.now),
    )


@router.post("/v1/alerts/{alert_id}/take", summary="Look after an alert", responses=_SEEING)
def post_take(asking: Changing, alert_id: UUID, taken: SeenTaken) -> AlertGiven:
    """Say who does."""
    return _seen_to(
        asking,
        "take",
        alert_id,
        taken,
        lambda store: assign_alert(store, alert_id, to=taken.by, person=None, now=asking.now),
    )


@router.post("/v1/alerts/{alert_id}/snooze", summary="Snooze an alert", responses=_SEEING)
def post_snooze(asking: Changing, alert_id: UUID, taken: SnoozeTaken) -> AlertGiven:
    """Its budget tells nothing until then; then it comes up again, unless somebody acknowledged it."""
    return _seen_to(
        asking,
        "snooze",
        alert_id,
        taken,
        lambda store: snooze_alert(store, alert_id, until=taken.until, by=taken.by, person=None, now=asking.now),
    )


def _seen_to(
    asking: Asking, act: str, alert_id: UUID, taken: Taken, do: Callable[[SellerStore], AlertView]
) -> AlertGiven:
    def once(store: SellerStore) -> object:
        return _alert_given(do(store)).model_dump(mode="json")

    scope = f"POST /v1/alerts/{alert_id}/{act}"
    return AlertGiven.model_validate(asking.once(scope, taken.model_dump(mode="json"), once))


def _shown(asking: Asking, budget_id: UUID) -> BudgetGiven:
    with asking.store.transaction():
        budget = asking.store.budget(budget_id)
    assert budget is not None, f"budget {budget_id} was set"
    return _given(show_budget(asking.store, budget, now=asking.now))


def _given(view: BudgetView) -> BudgetGiven:
    budget = view.budget
    return BudgetGiven(
        budget_id=budget.budget_id,
        customer=view.customer.key,
        name=budget.name,
        most=_amount(budget, budget.most),
        unit=view.unit,
        currency=None if budget.currency is None else budget.currency.code,
        meter=budget.meter_key,
        shares=list(budget.shares),
        ahead=budget.ahead,
        tells=budget.tells.value,
        set_by=budget.set_by,
        set_at=budget.set_at,
        standing=None if view.standing is None else _standing(budget, view.standing),
        reached=[alert.mark for alert in view.alerts],
    )


def _standing(budget: Budget, standing: Standing) -> StandingGiven:
    at_the_end = standing.at_the_end
    return StandingGiven(
        period=PeriodGiven(start=standing.period.start, end=standing.period.end),
        at=standing.at,
        used=_amount(budget, standing.spent),
        percent=standing.percent,
        at_the_end=None if at_the_end is None else _amount(budget, at_the_end),
        used_up_at=standing.breach_at,
    )


def _alert_given(view: AlertView) -> AlertGiven:
    alert: Alert = view.alert
    snooze = alert.snoozed
    return AlertGiven(
        alert_id=alert.alert_id,
        customer=view.customer.key,
        budget=view.budget.name,
        mark=alert.mark,
        will_not_last=alert.mark == AHEAD,
        used=_amount(view.budget, alert.standing.spent),
        most=_amount(view.budget, alert.standing.most),
        unit=view.unit,
        period=PeriodGiven(start=alert.standing.period.start, end=alert.standing.period.end),
        raised_at=alert.standing.at,
        acknowledged_by=None if alert.acknowledged is None else alert.acknowledged.by,
        looked_after_by=None if alert.assigned is None else alert.assigned.by,
        snoozed_until=None if snooze is None or alert.acknowledged is not None else snooze.until,
    )


def _amount(budget: Budget, amount: Exact) -> str:
    """Money with its currency's digits; units as they are."""
    return number(amount if budget.currency is None else round_to_money(amount, budget.currency).amount)
