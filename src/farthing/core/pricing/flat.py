"""Flat: a fee for the period, whatever is used."""

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
class Flat:
    """The fee, in major units of the plan's currency."""

    kind: ClassVar[str] = "flat"
    fee: Decimal

    def __post_init__(self) -> None:
        if self.fee < 0:
            raise Refused(f"A fee may not be negative; this one is {plain(self.fee)}.", field="fee")

    @property
    def needs_amounts(self) -> bool:
        """Whether it looks at what each event carries; it does not."""
        return False

    def steps(
        self,
        quantity: Exact,  # noqa: ARG002
        *,
        events: int = 0,  # noqa: ARG002
        amounts: Sequence[Exact] | None = None,  # noqa: ARG002
    ) -> tuple[Step, ...]:
        """The fee, once.

        >>> [str(step.exact) for step in Flat(Decimal("49")).steps(Decimal(7))]
        ['49']
        """
        return (Step(ONE, self.fee, kind=StepKind.FEE),)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {"shape": self.kind, "fee": plain(self.fee)}

    @classmethod
    def from_terms(cls, terms: Terms, *, of: str) -> Flat:
        """What `terms` wrote."""
        only(terms, {"shape", "fee"}, of=of)
        return cls(number(terms, "fee", of=of))
