"""Subscriptions change over HTTP while they run: another plan, a pause, an end; each can be previewed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from farthing.core.invoicing.invoice import Draft, Invoice
from farthing.core.money import exact_decimal
from farthing.core.rating.line import Line
from farthing.http_api.access import Asking, Changing
from farthing.http_api.problems import responses
from farthing.http_api.shapes import ByName, Day, DecimalText, Given, MoneyGiven, Taken, Text, money, number
from farthing.usecases.cancel_subscription import cancel_subscription, uncancel_subscription
from farthing.usecases.change_plan import change_plan
from farthing.usecases.changing import Changed, When, preview_change
from farthing.usecases.ports import SellerStore
from farthing.usecases.rest_subscription import pause_subscription, resume_subscription
from farthing.usecases.show_subscription import named_of

router = APIRouter(tags=["subscriptions"])
_DAY = Field(strict=False)
_PREVIEW = "Tell what it would do, and keep nothing."


class PlanChangeTaken(Taken):
    """Which plan it is to be, and from when on."""

    model_config = ConfigDict(json_schema_extra={"example": {"plan": "business", "when": "now", "preview": True}})

    plan: Text = Field(description="The new plan's key; its newest version is agreed.")
    when: Annotated[When, _DAY] | None = Field(
        default=None, description="By the base fees when left out: a higher one counts now, a lower one at period_end."
    )
    from_day: Annotated[Day, _DAY] | None = Field(default=None, description="A local day to come, instead of `when`.")
    quantities: ByName[DecimalText] = Field(default_factory=dict, description="How many there are of something then.")
    preview: bool = Field(default=False, description=_PREVIEW)


class PauseTaken(Taken):
    """From when on it rests, and until when."""

    model_config = ConfigDict(json_schema_extra={"example": {"when": "now", "until": "2026-06-01"}})

    when: Annotated[When, _DAY] = Field(default=When.NOW)
    until: Annotated[Day, _DAY] | None = Field(
        default=None, description="The local day on which it goes on; until it is resumed, when left out."
    )
    preview: bool = Field(default=False, description=_PREVIEW)


class CancelTaken(Taken):
    """When it ends."""

    model_config = ConfigDict(json_schema_extra={"example": {"when": "period_end"}})

    when: Annotated[When, _DAY] = Field(default=When.PERIOD_END)
    on: Annotated[Day, _DAY] | None = Field(default=None, description="The first local day without it, yet to come.")
    preview: bool = Field(default=False, description=_PREVIEW)


class MaybePreview(Taken):
    """Nothing but whether it is tried only."""

    preview: bool = Field(default=False, description=_PREVIEW)


class ChangeLineGiven(Given):
    """A line of an invoice that was or would be made. `note` says why it is there, where its price does not."""

    kind: str = Field(examples=["unused", "fee"])
    price: str
    name: str
    quantity: DecimalText
    days: int | None = Field(description="How many days, or seconds, of the period it is about; null for all of it.")
    of_days: int | None
    amount: MoneyGiven
    note: str


class ChangeInvoiceGiven(Given):
    """An invoice that was made at once, or as it stands; `number` is null when it is not issued."""

    number: str | None
    at: datetime
    lines: list[ChangeLineGiven]
    total: MoneyGiven


class ChangeGiven(Given):
    """What a change did, or would do."""

    subscription_id: UUID
    plan: str = Field(description="The plan in force from `since` on.")
    plan_version: int
    since: datetime = Field(description="The instant from which it counts; of a cancellation, where it ends.")
    ends_at: datetime | None
    previewed: bool
    now: list[ChangeInvoiceGiven] = Field(description="What is billed at once.")
    without: list[ChangeInvoiceGiven] = Field(description="The invoices up to the period's end as they were to be.")
    then: list[ChangeInvoiceGiven] = Field(description="Those that come with the change. Both are told in previews.")


@router.post(
    "/v1/subscriptions/{subscription_id}/change",
    summary="Move a subscription to another plan",
    responses=responses(400, 404, 409, 413, 503),
)
def post_change(asking: Changing, subscription_id: UUID, taken: PlanChangeTaken) -> ChangeGiven:
    """Now, the rest of a fee that was charged ahead is given back, and the new fee charged from today on, at once.

    The old plan's usage is billed when the period ends.
    """
    quantities = {name: exact_decimal(each, what=f"“{name}”") for name, each in taken.quantities.items()}
    act = partial(change_plan, to=taken.plan, when=taken.when, from_day=taken.from_day, quantities=quantities)
    return _done(asking, "change", subscription_id, taken, act)


@router.post(
    "/v1/subscriptions/{subscription_id}/pause",
    summary="Pause a subscription",
    responses=responses(400, 404, 409, 413, 503),
)
def post_pause(asking: Changing, subscription_id: UUID, taken: PauseTaken) -> ChangeGiven:
    """Fees stop and what was charged ahead is given back; what is used all the same is billed."""
    return _done(
        asking, "pause", subscription_id, taken, partial(pause_subscription, when=taken.when, until=taken.until)
    )


@router.post(
    "/v1/subscriptions/{subscription_id}/resume",
    summary="Resume a paused subscription",
    responses=responses(400, 404, 409, 413, 503),
)
def post_resume(asking: Changing, subscription_id: UUID, taken: MaybePreview) -> ChangeGiven:
    """Fees are charged from today on, for the days that are left of the period."""
    return _done(asking, "resume", subscription_id, taken, resume_subscription)


@router.post(
    "/v1/subscriptions/{subscription_id}/cancel",
    summary="Cancel a subscription",
    responses=responses(400, 404, 409, 413, 503),
)
def post_cancel(asking: Changing, subscription_id: UUID, taken: CancelTaken) -> ChangeGiven:
    """With the running period, now, or on a day to come; now, the last invoice is made at once."""
    return _done(asking, "cancel", subscription_id, taken, partial(cancel_subscription, when=taken.when, on=taken.on))


@router.post(
    "/v1/subscriptions/{subscription_id}/uncancel",
    summary="Take a cancellation back",
    responses=responses(400, 404, 409, 413, 503),
)
def post_uncancel(asking: Changing, subscription_id: UUID, taken: MaybePreview) -> ChangeGiven:
    """It goes on as if nothing had been said, as long as it has not ended."""
    return _done(asking, "uncancel", subscription_id, taken, uncancel_subscription)


def _done(asking: Asking, name: str, subscription_id: UUID, taken: Taken, act: Callable[..., Changed]) -> ChangeGiven:
    """Do it once, or only try it, and tell what came of it."""

    def done(store: SellerStore) -> Changed:
        customer_key, plan_key = named_of(store, subscription_id)
        return act(store, customer_key=customer_key, plan_key=plan_key, now=asking.now, subscription_id=subscription_id)

    said = taken.model_dump(mode="json")
    if said.pop("preview"):
        told = preview_change(asking.store, done, now=asking.now)
        return ChangeGiven(
            **_told(told.changed),
            previewed=True,
            without=[_invoice(draft) for draft in told.before],
            then=[_invoice(draft) for draft in told.after],
        )

    def kept(store: SellerStore) -> object:
        given = ChangeGiven(**_told(done(store)), previewed=False, without=[], then=[])
        return given.model_dump(mode="json")

    request = {"subscription_id": str(subscription_id), **said}
    return ChangeGiven.model_validate(asking.once(f"POST /v1/subscriptions/{name}", request, kept))


def _told(changed: Changed) -> dict[str, Any]:
    plan, version = changed.subscription.plan_at(changed.since)
    return {
        "subscription_id": changed.subscription.subscription_id,
        "plan": plan,
        "plan_version": version,
        "since": changed.since,
        "ends_at": changed.subscription.ends_at,
        "now": [_invoice(invoice) for invoice in changed.invoices],
    }


def _invoice(one: Invoice | Draft) -> ChangeInvoiceGiven:
    draft = one.draft if isinstance(one, Invoice) else one
    return ChangeInvoiceGiven(
        number=one.number if isinstance(one, Invoice) else None,
        at=draft.at,
        lines=[_line(line) for line in draft.lines],
        total=money(draft.total),
    )


def _line(line: Line) -> ChangeLineGiven:
    share = line.share or line.part
    return ChangeLineGiven(
        kind=line.kind.value,
        price=line.price_key,
        name=line.name,
        quantity=number(line.quantity),
        days=None if share is None else share.days,
        of_days=None if share is None else share.of_days,
        amount=money(line.amount),
        note=line.note,
    )
