"""Entitlements over HTTP: what a customer may use now, and how much of it is left."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field

from farthing.http_api.access import Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import DecimalText, Given, PeriodGiven, Text, number, optional_number, period
from farthing.usecases.entitlements import Entitled, Source, show_entitlements

router = APIRouter(tags=["customers"])


class SourceGiven(Given):
    """The plan or add-on that an entitlement comes from."""

    subscription_id: UUID
    key: str
    kind: str = Field(examples=["plan", "add_on"])
    number: DecimalText = Field(description="How many times over an add-on is there; limits count as often.")


class EntitlementGiven(Given):
    """A feature: yes or no, a limit, or a setting."""

    feature: str = Field(examples=["api_calls"])
    kind: str = Field(examples=["boolean", "limit", "configuration"])
    value: bool | str = Field(description="A limit is decimal text.", examples=["100000"])
    meter: str | None = Field(description="What the limit is of, if it names a meter.")
    unit: str | None
    used: DecimalText | None = Field(
        description="What the meter measures in the running period, if nothing more happened; a fraction n/d where no "
        "decimal says it exactly. Null without a meter."
    )
    held: DecimalText = Field(description="What reservations hold.")
    left: DecimalText | None = Field(
        description="The limit less what is used and held; below 0 where that is more. Null without a meter."
    )
    period: PeriodGiven | None = Field(description="The running period in which it is used.")
    sources: list[SourceGiven] = Field(description="Those that made it what it is.")


class EntitlementsGiven(Given):
    """What a customer may use, by feature. One yes is a yes, limits add up, and of settings an add-on's wins."""

    customer: str
    as_of: datetime
    entitlements: list[EntitlementGiven]


@router.get("/v1/customers/{key}/entitlements", summary="See what a customer may use", responses=responses(404))
def get_entitlements(asking: Looking, key: Annotated[Text, Path()]) -> EntitlementsGiven:
    """Of all subscriptions that run now: by plan, add-ons, and what was agreed otherwise."""
    shown = show_entitlements(asking.store, customer_key=key, person=None, now=asking.now)
    return EntitlementsGiven(
        customer=shown.customer.key,
        as_of=shown.as_of,
        entitlements=[_given(entitled) for entitled in shown.features],
    )


def _given(entitled: Entitled) -> EntitlementGiven:
    entitlement = entitled.entitlement
    value = entitlement.value
    return EntitlementGiven(
        feature=entitlement.feature,
        kind=entitlement.kind.value,
        value=number(value) if isinstance(value, Decimal) else value,
        meter=None if entitlement.meter is None else entitlement.meter.key,
        unit=None if entitlement.meter is None else entitlement.meter.unit,
        used=optional_number(entitled.used),
        held=number(entitled.held),
        left=optional_number(entitled.left),
        period=None if entitled.period is None else period(entitled.period),
        sources=[_source(source) for source in entitled.sources],
    )


def _source(source: Source) -> SourceGiven:
    return SourceGiven(
        subscription_id=source.subscription.subscription_id,
        key=source.key,
        kind="add_on" if source.is_add_on else "plan",
        number=number(source.number),
    )
