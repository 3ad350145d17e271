"""What a budget counts: what the running periods of a customer come to so far, in money or in units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from farthing.core.alerting.budget import Budget, Standing
from farthing.core.metering.meter import Meter, Reading
from farthing.core.metering.sample import Window
from farthing.core.money import Currency, total
from farthing.core.parties import Customer
from farthing.core.period import Period
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.line import Line, LineKind
from farthing.usecases.agreed import agreement_of
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_usage import preview

# What a period comes to at its end, or gives back of another, is nothing that was spent in it so far.
_NOT_SPENT = frozenset({LineKind.TRUE_UP, LineKind.UNUSED})


@dataclass(frozen=True, slots=True)
class Runs:
    """A subscription that runs, and its period."""

    agreement: Agreement
    period: Period


def standing_of(store: SellerStore, budget: Budget, *, now: datetime) -> Standing | None:
    """How a budget stands now; None while nothing runs that it could count. To be called in `snapshot()`."""
    customer = store.customer(budget.customer_id)
    assert customer is not None, f"the budget {budget.name} is a customer's"
    running = [one for one in _running(store, customer, now=now) if _counts(one, budget, now=now)]
    if not running:
        return None
    newest = max(running, key=lambda one: one.period.start).period
    if budget.currency is None:
        return Standing(newest, now, _units(store, budget, running), budget.most)
    lines = [line for one in running for line in _lines(store, one, budget, now=now)]
    money = budget.currency
    spent = total([line.amount for line in lines], in_currency=money).amount
    steady = total([line.amount for line in lines if line.slice is None], in_currency=money).amount
    return Standing(newest, now, spent, budget.most, steady=steady)


def currencies_of(store: SellerStore, customer: Customer, *, now: datetime) -> list[Currency]:
    """In which currencies their running subscriptions are charged; to be called in a transaction."""
    found = {_currency(one, now=now) for one in _running(store, customer, now=now)}
    return sorted(found, key=lambda one: one.code)


def counted_by(store: SellerStore, customer: Customer, *, now: datetime) -> list[tuple[str, str]]:
    """The meters that their running subscriptions charge, by key, with what they are called there."""
    found: dict[str, str] = {}
    for one in _running(store, customer, now=now):
        for stretch in one.agreement.stretches_of(one.period):
            for item in one.agreement.terms_for(stretch).prices:
                if item.price.meter is not None:
                    found.setdefault(item.price.meter.key, item.price.name)
    return sorted(found.items())


def _running(store: SellerStore, customer: Customer, *, now: datetime) -> Iterator[Runs]:
    for subscription in store.subscriptions(customer_id=customer.customer_id):
        period = subscription.period_at(now)
        if period is not None:
            yield Runs(agreement_of(store, subscription), period)


def _counts(one: Runs, budget: Budget, *, now: datetime) -> bool:
    if budget.currency is not None and _currency(one, now=now) != budget.currency:
        return False
    return budget.meter_key is None or budget.meter_key in _meters(one)


def _lines(store: SellerStore, one: Runs, budget: Budget, *, now: datetime) -> Iterator[Line]:
    draft = preview(store, one.agreement.subscription, now=now)
    if draft is None:
        return
    meters = _meters(one)
    of_meter = None if budget.meter_key is None else meters[budget.meter_key][1]
    for line in draft.lines:
        if line.advance or line.kind in _NOT_SPENT:
            continue
        if of_meter is None or line.price_key in of_meter:
            yield line


def _units(store: SellerStore, budget: Budget, running: list[Runs]) -> Fraction:
    """What the meter measures, once for each period that runs: two subscriptions share a customer's usage."""
    assert budget.meter_key is not None, f"{budget.name} counts units of a meter"
    measured: dict[tuple[datetime, datetime], Fraction] = {}
    for one in running:
        subscription, period = one.agreement.subscription, one.period
        meter = _meters(one)[budget.meter_key][0]
        cycle = subscription.cycle
        window = Window(segment=period, full=cycle.period_holding(period.start), in_zone=cycle.zone_of(period))
        used = store.measure_up_to_now(Reading(meter, window), customer_id=subscription.customer_id)
        measured[period.start, period.end] = Fraction(used)
    return sum(measured.values(), start=Fraction(0))


def _meters(one: Runs) -> dict[str, tuple[Meter, set[str]]]:
    """The meters that are charged in the period, each with the keys of its prices."""
    found: dict[str, tuple[Meter, set[str]]] = {}
    for stretch in one.agreement.stretches_of(one.period):
        for item in one.agreement.terms_for(stretch).prices:
            meter = item.price.meter
            if meter is not None:
                found[meter.key] = (meter, {*found.get(meter.key, (meter, set()))[1], item.price.key})
    return found


def _currency(one: Runs, *, now: datetime) -> Currency:
    return one.agreement.plan_at(now).currency
