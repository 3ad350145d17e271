"""One price on what was measured, rated as a line of an invoice is, without a subscription around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from farthing.core.exact import ONE, Exact
from farthing.core.metering.meter import Measured, Meter
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.money import Currency, Money
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.matrix import Matrix
from farthing.core.pricing.modifiers import Modification, Modifiers
from farthing.core.pricing.plan import Ladder, Price
from farthing.core.pricing.shapes import Shape
from farthing.core.pricing.step import Step
from farthing.core.pricing.transform import Transform
from farthing.core.rating.cells import rate_cells
from farthing.core.rating.line import Cell, Share, added, exact_parts

_METER = Meter("case", 1, "case", Sum(Property("value")))


@dataclass(frozen=True, slots=True)
class Rated:
    """A price on all of its cells: before its modifiers, what they add, after them, and rounded once."""

    cells: tuple[Cell, ...]
    modifications: tuple[Modification, ...]
    before: Exact
    exact: Exact
    amount: Money

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all cells, one after the other."""
        return tuple(step for cell in self.cells for step in cell.steps)


def rate(
    shape: Shape,
    measured: Sequence[Measured],
    *,
    in_currency: Currency,
    transform: Transform | None = None,
    modifiers: Modifiers | None = None,
    earlier: Sequence[Measured] = (),
    ladder: Ladder = Ladder.OWN,
    share: Share | None = None,
) -> Rated:
    """The price of this usage; of a fee the `share`, and of usage the share of its minimum and maximum.

    With `earlier` it is what this usage adds to what was used before.
    """
    price = _price(shape, measured, transform=transform, modifiers=modifiers, ladder=ladder)
    of_fee = share if isinstance(shape, Flat) else None
    rated = rate_cells(price, measured, in_currency=in_currency, earlier=earlier, share=of_fee, part=share)
    steps = [step for cell in rated.cells for step in cell.steps]
    return Rated(
        cells=rated.cells,
        modifications=rated.modifications,
        before=added(exact_parts(steps, share=of_fee)),
        exact=added(exact_parts(steps, rated.modifications, share=of_fee)),
        amount=rated.amount,
    )


def one(quantity: Exact, *, events: int = 0, amounts: Iterable[Exact] | None = None) -> Measured:
    """What was measured where nothing is grouped."""
    return Measured((), quantity, events, None if amounts is None else tuple(amounts))


ONE_FEE = one(ONE)


def _price(
    shape: Shape,
    measured: Sequence[Measured],
    *,
    transform: Transform | None,
    modifiers: Modifiers | None,
    ladder: Ladder,
) -> Price:
    widths = {len(cell.of) for cell in measured}
    assert all(width == other for width, other in pairwise(widths)), f"groups of {widths} values"
    names = () if isinstance(shape, Matrix) else tuple(f"group {place + 1}" for place in range(max(widths, default=0)))
    return Price(
        key="case",
        name="Case",
        shape=shape,
        meter=None if isinstance(shape, Flat) else _METER,
        group_by=names,
        ladder=ladder,
        transform=transform or Transform(),
        modifiers=modifiers or Modifiers(),
    )
