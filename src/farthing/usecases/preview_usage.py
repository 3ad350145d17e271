"""A preview of usage: what it would change on which draft and on which issued line, with nothing of it kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from farthing.core.billing import draft_of, preview_moment
from farthing.core.invoicing.invoice import Draft
from farthing.core.money import Money
from farthing.core.parties import Customer
from farthing.core.period import Period
from farthing.core.rating.line import Line
from farthing.core.subscriptions.subscription import Moment, Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.billing_moments import billed_already, measured_for
from farthing.usecases.joined import joined
from farthing.usecases.owed import owed_in
from farthing.usecases.ports import SellerStore


@dataclass(frozen=True, slots=True)
class Change:
    """One line before and after; None where there is none. `invoice` numbers an issued one, which stays as it is."""

    customer: Customer
    plan_key: str
    period: Period
    price_key: str
    name: str
    unit: str
    before: Line | None
    after: Line | None
    invoice: str | None = None

    @property
    def difference(self) -> Money:
        """What the line comes to more."""
        known = [line for line in (self.after, self.before) if line is not None]
        zero = known[0].amount - known[0].amount
        after, before = (zero if line is None else line.amount for line in (self.after, self.before))
        return after - before


MOST_PREVIEWED = 50_000


class _Undone(Exception):
    """Everything is taken back."""


def preview(store: SellerStore, act: Callable[[SellerStore], None], *, now: datetime) -> list[Change]:
    """The lines that come out otherwise when `act` has been done, by customer and period; nothing stays done.

    While it lasts, the seller's other usage waits to be accepted; so no more than `MOST_PREVIEWED` events are tried.
    """
    changes: list[Change] = []
    try:
        with store.transaction():
            store.hold_catalogue()
            store.hold_acceptance()
            before = store.last_position()
            act(joined(store))
            for customer_id in store.customers_since(before):
                customer = store.customer(customer_id)
                assert customer is not None, f"customer {customer_id} has usage"
                changes += _changes_of(store, customer, before=before, after=store.last_position(), now=now)
            raise _Undone
    except _Undone:
        return sorted(changes, key=lambda change: (change.customer.key, change.period.start, change.price_key))


def _changes_of(store: SellerStore, customer: Customer, *, before: int, after: int, now: datetime) -> Iterator[Change]:
    for subscription in store.subscriptions(customer_id=customer.customer_id):
        for moment in _unbilled(subscription, now=now):
            was, becomes = (_draft(store, subscription, moment, to_position=upto) for upto in (before, after))
            yield from _differences(customer, subscription.plan_key, was, becomes)
    plans = {
        subscription.subscription_id: subscription.plan_key
        for subscription in store.subscriptions(customer_id=customer.customer_id)
    }
    yield from _owed_changes(store, customer, plans, before=before, after=after)


def _owed_changes(
    store: SellerStore, customer: Customer, plans: dict[UUID, str], *, before: int, after: int
) -> Iterator[Change]:
    """Issued lines of which something else is owed afterwards."""
    owed = {
        upto: {
            (one.invoice.number, one.line_number): one for one in owed_in(store, customer=customer, to_position=upto)
        }
        for upto in (before, after)
    }
    for place in sorted(owed[before].keys() | owed[after].keys()):
        known = owed[after].get(place) or owed[before][place]
        was, becomes = (one.today if (one := owed[upto].get(place)) else known.line for upto in (before, after))
        if _said(was) != _said(becomes):
            yield Change(
                customer,
                plans[known.invoice.draft.part_of(known.rests_on).subscribed],
                known.line.period,
                known.line.price_key,
                known.line.name,
                known.line.unit,
                was,
                becomes,
                invoice=known.invoice.number,
            )


def _unbilled(subscription: Subscription, *, now: datetime) -> Iterator[Moment]:
    """The moments that are due and not billed yet, and the end of the period that runs."""
    due = list(subscription.moments_due(through=now))
    yield from due
    running = preview_moment(subscription, at=now)
    if running is not None and running not in due:
        yield running


def _draft(store: SellerStore, subscription: Subscription, moment: Moment, *, to_position: int) -> Draft:
    agreement = agreement_of(store, subscription)
    return draft_of(
        agreement,
        moment,
        measured_for(store, agreement, moment, to_position=to_position),
        billed_already=billed_already(store, agreement, moment),
    )


def _differences(customer: Customer, plan_key: str, was: Draft, becomes: Draft) -> Iterator[Change]:
    before, after = ({_place(line): line for line in draft.lines} for draft in (was, becomes))
    for place in [*after, *(place for place in before if place not in after)]:
        old, new = before.get(place), after.get(place)
        if _said(old) != _said(new):
            line = new or old
            assert line is not None, "a line is there before or after"
            yield Change(customer, plan_key, line.period, line.price_key, line.name, line.unit, old, new)


def _place(line: Line) -> Sequence[object]:
    return (line.price_key, line.period.start, line.kind, line.advance)


def _said(line: Line | None) -> Sequence[object] | None:
    return None if line is None else (line.quantity, line.amount)
