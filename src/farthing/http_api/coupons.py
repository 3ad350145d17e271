"""Coupons over HTTP: made, listed, given to customers and taken back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field

from farthing.core.invoicing.coupons import Applied, Coupon
from farthing.core.money import Money
from farthing.http_api.access import Changing, Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import (
    ByName,
    DecimalText,
    Given,
    MoneyGiven,
    Taken,
    Text,
    Whole,
    money,
    optional_number,
)
from farthing.usecases.coupon_ports import Had, Offered
from farthing.usecases.coupons import (
    add_coupon,
    apply_coupon,
    coupons_of,
    find_coupon,
    list_coupons,
    remove_coupon,
)
from farthing.usecases.ports import SellerStore

router = APIRouter(tags=["coupons"])
_EXAMPLE: dict[str, Any] = {"key": "spring", "name": "Spring", "percent": "20", "periods": 3, "meters": ["tokens"]}
Key = Annotated[Text, Path(description="The coupon's key.")]
Customer = Annotated[Text, Path(description="The customer's key.")]


class CouponTaken(Taken):
    """A coupon to make: a percentage, or an amount in each of some currencies; it never changes."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    key: Text
    name: Text | None = Field(None, description="The name on invoices; the key, when left out.")
    percent: DecimalText | None = None
    amounts: ByName[DecimalText] | None = Field(None, description="Amounts in major units by currency.")
    prices: list[Text] = Field([], description="Only off the lines of these prices.")
    meters: list[Text] = Field([], description="Only off usage of these meters.")
    plans: list[Text] = Field([], description="Only off subscriptions to these plans.")
    periods: Whole | None = Field(1, description="How many invoices it takes something off; null for ever.")
    carries_over: bool = Field(False, description="What an invoice leaves of an amount is there for the next one.")
    redeem_by: str | None = Field(None, description="The last day on which a customer may get it, like 2026-12-31.")
    max_redemptions: Whole | None = Field(None, description="How many customers may get it.")
    first_time_only: bool = Field(False, description="Only for customers who were never charged.")
    minimum: ByName[DecimalText] | None = Field(None, description="What the lines it is for must come to, by currency.")


class CouponGiven(Given):
    """A coupon."""

    key: str
    name: str
    percent: DecimalText | None
    amounts: list[MoneyGiven]
    scope: str = Field(examples=["meter"], description="price, meter, plan or invoice.")
    of: list[str] = Field(description="The keys of what it is for; empty for the whole invoice.")
    periods: int | None
    carries_over: bool
    redeem_by: date | None
    max_redemptions: int | None
    first_time_only: bool
    minimum: list[MoneyGiven]
    redemptions: int = Field(description="How many customers got it so far.")


class CouponsGiven(Given):
    """All coupons, by key."""

    coupons: list[CouponGiven]


class ApplyTaken(Taken):
    """A coupon for a customer, or for one subscription of theirs."""

    model_config = ConfigDict(json_schema_extra={"example": {"coupon": "spring"}})

    coupon: Text
    subscription_id: Annotated[UUID | None, Field(strict=False)] = None


class RemoveTaken(Taken):
    """Who takes a coupon back, and why."""

    model_config = ConfigDict(json_schema_extra={"example": {"by": "Ada", "because": "It was for another customer."}})

    by: Text
    because: Text | None = None


class AppliedGiven(Given):
    """A coupon as a customer has it."""

    applied_id: UUID
    coupon: str
    name: str
    subscription_id: UUID | None
    applied_at: datetime
    invoices: int = Field(description="On how many invoices it took something off.")
    took_off: list[MoneyGiven]
    removed_at: datetime | None
    in_force: bool


class AppliedListGiven(Given):
    """The coupons that a customer has or had, oldest first."""

    coupons: list[AppliedGiven]


@router.post("/v1/coupons", status_code=201, summary="Make a coupon", responses=responses(400, 409, 413, 503))
def post_coupon(asking: Changing, taken: CouponTaken) -> CouponGiven:
    """The same coupon again is answered as done; another under the same key is a clash."""
    terms = taken.model_dump(mode="json", exclude={"key"})
    terms |= {"name": taken.name or taken.key, "periods": "for ever" if taken.periods is None else taken.periods}

    def act(store: SellerStore) -> object:
        add_coupon(store, key=taken.key, terms=terms, now=asking.now)
        return _given(find_coupon(store, taken.key)).model_dump(mode="json")

    return CouponGiven.model_validate(asking.once("POST /v1/coupons", taken.model_dump(mode="json"), act))


@router.get("/v1/coupons", summary="List coupons", responses=responses())
def get_coupons(asking: Looking) -> CouponsGiven:
    """All of them."""
    return CouponsGiven(coupons=[_given(offered) for offered in list_coupons(asking.store)])


@router.get("/v1/coupons/{key}", summary="See a coupon", responses=responses(404))
def get_coupon(asking: Looking, key: Key) -> CouponGiven:
    """One coupon."""
    return _given(find_coupon(asking.store, key))


@router.post(
    "/v1/customers/{customer}/coupons",
    status_code=201,
    summary="Give a coupon to a customer",
    responses=responses(400, 404, 409, 413, 503),
)
def post_customer_coupon(asking: Changing, customer: Customer, taken: ApplyTaken) -> AppliedGiven:
    """All that is not invoiced yet is reckoned with it."""

    def act(store: SellerStore) -> object:
        applied = apply_coupon(
            store,
            coupon_key=taken.coupon,
            customer_key=customer,
            subscription_id=taken.subscription_id,
            now=asking.now,
        )
        return _applied(Had(applied)).model_dump(mode="json")

    request = {"customer": customer, **taken.model_dump(mode="json")}
    return AppliedGiven.model_validate(asking.once("POST /v1/customers/coupons", request, act))


@router.get("/v1/customers/{customer}/coupons", summary="List a customer's coupons", responses=responses(404))
def get_customer_coupons(asking: Looking, customer: Customer) -> AppliedListGiven:
    """With what each took off so far."""
    _, had = coupons_of(asking.store, customer_key=customer)
    return AppliedListGiven(coupons=[_applied(one) for one in had])


@router.post(
    "/v1/customers/{customer}/coupons/{key}/remove",
    summary="Take a coupon back from a customer",
    responses=responses(400, 404, 409, 413, 503),
)
def post_customer_coupon_remove(asking: Changing, customer: Customer, key: Key, taken: RemoveTaken) -> AppliedListGiven:
    """Nothing more is taken off; issued invoices stay as they are."""

    def act(store: SellerStore) -> object:
        removed = remove_coupon(
            store,
            coupon_key=key,
            customer_key=customer,
            by=taken.by,
            because=taken.because or "",
            now=asking.now,
        )
        given = [_applied(Had(applied, removed_at=asking.now)) for applied in removed]
        return AppliedListGiven(coupons=given).model_dump(mode="json")

    request = {"customer": customer, "coupon": key, **taken.model_dump(mode="json")}
    return AppliedListGiven.model_validate(asking.once("POST /v1/customers/coupons/remove", request, act))


def _given(offered: Offered) -> CouponGiven:
    coupon: Coupon = offered.coupon
    return CouponGiven(
        key=coupon.key,
        name=coupon.name,
        percent=optional_number(coupon.percent),
        amounts=_moneys(coupon.amounts),
        scope=coupon.scope.value,
        of=list(coupon.keys),
        periods=coupon.periods,
        carries_over=coupon.carries_over,
        redeem_by=coupon.redeem_by,
        max_redemptions=coupon.most_redemptions,
        first_time_only=coupon.first_time_only,
        minimum=_moneys(coupon.least),
        redemptions=offered.redemptions,
    )


def _applied(had: Had) -> AppliedGiven:
    applied: Applied = had.applied
    return AppliedGiven(
        applied_id=applied.applied_id,
        coupon=applied.coupon.key,
        name=applied.coupon.name,
        subscription_id=applied.subscription_id,
        applied_at=applied.applied_at,
        invoices=applied.uses,
        took_off=_moneys(applied.used),
        removed_at=had.removed_at,
        in_force=had.is_in_force,
    )


def _moneys(amounts: tuple[Money, ...]) -> list[MoneyGiven]:
    return [money(amount) for amount in amounts]
