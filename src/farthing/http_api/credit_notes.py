"""Credit notes over HTTP: written, previewed and looked at; and invoices voided and billed again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from farthing.core.invoicing.credit_note import CreditKind, CreditNote
from farthing.core.invoicing.crediting import Why
from farthing.core.money import exact_decimal
from farthing.http_api.access import Changing, Looking, number_or_id
from farthing.http_api.problems import responses
from farthing.http_api.shapes import DecimalText, Given, MoneyGiven, Taken, Text, Whole, money, number, optional_number
from farthing.usecases.credit_invoice import (
    CreditWish,
    LineWish,
    credit_invoice,
    list_credit_notes,
    preview_credit,
    show_credit_note,
)
from farthing.usecases.ports import SellerStore
from farthing.usecases.void_invoice import reissue_invoice, void_invoice

router = APIRouter(tags=["invoices"])
_Words = Annotated[str, Field(min_length=1, max_length=500)]
Number = Annotated[Text, Path(description="The invoice's number or id.")]


class LineTaken(Taken):
    """What to credit of a line: units off the top of its ladder, an amount of it, or, with neither, all of it."""

    line: Whole = Field(ge=1, le=2**31 - 1, description="The first is 1.")
    units: DecimalText | None = None
    amount: DecimalText | None = Field(default=None, description="Of the line's amount, before discounts.")


class CreditTaken(Taken):
    """Lines, or an amount of all of them, or everything that is left."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"lines": [{"line": 2, "units": "400"}], "reason": "Test traffic.", "by": "Ada"}}
    )

    lines: list[LineTaken] = Field(default_factory=list, max_length=5000)
    amount: DecimalText | None = Field(default=None, description="Before taxes, where they come on top.")
    in_full: bool = False
    kind: Literal["correction", "goodwill"] = "correction"
    reason: _Words
    by: _Words


class VoidTaken(Taken):
    """Why an invoice is voided, and who says so."""

    reason: _Words
    by: _Words


class ReissueTaken(Taken):
    """Who bills it again; with a reason it is voided first."""

    reason: _Words | None = None
    by: _Words


class CreditedLineGiven(Given):
    """What a note takes off a line of its invoice."""

    line: int
    units: DecimalText | None
    gross: MoneyGiven = Field(description="Off the line's own amount.")
    amount: MoneyGiven = Field(description="Without the discounts' share of that.")


class NoteDiscountGiven(Given):
    """The share of a discount that is left out."""

    kind: str
    key: str
    name: str
    amount: MoneyGiven


class NoteTaxGiven(Given):
    """What is taken back of a tax."""

    key: str
    name: str
    rate: DecimalText
    base: MoneyGiven
    amount: MoneyGiven


class NoteCreditGiven(Given):
    """What goes back to a grant of prepaid credit."""

    grant_id: UUID
    name: str
    amount: MoneyGiven


class CreditNoteGiven(Given):
    """A credit note; its money goes off what is left to pay first, then to grants, then to the customer's balance."""

    number: str = Field(examples=["EX-CN-000007"])
    credit_note_id: UUID
    invoice_id: UUID
    issued_at: datetime
    issued_on: date
    kind: str
    voids: bool
    reason: str
    by: str
    lines: list[CreditedLineGiven]
    discounts: list[NoteDiscountGiven]
    taxes: list[NoteTaxGiven]
    tax_included: bool
    net: MoneyGiven
    tax: MoneyGiven
    total: MoneyGiven
    credits: list[NoteCreditGiven]
    to_balance: MoneyGiven = Field(description="What was paid of it and is the customer's balance.")


class CreditNotesGiven(Given):
    """Credit notes, newest first."""

    credit_notes: list[CreditNoteGiven]


class ReissuedGiven(Given):
    """The invoice in a voided one's place."""

    number: str
    invoice_id: UUID
    revision: int
    total: MoneyGiven
    due: MoneyGiven


@router.post(
    "/v1/invoices/{number}/credit-notes",
    status_code=201,
    summary="Credit an invoice",
    responses=responses(400, 404, 409, 413, 503),
)
def post_credit_note(asking: Changing, number: Number, taken: CreditTaken) -> CreditNoteGiven:
    """Several notes cancel an invoice to the cent, and never exceed it."""
    named, wish, why = number_or_id(number), _wish(taken), Why(CreditKind(taken.kind), taken.reason, taken.by)
    return _once(
        asking,
        "POST /v1/invoices/credit-notes",
        {"invoice": number, **taken.model_dump(mode="json")},
        lambda store: credit_invoice(store, named, wish, why, now=asking.now),
    )


@router.post(
    "/v1/invoices/{number}/credit-notes/preview",
    summary="See what a credit note would say",
    responses=responses(400, 404, 409, 413, 503),
)
def post_preview(asking: Looking, number: Number, taken: CreditTaken) -> CreditNoteGiven:
    """Nothing is kept; its number is the next one as it stands."""
    why = Why(CreditKind(taken.kind), taken.reason, taken.by)
    return _given(preview_credit(asking.store, number_or_id(number), _wish(taken), why, now=asking.now))


@router.post("/v1/invoices/{number}/void", summary="Void an invoice", responses=responses(400, 404, 409, 413, 503))
def post_void(asking: Changing, number: Number, taken: VoidTaken) -> CreditNoteGiven:
    """A credit note of all that is left; what was paid is the customer's balance, and the same may be billed again."""
    named = number_or_id(number)
    return _once(
        asking,
        "POST /v1/invoices/void",
        {"invoice": number, **taken.model_dump(mode="json")},
        lambda store: void_invoice(store, named, reason=taken.reason, by=taken.by, now=asking.now),
    )


@router.post(
    "/v1/invoices/{number}/reissue",
    status_code=201,
    summary="Bill a voided invoice again",
    responses=responses(400, 404, 409, 413, 503),
)
def post_reissue(asking: Changing, number: Number, taken: ReissueTaken) -> ReissuedGiven:
    """The next revision: today's usage, by what is agreed today, with today's coupons."""
    named = number_or_id(number)

    def act(store: SellerStore) -> object:
        issued = reissue_invoice(store, named, now=asking.now, reason=taken.reason, by=taken.by)
        return ReissuedGiven(
            number=issued.number,
            invoice_id=issued.invoice_id,
            revision=issued.draft.revision,
            total=money(issued.total),
            due=money(issued.due),
        ).model_dump(mode="json")

    request = {"invoice": number, **taken.model_dump(mode="json")}
    return ReissuedGiven.model_validate(asking.once("POST /v1/invoices/reissue", request, act))


@router.get("/v1/credit-notes", summary="List credit notes", responses=responses(404))
def get_credit_notes(
    asking: Looking,
    customer: Annotated[Text | None, Query(description="Only this customer's.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CreditNotesGiven:
    """Newest first."""
    listed = list_credit_notes(asking.store, customer_key=customer, limit=limit)
    return CreditNotesGiven(credit_notes=[_given(note) for _, note in listed])


@router.get("/v1/credit-notes/{number}", summary="See a credit note", responses=responses(404))
def get_credit_note(
    asking: Looking, number: Annotated[Text, Path(description="The credit note's number or id.")]
) -> CreditNoteGiven:
    """One credit note, line by line."""
    return _given(show_credit_note(asking.store, number_or_id(number), person=None).note)


def _once(asking: Any, scope: str, request: Any, act: Callable[[SellerStore], CreditNote]) -> CreditNoteGiven:
    answer = asking.once(scope, request, lambda store: _given(act(store)).model_dump(mode="json"))
    return CreditNoteGiven.model_validate(answer)


def _wish(taken: CreditTaken) -> CreditWish:
    return CreditWish(
        lines=[
            LineWish(
                line.line,
                units=None if line.units is None else exact_decimal(line.units, what="“units”"),
                amount=None if line.amount is None else exact_decimal(line.amount, what="“amount”"),
            )
            for line in taken.lines
        ],
        amount=None if taken.amount is None else exact_decimal(taken.amount, what="“amount”"),
        in_full=taken.in_full,
    )


def _given(note: CreditNote) -> CreditNoteGiven:
    return CreditNoteGiven(
        number=note.number,
        credit_note_id=note.credit_note_id,
        invoice_id=note.invoice_id,
        issued_at=note.issued_at,
        issued_on=note.issued_on,
        kind=note.kind.value,
        voids=note.voids,
        reason=note.reason,
        by=note.by,
        lines=[
            CreditedLineGiven(
                line=line.number,
                units=optional_number(line.units),
                gross=money(line.gross),
                amount=money(line.amount),
            )
            for line in note.lines
        ],
        discounts=[
            NoteDiscountGiven(kind=one.kind.value, key=one.key, name=one.name, amount=money(one.amount))
            for one in note.discounts
            if one.amount
        ],
        taxes=[
            NoteTaxGiven(
                key=tax.key, name=tax.name, rate=number(tax.rate), base=money(tax.base), amount=money(tax.amount)
            )
            for tax in note.taxes
            if tax.lines
        ],
        tax_included=note.tax_included,
        net=money(note.net),
        tax=money(note.tax),
        total=money(note.total),
        credits=[
            NoteCreditGiven(grant_id=use.grant_id, name=use.name, amount=money(use.amount)) for use in note.credits
        ],
        to_balance=money(note.to_balance),
    )
