"""An agreement is a subscription with the plans and add-ons it names: which prices are in force, and when."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from farthing.core.metering.filter import Filter
from farthing.core.money import Currency
from farthing.core.period import Period, start_of_day
from farthing.core.pricing.commitment import Commitment
from farthing.core.pricing.plan import (
    Accumulate,
    AddOn,
    Entitlement,
    Lasting,
    LastingUnit,
    Phase,
    Plan,
    Price,
    Proration,
    Timing,
    effective_filter,
)
from farthing.core.pricing.terms import overridden
from farthing.core.rating.rate import share_of
from farthing.core.refused import Refused
from farthing.core.subscriptions.subscription import Attached, Moment, Subscription

# The measures that grow event by event.
_GROW = frozenset({"count", "sum", "unique", "maximum", "increase"})


@dataclass(frozen=True, slots=True)
class InForce:
    """A price on the stretch of a period on which it is in force; `number` is the agreed quantity it is for.

    `where` is which events are its own: those that its filter leaves to it, after the prices before it had theirs.
    `opens` says that it is in force for the first time, which is when a fee that is charged once is due. `since` is
    from when on its quantities may add up: a free trial, a phase without it, or another plan before, is not part of
    them. `paused` says that the subscription rests on the stretch; usage goes on being charged then, fees do not.
    """

    price: Price
    segment: Period
    number: Decimal | None
    where: Filter | None
    opens: bool
    since: datetime
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed for one period. `plan` has the prices of its phase alone; `prices` are those of add-ons too.

    Where a period has segments, `prices` are those of all of them, and the rest is what holds at its beginning.
    """

    plan: Plan
    add_ons: tuple[AddOn, ...]
    prices: tuple[InForce, ...]
    commitments: tuple[Commitment, ...]
    entitlements: tuple[Entitlement, ...]
    phase: str | None
    trial: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """`plans` holds each plan that is named, `add_ons` each add-on, both by key and version."""

    subscription: Subscription
    plans: Mapping[tuple[str, int], Plan]
    add_ons: Mapping[tuple[str, int], AddOn]
    # Each plan as it was agreed, once worked out; it follows from the rest.
    _agreed: dict[tuple[str, int], Plan] = field(default_factory=dict, compare=False, repr=False)
    # The terms for each period that was asked about.
    _terms: dict[Period, Terms] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def plain(cls, subscription: Subscription, plan: Plan) -> Agreement:
        """One version of a plan, and nothing beside it."""
        return cls(subscription, {(subscription.plan_key, plan.version): plan}, {})

    @property
    def event_types(self) -> frozenset[str]:
        """The types of the events that a version of its plan or one of its add-ons counts."""
        of_plans = (plan.event_types for plan in self.plans.values())
        of_add_ons = (add_on.event_types for add_on in self.add_ons.values())
        return frozenset[str]().union(*of_plans, *of_add_ons)

    def plan_at(self, instant: datetime) -> Plan:
        """The plan as it was agreed: the version in force, in the agreed currency, with what was overridden.

        What was overridden are prices of the plan that the subscription began with.
        """
        named = self.subscription.plan_at(instant)
        if named not in self._agreed:
            plan = self.plans[named]
            if self.subscription.currency is not None:
                plan = plan.in_currency(self.subscription.currency)
            of_first = named[0] == self.subscription.plan_key
            self._agreed[named] = overridden(plan, self.subscription.overrides) if of_first else plan
        return self._agreed[named]

    def terms_for(self, period: Period) -> Terms:
        """The terms of one of its periods, or of a stretch of one; each lies within one phase of a plan."""
        if period not in self._terms:
            self._terms[period] = self._terms_for(period)
        return self._terms[period]

    def _terms_for(self, period: Period) -> Terms:
        plan = self.plan_at(period.start)
        phase = phase_running(plan, self.subscription, period.start)
        commitments = plan.commitments if phase is None else phase.commitments
        prices = self._prices_at(period.start)
        entitlements = list(plan.entitlements)
        in_force = list(self._of_plans(period))
        add_ons = []
        for attached, add_on, segment in self._attached(period, in_currency=plan.currency):
            entitlements += add_on.entitlements
            add_ons.append(add_on)
            in_force += self._of_add_on(attached, add_on, segment)
        as_it_is = prices is plan.prices and commitments is plan.commitments and not plan.phases and not plan.others
        return Terms(
            # A trial of a plan that only has fees has no price at all, and nothing to bill.
            plan=plan
            if as_it_is or not prices
            else replace(plan, prices=prices, phases=(), commitments=commitments, others=()),
            add_ons=tuple(add_ons),
            prices=tuple(in_force),
            commitments=commitments,
            entitlements=tuple(entitlements),
            phase=None if phase is None else phase.key,
            trial=phase is not None and phase.trial,
        )

    def stretches_of(self, period: Period) -> list[Period]:
        """A period cut wherever another plan comes into force, or a pause begins or ends."""
        return _cut(period, self.subscription.cuts_in(period))

    def _of_plans(self, period: Period) -> Iterator[InForce]:
        """The prices of the plans that are in force one after the other.

        Usage is measured for as long as one plan is; a fee ends where what it is for changes, too.
        """
        for run in self._runs(period):
            whole = Period(run[0].start, run[-1].end)
            prices, paused = self._prices_at(whole.start), self.subscription.paused_at(whole.start)
            for price in prices:
                if price.meter is not None:
                    yield self._in_force(prices, price, whole, paused=paused)
                elif not paused:
                    for stretch in run:
                        for segment in _cut(stretch, self._number_changes(price, stretch)):
                            yield self._in_force(prices, price, segment)

    def _runs(self, period: Period) -> list[list[Period]]:
        """The stretches of a period, those together that follow each other under the same terms."""
        runs: list[list[Period]] = []
        named: object = None
        for stretch in self.stretches_of(period):
            at = stretch.start
            phase = phase_running(self.plan_at(at), self.subscription, at)
            of = (self.subscription.plan_at(at), phase, self.subscription.paused_at(at))
            if runs and of == named:
                runs[-1].append(stretch)
            else:
                runs.append([stretch])
            named = of
        return runs

    def _in_force(self, prices: Sequence[Price], price: Price, segment: Period, *, paused: bool = False) -> InForce:
        return InForce(
            price,
            segment,
            self._number(price, segment.start),
            events_of(prices, price),
            opens=self._opens(price, segment),
            since=self._since(price, segment),
            paused=paused,
        )

    def _number_changes(self, price: Price, stretch: Period) -> list[datetime]:
        said = [agreed for agreed in self.subscription.quantities if agreed.name == price.quantity]
        return [agreed.since for agreed in said if stretch.start < agreed.since < stretch.end]

    def _of_add_on(self, attached: Attached, add_on: AddOn, attached_for: Period) -> Iterator[InForce]:
        """An add-on's prices: it stays beside whatever plan there is, and rests in a pause."""
        pauses = (instant for pause in self.subscription.pauses for instant in (pause.starts_at, pause.ends_at))
        cuts = [instant for instant in pauses if instant is not None]
        for segment in _cut(attached_for, cuts):
            paused = self.subscription.paused_at(segment.start)
            for price in add_on.prices:
                if paused and price.meter is None:
                    continue
                number = attached.number if price.meter is None else None
                opens = attached.starts_at == segment.start
                where = events_of(add_on.prices, price)
                own = replace(price, key=add_on_price_key(add_on.key, price.key))
                since = attached.starts_at
                yield InForce(own, segment, number, where, opens=opens, since=since, paused=paused)

    def _attached(self, period: Period, *, in_currency: Currency) -> Iterator[tuple[Attached, AddOn, Period]]:
        for attached in self.subscription.add_ons:
            start, end = max(period.start, attached.starts_at), min(period.end, attached.ends_at or period.end)
            if start < end:
                add_on = self.add_ons[attached.add_on_key, attached.version].in_currency(in_currency.code)
                yield attached, add_on, Period(start, end)

    def _number(self, price: Price, instant: datetime) -> Decimal | None:
        if price.quantity is None:
            return None
        number = self.subscription.quantity_at(price.quantity, instant)
        return Decimal(1) if number is None else number

    def _opens(self, price: Price, segment: Period) -> bool:
        """Whether it is in force for the first time: at the start, after phases without it, or with another plan."""
        start, ends = self.subscription.starts_at, self.subscription.phase_ends
        if segment.start == start:
            return True
        if segment.start not in (*ends, *self._plan_changes):
            return False
        moves = (agreed.since for agreed in self.subscription.versions)
        earlier = [instant for instant in (start, *ends, *moves) if instant < segment.start]
        return not any(before.key == price.key for instant in earlier for before in self._prices_at(instant))

    def _since(self, price: Price, segment: Period) -> datetime:
        """Since when it has been in force, as a price whose quantities add up over the same time."""
        start, ends = self.subscription.starts_at, self.subscription.phase_ends
        since = start
        if price.accumulate is not Accumulate.PERIOD:
            for began, ended in pairwise((start, *(end for end in ends if end <= segment.start))):
                there = (before for before in self._prices_at(began) if before.key == price.key)
                if not any(before.accumulate is price.accumulate for before in there):
                    since = ended
            # Another plan's tiers start again.
            since = max([since, *(instant for instant in self._plan_changes if instant <= segment.start)])
        return since

    @property
    def _plan_changes(self) -> list[datetime]:
        """Where another plan came into force, not just another version."""
        changes, known = [], self.subscription.plan_key
        for since in sorted({agreed.since for agreed in self.subscription.versions}):
            key, _ = self.subscription.plan_at(since)
            if key != known:
                changes.append(since)
            known = key
        return changes

    def _prices_at(self, instant: datetime) -> tuple[Price, ...]:
        plan = self.plan_at(instant)
        phase = phase_running(plan, self.subscription, instant)
        return plan.prices if phase is None else phase.prices


def phase_running(plan: Plan, subscription: Subscription, instant: datetime) -> Phase | None:
    """The phase of a version of its plan in which a subscription is at an instant; None after all of them."""
    over = subscription.phase_at(instant)
    return plan.phases[over] if over < min(len(subscription.phase_ends), len(plan.phases)) else None


def phase_ends(plan: Plan, *, starts_on: date, in_zone: str) -> tuple[datetime, ...]:
    """Where each of the plan's phases is over, for who starts on this local day."""
    ends, day = [], starts_on
    # Months are counted from where they begin, never from an end before: 31 January, 28 February, 31 March.
    counted_from, months = starts_on, 0
    for phase in plan.phases:
        added = _months(phase.lasts)
        if added is None:
            day = _after(day, phase.lasts)
            counted_from, months = day, 0
        else:
            months += added
            day = _after(counted_from, Lasting(months, LastingUnit.MONTHS))
        ends.append(start_of_day(day, in_zone=in_zone))
    return tuple(ends)


def due_lines(agreement: Agreement, moment: Moment) -> Iterator[tuple[InForce, Period, bool]]:
    """What is to be charged at a moment, in the order of the plan: the price, the stretch of time, and whether ahead.

    Usage and fees in arrears for what ended; fees in advance, and those charged once, for what begins. A fee in
    advance of an add-on that came in the middle of the period is charged with what ended. A day belongs to what is in
    force at its end, so a fee that was in force at no day's end is not charged at all. Where a threshold was crossed,
    the usage of what runs is charged as far as it has accrued.
    """
    subscription = agreement.subscription
    ended = () if moment.ended is None else agreement.terms_for(moment.ended).prices
    so_far = () if moment.so_far is None else agreement.terms_for(moment.so_far).prices
    begins: tuple[InForce, ...] = ()
    if moment.begins is not None:
        # What begins at a change within a period is told from what goes on by looking at all of the period.
        begins = agreement.terms_for(subscription.period_at(moment.begins.start) or moment.begins).prices
    shown = agreement.plan_at(
        min(period.start for period in (moment.ended, moment.begins, moment.so_far) if period is not None)
    ).prices
    keys = _each_key_once([*(price.key for price in shown), *(item.price.key for item in (*ended, *begins, *so_far))])
    for key in keys:
        for item in ended:
            if item.price.key == key and _charged_behind(item, moment.ended, subscription):
                yield item, item.segment, False
        for item in so_far:
            if item.price.key == key and item.segment.start < moment.at and accrues(item.price):
                yield item, item.segment, False
        for item in begins:
            if item.price.key == key and charged_ahead(item, moment.begins, subscription):
                yield item, item.segment, item.price.timing is Timing.ADVANCE


def accrues(price: Price) -> bool:
    """Whether what a price comes to grows with each event, so that what has accrued is owed whatever still comes.

    A level that is held, an average or a last value is only known when the period is over.
    """
    return price.meter is not None and price.meter.measure.kind in _GROW


def _charged_behind(item: InForce, period: Period | None, subscription: Subscription) -> bool:
    assert period is not None, "something ended"
    start = item.segment.start
    at_no_moment = start > period.start and start not in subscription.changes_in(period)
    match item.price.timing:
        case Timing.ARREARS:
            return item.price.meter is not None or _lasts(item, subscription)
        case Timing.ADVANCE:
            return at_no_moment and _lasts(item, subscription)
        case Timing.ONCE:
            return item.opens and at_no_moment


def charged_ahead(item: InForce, begins: Period | None, subscription: Subscription) -> bool:
    """Whether it is charged at the moment at which this begins, a period or what a change leaves of one."""
    assert begins is not None, "something begins"
    if item.price.timing is Timing.ARREARS or item.segment.start != begins.start:
        return False
    return item.opens if item.price.timing is Timing.ONCE else _lasts(item, subscription)


def _lasts(item: InForce, subscription: Subscription) -> bool:
    """Whether a fee is in force at the end of a day, or is charged by the second."""
    return item.price.prorate is Proration.SECOND or share_of(item.segment, subscription.cycle).days > 0


def events_of(prices: Sequence[Price], price: Price) -> Filter | None:
    """Which events a price takes among the others of its plan or add-on; a fee takes none."""
    return None if price.meter is None else effective_filter(prices, price)


def add_on_price_key(add_on_key: str, price_key: str) -> str:
    """How an invoice names an add-on's price; no price of a plan has a key like it."""
    return f"{add_on_key}+{price_key}"


def _cut(period: Period, instants: Iterable[datetime]) -> list[Period]:
    """The parts of a period between these instants."""
    within = sorted({instant for instant in instants if period.start < instant < period.end})
    return [Period(start, end) for start, end in pairwise((period.start, *within, period.end))]


def _each_key_once(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(keys))


def _months(lasts: Lasting) -> int | None:
    """How many months it lasts; None for what is counted in days."""
    match lasts.unit:
        case LastingUnit.MONTHS:
            return lasts.number
        case LastingUnit.YEARS:
            return 12 * lasts.number
    return None


def _after(day: date, lasts: Lasting) -> date:
    """The day on which what begins on a day is over."""
    try:
        match lasts.unit:
            case LastingUnit.DAYS:
                return day + timedelta(days=lasts.number)
            case LastingUnit.WEEKS:
                return day + timedelta(weeks=lasts.number)
            case LastingUnit.MONTHS | LastingUnit.YEARS:
                months = lasts.number * (12 if lasts.unit is LastingUnit.YEARS else 1)
                year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
                return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    except (OverflowError, ValueError):
        raise Refused(f"A phase of {lasts} from {day} ends out of reach; make it shorter.", field="lasts") from None
