"""Free: it is measured and shown, and costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact
from farthing.core.pricing.fields import Terms, only
from farthing.core.pricing.step import Step, StepKind


@dataclass(frozen=True, slots=True)
class Free:
    """Nothing, whatever is used."""

    kind: ClassVar[str] = "free"

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
        """The quantity times 0.

        >>> from decimal import Decimal
        >>> [str(step.exact) for step in Free().steps(Decimal(7))]
        ['0']
        """
        return (Step(quantity, ZERO, kind=StepKind.FREE),)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {"shape": self.kind}

    @classmethod
    def from_terms(cls, terms: Terms, *, of: str) -> Free:
        """What `terms` wrote."""
        only(terms, {"shape"}, of=of)
        return cls()
