"""Credit over HTTP: given away, topped up by hand, and looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field

from farthing.core.invoicing.credits import Grant, GrantKind
from farthing.core.money import currency, exact_money, zero
from farthing.http_api.access import Changing, Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import Day, DecimalText, Given, MoneyGiven, Taken, Text, Whole, money
from farthing.usecases.credits import grant_credit, show_credit
from farthing.usecases.ports import SellerStore

router = APIRouter(tags=["credit"])
Customer = Annotated[Text, Path(description="The customer's key.")]


class GrantTaken(Taken):
    """Credit to give away, or money that was paid ahead by hand."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"key": "top-up 7", "kind": "prepaid", "amount": "100", "currency": "USD", "by": "Ada"}
        }
    )

    key: Text = Field(description="A key of your own: the same key makes one grant, however often it comes.")
    kind: Literal["promotional", "prepaid"]
    amount: DecimalText
    currency: Text
    by: Text
    because: Text | None = None
    name: Text | None = Field(None, description="The name on invoices.")
    starts_on: Annotated[Day | None, Field(strict=False)] = Field(
        None, description="The first local day whose usage it pays; from now on without it."
    )
    expires_on: Annotated[Day | None, Field(strict=False)] = Field(
        None, description="The last local day whose usage it pays."
    )
    priority: Whole = Field(0, description="Of several the lowest pays first.")


class GrantGiven(Given):
    """Credit, with what it paid so far."""

    grant_id: UUID
    kind: str
    name: str
    amount: MoneyGiven
    used: MoneyGiven
    expired: MoneyGiven
    left: MoneyGiven
    priority: int
    starts_at: datetime
    expires_at: datetime | None


class BalanceGiven(Given):
    """A customer's credit in one currency."""

    available: MoneyGiven
    pending: MoneyGiven = Field(description="What running usage will take of it.")
    expiring: MoneyGiven | None = Field(description="What of it ends first.")
    expiring_at: datetime | None


class CreditGiven(Given):
    """A customer's grants in the order in which they pay, and a balance for each currency."""

    grants: list[GrantGiven]
    balances: list[BalanceGiven]


@router.post(
    "/v1/customers/{customer}/credit",
    status_code=201,
    summary="Grant credit, or take money ahead",
    responses=responses(400, 404, 409, 413, 503),
)
def post_credit(asking: Changing, customer: Customer, taken: GrantTaken) -> GrantGiven:
    """The same key again is answered as done; with other credit it is a clash."""

    def act(store: SellerStore) -> object:
        granted = grant_credit(
            store,
            customer_key=customer,
            kind=GrantKind(taken.kind),
            amount=exact_money(taken.amount, currency(taken.currency)),
            key=taken.key,
            by=taken.by,
            now=asking.now,
            name=taken.name,
            because=taken.because or "",
            starts_on=taken.starts_on,
            expires_on=taken.expires_on,
            priority=taken.priority,
        )
        return _given(granted).model_dump(mode="json")

    request: dict[str, Any] = {"customer": customer, **taken.model_dump(mode="json")}
    return GrantGiven.model_validate(asking.once("POST /v1/customers/credit", request, act))


@router.get("/v1/customers/{customer}/credit", summary="See a customer's credit", responses=responses(404))
def get_credit(asking: Looking, customer: Customer) -> CreditGiven:
    """What is there, what running usage will take of it, and what ends first."""
    view = show_credit(asking.store, customer_key=customer, person=None, now=asking.now)
    return CreditGiven(
        grants=[_given(grant) for grant in view.grants],
        balances=[
            BalanceGiven(
                available=money(balance.available),
                pending=money(balance.pending),
                expiring=None if balance.expiring is None else money(balance.expiring[1]),
                expiring_at=None if balance.expiring is None else balance.expiring[0],
            )
            for balance in view.balances
        ],
    )


def _given(grant: Grant) -> GrantGiven:
    none = zero(grant.amount.currency)
    return GrantGiven(
        grant_id=grant.grant_id,
        kind=grant.kind.value,
        name=grant.name,
        amount=money(grant.amount),
        used=money(grant.used or none),
        expired=money(grant.expired or none),
        left=money(grant.left),
        priority=grant.priority,
        starts_at=grant.starts_at,
        expires_at=grant.expires_at,
    )
