"""The front door of billing: what was agreed and what was measured go in; all that follows comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from farthing.core.cycle_terms import cycle_from, cycle_terms
from farthing.core.ids import id_of
from farthing.core.invoicing.invoice import RULES_VERSION, Draft, Invoice, LegalEntity, Series, issue
from farthing.core.invoicing.part import Part
from farthing.core.invoicing.postings import book_invoice, book_releases
from farthing.core.invoicing.reckoning import AS_IT_IS, Charged, ReckonBy, discounted_amounts
from farthing.core.ledger.deferral import PaidAhead
from farthing.core.ledger.transaction import Transaction
from farthing.core.metering.filter import Filter
from farthing.core.metering.meter import Measurement, Reading
from farthing.core.money import Money
from farthing.core.notices import InvoiceIssued
from farthing.core.period import ZONE_DATABASE_VERSION, Cycle, Period, local_date
from farthing.core.pricing.plan import Accumulate, Plan, Price
from farthing.core.pricing.terms import addon_from, addon_terms, plan_from, plan_terms
from farthing.core.rating.agreement import Agreement, InForce, add_on_price_key, due_lines, events_of
from farthing.core.rating.line import Line, LineKind, Origin
from farthing.core.rating.rate import Used, Wanted, charge_id, rate_commitments, rate_fee, rate_usage, wanted
from farthing.core.rating.slicing import BilledBefore, rest_of, without_minimum
from farthing.core.rating.unused import FeePaidAhead, unused_of
from farthing.core.subscriptions.subscription import Moment, Subscription

# A price of an agreement on a stretch of time: its key, and where the stretch begins.
ChargeKey = tuple[str, datetime]

NO_SLICES: Mapping[UUID, BilledBefore] = {}

# Said on a line of usage: a pause stops fees, and what is used in it is billed all the same.
USED_IN_A_PAUSE = "Used while the subscription was paused."


@dataclass(frozen=True, slots=True)
class DueMoment:
    """A moment that a draft bills, of a subscription that paid so much ahead."""

    subscription: Subscription
    moment: Moment
    ahead: PaidAhead


@dataclass(frozen=True, slots=True)
class Bill:
    """All that follows from billing moments; there is no invoice when there was nothing to charge.

    The subscriptions are as they stand afterwards, each once.
    """

    subscriptions: tuple[Subscription, ...]
    invoice: Invoice | None
    transactions: tuple[Transaction, ...]
    notices: tuple[InvoiceIssued, ...]

    @property
    def subscription(self) -> Subscription:
        """The subscription, of a bill of one."""
        (subscription,) = self.subscriptions
        return subscription


@dataclass(frozen=True, slots=True)
class Issued:
    """All that follows from an invoice that moves no subscription on."""

    invoice: Invoice
    transactions: tuple[Transaction, ...]
    notices: tuple[InvoiceIssued, ...]


def bill(
    agreement: Agreement,
    moment: Moment,
    measured: Mapping[ChargeKey, Used],
    *,
    ahead: PaidAhead,
    entity: LegalEntity,
    series: Series,
    now: datetime,
    reckon_by: ReckonBy = AS_IT_IS,
    paid_ahead: Sequence[FeePaidAhead] = (),
) -> Bill:
    """Bill one moment: what ended is charged in arrears, what begins in advance; what is earned becomes revenue.

    `measured` answers what `measurements_wanted` asks for; `ahead` is what the subscription paid ahead and what was
    released of it; `paid_ahead` are the fees whose time is not over at the moment, and of which nothing was given back;
    `reckon_by` are the customer's coupons, taxes and credits. The same inputs give the same bill (INV-15).
    """
    draft = drafted(agreement, moment, measured, reckon_by=reckon_by, paid_ahead=paid_ahead)
    return billed(draft, agreement.subscription, moment, ahead=ahead, entity=entity, series=series, now=now)


def drafted(
    agreement: Agreement,
    moment: Moment,
    measured: Mapping[ChargeKey, Used],
    *,
    reckon_by: ReckonBy = AS_IT_IS,
    extra: Sequence[Line] = (),
    paid_ahead: Sequence[FeePaidAhead] = (),
    billed_already: Mapping[UUID, BilledBefore] = NO_SLICES,
) -> Draft:
    """A moment's invoice in whole; `extra` are adjustments of issued invoices, and what people wrote on it.

    `paid_ahead` are the fees whose time is not over at the moment, and of which nothing was given back;
    `billed_already` is what slices billed of its charges.
    """
    draft = draft_of(agreement, moment, measured, paid_ahead, billed_already)
    return reckoned(replace(draft, lines=(*draft.lines, *extra)), reckon_by)


def billed(
    draft: Draft,
    subscription: Subscription,
    moment: Moment,
    *,
    ahead: PaidAhead,
    entity: LegalEntity,
    series: Series,
    now: datetime,
) -> Bill:
    """All that follows from issuing a moment's draft."""
    return billed_together(draft, [DueMoment(subscription, moment, ahead)], entity=entity, series=series, now=now)


def billed_together(
    draft: Draft, due: Sequence[DueMoment], *, entity: LegalEntity, series: Series, now: datetime
) -> Bill:
    """All that follows from issuing a draft of these moments, of which those of one subscription follow each other."""
    as_of = local_date(now, in_zone=entity.in_zone)
    known = {one.subscription.subscription_id: one for one in due}
    transactions = [
        booked
        for subscription_id, one in known.items()
        for booked in book_releases(
            one.ahead,
            customer_id=draft.customer_id,
            subscription_id=subscription_id,
            entity_key=entity.key,
            as_of=as_of,
        )
    ]
    invoice = None
    if draft.lines:
        invoice = issue(draft, entity, series, now=now)
        transactions.append(book_invoice(invoice))
    return Bill(
        # Of several moments of one subscription the last one counts.
        subscriptions=tuple(replace(one.subscription, billed_through=one.moment.at) for one in known.values()),
        invoice=invoice,
        transactions=tuple(transactions),
        notices=() if invoice is None else (InvoiceIssued(invoice.invoice_id, draft.customer_id),),
    )


def bill_by_itself(draft: Draft, *, entity: LegalEntity, series: Series, now: datetime) -> Issued:
    """Issue a draft that bills no moment of a subscription."""
    invoice = issue(draft, entity, series, now=now)
    return Issued(invoice, (book_invoice(invoice),), (InvoiceIssued(invoice.invoice_id, draft.customer_id),))


def reckoned(draft: Draft, by: ReckonBy) -> Draft:
    """The draft with discounts, taxes and credits, in place of those it had."""
    asked = by.coupons is not None or by.promotional is not None or by.prepaid is not None
    of = charged_for(draft) if asked else ()
    reckoning = by.reckon(draft.lines, at=draft.at, in_currency=draft.currency, of=of)
    frozen = draft.frozen if by.taxes is None else {**draft.frozen, "tax": dict(by.taxes.frozen)}
    return replace(draft, frozen=frozen, reckoning=reckoning)


def charged_for(draft: Draft) -> tuple[Charged, ...]:
    """What each line of a draft is charged for, as the draft froze it."""
    prices, parts = FrozenPrices(draft), draft.all_parts
    cycles = [None if part.subscription_id is None else frozen_cycle(part) for part in parts]
    charged: list[Charged] = []
    for line in draft.lines:
        part, cycle = parts[line.in_part - 1], cycles[line.in_part - 1]
        if part.subscription_id is None:
            charged.append(Charged())
            continue
        starts_at = part.frozen.get("starts_at")
        # What a person wrote on it is no part of the plan.
        plan_key = None if line.kind is LineKind.ITEM else part.frozen.get("plan_key")
        of = Charged(part.subscription_id, plan_key, cycle=cycle, customer_id=part.customer_id)
        frozen = prices.of(line)
        if frozen is not None:
            since = frozen.since or starts_at
            since_at = line.period.start if since is None else datetime.fromisoformat(since)
            of = replace(of, price=frozen.price, where=frozen.where, since=since_at)
        charged.append(of)
    return tuple(charged)


def measurements_wanted(agreement: Agreement, moment: Moment) -> dict[ChargeKey, Wanted]:
    """What has to be measured before a moment can be billed."""
    return {
        (item.price.key, segment.start): _wanted(item, segment, agreement.subscription)
        for item, segment, _ in due_lines(agreement, moment)
        if item.price.meter is not None
    }


def draft_of(
    agreement: Agreement,
    moment: Moment,
    measured: Mapping[ChargeKey, Used],
    paid_ahead: Sequence[FeePaidAhead] = (),
    billed_already: Mapping[UUID, BilledBefore] = NO_SLICES,
) -> Draft:
    """What the moment's invoice would say; also the preview of a period that still runs.

    What is not used of fees that were paid ahead stands first, then what is charged. Of usage that slices billed
    already the rest is charged; where the period still runs, a rest that is not above zero waits for the next slice.
    """
    subscription = agreement.subscription
    currency = agreement.plan_at(moment.at if moment.ended is None else moment.ended.start).currency
    cycle = subscription.cycle
    unused = (unused_of(agreement, paid, at=moment.at) for paid in paid_ahead)
    lines: list[Line] = [line for line in unused if line is not None]
    whole = list(lines)
    for item, segment, advance in due_lines(agreement, moment):
        if item.price.meter is None:
            fee = rate_fee(item.price, segment, cycle, in_currency=currency, number=item.number, advance=advance)
            lines.append(fee)
            whole.append(fee)
            continue
        price = item.price if moment.so_far is None else without_minimum(item.price)
        used = measured[price.key, segment.start]
        usage = rate_usage(price, used, cycle, subscription_id=subscription.subscription_id, in_currency=currency)
        usage = replace(usage, note=USED_IN_A_PAUSE) if item.paused else usage
        rest = rest_of(usage, billed_already.get(charge_id(subscription.subscription_id, price.key, segment)))
        whole.append(usage)
        if moment.so_far is None or rest.amount.minor > 0:
            lines.append(rest)
    if moment.ended is not None:
        lines += commitments_of(agreement, moment.ended, whole)
    return Draft(
        invoice_id=id_of("invoice", subscription.subscription_id, moment.at.isoformat(), 0),
        customer_id=subscription.customer_id,
        subscription_id=subscription.subscription_id,
        currency=currency,
        at=moment.at,
        lines=tuple(lines),
        frozen=frozen_terms(agreement, moment),
    )


def paid_ahead_of(draft: Draft, origin: Origin, *, corrected: Money) -> FeePaidAhead:
    """One of a document's fees, with what discounts and credit notes that correct it left of it."""
    left = discounted_amounts([line.amount for line in draft.lines], draft.reckoning.discounts)
    return FeePaidAhead(origin, draft.lines[origin.line_number - 1], left[origin.line_number - 1] - corrected)


def frozen_terms(agreement: Agreement, moment: Moment) -> dict[str, Any]:
    """Everything an invoice rests on beside its events, as plain data.

    `plan` has the prices of what ended (of what begins, in a first invoice and at a change); `then` those of what came
    into force before the period ended, each with its beginning; `begins` those of what begins where they are others.
    `so_far` is there where a period was billed that still ran, with its beginning and end.
    """
    subscription = agreement.subscription
    behind = moment.ended or moment.so_far
    first, then = (behind or moment.begins), moment.begins
    assert first is not None, f"at {moment.at} something ends or begins"
    stretches = agreement.stretches_of(first)
    frozen = {
        "rules_version": RULES_VERSION,
        **cycle_terms(subscription.cycle),
        "zone_database": ZONE_DATABASE_VERSION,
        "starts_at": subscription.starts_at.isoformat(),
        **_frozen_period(agreement, stretches[0]),
    }
    if moment.so_far is not None:
        frozen["so_far"] = {"since": moment.so_far.start.isoformat(), "until": moment.so_far.end.isoformat()}
    followed = [] if behind is None else stretches[1:]
    later, before = [], frozen
    for stretch in followed:
        part = _frozen_period(agreement, stretch)
        if not _says(before, part):
            later.append({"since": stretch.start.isoformat(), **part})
        before = part
    if later:
        frozen["then"] = later
    begins = {} if then is None else _frozen_period(agreement, agreement.stretches_of(then)[0])
    if begins and not _says(frozen, begins):
        frozen["begins"] = begins
    return frozen


def _says(frozen: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    return all(frozen.get(name) == value for name, value in part.items())


def frozen_part(of: Part, line: Line) -> Mapping[str, Any]:
    """What a document froze for the stretch of time on which a line is."""
    frozen = of.frozen
    if line.period.start >= of.at:
        # What begins is left out where it is what there was first.
        begins: Mapping[str, Any] = frozen.get("begins", frozen)
        return begins
    part: Mapping[str, Any] = frozen
    for later in frozen.get("then", ()):
        if datetime.fromisoformat(later["since"]) <= line.period.start:
            part = later
    return part


def frozen_plan(of: Part, stretch: Mapping[str, Any] | None = None) -> Plan:
    """The plan version as the document froze it, for what ended, or for a stretch of what is frozen."""
    stretch = of.frozen if stretch is None else stretch
    # Stretches that were kept before a plan could change say no key of their own.
    key = stretch.get("plan_key", of.frozen["plan_key"])
    return plan_from(key, stretch["plan"], version=stretch["plan_version"])


@dataclass(frozen=True, slots=True)
class FrozenPrice:
    """A price as a document froze it, and which events were its own.

    `since` is from when on its quantities add up, where that is not the start of the subscription.
    """

    price: Price
    where: Filter | None
    since: str | None = None


class Measures(Protocol):
    """Whoever can measure what happened."""

    def measure(self, reading: Reading, *, customer_id: UUID, to_position: int) -> Measurement: ...


class FrozenPrices:
    """The prices that a document froze, each read when it is first asked for."""

    def __init__(self, draft: Draft) -> None:
        self._parts = draft.all_parts
        self._read: dict[tuple[int, str], dict[str, FrozenPrice]] = {}

    def of(self, line: Line) -> FrozenPrice | None:
        """The price of a line; None when the document froze none by its key, and for what no price of it made."""
        if line.origin is not None or line.kind is LineKind.ITEM:
            return None
        part = self._parts[line.in_part - 1]
        if part.subscription_id is None:
            return None
        stretch = frozen_part(part, line)
        # There is one stretch for the beginning, one for each change, and one for what begins.
        place = (line.in_part, "begins" if stretch is part.frozen.get("begins") else stretch.get("since", ""))
        if place not in self._read:
            self._read[place] = dict(self._all(part, stretch))
        return self._read[place].get(line.price_key)

    def _all(self, part: Part, stretch: Mapping[str, Any]) -> Iterator[tuple[str, FrozenPrice]]:
        plan = frozen_plan(part, stretch)
        since = stretch.get("adds_up_since", {})
        counted = without_minimum if is_so_far(part) else _as_it_is
        for price in plan.prices:
            yield price.key, FrozenPrice(counted(price), events_of(plan.prices, price), since.get(price.key))
        for key, terms in stretch.get("add_ons", {}).items():
            add_on = addon_from(key, terms["terms"], version=terms["version"])
            for price in add_on.prices:
                own = add_on_price_key(key, price.key)
                of_own = replace(counted(price), key=own)
                yield own, FrozenPrice(of_own, events_of(add_on.prices, price), since.get(own))


def is_so_far(of: Draft | Part) -> bool:
    """Whether it bills what had accrued of a period that still ran."""
    return "so_far" in of.frozen


def _as_it_is(price: Price) -> Price:
    return price


def frozen_cycle(of: Draft | Part) -> Cycle:
    """The cycle as the document froze it for a part, or the days by which the whole of it is told."""
    return cycle_from(of.frozen)


def frozen_zone(of: Part, line: Line) -> str:
    """The zone by whose days and hours the usage of a line was measured."""
    cycle = frozen_cycle(of)
    return cycle.zone_of(cycle.stretch_holding(line.period.start))


def wanted_again(of: Part, line: Line, frozen: FrozenPrice) -> Wanted:
    """What had to be measured for a line of usage."""
    since = frozen.since or of.frozen.get("starts_at")
    return wanted(
        frozen.price,
        line.period,
        frozen_cycle(of),
        where=frozen.where,
        contract_starts_at=line.period.start if since is None else datetime.fromisoformat(since),
    )


def measured_again(facts: Measures, of: Part, line: Line, frozen: FrozenPrice) -> Used:
    """What the events of a line of usage measure, those at positions up to the line's."""
    assert line.slice is not None, f"{line.price_key} is usage"
    asked = wanted_again(of, line, frozen)
    now, before = (
        None if reading is None else facts.measure(reading, customer_id=of.customer_id, to_position=line.slice.to)
        for reading in (asked.this, asked.before)
    )
    assert now is not None, "something is always asked of the running period"
    return Used(now, before)


def exact_number(line: Line) -> Decimal:
    """How many times over a fee was charged; quantities that are agreed are always decimals."""
    return Decimal(line.quantity) if isinstance(line.quantity, Decimal) else Decimal(int(line.quantity))


def preview_moment(subscription: Subscription, *, at: datetime) -> Moment | None:
    """The running period as if it ended as planned: what its invoice will charge in arrears."""
    period: Period | None = subscription.period_at(at)
    return None if period is None else Moment(period.end, ended=period, begins=subscription.period_at(period.end))


def commitments_of(agreement: Agreement, period: Period, billed: Sequence[Line]) -> list[Line]:
    """What the commitments of a period ask for, when these lines bill it in arrears; of each of its segments its own.

    The base fee counts even when it was invoiced in advance, so it is worked out once more. In a pause they rest.
    """
    subscription = agreement.subscription
    asked: list[Line] = []
    for stretch in agreement.stretches_of(period):
        terms = agreement.terms_for(stretch)
        if not terms.commitments or subscription.paused_at(stretch.start):
            continue
        charged = [line for line in billed if line.period.start in stretch]
        charged += _charged_ahead_in(agreement, period, stretch)
        made = rate_commitments(
            terms.commitments, charged, stretch, subscription.cycle, in_currency=terms.plan.currency
        )
        asked += [line for _, line in made]
    return asked


def _charged_ahead_in(agreement: Agreement, period: Period, stretch: Period) -> Iterator[Line]:
    """The fees of a stretch that were charged when the period began, or at a change within it."""
    subscription = agreement.subscription
    for begins in (period.start, *subscription.changes_in(period)):
        if begins in stretch:
            moment = Moment(begins, ended=None, begins=Period(begins, period.end))
            for item, segment, advance in due_lines(agreement, moment):
                yield rate_fee(
                    item.price,
                    segment,
                    subscription.cycle,
                    in_currency=agreement.plan_at(begins).currency,
                    number=item.number,
                    advance=advance,
                )


def _wanted(item: InForce, segment: Period, subscription: Subscription) -> Wanted:
    return wanted(item.price, segment, subscription.cycle, where=item.where, contract_starts_at=item.since)


def _frozen_period(agreement: Agreement, period: Period) -> dict[str, Any]:
    terms = agreement.terms_for(period)
    frozen: dict[str, Any] = {
        "plan_key": terms.plan.key,
        "plan_version": terms.plan.version,
        "plan": _plan_terms(terms.plan),
    }
    if terms.phase is not None:
        frozen["phase"] = terms.phase
    since = {
        item.price.key: item.since.isoformat()
        for item in terms.prices
        if item.price.accumulate is not Accumulate.PERIOD and item.since != agreement.subscription.starts_at
    }
    if since:
        frozen["adds_up_since"] = since
    if terms.add_ons:
        frozen["add_ons"] = {
            add_on.key: {"version": add_on.version, "terms": addon_terms(add_on)} for add_on in terms.add_ons
        }
    return frozen


def _plan_terms(plan: Plan) -> dict[str, Any]:
    """As `plan_terms`, worked out once for all whom the same plan is billed to."""
    if "terms" not in plan.worked_out:
        plan.worked_out["terms"] = plan_terms(plan)
    terms: dict[str, Any] = plan.worked_out["terms"]
    return terms
