"""Drafts are looked at, held, edited and approved; approving one freezes its position and issues it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from farthing.core.invoicing.customer_billing import CustomerBilling
from farthing.core.invoicing.invoice import Draft, Invoice
from farthing.core.invoicing.pending import DraftState, Edit, Pending, fingerprint
from farthing.core.invoicing.policy import BillingPolicy
from farthing.core.metering.event import is_text
from farthing.core.money import Money
from farthing.core.parties import Customer
from farthing.core.refused import Clash, Refused, Unknown
from farthing.core.saying import message
from farthing.core.subscriptions.subscription import Moment, Subscription
from farthing.usecases.billing_moments import Drafted, draft_moment, issue_drafted, policy_of
from farthing.usecases.billing_together import DraftedTogether, draft_together, due_of, issue_together
from farthing.usecases.customers import find_customer
from farthing.usecases.late_usage import position_to_bill
from farthing.usecases.ports import SellerStore

_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft that waits, as it stands: up to which position, and the fingerprint of what it says.

    What bills several moments has no one subscription.
    """

    customer: Customer
    subscription: Subscription | None
    pending: Pending
    draft: Draft
    position: int

    @property
    def fingerprint(self) -> str:
        """What an approval of just this carries."""
        return fingerprint(self.draft)


def list_drafts(store: SellerStore) -> list[DraftView]:
    """Those that are held first, then by how much is on them; none is changed by looking."""
    with store.transaction():
        waiting = store.all_pending()
    known = []
    for pending in waiting:
        # Each in a transaction of its own: who looks at many keeps nobody from billing them.
        with store.transaction():
            view = _view(store, pending)
        if view is not None:
            known.append(view)
    return sorted(
        known,
        key=lambda view: (
            view.pending.state is not DraftState.HELD,
            -abs(view.draft.total.amount),
            view.customer.key,
            view.draft.at,
        ),
    )


def show_draft(store: SellerStore, invoice_id: UUID) -> DraftView:
    """One that waits."""
    with store.transaction():
        return _found(store, invoice_id)


def hold_draft(store: SellerStore, invoice_id: UUID, *, why: str, by: str) -> DraftView:
    """Keep it from going out until somebody approves it; held already is as good."""
    _check_text(why, "why", "Say why it is held, in a few words.")
    with store.transaction():
        view = _found(store, invoice_id)
        reason = f"{why} ({by})"
        if reason not in view.pending.reasons:
            reasons = (*view.pending.reasons, reason)
            store.keep_pending(replace(view.pending, state=DraftState.HELD, reasons=reasons))
        return _found(store, invoice_id)


def edit_draft(
    store: SellerStore, invoice_id: UUID, *, name: str, amount: Money, why: str, by: str, now: datetime
) -> DraftView:
    """Put an amount on it, below zero to take something off; it is a line of its own and overwrites nothing."""
    _check_text(name, "name", "Name the line, such as Setup.")
    _check_text(why, "why", "Say why, in a few words; the customer reads it.")
    with store.transaction():
        view = _found(store, invoice_id)
        if amount.currency != view.draft.currency:
            raise Refused(f"The draft is in {view.draft.currency}; give the amount in it.", field="amount")
        if (view.draft.subtotal + amount).minor < 0:
            raise Refused(
                f"With {amount} it would come to less than nothing; a customer is given money back by a credit note.",
                field="amount",
            )
        number = max((edit.number for edit in view.pending.edits), default=0) + 1
        store.keep_edit(invoice_id, Edit(number, name, amount, why, by, now))
        return _found(store, invoice_id)


def approve_draft(
    store: SellerStore,
    invoice_id: UUID,
    *,
    by: str,
    now: datetime,
    seen: str | None = None,
    position: int | None = None,
    unless_held: bool = False,
) -> Invoice:
    """Issue it as it was seen: up to that position, and only if it says what it said then.

    With `unless_held` one that somebody holds by now is refused too. The same again is answered with the invoice. Usage
    that is accepted after the position is an adjustment later.
    """
    with store.transaction():
        pending = store.pending(invoice_id)  # Read.
        subscriptions = [] if pending is None else _lock(store, pending)
        pending = store.pending(invoice_id)
        if pending is None or not subscriptions:
            issued = store.invoice(invoice_id)
            if issued is None:
                raise _unknown(invoice_id)
            return issued
        if unless_held and pending.state is DraftState.HELD:
            raise Clash(message("The draft is held by now; look at it by itself."), field="draft")
        last = position_to_bill(store)
        if position is not None and not 0 <= position <= last:
            raise Refused(f"Positions go up to {last}; give the one that the draft shows.", field="position")
        this = _drafted(store, subscriptions, pending, to_position=last if position is None else position)  # Decide.
        if seen is not None and seen != fingerprint(this.draft):
            raise Clash(
                message("The draft has changed since you saw it, and comes to {amount} by now; look at it again."),
                field="seen",
                amount=this.draft.total,
            )
        if isinstance(this, DraftedTogether):
            made = issue_together(store, this, run_id=None, now=now, by=by)  # Write.
        else:
            made = issue_drafted(store, this, run_id=None, now=now, by=by)
        if position is not None and position < last:
            # What was accepted since may have been looked at already, while its period was open.
            for customer_id in sorted({one.customer_id for one in subscriptions}):
                store.note_late(customer_id, now=now)
    assert made.invoice is not None, f"draft {invoice_id} has lines"
    return made.invoice


def set_policy(store: SellerStore, policy: BillingPolicy, *, by: str, now: datetime) -> None:
    """From now on drafts wait and are held by this."""
    with store.transaction():
        if policy_of(store, store.seller()) != policy:
            store.keep_billing_policy(policy, set_at=now, set_by=by)


def show_policy(store: SellerStore) -> BillingPolicy:
    """By what drafts wait and are held."""
    with store.transaction():
        return policy_of(store, store.seller())


def set_customer_billing(
    store: SellerStore, *, customer_key: str, together: bool | None, by: str, now: datetime
) -> CustomerBilling:
    """From now on what is due of this customer on a day is one invoice, or is not; None for as the policy has it."""
    wanted = CustomerBilling(together=together)
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)
        store.lock_customer(customer.customer_id)
        if store.customer_billing(customer.customer_id) != wanted:
            store.keep_customer_billing(customer.customer_id, wanted, set_at=now, set_by=by)
    return wanted


def _found(store: SellerStore, invoice_id: UUID) -> DraftView:
    pending = store.pending(invoice_id)
    view = None if pending is None else _view(store, pending)
    if view is None:
        raise _unknown(invoice_id)
    return view


def _view(store: SellerStore, pending: Pending) -> DraftView | None:
    subscriptions = _lock(store, pending)
    if not subscriptions or store.pending(pending.invoice_id) is None:
        return None
    position = store.last_position()
    this = _drafted(store, subscriptions, pending, to_position=position)
    customer = store.customer(this.draft.customer_id)
    assert customer is not None, f"draft {pending.invoice_id} is for somebody"
    only = None if isinstance(this, DraftedTogether) else this.subscription
    return DraftView(customer, only, pending, this.draft, position)


def _lock(store: SellerStore, pending: Pending) -> list[Subscription]:
    """The subscriptions that a draft bills, held; who gets it is held first, as when it is billed."""
    if pending.customer_id is not None:
        store.lock_customer(pending.customer_id)
    return store.lock_subscriptions([subscription_id for subscription_id, _ in pending.moments])


def _drafted(
    store: SellerStore, subscriptions: Sequence[Subscription], pending: Pending, *, to_position: int
) -> Drafted | DraftedTogether:
    if pending.customer_id is None:
        (subscription,) = subscriptions
        moment = _moment(subscription, pending)
        return draft_moment(store, subscription, moment, to_position=to_position)
    customer, due = store.customer(pending.customer_id), due_of(pending, subscriptions)
    assert customer is not None, f"draft {pending.invoice_id} is for somebody"
    if not due:
        raise Clash(message("Nothing of this draft is to be billed any more; what it was for has changed."))
    return draft_together(store, customer, due, pending=pending, to_position=to_position)


def _moment(subscription: Subscription, pending: Pending) -> Moment:
    moment = next(subscription.moments_due(through=pending.billed_at), None)
    if moment is None or moment.at != pending.billed_at:
        if moment is None:
            raise Clash(message("This draft is not the next of its subscription."))
        said = message("This draft is not the next of its subscription. The one of {day} comes first.")
        raise Clash(said, day=f"{moment.at:%Y-%m-%d}")
    return moment


def _check_text(text: str, field: str, sentence: str) -> None:
    if not text.strip() or len(text) > _LONGEST_TEXT or not is_text(text):
        raise Refused(sentence, field=field)


def _unknown(invoice_id: UUID) -> Unknown:
    return Unknown(message("There is no draft {id} that waits; see the list of drafts."), field="draft", id=invoice_id)
