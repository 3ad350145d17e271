"""Package: units come in packages of one price, and a started package is a whole one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact, subtract
from farthing.core.money import plain
from farthing.core.pricing.fields import Terms, number, only
from farthing.core.pricing.ladder import started
from farthing.core.pricing.step import Step, StepKind
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class Package:
    """The price of each started package of `size` units, after the units that are included."""

    kind: ClassVar[str] = "package"
    price: Decimal
    size: Decimal
    included: Decimal = ZERO

    def __post_init__(self) -> None:
        if self.price < 0:
            raise Refused(f"A package's price may not be negative; this one is {plain(self.price)}.", field="price")
        if self.size <= 0:
            raise Refused(f"A package needs a size above 0; this one is {plain(self.size)}.", field="size")
        if self.included < 0:
            raise Refused(
                f"A package's included units may not be negative; these are {plain(self.included)}.", field="included"
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
        """The packages begun; none below zero.

        >>> price = Package(Decimal(5), size=Decimal(100), included=Decimal(100))
        >>> [str(price.steps(Decimal(units))[0].exact) for units in ("30", "100.5", "201")]
        ['0', '5', '10']
        """
        packages = started(subtract(quantity, self.included), self.size) if quantity > self.included else ZERO
        return (Step(packages, self.price, kind=StepKind.PACKAGES),)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "shape": self.kind,
            "price": plain(self.price),
            "size": plain(self.size),
            **({"included": plain(self.included)} if self.included else {}),
        }

    @classmethod
    def from_terms(cls, terms: Terms, *, of: str) -> Package:
        """What `terms` wrote."""
        only(terms, {"shape", "price", "size", "included"}, of=of)
        return cls(
            price=number(terms, "price", of=of),
            size=number(terms, "size", of=of),
            included=number(terms, "included", of=of, default="0"),
        )
