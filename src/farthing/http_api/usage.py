"""Usage over HTTP: what was used so far, and what the next invoice comes to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from farthing.http_api.access import Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import (
    DayGiven,
    DecimalText,
    Given,
    MoneyGiven,
    PeriodGiven,
    Text,
    money,
    number,
    period,
)
from farthing.usecases.show_usage import SubscriptionUsage, UsageView, show_usage

router = APIRouter(tags=["usage"])


class UsageLineGiven(Given):
    """One line of the next invoice, as it stands."""

    price: str
    name: str
    quantity: DecimalText
    unit: str
    amount: MoneyGiven


class MeterGiven(Given):
    """What one price's meter measured, by the customer's local days."""

    price: str
    meter: str
    unit: str
    days: list[DayGiven]


class RunningGiven(Given):
    """A running subscription: its period and its next invoice, as it stands."""

    subscription_id: UUID
    plan: str
    plan_version: int
    period: PeriodGiven
    total_so_far: MoneyGiven
    lines: list[UsageLineGiven]
    meters: list[MeterGiven]


class UsageGiven(Given):
    """A customer's usage in the running periods."""

    customer: str
    as_of: datetime
    subscriptions: list[RunningGiven]


@router.get("/v1/usage/running", summary="See usage so far", responses=responses(404))
def get_running_usage(
    asking: Looking, customer: Annotated[Text, Query(description="The customer's key.")]
) -> UsageGiven:
    """Each running subscription's usage by day, and what the next invoice comes to so far."""
    return _usage(show_usage(asking.store, customer_key=customer, person=None, now=asking.now))


def _usage(view: UsageView) -> UsageGiven:
    return UsageGiven(
        customer=view.customer.key, as_of=view.as_of, subscriptions=[_running(running) for running in view.running]
    )


def _running(running: SubscriptionUsage) -> RunningGiven:
    return RunningGiven(
        subscription_id=running.subscription.subscription_id,
        plan=running.plan.key,
        plan_version=running.plan.version,
        period=period(running.period),
        total_so_far=money(running.draft.total),
        lines=[
            UsageLineGiven(
                price=line.price_key,
                name=line.name,
                quantity=number(line.quantity),
                unit=line.unit,
                amount=money(line.amount),
            )
            for line in running.draft.lines
        ],
        meters=[
            MeterGiven(
                price=meter.price_key,
                meter=meter.meter.key,
                unit=meter.meter.unit,
                days=[
                    DayGiven(day=day.day, quantity=number(day.quantity), events=day.events)
                    for day in meter.days
                    if day.events
                ],
            )
            for meter in running.meters
        ],
    )
