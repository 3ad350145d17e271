"""Drafts over HTTP: those that wait, held, edited and approved; and invoices that belong to no period."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from farthing.core.invoicing.invoice import Draft
from farthing.core.money import currency, exact_money
from farthing.http_api.access import Changing, Looking
from farthing.http_api.parts import PartGiven, parts_given
from farthing.http_api.problems import responses
from farthing.http_api.shapes import AS_WHOLE, DecimalText, Given, MoneyGiven, Taken, Text, money, number
from farthing.usecases.drafts import DraftView, approve_draft, edit_draft, hold_draft, list_drafts, show_draft
from farthing.usecases.invoice_once import MOST_ITEMS, Item, invoice_once

router = APIRouter(tags=["invoices"])
_Name = Annotated[str, Field(min_length=1, max_length=500)]


class DraftLineGiven(Given):
    """A line of a draft."""

    price: str
    name: str
    kind: str
    quantity: DecimalText
    amount: MoneyGiven
    note: str
    part: int = Field(description="Which of the draft's parts it belongs to, from 1.")


class DraftGiven(Given):
    """An invoice that waits, as it stands at a position."""

    draft_id: UUID
    customer: str
    subscription_id: UUID | None = Field(description="Null for what bills several moments; they are its parts.")
    plan: str | None
    parts: list[PartGiven]
    billed_at: datetime
    state: str = Field(description="waiting for its grace to pass, or held until somebody approves it.")
    reasons: list[str]
    issue_at: datetime
    position: int = Field(description="Usage is in it up to here.")
    fingerprint: str = Field(description="Of what it says; an approval carries it, so that nothing unseen goes out.")
    lines: list[DraftLineGiven]
    subtotal: MoneyGiven
    discounted: MoneyGiven
    tax: MoneyGiven
    total: MoneyGiven
    due: MoneyGiven


class DraftsGiven(Given):
    """Drafts that wait, those that are held first."""

    drafts: list[DraftGiven]


class HoldTaken(Taken):
    """Who holds a draft, and why."""

    because: _Name
    by: _Name


class EditTaken(Taken):
    """An amount to put on a draft; below zero takes something off."""

    name: _Name
    amount: DecimalText
    because: _Name
    by: _Name


class ApprovalTaken(Taken):
    """Who approves it, and what they saw."""

    by: _Name
    seen: Text | None = Field(default=None, description="The fingerprint; refused when the draft says something else.")
    position: Annotated[int, Field(ge=0, le=10**18), AS_WHOLE] | None = Field(
        default=None, description="Later usage is adjusted later."
    )


class ItemTaken(Taken):
    """What is charged once."""

    name: _Name
    amount: DecimalText
    because: Annotated[str, Field(max_length=400)] = ""


class OnceTaken(Taken):
    """What is billed by itself."""

    customer: Text
    currency: Text = Field(examples=["EUR"])
    items: Annotated[list[ItemTaken], Field(min_length=1, max_length=MOST_ITEMS)]
    key: _Name = Field(description="Names the request: the same key for a customer makes one invoice.")
    by: _Name


class IssuedGiven(Given):
    """The invoice that came of it."""

    number: str
    invoice_id: UUID
    total: MoneyGiven
    due: MoneyGiven


@router.get("/v1/drafts", summary="List drafts that wait", responses=responses())
def get_drafts(asking: Looking) -> DraftsGiven:
    """Those that are held first."""
    return DraftsGiven(drafts=[_given(view) for view in list_drafts(asking.store)])


@router.get("/v1/drafts/{draft_id}", summary="See a draft", responses=responses(404))
def get_draft(asking: Looking, draft_id: UUID) -> DraftGiven:
    """As it stands now."""
    return _given(show_draft(asking.store, draft_id))


@router.post("/v1/drafts/{draft_id}/hold", summary="Hold a draft", responses=responses(400, 404, 409, 413, 503))
def post_hold(asking: Changing, draft_id: UUID, taken: HoldTaken) -> DraftGiven:
    """It does not go out until somebody approves it."""
    held = asking.once(
        "POST /v1/drafts/hold",
        {"draft": str(draft_id), **taken.model_dump(mode="json")},
        lambda store: _given(hold_draft(store, draft_id, why=taken.because, by=taken.by)).model_dump(mode="json"),
    )
    return DraftGiven.model_validate(held)


@router.post("/v1/drafts/{draft_id}/edits", summary="Edit a draft", responses=responses(400, 404, 409, 413, 503))
def post_edit(asking: Changing, draft_id: UUID, taken: EditTaken) -> DraftGiven:
    """A line of its own, that says who and why."""

    def act(store: Any) -> object:
        in_currency = show_draft(store, draft_id).draft.currency
        view = edit_draft(
            store,
            draft_id,
            name=taken.name,
            amount=exact_money(taken.amount, in_currency),
            why=taken.because,
            by=taken.by,
            now=asking.now,
        )
        return _given(view).model_dump(mode="json")

    request = {"draft": str(draft_id), **taken.model_dump(mode="json")}
    return DraftGiven.model_validate(asking.once("POST /v1/drafts/edits", request, act))


@router.post("/v1/drafts/{draft_id}/approve", summary="Approve a draft", responses=responses(400, 404, 409, 413, 503))
def post_approval(asking: Changing, draft_id: UUID, taken: ApprovalTaken) -> IssuedGiven:
    """It is issued as it was seen; the same again is answered with the invoice."""
    invoice = approve_draft(
        asking.store, draft_id, by=taken.by, now=asking.now, seen=taken.seen, position=taken.position
    )
    return _issued(invoice.number, invoice.draft)


@router.post("/v1/invoices", summary="Bill something by itself", responses=responses(400, 404, 409, 413, 503))
def post_invoice(asking: Changing, taken: OnceTaken) -> IssuedGiven:
    """What belongs to no period, such as training; issued at once."""
    in_currency = currency(taken.currency)
    invoice = invoice_once(
        asking.store,
        customer_key=taken.customer,
        items=[Item(item.name, exact_money(item.amount, in_currency), item.because) for item in taken.items],
        key=taken.key,
        by=taken.by,
        now=asking.now,
    )
    return _issued(invoice.number, invoice.draft)


def _issued(number_: str, draft: Draft) -> IssuedGiven:
    return IssuedGiven(number=number_, invoice_id=draft.invoice_id, total=money(draft.total), due=money(draft.due))


def _given(view: DraftView) -> DraftGiven:
    draft = view.draft
    return DraftGiven(
        draft_id=view.pending.invoice_id,
        customer=view.customer.key,
        subscription_id=None if view.subscription is None else view.subscription.subscription_id,
        plan=None if view.subscription is None else view.subscription.plan_key,
        parts=parts_given(draft),
        billed_at=draft.at,
        state=view.pending.state.value,
        reasons=list(view.pending.reasons),
        issue_at=view.pending.issue_at,
        position=view.position,
        fingerprint=view.fingerprint,
        lines=[
            DraftLineGiven(
                price=line.price_key,
                name=line.name,
                kind=line.kind.value,
                quantity=number(line.quantity),
                amount=money(line.amount),
                note=line.note,
                part=line.in_part,
            )
            for line in draft.lines
        ],
        subtotal=money(draft.subtotal),
        discounted=money(draft.discounted),
        tax=money(draft.tax),
        total=money(draft.total),
        due=money(draft.due),
    )
