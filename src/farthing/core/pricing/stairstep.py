"""Stairstep: the tier that holds the quantity has one price for all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from farthing.core.exact import Exact
from farthing.core.pricing.fields import Terms, flag, only
from farthing.core.pricing.ladder import Rung, check_rungs, rungs_from, rungs_terms, total_steps
from farthing.core.pricing.step import Step


@dataclass(frozen=True, slots=True)
class Stairstep:
    """Tiers, each with a total price; a quantity on a bound is in the tier below it."""

    kind: ClassVar[str] = "stairstep"
    tiers: tuple[Rung, ...]
    flat_when_zero: bool = True

    def __post_init__(self) -> None:
        check_rungs(self.tiers, of="A stairstep price")

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
        """One total; nothing below zero.

        >>> from decimal import Decimal
        >>> price = Stairstep((Rung(Decimal(10), Decimal(50)), Rung(None, Decimal(80))))
        >>> [str(price.steps(Decimal(units))[0].exact) for units in ("10", "10.5")]
        ['50', '80']
        """
        return total_steps(self.tiers, quantity, flat_when_zero=self.flat_when_zero)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        written: dict[str, Any] = {"shape": self.kind, "tiers": rungs_terms(self.tiers)}
        return written if self.flat_when_zero else written | {"flat_when_zero": False}

    @classmethod
    def from_terms(cls, terms: Terms, *, of: str) -> Stairstep:
        """What `terms` wrote."""
        only(terms, {"shape", "tiers", "flat_when_zero"}, of=of)
        return cls(rungs_from(terms, of=of), flag(terms, "flat_when_zero", of=of, default=True))
