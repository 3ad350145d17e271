"""Subscriptions over HTTP: begun, changed and ended, with all that is agreed beside the plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from farthing.core.cycle_words import anchored_on
from farthing.core.invoicing.invoice import Draft
from farthing.core.money import exact_decimal
from farthing.core.period import Cycle
from farthing.core.subscriptions.subscription import Attached, Subscription
from farthing.http_api.access import Asking, Changing, Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import (
    AS_WHOLE,
    ByName,
    Day,
    DecimalText,
    Given,
    MoneyGiven,
    Taken,
    Text,
    money,
    number,
)
from farthing.usecases.change_cycle import change_anchor
from farthing.usecases.change_plan import change_quantities
from farthing.usecases.change_subscription import agree_quantities, attach_add_on, end_add_on
from farthing.usecases.changing import When
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_subscription import Agreed, agreed_in, named_of, show_subscription, show_subscriptions
from farthing.usecases.subscribe import Wishes, as_agreed, end_subscription, subscribe

router = APIRouter(tags=["subscriptions"])
_QUANTITIES = "How many of something are agreed, by name, as decimal text."


class SubscriptionTaken(Taken):
    """Who subscribes to what, from which local day on, and what is agreed beside the plan."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "customer": "acme",
                "plan": "starter",
                "starts_on": "2026-01-01",
                "currency": "EUR",
                "quantities": {"seats": "10"},
                "overrides": {"input": {"unit": "0.002"}},
            }
        }
    )

    customer: Text
    plan: Text
    starts_on: Annotated[Day, Field(strict=False, description="The first local day in the customer's zone.")]
    anchor_day: Annotated[int, Field(ge=1, le=31), AS_WHOLE] | None = Field(
        default=None, description="The day of the month on which periods start; as the plan says, if not."
    )
    anchor: Annotated[Day, Field(strict=False)] | None = Field(
        default=None, description="The day from which periods are counted, whatever their length."
    )
    currency: Text | None = Field(default=None, description="One of the plan's; its first one, when left out.")
    quantities: ByName[DecimalText] = Field(default_factory=dict, description=f"{_QUANTITIES} The rest is 1.")
    overrides: ByName[Any] = Field(
        default_factory=dict,
        description="Terms of this customer's own by price key, as a catalogue writes them, over the plan's; numbers "
        "are text, null takes a term away. The keys “entitlements” and “commitments” stand for those.",
    )


class QuantitiesTaken(Taken):
    """How many are agreed from the next period on."""

    model_config = ConfigDict(json_schema_extra={"example": {"quantities": {"seats": "12"}}})

    quantities: ByName[DecimalText] = Field(min_length=1, description=_QUANTITIES)
    when: Annotated[When, Field(strict=False)] = Field(
        default=When.PERIOD_END, description="Now, what was charged ahead for the old number is given back in part."
    )


class AnchorTaken(Taken):
    """The day from which periods are to be counted."""

    model_config = ConfigDict(json_schema_extra={"example": {"anchor": "2026-04-15"}})

    anchor: Annotated[Day, Field(strict=False)]


class AddOnTaken(Taken):
    """An add-on that is to run beside the plan."""

    model_config = ConfigDict(json_schema_extra={"example": {"add_on": "backup", "starts_on": "2026-02-15"}})

    add_on: Text = Field(description="Its key.")
    starts_on: Annotated[Day, Field(strict=False)] | None = Field(
        default=None, description="Its first local day; today, or the first that is not billed yet, when left out."
    )
    number: DecimalText = Field(default="1", description="How many times over its fees are charged.")


class QuantityGiven(Given):
    """An agreed quantity, and since when it counts or will."""

    name: str = Field(examples=["seats"])
    number: DecimalText
    since: datetime


class VersionGiven(Given):
    """A version of a plan that was or will be in force after the first one."""

    plan: str = Field(default="", description="Its key; of answers that were kept before plans could change, empty.")
    plan_version: int
    since: datetime


class CycleGiven(Given):
    """How its time was or will be cut from an instant on."""

    since: datetime
    every: str
    anchor: date
    zone: str


class PauseGiven(Given):
    """A time without fees; it lasts until it is resumed where it has no end."""

    starts_at: datetime
    ends_at: datetime | None


class PhaseGiven(Given):
    """The phase of the plan that runs, such as a trial."""

    key: str
    name: str
    trial: bool
    ends_at: datetime


class AddOnGiven(Given):
    """An add-on beside the plan. One that was taken back ends when it would have begun."""

    add_on: str
    version: int
    number: DecimalText
    starts_on: date
    starts_at: datetime
    ends_on: date | None = Field(description="The first local day without it.")
    ends_at: datetime | None


class NextLineGiven(Given):
    """A line of the next invoice as it stands."""

    price: str
    name: str
    quantity: DecimalText
    amount: MoneyGiven


class NextInvoiceGiven(Given):
    """The next invoice, if nothing more happened before it."""

    at: datetime
    lines: list[NextLineGiven]
    total: MoneyGiven


class SubscriptionGiven(Given):
    """A subscription with all that is agreed; `standing` is what it is now."""

    subscription_id: UUID
    customer: str
    plan: str
    plan_version: int = Field(description="The one in force; before it begins the first, after its end the last.")
    standing: str = Field(examples=["coming", "active", "ended"])
    state: str | None = Field(None, description="draft, trialing, active, paused, past_due, cancelled or ended.")
    past_due: list[str] = Field([], description="Invoices of it that should have been paid, by number.")
    starts_on: date
    starts_at: datetime
    ends_on: date | None = Field(description="The first local day after it.")
    ends_at: datetime | None
    anchor_day: int
    zone: str
    billed_through: datetime | None = Field(description="The last moment at which it was billed.")
    # What follows is left out of answers that were kept before it was told.
    currency: str | None = Field(default=None, examples=["USD"], description="What its invoices are in.")
    every: str = Field(default="month", description="How long its periods are.")
    anchor: date | None = Field(default=None, description="A day on which one begins, and from which they are counted.")
    cycles: list[CycleGiven] = Field(default=[], description="Changes of zone, anchor and length, oldest first.")
    versions: list[VersionGiven] = Field(default=[], description="Moves to other plans and versions, oldest first.")
    pauses: list[PauseGiven] = Field(default=[], description="When it rested or rests, oldest first.")
    phase: PhaseGiven | None = Field(default=None, description="Null when no phase runs.")
    quantities: list[QuantityGiven] = Field(default=[], description="Those that count, then those to come.")
    add_ons: list[AddOnGiven] = Field(default=[], description="All there are or were.")
    overrides: dict[str, Any] = Field(default={}, description="Terms of this customer's own, by price key.")


class SubscriptionShown(SubscriptionGiven):
    """The same, with its next invoice as it stands."""

    next_invoice: NextInvoiceGiven | None = Field(description="Null when it does not run.")


class SubscriptionsGiven(Given):
    """Subscriptions, by customer and start."""

    subscriptions: list[SubscriptionGiven]


@router.post(
    "/v1/subscriptions", status_code=201, summary="Subscribe a customer", responses=responses(400, 404, 409, 413, 503)
)
def post_subscription(asking: Changing, taken: SubscriptionTaken) -> SubscriptionGiven:
    """Subscribes to the plan's newest version; the same request again is answered as done."""
    wishes = Wishes(taken.currency, _numbers(taken.quantities), as_agreed(taken.overrides))

    def act(store: SellerStore) -> Subscription:
        return subscribe(
            store,
            customer_key=taken.customer,
            plan_key=taken.plan,
            starts_on=taken.starts_on,
            anchor_day=taken.anchor_day,
            anchor=taken.anchor,
            wishes=wishes,
        )

    # A request is known again by what it says, so what it does not say is left out of it.
    request = taken.model_dump(mode="json", exclude={"currency", "quantities", "overrides", "anchor"})
    # Where no day was said it was the first, and requests of that time are known by it.
    request["anchor_day"] = taken.anchor_day or 1
    beside = {
        "currency": taken.currency,
        "quantities": taken.quantities,
        "overrides": dict(wishes.overrides),
        "anchor": None if taken.anchor is None else taken.anchor.isoformat(),
    }
    return _done_once(asking, "POST /v1/subscriptions", request | {k: v for k, v in beside.items() if v}, act)


@router.post(
    "/v1/subscriptions/{subscription_id}/quantities",
    summary="Agree how many of something there are",
    responses=responses(400, 404, 409, 413, 503),
)
def post_quantities(asking: Changing, subscription_id: UUID, taken: QuantitiesTaken) -> SubscriptionGiven:
    """They count from the next period on, or now, or from the start of a subscription that has yet to begin."""
    quantities = _numbers(taken.quantities)

    def act(store: SellerStore) -> Subscription:
        customer_key, plan_key = named_of(store, subscription_id)
        if taken.when is When.NOW:
            return change_quantities(
                store,
                customer_key=customer_key,
                plan_key=plan_key,
                quantities=quantities,
                now=asking.now,
                subscription_id=subscription_id,
            ).subscription
        changed, _ = agree_quantities(
            store,
            customer_key=customer_key,
            plan_key=plan_key,
            quantities=quantities,
            now=asking.now,
            subscription_id=subscription_id,
        )
        return changed

    request = _about(subscription_id, taken)
    if taken.when is When.PERIOD_END:
        del request["when"]  # A request is known again by what it says, as it was before it could say this.
    return _done_once(asking, "POST /v1/subscriptions/quantities", request, act)


@router.post(
    "/v1/subscriptions/{subscription_id}/anchor",
    summary="Count periods from another day",
    responses=responses(400, 404, 409, 413, 503),
)
def post_anchor(asking: Changing, subscription_id: UUID, taken: AnchorTaken) -> SubscriptionGiven:
    """The running period ends as agreed; a stub, prorated by its full period, leads from there to the new anchor."""

    def act(store: SellerStore) -> Subscription:
        customer_key, plan_key = named_of(store, subscription_id)
        changed, _ = change_anchor(
            store,
            customer_key=customer_key,
            plan_key=plan_key,
            anchor=taken.anchor,
            now=asking.now,
            subscription_id=subscription_id,
        )
        return changed

    return _done_once(asking, "POST /v1/subscriptions/anchor", _about(subscription_id, taken), act)


@router.post(
    "/v1/subscriptions/{subscription_id}/add-ons",
    status_code=201,
    summary="Add an add-on",
    responses=responses(400, 404, 409, 413, 503),
)
def post_add_on(asking: Changing, subscription_id: UUID, taken: AddOnTaken) -> SubscriptionGiven:
    """It runs beside the plan until it is ended. In the middle of a period its fees are charged by the days left.

    A one-off charge is an add-on whose price says “charged: once”. The same request again is answered as done.
    """
    times = exact_decimal(taken.number, what="“number”")

    def act(store: SellerStore) -> Subscription:
        customer_key, plan_key = named_of(store, subscription_id)
        changed, _ = attach_add_on(
            store,
            customer_key=customer_key,
            plan_key=plan_key,
            add_on_key=taken.add_on,
            now=asking.now,
            from_day=taken.starts_on,
            number=times,
            subscription_id=subscription_id,
        )
        return changed

    return _done_once(asking, "POST /v1/subscriptions/add-ons", _about(subscription_id, taken), act)


@router.post(
    "/v1/subscriptions/{subscription_id}/add-ons/{add_on}/end",
    summary="End an add-on with the running period",
    responses=responses(404, 409, 503),
)
def post_add_on_end(asking: Changing, subscription_id: UUID, add_on: Annotated[Text, Path()]) -> SubscriptionGiven:
    """What was agreed until then is charged; one that has yet to begin is taken back."""

    def act(store: SellerStore) -> Subscription:
        customer_key, plan_key = named_of(store, subscription_id)
        changed, _ = end_add_on(
            store,
            customer_key=customer_key,
            plan_key=plan_key,
            add_on_key=add_on,
            now=asking.now,
            subscription_id=subscription_id,
        )
        return changed

    request = {"subscription_id": str(subscription_id), "add_on": add_on}
    return _done_once(asking, "POST /v1/subscriptions/add-ons/end", request, act)


@router.post(
    "/v1/subscriptions/{subscription_id}/end",
    summary="End a subscription with its running period",
    responses=responses(404, 409, 503),
)
def post_end(asking: Changing, subscription_id: UUID) -> SubscriptionGiven:
    """It stops at the end of the running period; what was agreed for that period stands."""

    def act(store: SellerStore) -> Subscription:
        customer_key, plan_key = named_of(store, subscription_id)
        return end_subscription(
            store, customer_key=customer_key, plan_key=plan_key, now=asking.now, subscription_id=subscription_id
        )

    return _done_once(asking, "POST /v1/subscriptions/end", {"subscription_id": str(subscription_id)}, act)


@router.get("/v1/subscriptions", summary="List subscriptions", responses=responses(404))
def get_subscriptions(
    asking: Looking, customer: Annotated[Text | None, Query(description="Only this customer's.")] = None
) -> SubscriptionsGiven:
    """Of one customer, or of all."""
    shown = show_subscriptions(asking.store, customer_key=customer, person=None, now=asking.now)
    return SubscriptionsGiven(subscriptions=[SubscriptionGiven(**_given(agreed)) for agreed in shown])


@router.get("/v1/subscriptions/{subscription_id}", summary="See a subscription", responses=responses(404))
def get_subscription(asking: Looking, subscription_id: UUID) -> SubscriptionShown:
    """All that is agreed, and the next invoice as it stands."""
    agreed = show_subscription(asking.store, subscription_id, person=None, now=asking.now)
    return SubscriptionShown(
        **_given(agreed), next_invoice=None if agreed.draft is None else _next_invoice(agreed.draft)
    )


def _done_once(
    asking: Asking, scope: str, request: dict[str, Any], act: Callable[[SellerStore], Subscription]
) -> SubscriptionGiven:
    """Do it once, and tell what is agreed then."""

    def told(store: SellerStore) -> object:
        changed = act(store)
        with store.transaction():
            agreed = agreed_in(store, changed, now=asking.now)
        return SubscriptionGiven(**_given(agreed)).model_dump(mode="json")

    return SubscriptionGiven.model_validate(asking.once(scope, request, told))


def _about(subscription_id: UUID, taken: Taken) -> dict[str, Any]:
    return {"subscription_id": str(subscription_id), **taken.model_dump(mode="json")}


def _numbers(written: dict[str, str]) -> dict[str, Decimal]:
    return {name: exact_decimal(each, what=f"The number of “{name}”") for name, each in written.items()}


def _given(agreed: Agreed) -> dict[str, Any]:
    subscription = agreed.subscription
    cycle, phase = subscription.cycle, agreed.phase
    return {
        "subscription_id": subscription.subscription_id,
        "customer": agreed.customer.key,
        "plan": agreed.plan.key,
        "plan_version": agreed.plan.version,
        "standing": agreed.standing.value,
        "state": agreed.state.value.replace(" ", "_"),
        "past_due": [invoice.number for invoice in agreed.past_due],
        "starts_on": cycle.date_at(subscription.starts_at),
        "starts_at": subscription.starts_at,
        "ends_on": None if subscription.ends_at is None else cycle.date_at(subscription.ends_at),
        "ends_at": subscription.ends_at,
        "anchor_day": subscription.cycle.anchor_day,
        "zone": cycle.in_zone,
        "billed_through": subscription.billed_through,
        "currency": agreed.currency.code,
        "every": str(cycle.every),
        "anchor": anchored_on(cycle, near=cycle.date_at(subscription.starts_at)),
        "cycles": [_cycle(each, each.since) for each in cycle.changes if each.since is not None],
        "versions": [
            VersionGiven(plan=plan_key, plan_version=version, since=since)
            for since in sorted({later.since for later in subscription.versions})
            for plan_key, version in (subscription.plan_at(since),)
        ],
        "pauses": [PauseGiven(starts_at=pause.starts_at, ends_at=pause.ends_at) for pause in subscription.pauses],
        "phase": None
        if phase is None
        else PhaseGiven(key=phase.phase.key, name=phase.phase.name, trial=phase.phase.trial, ends_at=phase.ends_at),
        "quantities": [
            QuantityGiven(name=one.name, number=number(one.number), since=one.since) for one in agreed.quantities
        ],
        "add_ons": [_add_on(attached, cycle) for attached in subscription.add_ons],
        "overrides": dict(subscription.overrides),
    }


def _cycle(cycle: Cycle, since: datetime) -> CycleGiven:
    anchor = anchored_on(cycle, near=cycle.date_at(since))
    return CycleGiven(since=since, every=str(cycle.every), anchor=anchor, zone=cycle.in_zone)


def _add_on(attached: Attached, cycle: Cycle) -> AddOnGiven:
    return AddOnGiven(
        add_on=attached.add_on_key,
        version=attached.version,
        number=number(attached.number),
        starts_on=cycle.date_at(attached.starts_at),
        starts_at=attached.starts_at,
        ends_on=None if attached.ends_at is None else cycle.date_at(attached.ends_at),
        ends_at=attached.ends_at,
    )


def _next_invoice(draft: Draft) -> NextInvoiceGiven:
    return NextInvoiceGiven(
        at=draft.at,
        lines=[
            NextLineGiven(
                price=line.price_key, name=line.name, quantity=number(line.quantity), amount=money(line.amount)
            )
            for line in draft.lines
        ],
        total=money(draft.total),
    )
