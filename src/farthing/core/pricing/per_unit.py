"""Per unit: every unit costs the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from farthing.core.exact import Exact
from farthing.core.money import plain
from farthing.core.pricing.fields import Terms, number, only
from farthing.core.pricing.step import Step
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class PerUnit:
    """The price of one unit, in major units of the plan's currency."""

    kind: ClassVar[str] = "per_unit"
    unit: Decimal

    def __post_init__(self) -> None:
        if self.unit < 0:
            raise Refused(f"A unit price may not be negative; this one is {plain(self.unit)}.", field="unit")

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
        """The quantity times the unit price.

        >>> [str(step.exact) for step in PerUnit(Decimal("0.004")).steps(Decimal(1000))]
        ['4.000']
        """
        return (Step(quantity, self.unit),)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {"shape": self.kind, "unit": plain(self.unit)}

    @classmethod
    def from_terms(cls, terms: Terms, *, of: str) -> PerUnit:
        """What `terms` wrote."""
        only(terms, {"shape", "unit"}, of=of)
        return cls(number(terms, "unit", of=of))
