"""From what was measured to what is priced: converted, made whole, less what is included."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from farthing.core.exact import ONE, ZERO, Exact, Rounding, divide, multiply, rounded, subtract
from farthing.core.money import plain
from farthing.core.pricing.fields import Terms, choice, number, whole
from farthing.core.refused import Refused

_MOST_PRECISION = 18


@dataclass(frozen=True, slots=True)
class Conversion:
    """Multiply by the factor, or divide by it; then round to so many digits after the point, if at all."""

    factor: Decimal
    divides: bool = True
    rounding: Rounding = Rounding.NONE
    precision: int = 0

    def __post_init__(self) -> None:
        named = "divide_by" if self.divides else "multiply_by"
        if self.factor <= 0:
            raise Refused(f"“{named}” needs a number above 0; this one is {plain(self.factor)}.", field=named)
        if not -_MOST_PRECISION <= self.precision <= _MOST_PRECISION:
            raise Refused(
                f"“precision” is from -{_MOST_PRECISION} to {_MOST_PRECISION}, not {self.precision}.",
                field="precision",
            )

    def apply(self, quantity: Exact) -> Exact:
        """The converted quantity.

        >>> by_day = Conversion(Decimal(2592000), rounding=Rounding.FLOOR)
        >>> by_day.apply(Decimal(3 * 864000))
        Decimal('1')
        """
        converted = divide(quantity, self.factor) if self.divides else multiply(quantity, self.factor)
        return (
            converted if self.rounding is Rounding.NONE else rounded(converted, self.rounding, precision=self.precision)
        )


@dataclass(frozen=True, slots=True)
class Transform:
    """A conversion, then units that are included; a quantity below zero has none of them taken off."""

    conversion: Conversion | None = None
    included: Decimal = ZERO

    def __post_init__(self) -> None:
        if self.included < 0:
            raise Refused(f"Included units may not be negative; these are {plain(self.included)}.", field="included")

    @property
    def changes_nothing(self) -> bool:
        """Whether what is measured is what is priced."""
        return self.conversion is None and not self.included

    def apply(self, quantity: Exact, share: Exact = ONE) -> Exact:
        """The quantity that the shape prices; of the included units, this share.

        >>> thousands = Transform(Conversion(Decimal(1000)), included=Decimal(1))
        >>> [str(thousands.apply(Decimal(units))) for units in (500, 2500, -500)]
        ['0', '1.5', '-0.5']
        """
        if self.conversion is not None:
            quantity = self.conversion.apply(quantity)
        if not self.included or quantity < 0:
            return quantity
        included = self.included if share == 1 else multiply(self.included, share)
        return subtract(quantity, included) if quantity > included else ZERO

    def terms(self) -> dict[str, Any]:
        """As plain data, for the price it belongs to."""
        written: dict[str, Any] = {}
        conversion = self.conversion
        if conversion is not None:
            written["divide_by" if conversion.divides else "multiply_by"] = plain(conversion.factor)
            if conversion.rounding is not Rounding.NONE:
                written["round"] = conversion.rounding.value
                if conversion.precision:
                    written["precision"] = str(conversion.precision)
        return written | ({"included": plain(self.included)} if self.included else {})


def transform_from(terms: Terms, *, of: str) -> Transform:
    """The transform in a price's terms."""
    names = [name for name in ("divide_by", "multiply_by") if name in terms]
    if len(names) > 1:
        raise Refused(f"{of} has both divide_by and multiply_by; keep one.", field="multiply_by")
    rounding = Rounding(choice(terms, "round", [each.value for each in Rounding], of=of, default="none"))
    precision = whole(terms, "precision", of=of, default=0)
    if "precision" in terms and rounding is Rounding.NONE:
        raise Refused(
            f"{of} has a precision but does not round; say how in “round”, or leave it out.", field="precision"
        )
    conversion = None
    if names:
        divides = names[0] == "divide_by"
        conversion = Conversion(number(terms, names[0], of=of), divides, rounding, precision)
    elif rounding is not Rounding.NONE:
        conversion = Conversion(ONE, divides=False, rounding=rounding, precision=precision)
    return Transform(conversion, number(terms, "included", of=of, default="0"))
