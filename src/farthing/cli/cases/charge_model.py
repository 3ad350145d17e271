"""Charge models: what a quantity costs, down to its tiers, with the price's own discount, minimum and maximum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from farthing.cli.cases.answers import Answers, Owed, Quotient, Value
from farthing.cli.cases.rated import Rated, Usage, rate, total
from farthing.cli.cases.shape import (
    FLAT_FEE,
    INCLUDED,
    UNIT_PRICE,
    kind_of,
    modifiers_of,
    shape_of,
    transform_of,
)
from farthing.cli.cases.words import Unsupported, Words, exact_number
from farthing.core.exact import ONE, ZERO, Exact, add, divide, multiply, subtract
from farthing.core.money import Currency, Money, round_to_money
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.modifiers import ModificationKind, Modifiers
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.shapes import Shape
from farthing.core.pricing.step import StepKind
from farthing.core.pricing.transform import Transform

UNITS = ("units", "quantity", "usage", "usage_quantity", "qty", "volume", "seats", "aggregation", "used", "consumed",
         "units_used", "total_units", "peak", "usage_value", "cost")  # fmt: skip
EVENTS = ("events", "event_amounts", "event_values", "transactions", "amounts", "values")
BEFORE = ("units_before", "before_units", "pre_units", "previous_units", "prior_units", "already_used",
          "pre_line_units", "pre_line_period_units", "pre_period_units", "units_already", "pre",
          "previous_quantity")  # fmt: skip
BILLED = ("previously_billed", "already_billed", "previous_amount", "billed_before", "previous_billed_amount", "billed")
GROUPS = ("groups", "grouped_units", "units_by_group", "cells", "by_group")
BUCKETS = ("buckets", "bucket_values", "bucketed_values", "windows", "window_values", "units_per_window")


@dataclass(frozen=True, slots=True)
class Charged:
    """What a charge comes to now, and what it came to before the usage that a case adds to it."""

    now: Rated
    before: Rated | None
    billed: Exact | None
    modifiers: Modifiers

    @property
    def exact(self) -> Exact:
        """What this usage adds."""
        if self.billed is not None:
            return subtract(self.now.exact, self.billed)
        return self.now.exact if self.before is None else subtract(self.now.exact, self.before.exact)

    def money(self, in_currency: Currency) -> Money:
        """The same in money: what is booked of all so far, less what was booked before."""
        if self.billed is not None:
            return self.now.amount - round_to_money(self.billed, in_currency)
        return self.now.amount if self.before is None else self.now.amount - self.before.amount


def charge_model(words: Words) -> Answers:
    """What a case of a charge model comes to."""
    currency = words.currency()
    answers = Answers(currency)
    kind = kind_of(words)
    if kind == "overage":
        _overage(words, answers, in_currency=currency)
        return answers
    if words.take("blocks", "unit_types") is not None:
        raise Unsupported("a price of several kinds of unit at once; here each is a price of its own")
    units = words.take(*UNITS)
    if isinstance(units, dict):
        _several(kind, words, units, answers, in_currency=currency)
        return answers
    modifiers = modifiers_of(words, in_currency=currency)
    transform = Transform() if kind == "package" else transform_of(words)
    shape = shape_of(kind, words, in_currency=currency)
    usages = usages_of(words, units=units, shape=shape)
    before = words.number(*BEFORE)
    billed = words.money(*BILLED, in_currency=currency)
    now = usages
    if before is not None:
        if len(usages) != 1:
            raise Unsupported("usage from before, and several groups")
        now = [replace(usages[0], quantity=add(before, usages[0].quantity))]
    rated = rate(shape, now, in_currency=currency, transform=transform, modifiers=modifiers)
    earlier = None
    if before:
        # A minimum is made up for at the end of a period only.
        earlier_modifiers = Modifiers(modifiers.discount, maximum=modifiers.maximum)
        earlier = rate(shape, [Usage(before)], in_currency=currency, transform=transform, modifiers=earlier_modifiers)
    charged = Charged(rated, earlier, billed, modifiers)
    _answer(answers, charged, shape, transform, in_currency=currency)
    _tax(words, answers, charged.money(currency))
    return answers


def usages_of(words: Words, *, units: object = None, shape: Shape | None = None) -> list[Usage]:
    """The usage that a case gives: a number of units, what events carry, or either for each group."""
    groups = words.take(*GROUPS)
    buckets = words.listed(*BUCKETS)
    events = words.listed(*EVENTS)
    number_of_events = words.whole("count", "events_count", "event_count", "number_of_events", "transactions_count")
    given = [found for found in (units, groups, buckets) if found is not None]
    if len(given) > 1:
        raise Unsupported("the inputs give the quantity twice")
    if groups is not None:
        return _groups(groups)
    if buckets is not None:
        return [Usage(_number(value), of=(str(place),)) for place, value in enumerate(buckets)]
    if events is not None:
        amounts = tuple(_number(event) for event in events)
        summed = total(amounts)
        if units is not None and _number(units) != summed:
            raise Unsupported("the events do not add up to the units")
        return [Usage(summed, events=len(amounts), amounts=amounts)]
    if isinstance(units, list):
        return [Usage(_number(value), of=(str(place),)) for place, value in enumerate(units)]
    if units is None:
        if isinstance(shape, Flat):
            return [Usage(ONE)]
        raise Unsupported("the inputs give no quantity")
    quantity = _number(units)
    if isinstance(shape, Percentage) and shape.needs_amounts:
        raise Unsupported("what is free or bounded for each event needs the events")
    return [Usage(quantity, events=number_of_events or 0)]


def _groups(groups: object) -> list[Usage]:
    if isinstance(groups, dict):
        return [Usage(_number(value), of=(name,)) for name, value in groups.items()]
    if not isinstance(groups, list):
        raise Unsupported("the groups should be a list or an object")
    usages = []
    for place, group in enumerate(groups):
        if isinstance(group, dict):
            words = Words(group, of=f"groups[{place}]")
            named = words.take("values", "group", "when", "key", "groups", "dimensions")
            units = words.take(*UNITS)
            if named is None:  # Every other name is one of the groups.
                named = {name: words.take(name) for name in words.left_over()}
            words.done()
            of = tuple(named.values()) if isinstance(named, dict) else (named,) if isinstance(named, str) else named
            usages.append(Usage(_number(units), of=tuple(of)))
        elif isinstance(group, list) and len(group) >= 2:
            usages.append(Usage(_number(group[-1]), of=tuple(group[:-1])))
        else:
            usages.append(Usage(_number(group), of=(str(place),)))
    return usages


def _answer(answers: Answers, charged: Charged, shape: Shape, transform: Transform, *, in_currency: Currency) -> None:
    rated = charged.now
    money = charged.money(in_currency)
    owed = Owed(charged.exact, money)
    answers.add(owed, "amount", "total", "total_amount", "charge", "cost", "final_cost", "fee", "price", "net",
                "net_amount", "line_total", "subtotal", "due", "amount_due", "total_charge",
                "slice_amount")  # fmt: skip
    before = _owed(rated.before, in_currency)
    answers.add(before, "usage_amount", "gross", "gross_amount", "base_amount", "list_amount", "amount_before",
                "before_modifiers", "usage_cost")  # fmt: skip
    changed = total(done.exact for done in rated.modifications)
    answers.add(_owed(changed, in_currency), "adjustment", "adjustment_amount")
    for kind, names in (
        (ModificationKind.DISCOUNT, ("discount_amount", "discount", "discounted")),
        (
            ModificationKind.MINIMUM,
            ("true_up", "minimum_adjustment", "minimum_spend", "true_up_amount", "min_adjustment"),
        ),
        (ModificationKind.MAXIMUM, ("maximum_adjustment", "max_spend_discount", "over_maximum", "capped_amount")),
    ):
        done = total(change.exact for change in rated.modifications if change.kind is kind)
        less = kind is not ModificationKind.MINIMUM
        answers.add(_owed(subtract(ZERO, done) if less and done else done, in_currency), *names)
    answers.add(bool(rated.modifications), "adjusted")
    quantity = total(cell.quantity for cell in rated.cells)
    measured = total(cell.usage.quantity for cell in rated.cells)
    answers.add(quantity, "units", "quantity", "billed_units", "billable_units", "priced_units", "billed_quantity")
    answers.add(measured, "measured", "measured_units", "raw_units", "value")
    events = sum(cell.usage.events for cell in rated.cells)
    answers.add(events, "count", "events_count", "events")
    for name in ("unit_amount", "effective_unit_amount", "effective_unit_cost", "average_price", "unit_cost"):
        answers.add(lambda: Quotient(divide(charged.exact, measured) if measured > 0 else ZERO), name)
    answers.add([_owed(step.exact, in_currency) for step in rated.steps], "tier_amounts", "amounts", "step_amounts",
                "tier_totals", "tiers_amounts", "per_tier")  # fmt: skip
    answers.add([step.units for step in rated.steps], "tier_units", "tier_quantities", "units_per_tier", "blocks",
                "blocks_per_tier", "step_units")  # fmt: skip
    answers.add(
        [_owed(step.unit_price, in_currency) for step in rated.steps], "tier_prices", "unit_prices", "tier_unit_prices"
    )
    answers.add([_owed(step.flat, in_currency) for step in rated.steps], "tier_flats", "flat_amounts",
                "tier_flat_amounts", "flat_fees")  # fmt: skip
    answers.add([_owed(multiply(step.units, step.unit_price), in_currency) for step in rated.steps],
                "tier_unit_amounts", "per_unit_amounts", "usage_amounts")  # fmt: skip
    answers.add(_owed(total(step.flat for step in rated.steps), in_currency), "flat_amount", "flat_total", "flat_fee")
    answers.add(_owed(total(multiply(step.units, step.unit_price) for step in rated.steps), in_currency),
                "per_unit_total", "per_unit_total_amount", "units_amount")  # fmt: skip
    answers.add(len(rated.steps), "tiers_used", "tier_count")
    answers.add(lambda: _tier_number(rated, shape), "tier", "tier_number")
    answers.add(lambda: subtract(Decimal(_tier_number(rated, shape)), ONE), "tier_index", "selected_tier_index")
    cells = {"/".join(str(value) for value in cell.usage.of): _owed(cell.exact, in_currency) for cell in rated.cells}
    answers.add(cells, "groups", "by_group", "group_amounts", "amounts_by_group", "per_group")
    answers.add(
        [_owed(cell.exact, in_currency) for cell in rated.cells], "cell_amounts", "bucket_amounts", "window_amounts"
    )
    blocks = [step.units for step in rated.steps if step.kind in (StepKind.PACKAGES, StepKind.BLOCKS)]
    answers.add(total(blocks), "packages", "package_count", "packages_count", "total_blocks", "number_of_packages")
    free, paid = _free_and_paid(rated, shape, transform)
    answers.add(free, "free_units", "free_amount", "included_units", "free_used", "discounted_units")
    answers.add(paid, "paid_units", "paid_amount", "overage_units")
    if isinstance(shape, Percentage):
        _answer_percentage(answers, rated, shape, in_currency=in_currency)


def _answer_percentage(answers: Answers, rated: Rated, shape: Percentage, *, in_currency: Currency) -> None:
    """How many events were free, told by the same price with a fee for each paid event to count them by."""
    counting = replace(shape, per_event=ONE)
    usage = rated.cells[0].usage
    steps = counting.steps(usage.quantity, events=usage.events, amounts=usage.amounts) if usage.events else ()
    paid = total(step.units for step in steps if step.kind is StepKind.PER_EVENT)
    answers.add(paid, "paid_events")
    answers.add(subtract(Decimal(usage.events), paid), "free_events")
    for kind, names in (
        (StepKind.RATE, ("percentage_amount", "rate_amount", "per_unit_total_amount")),
        (StepKind.PER_EVENT, ("fixed_amount", "fixed_fees", "fixed_fee_total_amount", "per_event_amount")),
    ):
        found = total(step.exact for step in rated.steps if step.kind is kind)
        answers.add(_owed(found, in_currency), *names)
    bounded = (step.exact for step in rated.steps if step.kind in (StepKind.RAISED, StepKind.LOWERED))
    answers.add(_owed(total(bounded), in_currency), "min_max_adjustment", "min_max_adjustment_total_amount")


def _free_and_paid(rated: Rated, shape: Shape, transform: Transform) -> tuple[Exact, Exact]:
    """How many units cost nothing, and how many are priced."""
    if isinstance(shape, Percentage):
        free = total(step.units for step in rated.steps if step.kind is StepKind.FREE)
        return free, total(step.units for step in rated.steps if step.kind is StepKind.RATE)
    included = getattr(shape, "included", ZERO)
    within = Transform(included=included)
    paid = total(within.apply(cell.quantity) for cell in rated.cells)
    converted = Transform(conversion=transform.conversion)
    return subtract(total(converted.apply(cell.usage.quantity) for cell in rated.cells), paid), paid


def _tier_number(rated: Rated, shape: Shape) -> int:
    """The number of the last tier that was reached, from 1; 0 where there are no tiers."""
    tiers: Sequence[Any] = getattr(shape, "tiers", ())
    bounds = [tier.up_to for tier in tiers]
    return bounds.index(rated.steps[-1].up_to) + 1 if bounds and rated.steps else 0


def _several(kind: str, words: Words, units: Mapping[str, object], answers: Answers, *, in_currency: Currency) -> None:
    """Several kinds of unit at once: each has its own tiers, or the tier that holds all of them has one price."""
    tiers = words.listed("tiers") or []
    owed: dict[str, Rated] = {}
    for name, number in units.items():
        own = [_tier_of(tier, name) for tier in tiers]
        shape = shape_of(kind, Words({"tiers": own}), in_currency=in_currency)
        owed[name] = rate(shape, [Usage(_number(number))], in_currency=in_currency)
    if kind == "capacity":
        highest = max(owed.values(), key=lambda rated: rated.exact)
        exact = highest.exact
    else:
        exact = total(rated.exact for rated in owed.values())
    answers.add(_owed(exact, in_currency), "amount", "total", "total_amount")
    by_unit: dict[str, Value] = {name: Owed(rated.exact, rated.amount) for name, rated in owed.items()}
    answers.add(by_unit, "by_unit", "amounts_by_unit", "per_unit", "amounts")


def _tier_of(tier: object, name: str) -> dict[str, Any]:
    """The part of a tier that is about one kind of unit."""
    if not isinstance(tier, dict):
        raise Unsupported("the tiers should be objects")
    limits = tier.get("limits") or tier.get("units") or tier.get("max")
    if isinstance(limits, dict):
        rest = {key: value for key, value in tier.items() if key not in ("limits", "units", "max")}
        return rest | {"up_to": limits.get(name)}
    for block in tier.get("blocks") or []:
        if isinstance(block, dict) and block.get("unit") == name:
            return {key: value for key, value in block.items() if key != "unit"}
    raise Unsupported(f"a tier says nothing of “{name}”")


def _overage(words: Words, answers: Answers, *, in_currency: Currency) -> None:
    """A fee that includes some units, and a price for each unit beyond them: two prices of one plan."""
    fee = words.money(*FLAT_FEE, "rate", "base", "base_fee", "price", in_currency=in_currency)
    unit = words.money("overage_rate", "overage_price", "overage_unit_price", "per_unit_overage", *UNIT_PRICE[:2],
                       in_currency=in_currency)  # fmt: skip
    included = words.number(*INCLUDED, "capacity")
    if fee is None or unit is None or included is None:
        raise Unsupported("a fee with an overage needs a fee, included units and a price beyond them")
    usages = usages_of(words, units=words.take(*UNITS))
    fee_line = rate(Flat(fee), [Usage(ONE)], in_currency=in_currency)
    over = rate(PerUnit(unit), usages, in_currency=in_currency, transform=Transform(included=included))
    answers.add(Owed(add(fee_line.exact, over.exact), fee_line.amount + over.amount), "amount", "total", "total_amount")
    answers.add(Owed(over.exact, over.amount), "overage", "overage_amount")
    answers.add(over.cells[0].quantity, "overage_units", "paid_units", "billable_units")


def _tax(words: Words, answers: Answers, net: Money) -> None:
    """One tax on one line, rounded once on the line's amount in money."""
    tax_rate = words.number("tax_rate", "vat_rate")
    if tax_rate is None:
        return
    tax = round_to_money(multiply(net.amount, tax_rate), net.currency)
    answers.add(tax, "tax", "tax_amount", "taxes")
    answers.add(net + tax, "total_with_tax", "amount_with_tax", "gross_with_tax", "total_including_tax")


def _owed(exact: Exact, in_currency: Currency) -> Owed:
    return Owed(exact, round_to_money(exact, in_currency))


def _number(value: object) -> Decimal:
    if isinstance(value, list) and value:
        value = value[-1]
    if isinstance(value, dict):
        value = next((value[name] for name in ("amount", "value", "units", "quantity") if name in value), None)
    return exact_number(value, of="a quantity")
