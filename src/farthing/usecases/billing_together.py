"""Several moments are drafted as one invoice, wait where they must, and are issued with all that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from farthing.core.billing import Bill, DueMoment, billed_together, draft_of, reckoned
from farthing.core.invoicing.combining import combine
from farthing.core.invoicing.invoice import Draft
from farthing.core.invoicing.pending import DraftState, Pending, edit_line
from farthing.core.invoicing.policy import BillingPolicy
from farthing.core.parties import Customer, Seller
from farthing.core.rating.line import Line
from farthing.core.subscriptions.subscription import Moment, Subscription
from farthing.usecases.agreed import agreements_of
from farthing.usecases.billing_moments import billed_already, bills_so_far, measured_for, reasons_to_wait
from farthing.usecases.late_usage import Carried, carried_lines
from farthing.usecases.ports import SellerStore
from farthing.usecases.reckoning import reckon_by


@dataclass(frozen=True, slots=True)
class Due:
    """A moment of a subscription that is locked; those of one subscription follow each other."""

    subscription: Subscription
    moment: Moment

    @property
    def named(self) -> tuple[UUID, datetime]:
        """Which one it is."""
        return self.subscription.subscription_id, self.moment.at


@dataclass(frozen=True, slots=True)
class DraftedTogether:
    """Moments' draft in whole, who gets it, the draft that waits, if one does, and what it carries of late usage."""

    seller: Seller
    customer: Customer
    due: tuple[Due, ...]
    draft: Draft
    pending: Pending | None
    carried: dict[UUID, Carried]


def draft_together(
    store: SellerStore, customer: Customer, due: Sequence[Due], *, pending: Pending | None, to_position: int
) -> DraftedTogether:
    """What the moments' invoice says up to a position; their subscriptions are locked."""
    agreements = agreements_of(store, [one.subscription for one in due])
    seller = replace(store.seller(), entity=store.entity_of(customer.customer_id))
    drafts = [
        draft_of(
            agreement,
            one.moment,
            measured_for(store, agreement, one.moment, to_position=to_position),
            store.fees_ahead(one.subscription.subscription_id, at=one.moment.at),
            billed_already(store, agreement, one.moment),
        )
        for one in due
        for agreement in [agreements[one.subscription.subscription_id]]
    ]
    in_currency = drafts[0].currency
    carried = {
        customer_id: carried_lines(store, customer_id, in_currency=in_currency, to_position=to_position)
        for customer_id in sorted({customer.customer_id, *(one.subscription.customer_id for one in due)})
    }
    extra: dict[UUID, Sequence[Line]] = {customer_id: late.lines for customer_id, late in carried.items()}
    if pending is not None:
        at = max(one.moment.at for one in due)
        edits = [edit_line(edit, at=at, in_zone=customer.in_zone) for edit in pending.edits]
        extra[customer.customer_id] = [*extra[customer.customer_id], *edits]
    draft = combine(drafts, customer_id=customer.customer_id, in_zone=customer.in_zone, extra=extra)
    if pending is not None:
        draft = replace(draft, invoice_id=pending.invoice_id)
    so_far = all(bills_so_far(one.moment) for one in due)
    draft = reckoned(draft, reckon_by(store, customer.customer_id, seller.entity, so_far=so_far))
    return DraftedTogether(seller, customer, tuple(due), draft, pending, carried)


def goes_out_together(store: SellerStore, this: DraftedTogether, policy: BillingPolicy, *, now: datetime) -> bool:
    """Whether it is issued now; where it is not, it is kept what it waits for."""
    if not this.draft.lines:
        return True
    last = max(one.moment.at for one in this.due)
    pending = this.pending or Pending(
        invoice_id=this.draft.invoice_id,
        subscription_id=None,
        billed_at=last,
        opened_at=now,
        issue_at=last + policy.grace,
        state=DraftState.WAITING,
        customer_id=this.customer.customer_id,
        parts=tuple(one.named for one in this.due),
    )
    if pending.may_go(now=now):
        reasons = reasons_to_wait(store, this.draft, policy)
        if not reasons:
            return True
        pending = replace(pending, state=DraftState.HELD, reasons=tuple(reasons))
    store.keep_pending(pending)
    return False


def issue_together(
    store: SellerStore, this: DraftedTogether, *, run_id: UUID | None, now: datetime, by: str = ""
) -> Bill:
    """Issue it, and keep all that follows."""
    customer_id, entity = this.customer.customer_id, this.seller.entity
    ahead = {
        subscription_id: store.paid_ahead(
            customer_id=customer_id,
            subscription_id=subscription_id,
            in_currency=this.draft.currency,
            entity_key=entity.key,
        )
        for subscription_id in dict.fromkeys(one.subscription.subscription_id for one in this.due)
    }
    made = billed_together(
        this.draft,
        [DueMoment(one.subscription, one.moment, ahead[one.subscription.subscription_id]) for one in this.due],
        entity=entity,
        series=store.lock_series(entity.key),
        now=now,
    )
    store.keep_bill(made, run_id=run_id)
    store.write_notices(made.notices, written_at=now)
    if this.pending is not None:
        store.end_pending(this.pending, by=by or "grace", at=now)
    store.settle_late([one for one, late in this.carried.items() if late.all_of_it])
    return made


def due_of(pending: Pending, subscriptions: Sequence[Subscription]) -> list[Due]:
    """The moments of a draft that its subscriptions, which are locked, still have to bill next, in its order.

    Where a subscription was changed since, its moment may be gone; the others stay.
    """
    known = {one.subscription_id: one for one in subscriptions}
    next_of = {
        subscription_id: one.moments_due(through=max(at for _, at in pending.parts))
        for subscription_id, one in known.items()
    }
    due: list[Due] = []
    left: set[UUID] = set()
    for subscription_id, at in pending.parts:
        moment = None if subscription_id in left else next(next_of[subscription_id], None)
        if moment is None or moment.at != at:
            left.add(subscription_id)
        else:
            due.append(Due(known[subscription_id], moment))
    return due
