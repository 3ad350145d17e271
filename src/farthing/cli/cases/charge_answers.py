"""Everything that a case may ask of a charge, by the names it may be asked by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from farthing.cli.cases.answers import Answers, Owed, Quotient
from farthing.cli.cases.rated import Rated
from farthing.core.exact import ONE, ZERO, Exact, divide, multiply, subtract
from farthing.core.metering.meter import Measured
from farthing.core.money import Currency, Money, round_to_money
from farthing.core.pricing.modifiers import ModificationKind
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.shapes import Shape
from farthing.core.pricing.step import Step, StepKind
from farthing.core.pricing.transform import Transform
from farthing.core.rating.line import added


@dataclass(frozen=True, slots=True)
class Charged:
    """What a charge comes to with all that was used so far, and without what the case adds; `detail` is of the latter.

    `billed` is what the case says was billed before.
    """

    now: Rated
    before: Rated | None
    detail: Rated
    billed: Exact | None
    measured: Sequence[Measured]

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
    answers.add(Owed(charged.exact, charged.money(in_currency)), "amount", "total", "total_amount", "charge", "cost",
                "final_cost", "fee", "price", "net", "net_amount", "line_total", "subtotal", "due", "amount_due",
                "total_charge", "slice_amount")  # fmt: skip
    _answer_modifiers(answers, charged, in_currency=in_currency)
    _answer_steps(answers, charged.detail.steps, shape, in_currency=in_currency)
    cells = charged.detail.cells
    quantity = added(cell.quantity for cell in cells)
    measured = added(cell.quantity for cell in charged.measured)
    answers.add(quantity, "units", "quantity", "billed_units", "billable_units", "priced_units", "billed_quantity",
                "converted_units")  # fmt: skip
    answers.add(measured, "measured", "measured_units", "raw_units", "value")
    events = sum(cell.events for cell in charged.measured)
    answers.add(events, "count", "events_count", "events")
    of = measured if counted is None else counted
    answers.add(lambda: Quotient(divide(charged.exact, of) if of > 0 else ZERO), "unit_amount", "effective_unit_amount",
                "effective_unit_cost", "average_price", "unit_cost", "effective_unit_price")  # fmt: skip
    each = {"/".join(str(value) for _, value in cell.of): _of_steps(cell.steps, in_currency) for cell in cells}
    answers.add(each, "groups", "by_group", "group_amounts", "amounts_by_group", "per_group")
    answers.add([_of_steps(cell.steps, in_currency) for cell in cells], "cell_amounts", "bucket_amounts",
                "window_amounts", "amounts_per_bucket")  # fmt: skip
    free, paid = _free_and_paid(charged, shape, transform)
    answers.add(free, "free_units", "free_amount", "included_units", "free_used", "discounted_units", "units_free")
    answers.add(paid, "paid_units", "paid_amount", "overage_units", "units_paid")
    if isinstance(shape, Percentage):
        _answer_percentage(answers, charged, shape, in_currency=in_currency)


def _answer_modifiers(answers: Answers, charged: Charged, *, in_currency: Currency) -> None:
    """Before and after discount, minimum and maximum, and what each of them adds."""
    rated = charged.now
    answers.add(owed(rated.before, in_currency), "usage_amount", "gross", "gross_amount", "base_amount", "list_amount",
                "amount_before", "before_modifiers", "usage_cost", "uncapped", "uncapped_amount")  # fmt: skip
    changed = added(done.exact for done in rated.modifications)
    answers.add(owed(changed, in_currency), "adjustment", "adjustment_amount")
    for kind, names in (
        (ModificationKind.DISCOUNT, ("discount_amount", "discount", "discounted")),
        (ModificationKind.MINIMUM, ("true_up", "minimum_adjustment", "minimum_spend", "true_up_amount", "true_up_fee")),
        (ModificationKind.MAXIMUM, ("maximum_adjustment", "max_spend_discount", "over_maximum", "over_cap")),
    ):
        done = added(change.exact for change in rated.modifications if change.kind is kind)
        taken_off = kind is not ModificationKind.MINIMUM and done
        answers.add(owed(subtract(ZERO, done) if taken_off else done, in_currency), *names)
    answers.add(bool(rated.modifications), "adjusted", "capped")


def _answer_steps(answers: Answers, steps: Sequence[Step], shape: Shape, *, in_currency: Currency) -> None:
    """The steps: tiers, packages, or whatever the shape has."""
    answers.add([owed(step.exact, in_currency) for step in steps], "tier_amounts", "amounts", "step_amounts",
                "tier_totals", "tiers_amounts", "per_tier", "tier_amount", "breakdown")  # fmt: skip
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
        answers.add(_of_steps([step for step in charged.now.steps if step.kind is kind], in_currency), *names)
    bounded = [step for step in charged.now.steps if step.kind in (StepKind.RAISED, StepKind.LOWERED)]
    answers.add(_of_steps(bounded, in_currency), "min_max_adjustment", "min_max_adjustment_total_amount")


def _free_and_paid(charged: Charged, shape: Shape, transform: Transform) -> tuple[Exact, Exact]:
    """How many units cost nothing, and how many are priced."""
    if isinstance(shape, Percentage):
        steps = charged.now.steps
        free = added(step.units for step in steps if step.kind is StepKind.FREE)
        return free, added(step.units for step in steps if step.kind is StepKind.RATE)
    within = Transform(included=getattr(shape, "included", ZERO))
    paid = added(within.apply(cell.quantity) for cell in charged.detail.cells)
    converted = Transform(conversion=transform.conversion)
    return subtract(added(converted.apply(cell.quantity) for cell in charged.measured), paid), paid


def _tier_number(steps: Sequence[Step], shape: Shape) -> int:
    """The number of the last tier that was reached, from 1; 0 where there are no tiers."""
    tiers: Sequence[Any] = getattr(shape, "tiers", ())
    bounds = [tier.up_to for tier in tiers]
    return bounds.index(steps[-1].up_to) + 1 if bounds and steps else 0


def _of_steps(steps: Sequence[Step], in_currency: Currency) -> Owed:
    return owed(added(step.exact for step in steps), in_currency)
