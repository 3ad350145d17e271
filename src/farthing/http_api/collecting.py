"""Collecting over HTTP: a customer's payment method on file, an invoice collected from it, and every attempt."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from farthing.core.invoicing.collecting import CollectingTerms
from farthing.http_api.access import Changing, Looking, Sending, number_or_id
from farthing.http_api.problems import responses
from farthing.http_api.shapes import AS_WHOLE, Given, MoneyGiven, Taken, Text, money
from farthing.usecases.collect import collect_invoice
from farthing.usecases.collect_due import (
    AttemptView,
    gateway_for,
    list_attempts,
    set_collecting_terms,
    show_attempt,
    show_collecting_terms,
)
from farthing.usecases.payment_methods import put_method, remove_method, show_method

router = APIRouter(tags=["payments"])
_Words = Annotated[str, Field(min_length=1, max_length=500)]
_Token = Annotated[str, Field(min_length=1, max_length=200)]


class MethodTaken(Taken):
    """What the gateway calls a method by, and what people do; never the number of a card."""

    model_config = ConfigDict(json_schema_extra={"example": {"token": "ok", "label": "Visa 4242", "by": "Ada"}})

    token: _Token
    label: Annotated[str, Field(max_length=200)] = ""
    by: _Words


class RemovalTaken(Taken):
    """Who takes it away."""

    by: _Words


class MethodGiven(Given):
    """A customer's method on file; null where there is none."""

    customer: str
    token: str | None
    label: str | None
    put_at: datetime | None
    put_by: str | None


class CollectTaken(Taken):
    """Who collects, and by which method, if it is not the one on file."""

    by: _Words
    method: _Token | None = Field(default=None, description="A gateway's token for this once.")


class AttemptGiven(Given):
    """What a gateway was asked for, and what it said."""

    attempt_id: UUID
    customer: str
    invoice: str | None = Field(description="Null where it pays back.")
    amount: MoneyGiven
    method: str
    state: str = Field(description="live, done, declined_soft, declined_hard or dropped.")
    said: str
    by: str
    begun_at: datetime
    ended_at: datetime | None
    again_at: datetime | None = Field(description="When the invoice is collected next; null where it is not.")


class AttemptsGiven(Given):
    """Attempts, newest first."""

    attempts: list[AttemptGiven]


class CollectingTermsShape(Given):
    """When what was declined is tried again, and when a subscription is past due."""

    retry_days: list[int] = Field(description="Days after the first decline.", examples=[[1, 3, 5, 7]])
    retry_hour: int = Field(description="Of the customer's day.", examples=[9])
    past_due_after_days: int = Field(description="After the due date.", examples=[0])


class CollectingTermsTaken(Taken):
    """All of the terms, and who sets them."""

    retry_days: Annotated[list[Annotated[int, Field(ge=1, le=90), AS_WHOLE]], Field(max_length=12)]
    retry_hour: Annotated[int, Field(ge=0, le=23), AS_WHOLE] = 9
    past_due_after_days: Annotated[int, Field(ge=0, le=365), AS_WHOLE] = 0
    by: _Words


@router.get(
    "/v1/customers/{customer}/payment-method", summary="See a customer's payment method", responses=responses(404)
)
def get_method(asking: Looking, customer: Annotated[Text, Path()]) -> MethodGiven:
    """What their invoices are collected from."""
    method = show_method(asking.store, customer)
    if method is None:
        return MethodGiven(customer=customer, token=None, label=None, put_at=None, put_by=None)
    return MethodGiven(
        customer=customer, token=method.token, label=method.label, put_at=method.put_at, put_by=method.put_by
    )


@router.put(
    "/v1/customers/{customer}/payment-method",
    summary="Put a payment method on file",
    responses=responses(400, 404, 413, 503),
)
def put_payment_method(asking: Sending, customer: Annotated[Text, Path()], taken: MethodTaken) -> MethodGiven:
    """What is open is collected at once by the next round of the job. The same once more changes nothing."""
    put_method(asking.store, customer, token=taken.token, label=taken.label, by=taken.by, now=asking.now)
    return get_method(asking, customer)


@router.post(
    "/v1/customers/{customer}/payment-method/remove",
    summary="Take a payment method away",
    responses=responses(400, 404, 409, 413, 503),
)
def post_removal(asking: Changing, customer: Annotated[Text, Path()], taken: RemovalTaken) -> MethodGiven:
    """Nothing is collected by itself any more."""
    asking.once(
        f"POST /v1/customers/{customer}/payment-method/remove",
        taken.model_dump(mode="json"),
        lambda store: remove_method(store, customer, by=taken.by, now=asking.now),
    )
    return get_method(asking, customer)


@router.post(
    "/v1/invoices/{number}/collect",
    status_code=201,
    summary="Collect an invoice now",
    responses=responses(400, 404, 409, 413, 503),
)
def post_collect(asking: Changing, number: Annotated[Text, Path()], taken: CollectTaken) -> AttemptGiven:
    """Once for each Idempotency-Key. Where the gateway's answer is lost the attempt stays live, and is asked about."""
    attempt = collect_invoice(
        asking.store,
        gateway_for(asking.installation, asking.store),
        number_or_id(number),
        method=taken.method,
        by=taken.by,
        now=asking.now,
        key=asking.idempotency_key or str(uuid4()),
    )
    return _given(show_attempt(asking.store, attempt))


@router.get("/v1/payment-attempts", summary="List what a gateway was asked for", responses=responses(404))
def get_attempts(
    asking: Looking,
    customer: Annotated[Text | None, Query(description="Only this customer's.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AttemptsGiven:
    """Newest first."""
    return AttemptsGiven(
        attempts=[_given(view) for view in list_attempts(asking.store, customer_key=customer, limit=limit)]
    )


@router.get("/v1/collecting-terms", summary="See the terms of collecting", responses=responses())
def get_terms(asking: Looking) -> CollectingTermsShape:
    """When what was declined is tried again."""
    terms = show_collecting_terms(asking.store)
    return CollectingTermsShape(
        retry_days=list(terms.retry_days),
        retry_hour=terms.retry_hour,
        past_due_after_days=terms.past_due_after_days,
    )


@router.put("/v1/collecting-terms", summary="Set the terms of collecting", responses=responses(400, 413, 503))
def put_terms(asking: Sending, taken: CollectingTermsTaken) -> CollectingTermsShape:
    """Earlier declines are tried again by them too."""
    terms = CollectingTerms(tuple(taken.retry_days), taken.retry_hour, taken.past_due_after_days)
    set_collecting_terms(asking.store, terms, by=taken.by, now=asking.now)
    return get_terms(asking)


def _given(view: AttemptView) -> AttemptGiven:
    attempt = view.attempt
    return AttemptGiven(
        attempt_id=attempt.attempt_id,
        customer=view.customer.key,
        invoice=None if view.invoice is None else view.invoice.number,
        amount=money(attempt.amount),
        method=attempt.method,
        state=attempt.state.value,
        said=attempt.said,
        by=attempt.by,
        begun_at=attempt.begun_at,
        ended_at=attempt.ended_at,
        again_at=view.again_at,
    )
