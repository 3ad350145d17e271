"""Everything that a case may ask of a charge, by the names it may be asked by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from farthing.cli.cases.answers import Answers, Owed, Quotient, Value, group_name
from farthing.cli.cases.rated import Rated
from farthing.core.exact import ONE, ZERO, Exact, add, divide, multiply, subtract
from farthing.core.metering.meter import Measured
from farthing.core.money import Currency, Money, round_to_money
from farthing.core.pricing.modifiers import ModificationKind
from farthing.core.pricing.package import Package
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.shapes import Shape
from farthing.core.pricing.step import Step, StepKind
from farthing.core.pricing.transform import Transform
from farthing.core.rating.line import added


@dataclass(frozen=True, slots=True)
class Charged:
    """What a charge comes to: its own cells and modifiers, and what it adds to what was charged before it."""

    rated: Rated
    exact: Exact
    money: Money
    measured: Sequence[Measured]


def owed(exact: Exact, in_currency: Currency) -> Owed:
    """An amount of its own, rounded."""
    return Owed(exact, round_to_money(exact, in_currency))


def answer(
    answers: Answers,
    charged: Charged,
    shape: Shape,
    transform: Transform,
    *,
    counted: Decimal | None,
    in_currency: Currency,
) -> None:
    """The amount, what made it, and what it is of."""
    answers.add(Owed(charged.exact, charged.money), "amount", "total", "total_amount", "charge", "cost",
                "final_cost", "fee", "price", "net", "net_amount", "line_total", "subtotal", "due", "amount_due",
                "total_charge", "slice_amount")  # fmt: skip
    _answer_modifiers(answers, charged, in_currency=in_currency)
    _answer_steps(answers, charged.rated.steps, shape, in_currency=in_currency)
    cells = charged.rated.cells
    quantity = added(cell.quantity for cell in cells)
    measured = added(cell.quantity for cell in charged.measured)
    answers.add(quantity, "units", "quantity", "billed_units", "billable_units", "priced_units", "billed_quantity",
                "converted_units")  # fmt: skip
    answers.add(measured, "measured", "measured_units", "raw_units", "value")
    events = sum(cell.events for cell in charged.measured)
    answers.add(events, "count", "events_count", "events")
    free, paid = _free_and_paid(charged, shape, transform)
    # What a unit of packages costs is told of the units that are paid for.
    of = counted if counted is not None else paid if isinstance(shape, Package) else measured
    answers.add(lambda: Quotient(divide(charged.exact, of) if of > 0 else ZERO), "unit_amount", "effective_unit_amount",
                "effective_unit_cost", "average_price", "unit_cost", "effective_unit_price")  # fmt: skip
    each = {group_name(value for _, value in cell.of): _of_steps(cell.steps, in_currency) for cell in cells}
    answers.add(each, "groups", "by_group", "group_amounts", "amounts_by_group", "per_group")
    answers.add([_of_steps(cell.steps, in_currency) for cell in cells], "cell_amounts", "bucket_amounts",
                "window_amounts", "amounts_per_bucket")  # fmt: skip
    answers.add(free, "free_units", "free_amount", "included_units", "free_used", "discounted_units", "units_free")
    answers.add(paid, "paid_units", "paid_amount", "overage_units", "units_paid")
    if isinstance(shape, Percentage) and len(charged.measured) == 1:
        _answer_percentage(answers, charged, shape, in_currency=in_currency)


def _answer_modifiers(answers: Answers, charged: Charged, *, in_currency: Currency) -> None:
    """Before and after discount, minimum and maximum, and what each of them adds."""
    rated = charged.rated
    answers.add(owed(rated.before, in_currency), "usage_amount", "gross", "gross_amount", "base_amount", "list_amount",
                "amount_before", "before_modifiers", "usage_cost", "uncapped", "uncapped_amount")  # fmt: skip
    changed = subtract(charged.exact, rated.before)
    answers.add(owed(changed, in_currency), "adjustment", "adjustment_amount")
    answers.add(bool(changed), "adjusted", "capped")
    discounts = [change.exact for change in rated.modifications if change.kind is ModificationKind.DISCOUNT]
    off = subtract(ZERO, added(discounts))
    bounded = add(changed, off)  # What minimum and maximum add.
    over = subtract(ZERO, bounded) if bounded < 0 else ZERO
    names = ("discount_amount", "discount", "discounted")
    answers.add(owed(off, in_currency), *(names if discounts else ()))
    answers.add(owed(over, in_currency), *names, "maximum_adjustment", "max_spend_discount", "over_maximum", "over_cap",
                "maximum_discount")  # fmt: skip
    answers.add(owed(add(off, over), in_currency), "discounts", "discounts_total", "total_discount")
    answers.add(owed(bounded if bounded > 0 else ZERO, in_currency), "true_up", "minimum_adjustment", "minimum_spend",
                "true_up_amount", "true_up_fee")  # fmt: skip


def _answer_steps(answers: Answers, steps: Sequence[Step], shape: Shape, *, in_currency: Currency) -> None:
    """The steps: tiers, packages, or whatever the shape has."""
    answers.add([owed(step.exact, in_currency) for step in steps], "tier_amounts", "amounts", "step_amounts",
                "tier_totals", "tiers_amounts", "tier_amount")  # fmt: skip
    details: list[Value] = [
        {
            "units": step.units,
            "amount": owed(step.exact, in_currency),
            "unit": owed(step.unit_price, in_currency),
            "unit_price": owed(step.unit_price, in_currency),
            "flat": owed(step.flat, in_currency),
            "up_to": step.up_to,
        }
        for step in steps
    ]
    answers.add(details, "per_tier", "tiers", "breakdown", "details", "tier_details", "steps")
    answers.add([step.units for step in steps], "tier_units", "tier_quantities", "units_per_tier", "blocks",
                "blocks_per_tier", "step_units", "units_by_tier")  # fmt: skip
    answers.add([owed(step.unit_price, in_currency) for step in steps], "tier_prices", "unit_prices",
                "tier_unit_prices")  # fmt: skip
    answers.add([owed(step.flat, in_currency) for step in steps], "tier_flats", "flat_amounts", "tier_flat_amounts",
                "flat_fees")  # fmt: skip
    of_units = [multiply(step.units, step.unit_price) for step in steps]
    answers.add([owed(exact, in_currency) for exact in of_units], "tier_unit_amounts", "per_unit_amounts",
                "usage_amounts")  # fmt: skip
    answers.add(owed(added(step.flat for step in steps), in_currency), "flat_amount", "flat_total", "flat_fee")
    answers.add(owed(added(of_units), in_currency), "per_unit_total", "units_amount", "unit_total")
    answers.add(len(steps), "tiers_used", "tier_count")
    answers.add(lambda: _tier_number(steps, shape), "tier", "tier_number")
    answers.add(lambda: _tier_number(steps, shape) - 1, "tier_index", "selected_tier_index")
    whole = [step.units for step in steps if step.kind in (StepKind.PACKAGES, StepKind.BLOCKS)]
    answers.add(added(whole), "packages", "package_count", "packages_count", "total_blocks", "number_of_packages")


def _answer_percentage(answers: Answers, charged: Charged, shape: Percentage, *, in_currency: Currency) -> None:
    """How many events were free, told by the same price with a fee for each paid event to count them by."""
    counting = replace(shape, per_event=ONE)
    [usage] = charged.measured
    steps = counting.steps(usage.quantity, events=usage.events, amounts=usage.amounts) if usage.events else ()
    paid = added(step.units for step in steps if step.kind is StepKind.PER_EVENT)
    answers.add(paid, "paid_events", "events_paid")
    answers.add(subtract(Decimal(usage.events), paid), "free_events", "events_free")
    for kind, names in (
        (StepKind.RATE, ("percentage_amount", "rate_amount", "per_unit_total_amount")),
        (StepKind.PER_EVENT, ("fixed_amount", "fixed_fees", "fixed_fee_total_amount", "per_event_amount")),
    ):
        answers.add(_of_steps([step for step in charged.rated.steps if step.kind is kind], in_currency), *names)
    bounded = [step for step in charged.rated.steps if step.kind in (StepKind.RAISED, StepKind.LOWERED)]
    answers.add(_of_steps(bounded, in_currency), "min_max_adjustment", "min_max_adjustment_total_amount")


def _free_and_paid(charged: Charged, shape: Shape, transform: Transform) -> tuple[Exact, Exact]:
    """How many units cost nothing, and how many are priced."""
    if isinstance(shape, Percentage):
        steps = charged.rated.steps
        free = added(step.units for step in steps if step.kind is StepKind.FREE)
        return free, added(step.units for step in steps if step.kind is StepKind.RATE)
    within = Transform(included=getattr(shape, "included", ZERO))
    paid = added(within.apply(cell.quantity) for cell in charged.rated.cells)
    converted = Transform(conversion=transform.conversion)
    return subtract(added(converted.apply(cell.quantity) for cell in charged.measured), paid), paid


def _tier_number(steps: Sequence[Step], shape: Shape) -> int:
    """The number of the last tier that was reached, from 1; 0 where there are no tiers."""
    tiers: Sequence[Any] = getattr(shape, "tiers", ())
    bounds = [tier.up_to for tier in tiers]
    return bounds.index(steps[-1].up_to) + 1 if bounds and steps else 0


def _of_steps(steps: Sequence[Step], in_currency: Currency) -> Owed:
    return owed(added(step.exact for step in steps), in_currency)
