"""At a month's end all that was used and is not billed is accrued, once, and reversed on the first of the next."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from farthing.core.billing import draft_of, is_so_far, reckoned
from farthing.core.invoicing.invoice import Invoice, LegalEntity
from farthing.core.ledger.accrual import book_accrual
from farthing.core.ledger.month import Month
from farthing.core.money import Money, total, zero
from farthing.core.period import Period
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.slicing import BilledBefore, billed_before
from farthing.core.subscriptions.subscription import Moment, Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.billing_moments import measured_for, slices_at
from farthing.usecases.entities import entity_named
from farthing.usecases.ledger_ports import Accrued
from farthing.usecases.ports import SellerStore
from farthing.usecases.reckoning import reckon_by


def accrue_usage(store: SellerStore, month: Month, *, entity_key: str | None = None) -> int:
    """Accrue what each subscription used by the end of a month and was not billed by then; how many accruals.

    Each subscription in a transaction of its own. What was accrued already is not accrued again: only what it differs
    by from what is so today.
    """
    with store.transaction():
        entity = entity_named(store, entity_key)
        own = {one.customer_id for one in store.customers() if store.entity_of(one.customer_id).key == entity.key}
        subscriptions = [one for one in store.subscriptions() if one.customer_id in own]
    ends_at = month.end(in_zone=entity.in_zone)
    started = [one.subscription_id for one in subscriptions if one.starts_at < ends_at]
    return sum(_accrue(store, subscription_id, month, entity) for subscription_id in started)


def _accrue(store: SellerStore, subscription_id: UUID, month: Month, entity: LegalEntity) -> int:
    with store.transaction():
        subscription = store.lock_subscription(subscription_id)  # Read.
        assert subscription is not None, f"subscription {subscription_id} was there a moment ago"
        unbilled = _unbilled(store, subscription, month, entity)
        so_far = store.accrued(subscription_id, month).get(unbilled.currency, Accrued(zero(unbilled.currency), 0))
        missing = unbilled - so_far.amount  # Decide.
        if not missing:
            return 0
        store.keep_transactions(  # Write.
            list(
                book_accrual(
                    missing,
                    month,
                    customer_id=subscription.customer_id,
                    subscription_id=subscription_id,
                    number=so_far.times + 1,
                    entity_key=entity.key,
                )
            )
        )
    return 1


def _unbilled(store: SellerStore, subscription: Subscription, month: Month, entity: LegalEntity) -> Money:
    """What was charged in arrears for the time up to the month's end, on no invoice of that month or an earlier one.

    What was billed since is as it was billed. The rest is priced as if the subscription ended with the month.
    """
    ends_at = month.end(in_zone=entity.in_zone)
    agreement = agreement_of(store, subscription)
    since = [
        (invoice, number, part)
        for invoice in store.invoices_issued_after(month.last_day, subscription_id=subscription.subscription_id)
        if not invoice.draft.revision  # What was billed again was billed before.
        for number, part in enumerate(invoice.draft.all_parts, start=1)
        if part.subscription_id == subscription.subscription_id
    ]
    issued_since = {invoice.invoice_id for invoice, _, _ in since}
    later = {part.at: (invoice, number) for invoice, number, part in since if not is_so_far(part)}
    amounts: list[Money] = []
    for period in _periods_until(subscription, ends_at):
        if period.end in later and period.end <= ends_at:
            # Slices of the period may have been billed after the month, and before the period's own invoice.
            slices = [(invoice, number) for invoice, number, part in since if is_so_far(part) and part.at in period]
            amounts += [_in_arrears(*one, ends_at) for one in (later[period.end], *slices)]
        elif period.end in later or not _is_billed(subscription, period):
            cut = Period(period.start, min(period.end, ends_at))
            moment = Moment(cut.end, ended=cut, begins=None)
            draft = draft_of(
                agreement,
                moment,
                measured_for(store, agreement, moment),
                billed_already=_billed_within(store, agreement, moment, but=issued_since),
            )
            amounts.append(reckoned(draft, reckon_by(store, subscription.customer_id, entity)).net)
    return total(amounts, in_currency=agreement.plan_at(subscription.starts_at).currency)


def _billed_within(
    store: SellerStore, agreement: Agreement, moment: Moment, *, but: Collection[UUID]
) -> dict[UUID, BilledBefore]:
    """What slices billed of the charges of a moment, but for what these invoices did."""
    kept = {
        charge: [each for each in slices if each.line.invoice_id not in but]
        for charge, slices in slices_at(store, agreement, moment).items()
    }
    return {charge: billed_before(slices) for charge, slices in kept.items() if slices}


def _periods_until(subscription: Subscription, ends_at: datetime) -> Iterator[Period]:
    for period in subscription.periods():
        if period.start >= ends_at:
            return
        yield period


def _is_billed(subscription: Subscription, period: Period) -> bool:
    return subscription.billed_through is not None and period.end <= subscription.billed_through


def _in_arrears(invoice: Invoice, in_part: int, ends_at: datetime) -> Money:
    draft = invoice.draft
    behind = [
        net
        for line, net in zip(draft.lines, draft.line_nets, strict=True)
        if line.in_part == in_part and not line.advance and line.period.start < ends_at
    ]
    return total(behind, in_currency=draft.currency)
