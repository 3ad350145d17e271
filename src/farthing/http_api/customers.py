"""Customers over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field

from farthing.core.parties import Customer
from farthing.http_api.access import Changing, Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import Given, Taken, Text
from farthing.usecases.change_cycle import move_customer
from farthing.usecases.customers import add_customer, find_customer, visible_customers
from farthing.usecases.ports import SellerStore

router = APIRouter(tags=["customers"])
_EXAMPLE: dict[str, Any] = {"key": "acme", "name": "Acme GmbH", "zone": "Europe/Berlin"}


class CustomerTaken(Taken):
    """A customer to take on."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE | {"email": "billing@acme.example"}})

    key: Text = Field(description="Stands for the customer in the books and in each event's subject.")
    name: Text
    zone: Text = Field(description="The IANA time zone whose midnights cut their periods.")
    email: Text | None = None


class CustomerGiven(Given):
    """A customer."""

    model_config = ConfigDict(json_schema_extra={"example": {"customer_id": str(UUID(int=7))} | _EXAMPLE})

    customer_id: UUID
    key: str
    name: str
    zone: str


class ZoneTaken(Taken):
    """Where a customer moved to."""

    model_config = ConfigDict(json_schema_extra={"example": {"zone": "America/Los_Angeles"}})

    zone: Text = Field(description="The IANA time zone.")


class CustomersGiven(Given):
    """All customers, by key."""

    customers: list[CustomerGiven]


@router.post("/v1/customers", status_code=201, summary="Take on a customer", responses=responses(400, 409, 413, 503))
def post_customer(asking: Changing, taken: CustomerTaken) -> CustomerGiven:
    """The same customer again is answered as done; another under the same key is a clash."""

    def act(store: SellerStore) -> object:
        customer = add_customer(
            store, key=taken.key, name=taken.name, in_zone=taken.zone, email=taken.email, now=asking.now
        )
        return _given(customer).model_dump(mode="json")

    return CustomerGiven.model_validate(asking.once("POST /v1/customers", taken.model_dump(mode="json"), act))


@router.get("/v1/customers", summary="List customers", responses=responses())
def get_customers(asking: Looking) -> CustomersGiven:
    """All of them."""
    with asking.store.transaction():
        customers = visible_customers(asking.store, person=None)
    return CustomersGiven(customers=[_given(customer) for customer in customers])


@router.get("/v1/customers/{key}", summary="See a customer", responses=responses(404))
def get_customer(asking: Looking, key: Annotated[Text, Path()]) -> CustomerGiven:
    """One customer."""
    with asking.store.transaction():
        return _given(find_customer(asking.store, key, person=None))


@router.post(
    "/v1/customers/{key}/zone",
    summary="Move a customer to another time zone",
    responses=responses(400, 404, 409, 413, 503),
)
def post_zone(asking: Changing, key: Annotated[Text, Path()], taken: ZoneTaken) -> CustomerGiven:
    """Each subscription follows with its next period, which stays a whole one whatever hours are won or lost."""

    def act(store: SellerStore) -> object:
        moved = move_customer(store, customer_key=key, in_zone=taken.zone, now=asking.now)
        return _given(moved.customer).model_dump(mode="json")

    request = {"key": key, **taken.model_dump(mode="json")}
    return CustomerGiven.model_validate(asking.once("POST /v1/customers/zone", request, act))


def _given(customer: Customer) -> CustomerGiven:
    return CustomerGiven(customer_id=customer.customer_id, key=customer.key, name=customer.name, zone=customer.in_zone)
