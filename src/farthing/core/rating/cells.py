"""A price is applied to what was measured: cell by cell, then its modifiers, then rounded once over all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from farthing.core.exact import ONE, ZERO, Exact, add, subtract
from farthing.core.metering.meter import Measured
from farthing.core.money import EXACT, Currency, Money
from farthing.core.pricing.modifiers import Modification, Modifiers
from farthing.core.pricing.plan import Ladder, Price
from farthing.core.pricing.step import Step
from farthing.core.pricing.volume import Volume
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
    priced = _priced(price, measured, earlier, share=share, part=part)
    steps = [step for cell in priced for step in cell.steps]
    modifications = tuple(_modifications(price, priced, share=share, part=part))
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
    price: Price,
    measured: Sequence[Measured],
    earlier: Sequence[Measured],
    *,
    share: Share | None,
    part: Share | None,
) -> list[_Priced]:
    # What is charged for its share of the days is not given a share of what is included once more.
    allowance = part.exact if price.prorate_included and part is not None and share is None else ONE
    if price.ladder is Ladder.SHARED:
        return _on_one_ladder(price, measured, earlier, allowance=allowance)
    transform = price.transform
    before = {cell.of: cell.quantity for cell in earlier}
    cells: list[_Priced] = []
    for cell in measured:
        shape = price.shape_of(cell.of)
        if cell.of not in before:
            quantity = transform.apply(cell.quantity, allowance)
            steps = shape.steps(quantity, events=cell.events, amounts=cell.amounts)
            cells.append(_cell(price, cell, quantity, steps))
            continue
        already = transform.apply(before[cell.of], allowance)
        together = transform.apply(add(before[cell.of], cell.quantity), allowance)
        steps = beyond(shape.steps(together), shape.steps(already))
        cells.append(_cell(price, cell, subtract(together, already), steps, before=already))
    return cells


def _on_one_ladder(
    price: Price, measured: Sequence[Measured], earlier: Sequence[Measured], *, allowance: Exact
) -> list[_Priced]:
    """The groups climb one ladder one after the other, and share what is included.

    Where one tier prices all of the quantity, it is the tier that all groups together have reached.
    """
    transform = price.transform
    climbed = added(cell.quantity for cell in earlier)
    whole = transform.apply(add(climbed, added(cell.quantity for cell in measured)), allowance)
    reached = transform.apply(climbed, allowance)
    fees_charged: list[Volume] = []
    cells: list[_Priced] = []
    for cell in measured:
        shape = price.shape_of(cell.of)
        climbed = add(climbed, cell.quantity)
        now_at = transform.apply(climbed, allowance)
        quantity = subtract(now_at, reached)
        if isinstance(shape, Volume) and not earlier and not any(tier.block for tier in shape.tiers):
            fee = shape not in fees_charged
            steps = tuple(replace(step, units=quantity, flat=step.flat if fee else ZERO) for step in shape.steps(whole))
            fees_charged.append(shape)
        else:
            first = not cells and not earlier
            steps = shape.steps(now_at) if first else beyond(shape.steps(now_at), shape.steps(reached))
        reached = now_at
        cells.append(_cell(price, cell, quantity, steps))
    return cells


def _cell(
    price: Price, cell: Measured, quantity: Exact, steps: tuple[Step, ...], *, before: Exact | None = None
) -> _Priced:
    of = tuple(zip(price.group_by, cell.of, strict=True)) if cell.of else ()
    return _Priced(of, cell.quantity, quantity, cell.events, steps, before)


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
    price: Price, priced: Sequence[_Priced], *, share: Share | None, part: Share | None
) -> Iterator[Modification]:
    """What the price's modifiers add: to all cells together, or to each where the price says so."""
    if price.modifiers == _NONE:
        return
    of_part = ONE if part is None else part.exact
    if not price.per_group:
        steps = [step for cell in priced for step in cell.steps]
        yield from price.modifiers.applied(added(exact_parts(steps, share=share)), of_part)
        return
    for cell in priced:
        for modification in price.modifiers.applied(added(exact_parts(cell.steps, share=share)), of_part):
            yield replace(modification, of=cell.of)


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
