"""Volume: the tier that holds the quantity prices all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact
from farthing.core.pricing.fields import Terms, flag, only
from farthing.core.pricing.ladder import Tier, check_tiers, started, tiers_from, tiers_terms
from farthing.core.pricing.step import Step, StepKind


@dataclass(frozen=True, slots=True)
class Volume:
    """Tiers with rising upper bounds; a quantity on a bound is in the tier below it."""

    kind: ClassVar[str] = "volume"
    tiers: tuple[Tier, ...]
    flat_when_zero: bool = True

    def __post_init__(self) -> None:
        check_tiers(self.tiers, of="A volume price")

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
        """All of the quantity at one tier's price; below zero, the first tier's unit price and no flat fee.

        >>> from decimal import Decimal
        >>> price = Volume((Tier(Decimal(100), Decimal(2)), Tier(None, Decimal(1), flat=Decimal(5))))
        >>> [str(price.steps(Decimal(units))[0].exact) for units in ("100", "100.5")]
        ['200', '105.5']
        """
        first = self.tiers[0]
        if quantity < 0:
            # A block is whole, as a package is: less than none of them costs nothing.
            units = quantity if first.block is None else ZERO
            kind = StepKind.WHOLE if first.block is None else StepKind.BLOCKS
            return (Step(units, first.unit, ZERO, ZERO, first.up_to, kind),)
        if not quantity and not self.flat_when_zero:
            return ()
        above = ZERO
        for tier in self.tiers:
            if tier.up_to is None or quantity <= tier.up_to:
                break
            above = tier.up_to
        if tier.block is None:
            return (Step(quantity, tier.unit, tier.flat, above, tier.up_to, StepKind.WHOLE),)
        return (Step(started(quantity, tier.block), tier.unit, tier.flat, above, tier.up_to, StepKind.BLOCKS),)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        written: dict[str, Any] = {"shape": self.kind, "tiers": tiers_terms(self.tiers)}
        return written if self.flat_when_zero else written | {"flat_when_zero": False}

    @classmethod
    def from_terms(cls, terms: Terms, *, of: str) -> Volume:
        """What `terms` wrote."""
        only(terms, {"shape", "tiers", "flat_when_zero"}, of=of)
        return cls(tiers_from(terms, of=of), flag(terms, "flat_when_zero", of=of, default=True))
