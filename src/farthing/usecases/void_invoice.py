"""An invoice is voided: nothing of it remains, and the same may be billed again as its next revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from farthing.core.billing import bill_by_itself, drafted
from farthing.core.ids import id_of
from farthing.core.invoicing.credit_note import CreditKind, CreditNote
from farthing.core.invoicing.crediting import Why, credit, in_full
from farthing.core.invoicing.invoice import Draft, Invoice, LegalEntity
from farthing.core.rating.line import Line, LineKind
from farthing.core.refused import Clash, Refused
from farthing.core.subscriptions.subscription import Moment, Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.billing_moments import billed_already, bills_so_far, measured_for
from farthing.usecases.credit_invoice import entity_of, keep_note, lock_invoice, standing_of
from farthing.usecases.late_usage import carried_lines, position_to_bill
from farthing.usecases.ports import SellerStore
from farthing.usecases.reckoning import reckon_by

# What people wrote, and what is given back of fees paid ahead, no price makes again.
_STAY = (LineKind.ITEM, LineKind.UNUSED)


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
        if invoice.draft.subscription_id is None:
            raise Refused(f"{invoice.number} bills no subscription; write a new invoice for it.")
        subscription = store.lock_subscription(invoice.draft.subscribed)
        assert subscription is not None, f"{invoice.number} bills a subscription"
        if standing_of(store, invoice).voided_by is None:
            if reason is None:
                raise Refused(f"{invoice.number} is not voided; void it first, or say why it is to be.", field="reason")
            _void(store, invoice, Why(CreditKind.CORRECTION, reason, by), now=now)
        entity = entity_of(store, invoice.entity_key)
        position = position_to_bill(store)
        carried = carried_lines(
            store, subscription.customer_id, in_currency=invoice.draft.currency, to_position=position
        )
        draft = _next_revision(store, invoice, subscription, carried.lines, entity, to_position=position)  # Decide.
        issued = bill_by_itself(draft, entity=entity, series=store.lock_series(entity.key), now=now)
        store.keep_issued(issued)  # Write.
        store.write_notices(issued.notices, written_at=now)
        if carried.all_of_it:
            store.settle_late([subscription.customer_id])
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
    if any(line.kind is LineKind.ADJUSTMENT for line in invoice.draft.lines):
        store.note_late(invoice.draft.customer_id, now=now)
    return note


def _next_revision(
    store: SellerStore,
    invoice: Invoice,
    subscription: Subscription,
    carried: Sequence[Line],
    entity: LegalEntity,
    *,
    to_position: int,
) -> Draft:
    """The same moment once more, with what people wrote on it and what is carried of late usage today."""
    revision = invoice.draft.revision + 1
    invoice_id = id_of("invoice", subscription.subscription_id, invoice.draft.at.isoformat(), revision)
    already = store.invoice(invoice_id)
    if already is not None:
        raise Clash(f"{invoice.number} was billed again already: {already.number} is in its place.")
    agreement = agreement_of(store, subscription)
    moment = _moment_of(invoice, subscription)
    draft = drafted(
        agreement,
        moment,
        measured_for(store, agreement, moment, to_position=to_position),
        reckon_by=reckon_by(store, subscription.customer_id, entity, so_far=bills_so_far(moment)),
        billed_already=billed_already(store, agreement, moment),
        extra=(*carried, *(line for line in invoice.draft.lines if line.kind in _STAY)),
    )
    if not draft.lines:
        raise Refused(f"Nothing is to be billed in the place of {invoice.number}, by what is agreed today.")
    return replace(draft, invoice_id=invoice_id, revision=revision)


def _moment_of(invoice: Invoice, subscription: Subscription) -> Moment:
    at = invoice.draft.at
    for moment in replace(subscription, billed_through=None).moments_due(through=at):
        if moment.at == at:
            return moment
    raise Refused(
        f"{invoice.number} was billed at {at:%Y-%m-%d %H:%M} UTC, which is no moment of the subscription's periods; "
        "write a new invoice for it."
    )
