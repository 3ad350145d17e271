"""Graduated: each tier prices the units that fall in it, as income tax does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact, subtract
from farthing.core.pricing.fields import Terms, flag, only
from farthing.core.pricing.ladder import Tier, check_tiers, started, tiers_from, tiers_terms
from farthing.core.pricing.step import Step, StepKind

__all__ = ["Graduated", "Tier"]


@dataclass(frozen=True, slots=True)
class Graduated:
    """Tiers with rising upper bounds, the last without one, so that no gap can exist."""

    kind: ClassVar[str] = "graduated"
    tiers: tuple[Tier, ...]
    flat_when_zero: bool = True

    def __post_init__(self) -> None:
        check_tiers(self.tiers, of="A graduated price")

    @property
    def needs_amounts(self) -> bool:
        """Whether it looks at what each event carries; it does not."""
        return False

    def steps(
        self,
        quantity: Exact,
        *,
        events: int = 0,  # noqa: ARG002
        amounts: Sequence[Exact] | None = None,  # noqa: ARG002
    ) -> tuple[Step, ...]:
        """One step for each tier reached; below zero, the first tier's unit price and no flat fee.

        >>> price = Graduated((Tier(Decimal(10), Decimal(2)), Tier(None, Decimal(1), flat=Decimal(5))))
        >>> [str(step.exact) for step in price.steps(Decimal("10.5"))]
        ['20', '5.5']
        """
        first = self.tiers[0]
        if quantity < 0:
            # A block is whole, as a package is: less than none of them costs nothing.
            units = quantity if first.block is None else ZERO
            return (_step(units, first, ZERO, above=ZERO),)
        if not quantity:
            return (_step(quantity, first, first.flat, above=ZERO),) if self.flat_when_zero else ()
        reached: list[Step] = []
        above = ZERO
        for tier in self.tiers:
            up_to = tier.up_to
            if up_to is None or quantity <= up_to:
                reached.append(_step(subtract(quantity, above) if above else quantity, tier, tier.flat, above=above))
                break
            reached.append(_step(subtract(up_to, above), tier, tier.flat, above=above))
            above = up_to
        return tuple(reached)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        written: dict[str, Any] = {"shape": self.kind, "tiers": tiers_terms(self.tiers)}
        return written if self.flat_when_zero else written | {"flat_when_zero": False}

    @classmethod
    def from_terms(cls, terms: Terms, *, of: str) -> Graduated:
        """What `terms` wrote."""
        only(terms, {"shape", "tiers", "flat_when_zero"}, of=of)
        return cls(tiers_from(terms, of=of), flag(terms, "flat_when_zero", of=of, default=True))


def _step(units: Exact, tier: Tier, flat: Decimal, *, above: Decimal) -> Step:
    if tier.block is None:
        return Step(units, tier.unit, flat, above, tier.up_to, StepKind.TIER)
    return Step(started(units, tier.block), tier.unit, flat, above, tier.up_to, StepKind.BLOCKS)
