"""A step is one line of a price's arithmetic, such as one tier: units times a unit price, plus a flat fee."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Step:
    """`units` x `unit_price` + `flat`; `above` and `up_to` say which tier it is, when it is one."""

    units: Decimal
    unit_price: Decimal
    flat: Decimal = Decimal(0)
    above: Decimal | None = None
    up_to: Decimal | None = None

    @property
    def exact(self) -> Fraction:
        """The step's amount in major units, not rounded."""
        return Fraction(self.units) * Fraction(self.unit_price) + Fraction(self.flat)
