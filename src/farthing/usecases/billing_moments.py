"""A moment of a subscription is drafted, waits where it must, and is issued with all that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from farthing.core.billing import Bill, ChargeKey, billed, drafted, measurements_wanted
from farthing.core.invoicing.invoice import Draft
from farthing.core.invoicing.pending import DraftState, Pending, edit_line
from farthing.core.invoicing.policy import LAST_COMPARED, LIVE, SANDBOX, BillingPolicy, reasons_to_hold
from farthing.core.parties import Mode, Seller
from farthing.core.rating.agreement import Agreement, due_lines
from farthing.core.rating.rate import Used, charge_id
from farthing.core.rating.slicing import BilledBefore, BilledSlice, billed_before
from farthing.core.subscriptions.subscription import Moment, Subscription
from farthing.usecases.agreed import agreement_of, currency_of
from farthing.usecases.late_usage import Carried, carried_lines
from farthing.usecases.ports import SellerStore
from farthing.usecases.reckoning import reckon_by


@dataclass(frozen=True, slots=True)
class Drafted:
    """A moment's draft in whole, with the draft that waits for it, if one does, and what it carries of late usage.

    The seller is with the legal entity that invoices the customer.
    """

    seller: Seller
    subscription: Subscription
    moment: Moment
    draft: Draft
    pending: Pending | None
    carried: Carried


def draft_moment(store: SellerStore, subscription: Subscription, moment: Moment, *, to_position: int) -> Drafted:
    """What a moment's invoice says up to a position; the subscription is locked."""
    agreement = agreement_of(store, subscription)
    in_currency = currency_of(agreement)
    seller = replace(store.seller(), entity=store.entity_of(subscription.customer_id))
    pending = store.pending_of(subscription.subscription_id, billed_at=moment.at)
    carried = carried_lines(store, subscription.customer_id, in_currency=in_currency, to_position=to_position)
    edits = () if pending is None else pending.edits
    zone = subscription.cycle.in_zone
    draft = drafted(
        agreement,
        moment,
        measured_for(store, agreement, moment, to_position=to_position),
        reckon_by=reckon_by(store, subscription.customer_id, seller.entity, so_far=bills_so_far(moment)),
        paid_ahead=store.fees_ahead(subscription.subscription_id, at=moment.at),
        billed_already=billed_already(store, agreement, moment),
        extra=(*carried.lines, *(edit_line(edit, at=moment.at, in_zone=zone) for edit in edits)),
    )
    return Drafted(seller, subscription, moment, draft, pending, carried)


def goes_out(store: SellerStore, this: Drafted, *, now: datetime) -> bool:
    """Whether it is issued now; where it is not, it is kept what it waits for."""
    if not this.draft.lines:
        return True
    policy = policy_of(store, this.seller)
    pending = this.pending
    if pending is None:
        pending = Pending(
            invoice_id=this.draft.invoice_id,
            subscription_id=this.subscription.subscription_id,
            billed_at=this.moment.at,
            opened_at=now,
            issue_at=this.moment.at + policy.grace,
            state=DraftState.WAITING,
        )
        if not pending.may_go(now=now):
            store.keep_pending(pending)
            return False
    if not pending.may_go(now=now):
        store.keep_pending(pending)
        return False
    reasons = reasons_to_wait(store, this.draft, policy)
    if reasons:
        store.keep_pending(replace(pending, state=DraftState.HELD, reasons=tuple(reasons)))
        return False
    return True


def issue_drafted(store: SellerStore, this: Drafted, *, run_id: UUID | None, now: datetime, by: str = "") -> Bill:
    """Issue it, and keep all that follows."""
    agreement = agreement_of(store, this.subscription)
    made = billed(
        this.draft,
        this.subscription,
        this.moment,
        ahead=store.paid_ahead(
            customer_id=this.subscription.customer_id,
            subscription_id=this.subscription.subscription_id,
            in_currency=currency_of(agreement),
            entity_key=this.seller.entity.key,
        ),
        entity=this.seller.entity,
        series=store.lock_series(this.seller.entity.key),
        now=now,
    )
    store.keep_bill(made, run_id=run_id)
    store.write_notices(made.notices, written_at=now)
    if this.pending is not None:
        store.end_pending(this.pending, by=by or "grace", at=now)
    if this.carried.all_of_it:
        store.settle_late([this.subscription.customer_id])
    return made


def policy_of(store: SellerStore, seller: Seller) -> BillingPolicy:
    """The policy that was set, or the one of its mode."""
    return store.billing_policy() or (LIVE if seller.mode is Mode.LIVE else SANDBOX)


def measured_for(
    store: SellerStore, agreement: Agreement, moment: Moment, *, to_position: int | None = None
) -> dict[ChargeKey, Used]:
    """What the prices in force measure in the period that ends, up to a position or to the last one.

    To be called in a transaction.
    """
    asked = measurements_wanted(agreement, moment)
    if not asked:
        return {}
    customer_id = agreement.subscription.customer_id
    to_position = store.last_position() if to_position is None else to_position
    return {
        charge: Used(
            this=store.measure(one.this, customer_id=customer_id, to_position=to_position),
            before=None
            if one.before is None
            else store.measure(one.before, customer_id=customer_id, to_position=to_position),
        )
        for charge, one in asked.items()
    }


def billed_already(store: SellerStore, agreement: Agreement, moment: Moment) -> dict[UUID, BilledBefore]:
    """What slices billed of the charges of a moment; to be called in a transaction."""
    return {charge: billed_before(slices) for charge, slices in slices_at(store, agreement, moment).items()}


def slices_at(store: SellerStore, agreement: Agreement, moment: Moment) -> dict[UUID, list[BilledSlice]]:
    """The slices that were billed of the charges of a moment, in order; to be called in a transaction."""
    return store.slices_of(metered_charges(agreement, moment))


def metered_charges(agreement: Agreement, moment: Moment) -> list[UUID]:
    """The charges of a moment that may be billed slice by slice."""
    subscription_id = agreement.subscription.subscription_id
    return [
        charge_id(subscription_id, item.price.key, segment)
        for item, segment, _ in due_lines(agreement, moment)
        if item.price.meter is not None
    ]


def bills_so_far(moment: Moment) -> bool:
    """Whether nothing ends or begins at a moment, and it only bills what has accrued."""
    return moment.so_far is not None and moment.begins is None


def reasons_to_wait(store: SellerStore, draft: Draft, policy: BillingPolicy) -> list[str]:
    """Why a person should look at a draft before it goes out, in words; none where it may go."""
    earlier = store.totals_before(draft.customer_id, draft.currency, limit=LAST_COMPARED)
    return reasons_to_hold(draft.total, earlier, policy)
