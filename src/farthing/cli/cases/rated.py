"""One price on its cells, rated as a line of an invoice is, without a subscription around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from farthing.core.exact import ONE, ZERO, Exact, add
from farthing.core.money import Currency, Money, round_to_money, spread
from farthing.core.pricing.matrix import Matrix
from farthing.core.pricing.modifiers import Modification, Modifiers
from farthing.core.pricing.shapes import Shape
from farthing.core.pricing.step import Step
from farthing.core.pricing.transform import Transform


@dataclass(frozen=True, slots=True)
class Usage:
    """What one cell measured: its group values, the quantity, how many events, and what each carried."""

    quantity: Exact
    events: int = 0
    amounts: tuple[Exact, ...] | None = None
    of: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class RatedCell:
    """A cell with the steps that its price took."""

    usage: Usage
    quantity: Exact
    steps: tuple[Step, ...]

    @property
    def exact(self) -> Exact:
        """Its steps added up."""
        return total(step.exact for step in self.steps)


@dataclass(frozen=True, slots=True)
class Rated:
    """A price on all of its cells: before its modifiers, what they add, after them, and rounded once."""

    cells: tuple[RatedCell, ...]
    modifications: tuple[Modification, ...]
    before: Exact
    exact: Exact
    amount: Money
    parts: tuple[Money, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all cells, one after the other."""
        return tuple(step for cell in self.cells for step in cell.steps)


def rate(
    shape: Shape,
    usages: Sequence[Usage],
    *,
    in_currency: Currency,
    transform: Transform | None = None,
    modifiers: Modifiers | None = None,
    share: Exact = ONE,
) -> Rated:
    """The price of this usage, each cell on a ladder of its own."""
    transform = transform or Transform()
    cells = []
    for usage in usages:
        priced = transform.apply(usage.quantity)
        chosen = shape.shape_for(usage.of) if isinstance(shape, Matrix) else shape
        cells.append(RatedCell(usage, priced, chosen.steps(priced, events=usage.events, amounts=usage.amounts)))
    before = total(cell.exact for cell in cells)
    modifications = (modifiers or Modifiers()).applied(before, share)
    exact = add(before, total(done.exact for done in modifications))
    amount = round_to_money(exact, in_currency)
    exact_parts = [*(cell.exact for cell in cells), *(done.exact for done in modifications)]
    parts = spread(amount, exact_parts) if exact_parts else ()
    return Rated(tuple(cells), modifications, before, exact, amount, parts)


def total(numbers: Iterable[Exact]) -> Exact:
    """The sum."""
    added: Exact = ZERO
    for number in numbers:
        added = add(added, number)
    return added
