"""Graduated: each tier prices the units that fall in it, as income tax does."""

from dataclasses import dataclass
from decimal import Decimal

from farthing.core.money import EXACT, plain
from farthing.core.pricing.step import Step
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to and including `up_to` (None: no bound) at `unit` each, plus `flat` once the tier is reached."""

    up_to: Decimal | None
    unit: Decimal
    flat: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Graduated:
    """Tiers with rising upper bounds, the last without one, so that no gap can exist."""

    tiers: tuple[Tier, ...]
    flat_when_zero: bool = True

    def __post_init__(self) -> None:
        if not self.tiers:
            raise Refused("A graduated price needs at least one tier.", field="tiers")
        *bounded, last = self.tiers
        if last.up_to is not None:
            raise Refused("The last tier has no bound: leave its up_to out.", field="tiers")
        below = Decimal(0)
        for number, tier in enumerate(bounded, start=1):
            if tier.up_to is None:
                raise Refused(f"Tier {number} needs an up_to; only the last tier has no bound.", field="tiers")
            if tier.up_to <= below:
                raise Refused(
                    f"Tier {number} ends at {plain(tier.up_to)}, which is not above {plain(below)}; bounds must rise.",
                    field="tiers",
                )
            below = tier.up_to
        for number, tier in enumerate(self.tiers, start=1):
            if tier.unit < 0 or tier.flat < 0:
                raise Refused(f"Tier {number} has a negative price; give 0 or more.", field="tiers")

    def steps(self, quantity: Decimal) -> tuple[Step, ...]:
        """One step for each tier reached; below zero, the first tier's unit price and no flat fee.

        >>> price = Graduated((Tier(Decimal(10), Decimal(2)), Tier(None, Decimal(1), flat=Decimal(5))))
        >>> [str(step.exact) for step in price.steps(Decimal("10.5"))]
        ['20', '11/2']
        """
        first = self.tiers[0]
        if quantity < 0:
            return (Step(units=quantity, unit_price=first.unit, above=Decimal(0), up_to=first.up_to),)
        reached: list[Step] = []
        above = Decimal(0)
        for tier in self.tiers:
            if quantity <= above and not (above == 0 and self.flat_when_zero):
                break
            top = quantity if tier.up_to is None else min(quantity, tier.up_to)
            units = EXACT.subtract(top, above)
            reached.append(Step(units, tier.unit, tier.flat, above=above, up_to=tier.up_to))
            if tier.up_to is None or quantity <= tier.up_to:
                break
            above = tier.up_to
        return tuple(reached)
