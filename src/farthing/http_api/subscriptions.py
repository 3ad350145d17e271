"""Subscriptions over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from farthing.core.period import local_date
from farthing.core.refused import Unknown
from farthing.core.subscriptions.subscription import Subscription
from farthing.http_api.access import Asking, Changing, Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import Given, Taken, Text
from farthing.usecases.customers import find_customer, visible_customers
from farthing.usecases.ports import SellerStore
from farthing.usecases.subscribe import end_subscription, subscribe

router = APIRouter(tags=["subscriptions"])


class SubscriptionTaken(Taken):
    """Who subscribes to what, from which local day on."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"customer": "acme", "plan": "starter", "starts_on": "2026-01-01"}}
    )

    customer: Text
    plan: Text
    starts_on: Annotated[date, Field(strict=False, description="The first local day in the customer's zone.")]
    anchor_day: int = Field(default=1, ge=1, le=31, description="The day of the month on which periods start.")


class SubscriptionGiven(Given):
    """A subscription; `standing` is what it is now."""

    subscription_id: UUID
    customer: str
    plan: str
    plan_version: int
    standing: str = Field(examples=["coming", "active", "ended"])
    starts_on: date
    starts_at: datetime
    ends_on: date | None = Field(description="The first local day after it.")
    ends_at: datetime | None
    anchor_day: int
    zone: str
    billed_through: datetime | None = Field(description="The last moment at which it was billed.")


class SubscriptionsGiven(Given):
    """Subscriptions, by customer and start."""

    subscriptions: list[SubscriptionGiven]


@router.post(
    "/v1/subscriptions", status_code=201, summary="Subscribe a customer", responses=responses(400, 404, 409, 503)
)
def post_subscription(asking: Changing, taken: SubscriptionTaken) -> SubscriptionGiven:
    """Subscribes to the plan's newest version; the same request again is answered as done."""

    def act(store: SellerStore) -> object:
        subscription = subscribe(
            store,
            customer_key=taken.customer,
            plan_key=taken.plan,
            starts_on=taken.starts_on,
            anchor_day=taken.anchor_day,
        )
        return _given(subscription, taken.customer, asking).model_dump(mode="json")

    return SubscriptionGiven.model_validate(asking.once("POST /v1/subscriptions", taken.model_dump(mode="json"), act))


@router.post(
    "/v1/subscriptions/{subscription_id}/end",
    summary="End a subscription with its running period",
    responses=responses(404, 503),
)
def post_end(asking: Changing, subscription_id: UUID) -> SubscriptionGiven:
    """It stops at the end of the running period; what was agreed for that period stands."""

    def act(store: SellerStore) -> object:
        customer_key, plan_key = _named(store, subscription_id)
        ended = end_subscription(
            store, customer_key=customer_key, plan_key=plan_key, now=asking.now, subscription_id=subscription_id
        )
        return _given(ended, customer_key, asking).model_dump(mode="json")

    answer = asking.once("POST /v1/subscriptions/end", {"subscription_id": str(subscription_id)}, act)
    return SubscriptionGiven.model_validate(answer)


@router.get("/v1/subscriptions", summary="List subscriptions", responses=responses(404))
def get_subscriptions(
    asking: Looking, customer: Annotated[Text | None, Query(description="Only this customer's.")] = None
) -> SubscriptionsGiven:
    """Of one customer, or of all."""
    with asking.store.transaction():
        customers = (
            visible_customers(asking.store, person=None)
            if customer is None
            else [find_customer(asking.store, customer, person=None)]
        )
        keys = {found.customer_id: found.key for found in customers}
        subscriptions = asking.store.subscriptions(customer_id=None if customer is None else customers[0].customer_id)
    return SubscriptionsGiven(
        subscriptions=[_given(subscription, keys[subscription.customer_id], asking) for subscription in subscriptions]
    )


def _named(store: SellerStore, subscription_id: UUID) -> tuple[str, str]:
    """The customer's and the plan's key of a subscription."""
    with store.transaction():
        for subscription in store.subscriptions():
            if subscription.subscription_id == subscription_id:
                customer = store.customer(subscription.customer_id)
                assert customer is not None, f"subscription {subscription_id} has a customer"
                return customer.key, subscription.plan_key
    raise Unknown(f"There is no subscription {subscription_id} here; see GET /v1/subscriptions.")


def _given(subscription: Subscription, customer_key: str, asking: Asking) -> SubscriptionGiven:
    zone = subscription.cycle.in_zone
    return SubscriptionGiven(
        subscription_id=subscription.subscription_id,
        customer=customer_key,
        plan=subscription.plan_key,
        plan_version=subscription.plan_version,
        standing=subscription.standing(at=asking.now).value,
        starts_on=local_date(subscription.starts_at, in_zone=zone),
        starts_at=subscription.starts_at,
        ends_on=None if subscription.ends_at is None else local_date(subscription.ends_at, in_zone=zone),
        ends_at=subscription.ends_at,
        anchor_day=subscription.cycle.anchor_day,
        zone=zone,
        billed_through=subscription.billed_through,
    )
