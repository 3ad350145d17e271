"""An invoice is voided: nothing of it remains, and the same may be billed again as its next revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from farthing.core.billing import bill_by_itself, draft_of, reckoned
from farthing.core.ids import id_of
from farthing.core.invoicing.combining import combine, together_id
from farthing.core.invoicing.credit_note import CreditKind, CreditNote
from farthing.core.invoicing.crediting import Why, credit, in_full
from farthing.core.invoicing.invoice import Draft, Invoice, LegalEntity
from farthing.core.invoicing.part import Part
from farthing.core.rating.line import Line, LineKind
from farthing.core.refused import Clash, Refused
from farthing.core.subscriptions.subscription import Moment, Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.billing_moments import billed_already, bills_so_far, measured_for
from farthing.usecases.credit_invoice import entity_of, keep_note, lock_invoice, standing_of
from farthing.usecases.late_usage import Carried, carried_lines, position_to_bill
from farthing.usecases.ports import SellerStore
from farthing.usecases.reckoning import reckon_by


def void_invoice(store: SellerStore, number_or_id: str | UUID, *, reason: str, by: str, now: datetime) -> CreditNote:
    """Void an invoice by a credit note of all that is left of it, whose transaction is the reversal.

    What payments paid of it is the customer's balance; grants and the uses of coupons return.
    """
    with store.transaction():
        invoice = lock_invoice(store, number_or_id)
        return _void(store, invoice, Why(CreditKind.CORRECTION, reason, by), now=now)


def reissue_invoice(
    store: SellerStore, number_or_id: str | UUID, *, now: datetime, reason: str | None = None, by: str = ""
) -> Invoice:
    """Bill what a voided invoice billed once more: today's usage, by what is agreed today, with today's coupons.

    With a `reason` an invoice that is not voided yet is voided first, in the same transaction.
    """
    with store.transaction():
        invoice = lock_invoice(store, number_or_id)  # Read.
        if invoice.draft.by_itself:
            raise Refused(f"{invoice.number} bills no subscription; write a new invoice for it.")
        subscriptions = store.lock_subscriptions(
            [one.subscription_id for one in invoice.draft.all_parts if one.subscription_id is not None]
        )
        if standing_of(store, invoice).voided_by is None:
            if reason is None:
                raise Refused(f"{invoice.number} is not voided; void it first, or say why it is to be.", field="reason")
            _void(store, invoice, Why(CreditKind.CORRECTION, reason, by), now=now)
        # It is the same legal entity's, in the language that the customer is written to in today.
        speaks = store.entity_of(invoice.draft.customer_id).language
        entity = replace(entity_of(store, invoice.entity_key), language=speaks)
        position = position_to_bill(store)
        carried = {
            customer_id: carried_lines(store, customer_id, in_currency=invoice.draft.currency, to_position=position)
            for customer_id in sorted({one.customer_id for one in invoice.draft.all_parts})
        }
        draft = _next_revision(store, invoice, subscriptions, carried, entity, to_position=position)  # Decide.
        issued = bill_by_itself(draft, entity=entity, series=store.lock_series(entity.key), now=now)
        store.keep_issued(issued)  # Write.
        store.write_notices(issued.notices, written_at=now)
        store.settle_late([customer_id for customer_id, late in carried.items() if late.all_of_it])
    return issued.invoice


def _void(store: SellerStore, invoice: Invoice, why: Why, *, now: datetime) -> CreditNote:
    standing = standing_of(store, invoice)
    asked = in_full(invoice, standing.notes)
    later = store.set_right_later(invoice.invoice_id)
    if later:
        raise Clash(
            f"{', '.join(later)} bills more of what {invoice.number} bills, or sets it right; void that first.",
            field="number",
        )
    note = credit(
        invoice,
        standing.notes,
        asked,
        why,
        allocated=standing.allocated,
        entity=entity_of(store, invoice.entity_key),
        series=store.lock_credit_note_series(invoice.entity_key),
        now=now,
        voids=True,
    )
    keep_note(store, invoice, note, now=now)
    adjusts = {
        invoice.draft.part_of(line).customer_id for line in invoice.draft.lines if line.kind is LineKind.ADJUSTMENT
    }
    for customer_id in sorted(adjusts):
        store.note_late(customer_id, now=now)
    return note


def _next_revision(
    store: SellerStore,
    invoice: Invoice,
    subscriptions: Sequence[Subscription],
    carried: Mapping[UUID, Carried],
    entity: LegalEntity,
    *,
    to_position: int,
) -> Draft:
    """The same moments once more, with what people wrote on it and what is carried of late usage today."""
    revision, first = invoice.draft.revision + 1, invoice.draft.all_parts[0]
    is_one = not invoice.draft.parts
    invoice_id = (
        id_of("invoice", first.subscription_id, first.at.isoformat(), revision)
        if is_one
        else together_id(first.subscription_id, first.at, revision)
    )
    already = store.invoice(invoice_id)
    if already is not None:
        raise Clash(f"{invoice.number} was billed again already: {already.number} is in its place.")
    known = {one.subscription_id: one for one in subscriptions}
    drafts: list[Draft] = []
    is_so_far = False
    for part in invoice.draft.all_parts:
        if part.subscription_id is None:
            continue
        agreement = agreement_of(store, known[part.subscription_id])
        moment = _moment_of(invoice, part, known[part.subscription_id])
        is_so_far = is_one and bills_so_far(moment)
        draft = draft_of(
            agreement,
            moment,
            measured_for(store, agreement, moment, to_position=to_position),
            store.fees_ahead(part.subscription_id, at=moment.at),
            billed_already(store, agreement, moment),
        )
        if not is_one:
            # What was written on a subscription's draft belongs to it.
            stays = [line for line in _staying(invoice) if invoice.draft.part_of(line) is part]
            draft = replace(draft, lines=(*draft.lines, *stays))
        drafts.append(draft)
    by = reckon_by(store, invoice.draft.customer_id, entity, so_far=is_so_far)
    if is_one:
        extra = (*(line for late in carried.values() for line in late.lines), *_staying(invoice))
        draft = replace(drafts[0], lines=(*drafts[0].lines, *extra))
    else:
        payer = store.customer(invoice.draft.customer_id)
        assert payer is not None, f"{invoice.number} has a customer"
        written = {customer_id: list(late.lines) for customer_id, late in carried.items()}
        for line in _staying(invoice):
            part = invoice.draft.part_of(line)
            if part.subscription_id is None:
                written.setdefault(part.customer_id, []).append(line)
        draft = combine(drafts, customer_id=payer.customer_id, in_zone=payer.in_zone, extra=written)
    draft = reckoned(draft, by)
    if not draft.lines:
        raise Refused(f"Nothing is to be billed in the place of {invoice.number}, by what is agreed today.")
    return replace(draft, invoice_id=invoice_id, revision=revision)


def _staying(invoice: Invoice) -> list[Line]:
    """What people wrote on it, which no price makes again."""
    return [line for line in invoice.draft.lines if line.kind is LineKind.ITEM]


def _moment_of(invoice: Invoice, part: Part, subscription: Subscription) -> Moment:
    at = part.at
    for moment in replace(subscription, billed_through=None).moments_due(through=at):
        if moment.at == at:
            return moment
    raise Refused(
        f"{invoice.number} was billed at {at:%Y-%m-%d %H:%M} UTC, which is no moment of the subscription's periods; "
        "write a new invoice for it."
    )
