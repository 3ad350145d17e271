"""What a whole period would cost: a plan and quantities in, the lines of an invoice out, with nothing kept anywhere."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from farthing.core.exact import ZERO, Exact
from farthing.core.metering.meter import Group, Measured, Measurement, Reading, order_of
from farthing.core.metering.sample import whole
from farthing.core.money import Currency, Money, plain, total
from farthing.core.period import Cycle, start_of_day
from farthing.core.pricing.matrix import Matrix
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.plan import Accumulate, AddOn, Phase, Plan, Price
from farthing.core.rating.arithmetic import Arithmetic, arithmetic
from farthing.core.rating.line import Line, added
from farthing.core.rating.rate import Used, counted_lines, rate_commitments, rate_fee, rate_usage
from farthing.core.rating.written import Rests, Row, share_in_words
from farthing.core.refused import Refused

MOST_EVENTS = 10**18
# Groups times tiers; more than that is no question that a person asks, and no answer that one could read.
MOST_STEPS = 20_000
# Prices are worked out for a whole period; which one does not matter, so it is always this.
_CYCLE = Cycle.monthly(anchor_day=1, in_zone="UTC")
_PERIOD = _CYCLE.period_holding(start_of_day(date(2026, 1, 1), in_zone="UTC"))
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Stated:
    """What somebody says was used of a meter, or of a price where several share a meter.

    `of` are group values; `amounts` what each event carries, whose sum is then the quantity; `before` what was used
    earlier in the contract, where a price accumulates.
    """

    name: str
    of: Mapping[str, str | None] = field(default_factory=dict)
    quantity: Exact | None = None
    events: int | None = None
    amounts: tuple[Exact, ...] | None = None
    before: Exact | None = None


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line, and all that it rests on: its price or commitment, and what was measured."""

    line: Line
    rests: Rests

    @property
    def measured(self) -> tuple[Measured, ...]:
        """What was measured of each group."""
        return () if self.rests.measured is None else self.rests.measured.cells

    def in_words(self, *, most: int | None = None) -> Arithmetic:
        """Its arithmetic, for so many of its groups; that a period is whole goes without saying."""
        sums, share = arithmetic(self.line, self.rests, most=most), self.line.share
        if share is None:
            return sums
        whole_period = f" x {share_in_words(share)}"
        return replace(
            sums,
            cells=tuple(
                replace(cell, steps=tuple(replace(row, sum=row.sum.removesuffix(whole_period)) for row in cell.steps))
                for cell in sums.cells
            ),
        )


@dataclass(frozen=True, slots=True)
class Priced:
    """A plan applied to quantities. `plan` is in one currency; `phase` is None for what goes on for ever."""

    plan: Plan
    phase: Phase | None
    lines: tuple[PricedLine, ...]
    total: Money

    @property
    def prices(self) -> tuple[Price, ...]:
        """The prices of the phase."""
        return prices_of(self.plan, self.phase)

    def line_of(self, price: Price) -> PricedLine:
        """The line that this price makes."""
        return next(priced for priced in self.lines if priced.rests.price is price)


def price_usage(
    plan: Plan, stated: Sequence[Stated], quantities: Mapping[str, Decimal], *, phase: str | None = None
) -> Priced:
    """The lines of one whole period of this plan, in its first currency, rated as an invoice rates them.

    What nothing is said of is 0, an agreed quantity 1.
    """
    in_phase = _phase(plan, phase)
    prices = prices_of(plan, in_phase)
    _check_quantities(plan, in_phase, quantities)
    used = _by_price(plan, in_phase, stated)
    _check_work(prices, used)
    lines = [_rated(price, used.get(price.key, {}), quantities, in_currency=plan.currency) for price in prices]
    charged = tuple(priced.line for priced in lines)
    commitments = plan.commitments if in_phase is None else in_phase.commitments
    asked = rate_commitments(commitments, charged, _PERIOD, _CYCLE, in_currency=plan.currency)
    known = [*charged, *(line for _, line in asked)]
    for commitment, line in asked:
        counted = tuple(counted_lines(commitment, commitments, known))
        lines.append(PricedLine(line, Rests(commitment=commitment, lines=counted)))
    return Priced(
        plan=plan,
        phase=in_phase,
        lines=tuple(lines),
        total=total([priced.line.amount for priced in lines], in_currency=plan.currency),
    )


def as_plan(add_on: AddOn) -> Plan:
    """One of an add-on by itself, to be priced as a plan is."""
    return Plan(
        add_on.key,
        add_on.version,
        add_on.name,
        add_on.currency,
        add_on.prices,
        entitlements=add_on.entitlements,
        others=tuple(as_plan(other) for other in add_on.others),
    )


def prices_of(plan: Plan, phase: Phase | None) -> tuple[Price, ...]:
    """The prices that hold in a phase, or for ever."""
    return plan.prices if phase is None else phase.prices


def price_named(prices: Sequence[Price], name: str) -> Price:
    """The price of usage that a meter's key means, or a price's own where several share the meter."""
    of_meter = [price for price in prices if price.meter is not None and price.meter.key == name]
    if len(of_meter) == 1:
        return of_meter[0]
    by_key = [price for price in prices if price.key == name]
    if by_key and by_key[0].meter is not None:
        return by_key[0]
    if of_meter:
        keys = ", ".join(price.key for price in of_meter)
        raise Refused(f"Several prices are for the meter “{name}”; name one of them instead: {keys}.", field="usage")
    if by_key and by_key[0].quantity is not None:
        raise Refused(
            f"The price “{name}” is for the agreed quantity “{by_key[0].quantity}”; say it there.", field="usage"
        )
    if by_key:
        raise Refused(f"The price “{name}” is a fee, which no usage changes.", field="usage")
    known = list(dict.fromkeys(price.meter.key for price in prices if price.meter is not None))
    raise Refused(unknown("meter", name, known, nothing="no price of it is for usage"), field="usage")


def check_number(name: str, number: Decimal) -> None:
    """Refuses an agreed quantity below zero: of nothing that is agreed can there be less than none."""
    if number < 0:
        raise Refused(f"There cannot be {plain(number)} of “{name}”; give 0 or more.", field="quantities")


def as_data(priced: Priced) -> dict[str, Any]:
    """All of it as plain data, numbers as text; every `exact` is in major units of the currency."""
    return {
        "plan": priced.plan.key,
        "version": priced.plan.version,
        "name": priced.plan.name,
        "currency": priced.plan.currency.code,
        "phase": None if priced.phase is None else priced.phase.key,
        "lines": [_line_data(each) for each in priced.lines],
        "total": _money_data(priced.total),
    }


def _line_data(priced: PricedLine) -> dict[str, Any]:
    line, price = priced.line, priced.rests.price
    in_words = priced.in_words()
    exact = [plain(part) for part in line.parts]
    return {
        "price": line.price_key,
        "name": line.name,
        "kind": line.kind.value,
        "shape": None if price is None else price.shape.kind,
        "meter": None if price is None or price.meter is None else price.meter.key,
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "cells": list(_cells_data(line, in_words, exact)),
        "modifications": [
            {"kind": done.kind.value, "group": dict(done.of), "exact": exactly, "amount": _money_data(amount)}
            for done, exactly, amount in zip(
                line.modifications, exact[len(line.steps) :], line.modification_amounts, strict=True
            )
        ],
        "unit_of_account": None if line.rate is None else {"key": line.rate.key, "rate": plain(line.rate.rate)},
        "after": [_row_data(row) for row in in_words.after],
        "exact": plain(line.exact),
        "amount": _money_data(line.amount),
    }


def _cells_data(line: Line, in_words: Arithmetic, exact: Sequence[str]) -> Iterator[dict[str, Any]]:
    of_steps = iter(exact)
    for cell, rows in zip(line.cells, in_words.cells, strict=True):
        yield {
            "group": dict(cell.of),
            "measured": plain(cell.measured),
            "quantity": plain(cell.quantity),
            "before": None if cell.before is None else plain(cell.before),
            "events": cell.events,
            "quantities": [_row_data(row) for row in rows.quantities],
            "steps": [
                {
                    "kind": step.kind.value,
                    "what": row.who,
                    "sum": row.sum,
                    "units": plain(step.units),
                    "unit_price": plain(step.unit_price),
                    "flat": plain(step.flat),
                    "above": None if step.above is None else plain(step.above),
                    "up_to": None if step.up_to is None else plain(step.up_to),
                    "exact": next(of_steps),
                    "amount": _money_data(amount),
                }
                for step, row, amount in zip(cell.steps, rows.steps, cell.amounts, strict=True)
            ],
            "modified": [_row_data(row) for row in rows.modified],
        }


def _row_data(row: Row) -> dict[str, Any]:
    return {"what": row.who, "sum": row.sum, "equals": None if row.equals is None else plain(row.equals)}


def _money_data(money: Money) -> dict[str, str]:
    return {"amount": f"{money.amount:f}", "currency": money.currency.code}


def _phase(plan: Plan, key: str | None) -> Phase | None:
    if key is None:
        return None
    for phase in plan.phases:
        if phase.key == key:
            return phase
    known = [phase.key for phase in plan.phases]
    raise Refused(unknown("phase", key, known, nothing="it has none"), field="phase")


def _check_quantities(plan: Plan, phase: Phase | None, quantities: Mapping[str, Decimal]) -> None:
    known = _agreed_in(prices_of(plan, phase))
    for name, number in quantities.items():
        check_number(name, number)
        if name in known:
            continue
        if name in _agreed_in(plan.all_prices):
            raise Refused(_not_priced_in(phase, f"The agreed quantity “{name}”"), field="quantities")
        raise Refused(unknown("agreed quantity", name, known, nothing="no price of it is for one"), field="quantities")


def _agreed_in(prices: Iterable[Price]) -> list[str]:
    return list(dict.fromkeys(price.quantity for price in prices if price.quantity is not None))


def _not_priced_in(phase: Phase | None, what: str) -> str:
    """That the plan prices it, though not now; what a trial drops is in the plan all the same."""
    if phase is None:
        return f"{what} has a price in a phase of the plan only; name that phase."
    return f"{what} costs nothing in the phase “{phase.key}”, which has no price for it; leave it out."


@dataclass(slots=True)
class _Cell:
    quantity: Exact | None = None
    events: int | None = None
    amounts: tuple[Exact, ...] | None = None
    before: Exact | None = None


def _by_price(plan: Plan, phase: Phase | None, stated: Iterable[Stated]) -> dict[str, dict[Group, _Cell]]:
    """All that is said of each price and group, put together."""
    used: dict[str, dict[Group, _Cell]] = {}
    prices = prices_of(plan, phase)
    elsewhere = {name for price in plan.all_prices if price.meter is not None for name in (price.key, price.meter.key)}
    elsewhere -= {name for price in prices for name in (price.key, price.meter.key if price.meter else "")}
    for said in stated:
        if said.name in elsewhere:
            raise Refused(_not_priced_in(phase, f"“{said.name}”"), field="usage")
        price = price_named(prices, said.name)
        cell = used.setdefault(price.key, {}).setdefault(group_of(price, said.of), _Cell())
        for name in ("quantity", "events", "amounts", "before"):
            value = getattr(said, name)
            if value is None:
                continue
            if getattr(cell, name) is not None:
                raise Refused(f"“{said.name}” is given twice; add them up, or name the groups.", field="usage")
            setattr(cell, name, value)
    return used


def group_of(price: Price, of: Mapping[str, str | None]) -> Group:
    """The group values in the order of the price; one that is not given is missing."""
    for name in of:
        if name not in price.group_by:
            groups = f"it has {', '.join(price.group_by)}" if price.group_by else "it has none"
            raise Refused(f"The price “{price.key}” has no group “{name}”; {groups}.", field="usage")
    return tuple(of.get(name) for name in price.group_by)


def _check_work(prices: Sequence[Price], used: Mapping[str, Mapping[Group, _Cell]]) -> None:
    steps = sum(_most_steps(price) * len(used.get(price.key, ())) for price in prices)
    if steps > MOST_STEPS:
        raise Refused(
            f"That is up to {steps:,} steps of arithmetic, more than the {MOST_STEPS:,} that can be shown; ask about "
            "fewer groups at once.",
            field="usage",
        )


def _most_steps(price: Price) -> int:
    """How many steps one group can take, whatever its quantity."""
    shape = price.shape
    singles = [shape.default, *(branch.shape for branch in shape.cells)] if isinstance(shape, Matrix) else [shape]
    return max(len(getattr(single, "tiers", ())) or 1 for single in singles)


def _rated(
    price: Price, used: Mapping[Group, _Cell], quantities: Mapping[str, Decimal], *, in_currency: Currency
) -> PricedLine:
    if price.meter is None:
        number = None if price.quantity is None else quantities.get(price.quantity, Decimal(1))
        fee = rate_fee(price, _PERIOD, _CYCLE, in_currency=in_currency, number=number)
        return PricedLine(fee, Rests(price))
    nothing: dict[Group, _Cell] = {} if price.group_by else {(): _Cell()}
    asked = dict(used) or nothing
    cells = tuple(_measured(price, group, asked[group]) for group in sorted(asked, key=order_of))
    earlier = tuple(
        replace(cell, quantity=already, events=0, amounts=None)
        for cell in cells
        if (already := asked[cell.of].before) is not None
    )
    reading = Reading(price.meter, whole(_PERIOD), price.where, price.group_by, amounts=price.shape.needs_amounts)
    now = Measurement(_NOBODY, reading, 0, cells)
    before = replace(now, cells=earlier) if earlier else None
    line = rate_usage(price, Used(now, before), _CYCLE, subscription_id=_NOBODY, in_currency=in_currency)
    return PricedLine(line, Rests(price, measured=now, earlier=before))


def _measured(price: Price, group: Group, cell: _Cell) -> Measured:
    shape = price.shape_of(group)
    if cell.before is not None and price.accumulate is Accumulate.PERIOD:
        raise Refused(f"The price “{price.key}” starts again with each period, so nothing came before.", field="before")
    if cell.events is not None and not 0 <= cell.events <= MOST_EVENTS:
        raise Refused(f"The number of events of “{price.key}” must be from 0 to 10^18.", field="events")
    if cell.amounts is not None:
        return _one_by_one(price, group, cell, cell.amounts)
    quantity = ZERO if cell.quantity is None else cell.quantity
    if shape.needs_amounts and quantity > 0:
        raise Refused(
            f"The price “{price.key}” looks at the amount of each event; give the amounts one by one, such as "
            f"{price.key}=50,100,250.",
            field="amounts",
        )
    events = cell.events
    if events is None and isinstance(shape, Percentage) and shape.per_event and quantity > 0:
        raise Refused(
            f"The price “{price.key}” has a fee for each event; say how many events there are.", field="events"
        )
    if events is None:
        counted = price.meter is not None and price.meter.measure.kind == "count" and quantity > 0
        events = int(quantity) if counted else 0
    return Measured(group, quantity, events, () if price.shape.needs_amounts else None)


def _one_by_one(price: Price, group: Group, cell: _Cell, amounts: tuple[Exact, ...]) -> Measured:
    together = added(amounts)
    if cell.quantity is not None and cell.quantity != together:
        raise Refused(
            f"The amounts of “{price.key}” add up to {plain(together)}, not to {plain(cell.quantity)}; leave the "
            "quantity out.",
            field="amounts",
        )
    if cell.events is not None and cell.events != len(amounts):
        raise Refused(
            f"There are {len(amounts)} amounts of “{price.key}”, not {cell.events}; leave the number of events out.",
            field="events",
        )
    return Measured(group, together, len(amounts), amounts if price.shape.needs_amounts else None)


def unknown(what: str, name: str, known: Sequence[str], *, nothing: str) -> str:
    """That the plan has no such thing: with the name that was meant, or those there are."""
    if not known:
        return f"The plan has no {what} “{name[:64]}”; {nothing}."
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there {'is' if len(known) == 1 else 'are'}: {', '.join(known)}."
    return f"The plan has no {what} “{name[:64]}”; {hint}"
