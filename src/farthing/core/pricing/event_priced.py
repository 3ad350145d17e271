"""Event priced: each event carries its own amount, and they are added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from farthing.core.exact import ONE, Exact
from farthing.core.money import plain
from farthing.core.pricing.fields import Terms, number, only
from farthing.core.pricing.step import Step, StepKind
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class EventPriced:
    """The amounts of the events, times a multiplier (1.2 adds a fifth)."""

    kind: ClassVar[str] = "event_priced"
    multiplier: Decimal = ONE

    def __post_init__(self) -> None:
        if self.multiplier < 0:
            raise Refused(
                f"A multiplier may not be negative; this one is {plain(self.multiplier)}.", field="multiplier"
            )

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
        """The sum of the amounts, which is what the meter measures, times the multiplier.

        >>> [str(step.exact) for step in EventPriced(Decimal("1.2")).steps(Decimal(50))]
        ['60.0']
        """
        return (Step(quantity, self.multiplier, kind=StepKind.CARRIED),)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {"shape": self.kind} | ({} if self.multiplier == 1 else {"multiplier": plain(self.multiplier)})

    @classmethod
    def from_terms(cls, terms: Terms, *, of: str) -> EventPriced:
        """What `terms` wrote."""
        only(terms, {"shape", "multiplier"}, of=of)
        return cls(number(terms, "multiplier", of=of, default="1"))
