"""Charge models: what a quantity costs, down to its tiers, with the price's own discount, minimum and maximum."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from farthing.cli.cases.answers import Answers, Owed, Split, Value
from farthing.cli.cases.charge_answers import Charged, answer, owed
from farthing.cli.cases.rated import ONE_FEE, Rated, one, rate
from farthing.cli.cases.shape import (
    FLAT_FEE,
    INCLUDED,
    UNIT_PRICE,
    kind_of,
    modifiers_of,
    shape_of,
    transform_of,
)
from farthing.cli.cases.words import Unsupported, Words, exact_number, in_major
from farthing.core.exact import ONE, ZERO, Exact, add, multiply, subtract
from farthing.core.metering.meter import Measured
from farthing.core.money import Currency, Money, round_to_money
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.matrix import Matrix
from farthing.core.pricing.modifiers import Modifiers
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.plan import Ladder
from farthing.core.pricing.shapes import Shape
from farthing.core.pricing.transform import Transform
from farthing.core.rating.line import Share, added

UNITS = ("units", "quantity", "usage", "usage_quantity", "qty", "volume", "seats", "aggregation", "used", "consumed",
         "units_used", "total_units", "peak", "usage_value", "cost", "number_of_units")  # fmt: skip
EVENTS = ("events", "event_amounts", "event_values", "transactions", "amounts", "values")
BEFORE = ("units_before", "before_units", "pre_units", "previous_units", "prior_units", "already_used",
          "pre_line_units", "pre_line_period_units", "pre_period_units", "units_already", "pre",
          "previous_quantity", "from_units", "from_quantity", "from_qty", "before", "prior",
          "already_billed_units", "units_billed", "pre_quantity", "from")  # fmt: skip
UP_TO_NOW = ("to_units", "to_quantity", "to_qty", "to")
BILLED = ("previously_billed", "already_billed", "previous_amount", "billed_before", "previous_billed_amount",
          "billed", "pre_amount", "prior_amount", "billed_so_far", "already_billed_amount",
          "pre_billed")  # fmt: skip
GROUPS = ("groups", "grouped_units", "units_by_group", "by_group")
BUCKETS = ("buckets", "bucket_values", "bucketed_values", "windows", "window_values", "units_per_window")
CARRIED = ("precise_total_amount", "precise_total", "precise_amount", "total_amount", "carried")
DAYS = ("days", "used_days", "days_used", "days_in_force")
OF_DAYS = ("period_days", "of_days", "days_in_period", "full_days", "total_days")


def charge_model(words: Words) -> Answers:
    """What a case of a charge model comes to."""
    currency = words.currency()
    answers = Answers(currency)
    kind = kind_of(words)
    units = words.take(*UNITS)
    if kind == "overage":
        _overage(words, units, answers, in_currency=currency)
        return answers
    if isinstance(units, dict) and kind != "matrix":
        _several(kind, words, units, answers, in_currency=currency)
        return answers
    modifiers = modifiers_of(words, in_currency=currency, kind=kind)
    transform = transform_of(words, kind=kind)
    shape = shape_of(kind, words, in_currency=currency)
    measured = measured_of(words, units=units, shape=shape, in_currency=currency)
    before = words.number(*BEFORE)
    charged = _charged(
        words, shape, measured, before=before, transform=transform, modifiers=modifiers, in_currency=currency
    )
    answer(answers, charged, shape, transform, counted=_counted(units, shape), in_currency=currency)
    _tax(words, answers, charged.money)
    return answers


def _charged(
    words: Words,
    shape: Shape,
    measured: list[Measured],
    *,
    before: Decimal | None,
    transform: Transform,
    modifiers: Modifiers,
    in_currency: Currency,
) -> Charged:
    """What a charge comes to; with what was used or billed before it, what all so far comes to beyond that."""
    billed = words.money(*BILLED, in_currency=in_currency)
    share = share_of(words)
    ladder = Ladder.SHARED if words.word("ladder") == "shared" else Ladder.OWN
    if not before and billed is None:
        rated = rate(
            shape,
            measured,
            in_currency=in_currency,
            transform=transform,
            modifiers=modifiers,
            ladder=ladder,
            share=share,
        )
        return Charged(rated, rated.exact, rated.amount, measured)
    if len(measured) != 1 or measured[0].of:
        raise Unsupported("usage from before, and several groups")
    if shape.needs_amounts or isinstance(shape, Flat):
        raise Unsupported(f"a {shape.kind} price that goes on from before")
    was = [one(before)] if before else []
    # A discount is of this slice; bounds are of all so far, and a minimum is made up for at the end only.
    discounted = Modifiers(modifiers.discount)
    rated = rate(
        shape, measured, in_currency=in_currency, transform=transform, modifiers=discounted, earlier=was, share=share
    )
    so_far: Exact = ZERO if billed is None else billed
    booked = so_far
    if billed is None:
        capped = Modifiers(modifiers.discount, maximum=modifiers.maximum)
        so_far = rate(shape, was, in_currency=in_currency, transform=transform, modifiers=discounted).exact
        booked = rate(shape, was, in_currency=in_currency, transform=transform, modifiers=capped).exact
    bounds = Modifiers(minimum=modifiers.minimum, maximum=modifiers.maximum)
    all_so_far = bounds.modified(add(so_far, rated.exact), ONE if share is None else share.exact)
    money = round_to_money(all_so_far, in_currency) - round_to_money(booked, in_currency)
    return Charged(rated, subtract(all_so_far, booked), money, measured)


def measured_of(words: Words, *, units: object, shape: Shape, in_currency: Currency) -> list[Measured]:
    """The usage that a case gives: a number of units, what events carry, or either for each group."""
    groups = words.take(*GROUPS)
    if isinstance(units, dict) or (isinstance(units, list) and all(isinstance(unit, dict) for unit in units)):
        units, groups = None, units
    buckets = words.listed(*BUCKETS)
    events = words.listed(*EVENTS)
    minor = words.listed(*(f"{name}_minor" for name in EVENTS))
    if minor is not None:
        events = [str(in_major(_number(event), in_currency)) for event in minor]
    number_of_events = words.whole("count", "events_count", "event_count", "number_of_events", "transactions_count")
    reached = words.number(*UP_TO_NOW)
    if isinstance(shape, EventPriced) and words.has_money(*CARRIED):
        carried = words.money(*CARRIED, in_currency=in_currency)
        assert carried is not None, "it was there"
        return [one(carried, events=number_of_events or 0)]
    if reached is not None:
        units = str(subtract(reached, words.number(*BEFORE) or ZERO))
    if len([found for found in (units, groups, buckets) if found is not None]) > 1:
        raise Unsupported("the inputs give the quantity twice")
    if groups is not None:
        return _of_one_width(_groups(groups), shape)
    if (buckets is not None or isinstance(units, list)) and shape.needs_amounts:
        raise Unsupported("what is free or bounded for each event needs the events")
    if buckets is not None or isinstance(units, list):
        listed = buckets if buckets is not None else units
        assert isinstance(listed, list), "one of the two is a list"
        return [Measured((str(place),), _number(value), 0) for place, value in enumerate(listed)]
    if events is not None:
        amounts = [_number(event) for event in events]
        summed = added(amounts)
        if units is not None and not isinstance(shape, EventPriced) and _number(units) != summed:
            raise Unsupported("the events do not add up to the units")
        return [one(summed, events=len(amounts), amounts=amounts)]
    if units is None:
        if isinstance(shape, Flat):
            return [ONE_FEE]
        raise Unsupported("the inputs give no quantity")
    if isinstance(shape, Percentage) and shape.needs_amounts:
        raise Unsupported("what is free or bounded for each event needs the events")
    return [one(_number(units), events=number_of_events or 0)]


def share_of(words: Words) -> Share | None:
    """The part of the period in days; None for all of it."""
    days, of_days = words.whole(*DAYS), words.whole(*OF_DAYS)
    if (days is None) != (of_days is None):
        raise Unsupported("days without the days of the period, or the other way round")
    if days is None or of_days is None:
        return None
    if not 0 <= days <= of_days or not of_days:
        raise Unsupported(f"{days} of {of_days} days")
    return Share(days, of_days)


def _of_one_width(measured: list[Measured], shape: Shape) -> list[Measured]:
    """The groups, each of as many values as the others, and as a matrix has."""
    widths = {len(cell.of) for cell in measured}
    if len(widths) > 1 or (isinstance(shape, Matrix) and widths - {len(shape.by)}):
        raise Unsupported("groups of different numbers of values")
    if shape.needs_amounts:
        raise Unsupported("what is free or bounded for each event needs the events")
    if any(value is not None and not isinstance(value, str) for cell in measured for value in cell.of):
        raise Unsupported("the values of groups should be texts")
    return measured


def _groups(groups: object) -> list[Measured]:
    if isinstance(groups, dict):
        return [Measured((name,), _number(value), 0) for name, value in groups.items()]
    if not isinstance(groups, list):
        raise Unsupported("the groups should be a list or an object")
    return [_group(group, place=place) for place, group in enumerate(groups)]


def _group(group: object, *, place: int) -> Measured:
    if isinstance(group, dict):
        words = Words(group, of=f"groups[{place}]")
        named = words.take("values", "group", "when", "key", "keys", "groups", "dimensions", "dims")
        units = words.take(*UNITS)
        if named is None:  # Every other name is one of the groups.
            named = {name: words.take(name) for name in words.left_over()}
        words.done()
        of = list(named.values()) if isinstance(named, dict) else [named] if isinstance(named, str) else list(named)
        return Measured(tuple(of), _number(units), 0)
    if isinstance(group, list) and len(group) >= 2:
        return Measured(tuple(group[:-1]), _number(group[-1]), 0)
    return Measured((str(place),), _number(group), 0)


def _several(kind: str, words: Words, units: Mapping[str, object], answers: Answers, *, in_currency: Currency) -> None:
    """Several kinds of unit at once: each has its own tiers, or the tier that holds all of them has one price."""
    tiers = words.take("tiers")
    if not isinstance(tiers, dict | list):
        raise Unsupported("inputs.tiers should be a list")
    each: dict[str, Rated] = {}
    for name, number in units.items():
        own = tiers.get(name) if isinstance(tiers, dict) else [_tier_of(tier, name) for tier in tiers]
        shape = shape_of(kind, Words({"tiers": own}), in_currency=in_currency)
        each[name] = rate(shape, [one(_number(number))], in_currency=in_currency)
    exact: Exact
    if kind == "capacity":
        exact = max((rated.exact for rated in each.values()), default=Decimal(0))
    else:
        exact = added(rated.exact for rated in each.values())
    answers.add(owed(exact, in_currency), "amount", "total", "total_amount")
    by_unit: dict[str, Value] = {
        name: Split(Owed(rated.exact, rated.amount), [owed(step.exact, in_currency) for step in rated.steps])
        for name, rated in each.items()
    }
    answers.add(by_unit, "by_unit", "amounts_by_unit", "per_unit", "amounts", "tier_amounts", "tiers", "per_tier")


def _tier_of(tier: object, name: str) -> dict[str, Any]:
    """The part of a tier that is about one kind of unit."""
    if not isinstance(tier, dict):
        raise Unsupported("the tiers should be objects")
    for limits_name in ("limits", "units", "max", "up_to"):
        limits = tier.get(limits_name)
        if isinstance(limits, dict):
            return {key: value for key, value in tier.items() if key != limits_name} | {"up_to": limits.get(name)}
    blocks = tier.get("blocks")
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, dict) and block.get("unit") == name:
            return {key: value for key, value in block.items() if key != "unit"}
    raise Unsupported(f"a tier says nothing of “{name}”")


def _overage(words: Words, units: object, answers: Answers, *, in_currency: Currency) -> None:
    """A fee that includes some units, and a price for each unit beyond them: two prices of one plan."""
    fee = words.money(*FLAT_FEE, "rate", "base", "base_fee", "price", "capacity_price", in_currency=in_currency)
    unit = words.money("overage_rate", "overage_price", "overage_unit_price", "per_unit_overage", "overage",
                       "overage_unit", "overage_unit_amount", *UNIT_PRICE[:2], in_currency=in_currency)  # fmt: skip
    included = words.number(*INCLUDED, "capacity")
    if fee is None or unit is None or included is None:
        raise Unsupported("a fee with an overage needs a fee, included units and a price beyond them")
    beyond = PerUnit(unit)
    measured = measured_of(words, units=units, shape=beyond, in_currency=in_currency)
    fee_line = rate(Flat(fee), [ONE_FEE], in_currency=in_currency)
    if len(measured) != 1:
        raise Unsupported("a fee with an overage, and several groups")
    over = rate(beyond, measured, in_currency=in_currency, transform=Transform(included=included))
    together = Owed(add(fee_line.exact, over.exact), fee_line.amount + over.amount)
    answers.add(together, "amount", "total", "total_amount")
    answers.add(Owed(over.exact, over.amount), "overage", "overage_amount")
    answers.add(over.cells[0].quantity, "overage_units", "paid_units", "billable_units")


def _counted(units: object, shape: Shape) -> Decimal | None:
    """How many units there were, where the amount they carry is priced and not their number."""
    return exact_number(units, of="units") if isinstance(shape, EventPriced) and units is not None else None


def _tax(words: Words, answers: Answers, net: Money) -> None:
    """One tax on one line, rounded once on the line's amount in money."""
    tax_rate = words.number("tax_rate", "vat_rate")
    if tax_rate is None:
        return
    tax = round_to_money(multiply(net.amount, tax_rate), net.currency)
    answers.add(tax, "tax", "tax_amount", "taxes")
    answers.add(net + tax, "total_with_tax", "amount_with_tax", "gross_with_tax", "total_including_tax")


def _number(value: object) -> Decimal:
    if isinstance(value, list) and value:
        value = value[-1]
    if isinstance(value, dict):
        value = next((value[name] for name in ("amount", "value", "units", "quantity") if name in value), None)
    return exact_number(value, of="a quantity")
