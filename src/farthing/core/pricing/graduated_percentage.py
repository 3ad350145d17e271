"""Graduated percentage: each tier takes its own share of the amount that falls in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact, subtract
from farthing.core.money import plain
from farthing.core.pricing.fields import Terms, flag, maybe_number, number, numbered, only, parts
from farthing.core.pricing.ladder import check_bounds
from farthing.core.pricing.step import Step, StepKind
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class RateTier:
    """The amount up to and including `up_to` at this rate (0.03 is 3 %), plus `flat` once the tier is reached."""

    up_to: Decimal | None
    rate: Decimal
    flat: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class GraduatedPercentage:
    """Tiers of an amount of money, the last without a bound."""

    kind: ClassVar[str] = "graduated_percentage"
    tiers: tuple[RateTier, ...]
    flat_when_zero: bool = True

    def __post_init__(self) -> None:
        check_bounds([tier.up_to for tier in self.tiers], of="A graduated percentage")
        for number_of, tier in enumerate(self.tiers, start=1):
            if tier.rate < 0 or tier.flat < 0:
                raise Refused(f"Tier {number_of} has a negative price; give 0 or more.", field="tiers")

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
        """One step for each tier reached; below zero, the first tier's rate and no flat fee.

        >>> price = GraduatedPercentage((RateTier(Decimal(1000), Decimal("0.03")), RateTier(None, Decimal("0.02"))))
        >>> [str(step.exact) for step in price.steps(Decimal(1500))]
        ['30.00', '10.00']
        """
        first = self.tiers[0]
        if quantity < 0:
            return (Step(quantity, first.rate, ZERO, ZERO, first.up_to, StepKind.TIER),)
        if not quantity and not self.flat_when_zero:
            return ()
        reached: list[Step] = []
        above = ZERO
        for tier in self.tiers:
            within = tier.up_to is None or quantity <= tier.up_to
            top = quantity if within or tier.up_to is None else tier.up_to
            units = subtract(top, above)
            reached.append(Step(units, tier.rate, tier.flat, above, tier.up_to, StepKind.TIER))
            if within or tier.up_to is None:
                break
            above = tier.up_to
        return tuple(reached)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        tiers = [
            ({} if tier.up_to is None else {"up_to": plain(tier.up_to)})
            | {"rate": plain(tier.rate)}
            | ({"flat": plain(tier.flat)} if tier.flat else {})
            for tier in self.tiers
        ]
        written: dict[str, Any] = {"shape": self.kind, "tiers": tiers}
        return written if self.flat_when_zero else written | {"flat_when_zero": False}

    @classmethod
    def from_terms(cls, terms: Terms, *, of: str) -> GraduatedPercentage:
        """What `terms` wrote."""
        only(terms, {"shape", "tiers", "flat_when_zero"}, of=of)
        tiers = tuple(
            _tier_from(tier, of=numbered(number_of, of))
            for number_of, tier in enumerate(parts(terms, "tiers", of=of, such_as="up_to and rate"), start=1)
        )
        return cls(tiers, flag(terms, "flat_when_zero", of=of, default=True))


def _tier_from(terms: Terms, *, of: str) -> RateTier:
    only(terms, {"up_to", "rate", "flat"}, of=of)
    return RateTier(
        up_to=maybe_number(terms, "up_to", of=of),
        rate=number(terms, "rate", of=of, default="0"),
        flat=number(terms, "flat", of=of, default="0"),
    )
