"""Per unit: every unit costs the same."""

from dataclasses import dataclass
from decimal import Decimal

from farthing.core.money import plain
from farthing.core.pricing.step import Step
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class PerUnit:
    """The price of one unit, in major units of the plan's currency."""

    unit: Decimal

    def __post_init__(self) -> None:
        if self.unit < 0:
            raise Refused(f"A unit price may not be negative; this one is {plain(self.unit)}.", field="unit")

    def steps(self, quantity: Decimal) -> tuple[Step, ...]:
        """The quantity times the unit price.

        >>> [str(step.exact) for step in PerUnit(Decimal("0.004")).steps(Decimal(1000))]
        ['4']
        """
        return (Step(units=quantity, unit_price=self.unit),)
