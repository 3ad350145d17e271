"""Payments over HTTP: recorded, listed, used and paid back; and a customer's statement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from farthing.core.invoicing.payment import PaidBy
from farthing.core.money import exact_decimal
from farthing.http_api.access import Changing, Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import Day, DecimalText, Given, MoneyGiven, Taken, Text, money
from farthing.usecases.payments import (
    Paid,
    PaymentView,
    list_payments,
    record_payment,
    refund_payment,
    show_payment,
    use_balance,
)
from farthing.usecases.ports import SellerStore
from farthing.usecases.statement import show_statement

router = APIRouter(tags=["payments"])
_Words = Annotated[str, Field(min_length=1, max_length=500)]
_NUMBERS = "Invoices, by number; the oldest if left out."


class PaymentTaken(Taken):
    """What came in, and what it is to pay."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"customer": "acme", "amount": "49.00", "currency": "USD", "reference": "TR-1", "by": "Ada"}
        }
    )

    customer: Text
    amount: DecimalText
    currency: Text = Field(examples=["USD"])
    paid_by: Literal["bank_transfer", "cash", "check", "other"] = "bank_transfer"
    reference: Annotated[str, Field(max_length=500)] = Field(
        default="", description="The bank's; the same one for the same day and amount is refused as recorded already."
    )
    received_on: Annotated[Day, Field(strict=False)] | None = Field(default=None, description="Today if left out.")
    invoices: list[Text] = Field(default_factory=list, max_length=1000, description=_NUMBERS)
    allocate: bool = Field(default=True, description="False keeps all of it as the customer's balance.")
    by: _Words


class UseTaken(Taken):
    """What a customer's balance is to pay."""

    invoices: list[Text] = Field(default_factory=list, max_length=1000, description=_NUMBERS)


class RefundTaken(Taken):
    """How much was paid back, and why."""

    amount: DecimalText
    reason: _Words
    by: _Words
    reopen: bool = Field(default=False, description="Also what pays invoices: they are open again by as much.")


class PaidInvoiceGiven(Given):
    """What a payment pays of an invoice."""

    invoice: str
    amount: MoneyGiven


class RefundGiven(Given):
    """What was paid back."""

    refund_id: UUID
    amount: MoneyGiven
    reason: str
    by: str
    refunded_on: date


class PaymentGiven(Given):
    """A payment with all that became of it; what is free is the customer's balance."""

    payment_id: UUID
    customer: str
    amount: MoneyGiven
    paid_by: str
    reference: str
    received_on: date
    recorded_at: datetime
    by: str
    pays: list[PaidInvoiceGiven]
    refunds: list[RefundGiven]
    free: MoneyGiven
    refundable: MoneyGiven


class PaymentsGiven(Given):
    """Payments, newest first."""

    payments: list[PaymentGiven]


class EntryGiven(Given):
    """A document or payment, and what is owed after it."""

    on: date
    kind: str = Field(description="invoice, credit_note, payment or refund.")
    name: str
    amount: MoneyGiven
    balance: MoneyGiven
    note: str


class StatementGiven(Given):
    """One legal entity's statement in one currency; below zero we owe the customer."""

    legal_entity: str
    currency: str
    since: date | None = Field(description="Null for the beginning.")
    through: date
    opening: MoneyGiven
    entries: list[EntryGiven]
    closing: MoneyGiven


class StatementsGiven(Given):
    """A customer's statements, by legal entity and currency."""

    customer: str
    statements: list[StatementGiven]


@router.post("/v1/payments", status_code=201, summary="Record a payment", responses=responses(400, 404, 409, 413, 503))
def post_payment(asking: Changing, taken: PaymentTaken) -> PaymentGiven:
    """It pays the named invoices, or the oldest first; what is over is the customer's balance."""
    paid = Paid(
        customer_key=taken.customer,
        amount=exact_decimal(taken.amount, what="“amount”"),
        currency=taken.currency,
        paid_by=PaidBy(taken.paid_by),
        reference=taken.reference,
        received_on=taken.received_on,
    )
    return _once(
        asking,
        "POST /v1/payments",
        taken.model_dump(mode="json"),
        lambda store: record_payment(
            store, paid, by=taken.by, now=asking.now, invoices=taken.invoices, allocate=taken.allocate
        ),
    )


@router.get("/v1/payments", summary="List payments", responses=responses(404))
def get_payments(
    asking: Looking,
    customer: Annotated[Text | None, Query(description="Only this customer's.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> PaymentsGiven:
    """Newest first."""
    return PaymentsGiven(
        payments=[_given(view) for view in list_payments(asking.store, customer_key=customer, limit=limit)]
    )


@router.get("/v1/payments/{payment_id}", summary="See a payment", responses=responses(404))
def get_payment(asking: Looking, payment_id: UUID) -> PaymentGiven:
    """What it pays, and what of it was paid back."""
    return _given(show_payment(asking.store, payment_id))


@router.post(
    "/v1/payments/{payment_id}/refunds",
    status_code=201,
    summary="Note what was paid back",
    responses=responses(400, 404, 409, 413, 503),
)
def post_refund(asking: Changing, payment_id: UUID, taken: RefundTaken) -> PaymentGiven:
    """Never more than was paid and not paid back; what pays no invoice goes first."""
    amount = exact_decimal(taken.amount, what="“amount”")
    return _once(
        asking,
        "POST /v1/payments/refunds",
        {"payment": str(payment_id), **taken.model_dump(mode="json")},
        lambda store: refund_payment(
            store, payment_id, amount, reason=taken.reason, by=taken.by, now=asking.now, reopen=taken.reopen
        ),
    )


@router.post(
    "/v1/customers/{customer}/balance/use",
    summary="Let a customer's balance pay what is open",
    responses=responses(400, 404, 409, 413, 503),
)
def post_use(asking: Changing, customer: Annotated[Text, Path()], taken: UseTaken) -> PaymentsGiven:
    """The payments that paid something; none where nothing is free or nothing is open."""
    request = {"customer": customer, **taken.model_dump(mode="json")}

    def act(store: SellerStore) -> object:
        views = use_balance(store, customer, now=asking.now, invoices=taken.invoices)
        return PaymentsGiven(payments=[_given(view) for view in views]).model_dump(mode="json")

    return PaymentsGiven.model_validate(asking.once("POST /v1/customers/balance/use", request, act))


@router.get("/v1/customers/{customer}/statement", summary="See a customer's statement", responses=responses(404))
def get_statement(
    asking: Looking,
    customer: Annotated[Text, Path()],
    since: Annotated[Day | None, Query(description="The first day; from the beginning if left out.")] = None,
    through: Annotated[Day | None, Query(description="The last day; today if left out.")] = None,
) -> StatementsGiven:
    """What was owed, each document and payment since, and what is owed."""
    view = show_statement(asking.store, customer, person=None, now=asking.now, since=since, through=through)
    return StatementsGiven(
        customer=view.customer.key,
        statements=[
            StatementGiven(
                legal_entity=one.entity_key,
                currency=one.currency.code,
                since=since,
                through=one.through,
                opening=money(one.opening),
                entries=[
                    EntryGiven(
                        on=entry.on,
                        kind=entry.kind.value,
                        name=entry.name,
                        amount=money(entry.amount),
                        balance=money(entry.balance),
                        note=entry.note,
                    )
                    for entry in one.entries
                ],
                closing=money(one.closing),
            )
            for one in view.statements
        ],
    )


def _once(asking: Any, scope: str, request: Any, act: Callable[[SellerStore], PaymentView]) -> PaymentGiven:
    answer = asking.once(scope, request, lambda store: _given(act(store)).model_dump(mode="json"))
    return PaymentGiven.model_validate(answer)


def _given(view: PaymentView) -> PaymentGiven:
    standing, payment = view.standing, view.standing.payment
    return PaymentGiven(
        payment_id=payment.payment_id,
        customer=view.customer.key,
        amount=money(payment.amount),
        paid_by=payment.paid_by.value,
        reference=payment.reference,
        received_on=payment.received_on,
        recorded_at=payment.recorded_at,
        by=payment.by,
        pays=[PaidInvoiceGiven(invoice=number, amount=money(part)) for number, part in view.paying],
        refunds=[
            RefundGiven(
                refund_id=one.refund_id,
                amount=money(one.amount),
                reason=one.reason,
                by=one.by,
                refunded_on=one.refunded_on,
            )
            for one in standing.refunds
        ],
        free=money(standing.free),
        refundable=money(standing.refundable),
    )
