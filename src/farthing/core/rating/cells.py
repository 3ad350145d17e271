"""A price is applied to what was measured: cell by cell, then its modifiers, then rounded once over all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from farthing.core.exact import ONE, ZERO, Exact, add, subtract
from farthing.core.metering.meter import Measured
from farthing.core.money import EXACT, Currency, Money
from farthing.core.pricing.modifiers import Modification, Modifiers
from farthing.core.pricing.plan import Ladder, Price
from farthing.core.pricing.step import Step
from farthing.core.rating.line import Cell, Share, added, exact_parts, round_parts

_NONE = Modifiers()


@dataclass(frozen=True, slots=True)
class Rated:
    """What a price makes of its cells."""

    cells: tuple[Cell, ...]
    modifications: tuple[Modification, ...]
    modification_amounts: tuple[Money, ...]
    amount: Money


def rate_cells(
    price: Price,
    measured: Sequence[Measured],
    *,
    in_currency: Currency,
    earlier: Sequence[Measured] = (),
    share: Share | None = None,
    part: Share | None = None,
) -> Rated:
    """The amount of all cells together, rounded once.

    `earlier` is what the same cells measured before, where quantities accumulate. `share` is the share of the steps
    that is charged; `part` the part of the full period that is covered, which minimums and allowances follow.
    """
    priced = _priced(price, measured, earlier, part=part)
    steps = [step for cell in priced for step in cell.steps]
    modifications = _modifications(price, steps, share=share, part=part)
    parts = exact_parts(steps, modifications, share=share, rate=price.unit_of_account)
    amount, amounts = round_parts(parts, in_currency=in_currency)
    return Rated(
        cells=tuple(_with_amounts(priced, amounts)),
        modifications=modifications,
        modification_amounts=amounts[len(steps) :],
        amount=amount,
    )


@dataclass(frozen=True, slots=True)
class _Priced:
    of: tuple[tuple[str, str | None], ...]
    measured: Exact
    quantity: Exact
    events: int
    steps: tuple[Step, ...]
    before: Exact | None = None


def _priced(
    price: Price, measured: Sequence[Measured], earlier: Sequence[Measured], *, part: Share | None
) -> list[_Priced]:
    transform = price.transform
    allowance = part.exact if price.prorate_included and part is not None else ONE
    measured_before = {cell.of: cell.quantity for cell in earlier}
    names = price.group_by
    filled: Exact = ZERO
    cells = []
    for cell in measured:
        shape = price.shape_of(cell.of)
        before = measured_before.get(cell.of)
        already = None if before is None else transform.apply(before, allowance)
        if before is None or already is None:
            quantity = transform.apply(cell.quantity, allowance)
        else:
            quantity = subtract(transform.apply(add(before, cell.quantity), allowance), already)
        if price.ladder is Ladder.SHARED:
            already, filled = filled, add(filled, quantity)
            steps = beyond(shape.steps(filled), shape.steps(already)) if already else shape.steps(filled)
            already = None
        elif already:
            steps = beyond(shape.steps(add(already, quantity)), shape.steps(already))
        else:
            steps = shape.steps(quantity, events=cell.events, amounts=cell.amounts)
        cells.append(
            _Priced(
                tuple(zip(names, cell.of, strict=True)) if names else (),
                cell.quantity,
                quantity,
                cell.events,
                steps,
                already,
            )
        )
    return cells


def beyond(together: Iterable[Step], before: Iterable[Step]) -> tuple[Step, ...]:
    """What the steps for all so far cost beyond those of what was priced before, tier by tier.

    >>> from decimal import Decimal
    >>> from farthing.core.pricing.per_unit import PerUnit
    >>> price = PerUnit(Decimal(2))
    >>> [str(step.exact) for step in beyond(price.steps(Decimal(10)), price.steps(Decimal(4)))]
    ['12']
    """
    known = {(step.kind, step.above, step.up_to, step.unit_price): step for step in before}
    steps = []
    for step in together:
        there = known.pop((step.kind, step.above, step.up_to, step.unit_price), None)
        if there is not None:
            step = replace(step, units=subtract(step.units, there.units), flat=EXACT.subtract(step.flat, there.flat))
        if step.units or step.flat:
            steps.append(step)
    steps += [replace(step, units=subtract(ZERO, step.units), flat=step.flat.copy_negate()) for step in known.values()]
    return tuple(steps)


def _modifications(
    price: Price, steps: Sequence[Step], *, share: Share | None, part: Share | None
) -> tuple[Modification, ...]:
    if price.modifiers == _NONE:
        return ()
    return price.modifiers.applied(added(exact_parts(steps, share=share)), *(() if part is None else (part.exact,)))


def _with_amounts(priced: Sequence[_Priced], amounts: Sequence[Money]) -> Iterable[Cell]:
    first = 0
    for cell in priced:
        last = first + len(cell.steps)
        yield Cell(
            of=cell.of,
            measured=cell.measured,
            quantity=cell.quantity,
            events=cell.events,
            steps=cell.steps,
            amounts=tuple(amounts[first:last]),
            before=cell.before,
        )
        first = last
