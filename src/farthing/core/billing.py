"""The front door of billing: a subscription, its plan and what was measured go in; all that follows comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.invoice import RULES_VERSION, Draft, Invoice, LegalEntity, Series, issue
from farthing.core.invoicing.postings import book_invoice, book_release
from farthing.core.ledger.transaction import Transaction
from farthing.core.metering.meter import Measurement
from farthing.core.money import Money
from farthing.core.notices import InvoiceIssued
from farthing.core.period import ZONE_DATABASE_VERSION, Period, local_date
from farthing.core.pricing.plan import Plan, Timing
from farthing.core.pricing.terms import plan_from, plan_terms
from farthing.core.rating.line import Line
from farthing.core.rating.rate import rate_fee, rate_usage
from farthing.core.subscriptions.subscription import Moment, Subscription


@dataclass(frozen=True, slots=True)
class Bill:
    """All that follows from billing one moment; there is no invoice when there was nothing to charge."""

    subscription: Subscription
    invoice: Invoice | None
    transactions: tuple[Transaction, ...]
    notices: tuple[InvoiceIssued, ...]


def bill(
    subscription: Subscription,
    plan: Plan,
    moment: Moment,
    measured: Mapping[str, Measurement],
    *,
    deferred: Money,
    entity: LegalEntity,
    series: Series,
    now: datetime,
) -> Bill:
    """Bill one moment: what ended is charged in arrears, what begins in advance; fees paid ahead become revenue.

    `measured` holds the measurement of each metered price by the price's key; `deferred` is what the
    subscription paid ahead and has not been released yet. The same inputs give the same bill (INV-15).
    """
    draft = draft_of(subscription, plan, moment, measured)
    transactions: list[Transaction] = []
    if deferred and moment.ended is not None:
        transactions.append(_release(subscription, moment, deferred, entity))
    invoice = None
    if draft.lines:
        invoice = issue(draft, entity, series, now=now)
        transactions.append(book_invoice(invoice))
    return Bill(
        subscription=replace(subscription, billed_through=moment.at),
        invoice=invoice,
        transactions=tuple(transactions),
        notices=() if invoice is None else (InvoiceIssued(invoice.invoice_id, subscription.customer_id),),
    )


def draft_of(subscription: Subscription, plan: Plan, moment: Moment, measured: Mapping[str, Measurement]) -> Draft:
    """What the moment's invoice would say; also the preview of a period that still runs."""
    lines: list[Line] = []
    for price in plan.prices:
        if price.meter is not None and moment.ended is not None:
            lines.append(rate_usage(price, measured[price.key], subscription, in_currency=plan.currency))
        elif price.meter is None:
            period = moment.begins if price.timing is Timing.ADVANCE else moment.ended
            if period is not None:
                lines.append(rate_fee(price, period, subscription.cycle, in_currency=plan.currency))
    return Draft(
        invoice_id=id_of("invoice", subscription.subscription_id, moment.at.isoformat(), 0),
        customer_id=subscription.customer_id,
        subscription_id=subscription.subscription_id,
        currency=plan.currency,
        at=moment.at,
        lines=tuple(lines),
        frozen=frozen_terms(subscription, plan),
    )


def frozen_terms(subscription: Subscription, plan: Plan) -> dict[str, Any]:
    """Everything an invoice rests on beside its events, as plain data."""
    return {
        "rules_version": RULES_VERSION,
        "zone": subscription.cycle.in_zone,
        "zone_database": ZONE_DATABASE_VERSION,
        "anchor_day": subscription.cycle.anchor_day,
        "plan_key": plan.key,
        "plan_version": plan.version,
        "plan": plan_terms(plan),
    }


def frozen_plan(draft: Draft) -> Plan:
    """The plan version as the document froze it."""
    frozen = draft.frozen
    return plan_from(frozen["plan_key"], frozen["plan"], version=frozen["plan_version"])


def preview_moment(subscription: Subscription, *, at: datetime) -> Moment | None:
    """The running period as if it ended as planned: what its invoice will charge in arrears."""
    period: Period | None = subscription.period_at(at)
    return None if period is None else Moment(period.end, ended=period, begins=subscription.period_at(period.end))


def _release(subscription: Subscription, moment: Moment, deferred: Money, entity: LegalEntity) -> Transaction:
    about: UUID = id_of("release", subscription.subscription_id, moment.at.isoformat())
    return book_release(
        deferred,
        customer_id=subscription.customer_id,
        subscription_id=subscription.subscription_id,
        about=about,
        booked_on=local_date(moment.at, in_zone=entity.in_zone),
    )
