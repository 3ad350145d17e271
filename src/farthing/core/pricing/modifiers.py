"""Modifiers: a price's discount, then its minimum, then its maximum."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from farthing.core.exact import ONE, ZERO, Exact, add, multiply, subtract
from farthing.core.money import plain
from farthing.core.pricing.fields import Terms, maybe_number, only
from farthing.core.refused import Refused

_PERCENT = Decimal("0.01")


class ModificationKind(StrEnum):
    """What changed an amount."""

    DISCOUNT = "discount"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    BILLED = "billed"


@dataclass(frozen=True, slots=True)
class Modification:
    """What a modifier adds to an amount; a discount and a maximum add less than nothing.

    What earlier slices of a charge billed is taken off last, in money, after all of it was rounded.

    `of` names the group it is for, by properties and their values, where each has its own.
    """

    kind: ModificationKind
    exact: Exact
    of: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage of what is charged, or an amount of money of a whole period: one of the two."""

    percent: Decimal | None = None
    amount: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.amount is None):
            raise Refused("A discount is either a percent or an amount; give one of them.", field="discount")
        if self.percent is not None and not 0 <= self.percent <= 100:
            raise Refused(f"A discount is from 0 to 100 percent, not {plain(self.percent)}.", field="discount")
        if self.amount is not None and self.amount < 0:
            raise Refused(f"A discount may not be negative; this one is {plain(self.amount)}.", field="discount")

    def off(self, exact: Exact, share: Exact) -> Exact:
        """What it takes off: never more than there is, and nothing of what is below zero."""
        if exact <= 0:
            return ZERO
        if self.percent is not None:
            return multiply(multiply(exact, self.percent), _PERCENT)
        assert self.amount is not None, "a discount is one of the two"
        return min(exact, multiply(self.amount, share))

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        if self.percent is not None:
            return {"percent": plain(self.percent)}
        assert self.amount is not None, "a discount is one of the two"
        return {"amount": plain(self.amount)}


@dataclass(frozen=True, slots=True)
class Modifiers:
    """All that is done to an amount after its shape; minimum and maximum are of a whole period."""

    discount: Discount | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None

    def __post_init__(self) -> None:
        for name, bound in (("minimum", self.minimum), ("maximum", self.maximum)):
            if bound is not None and bound < 0:
                raise Refused(f"A {name} may not be negative; this one is {plain(bound)}.", field=name)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise Refused(
                f"The minimum of {plain(self.minimum)} is above the maximum of {plain(self.maximum)}; swap them.",
                field="minimum",
            )

    def applied(self, exact: Exact, share: Exact = ONE) -> tuple[Modification, ...]:
        """What each adds to the amount, in their order; amounts of money count for this share of a period.

        >>> modifiers = Modifiers(Discount(percent=Decimal(10)), minimum=Decimal(50), maximum=Decimal(80))
        >>> [[f"{done.kind} {done.exact}" for done in modifiers.applied(Decimal(amount))] for amount in (60, 40, 100)]
        [['discount -6.00'], ['discount -4.00', 'minimum 14.00'], ['discount -10.00', 'maximum -10.00']]
        """
        done: list[Modification] = []
        if self.discount is not None:
            off = self.discount.off(exact, share)
            if off:
                done.append(Modification(ModificationKind.DISCOUNT, subtract(ZERO, off)))
                exact = subtract(exact, off)
        if self.minimum is not None:
            least = multiply(self.minimum, share)
            if exact < least:
                done.append(Modification(ModificationKind.MINIMUM, subtract(least, exact)))
                exact = least
        if self.maximum is not None:
            most = multiply(self.maximum, share)
            if exact > most:
                done.append(Modification(ModificationKind.MAXIMUM, subtract(most, exact)))
        return tuple(done)

    def modified(self, exact: Exact, share: Exact = ONE) -> Exact:
        """The amount after all of them."""
        for done in self.applied(exact, share):
            exact = add(exact, done.exact)
        return exact

    def terms(self) -> dict[str, Any]:
        """As plain data, for the price they belong to."""
        return {
            **({} if self.discount is None else {"discount": self.discount.terms()}),
            **({} if self.minimum is None else {"minimum": plain(self.minimum)}),
            **({} if self.maximum is None else {"maximum": plain(self.maximum)}),
        }


def modifiers_from(terms: Terms, *, of: str) -> Modifiers:
    """The modifiers in a price's terms."""
    discount = None
    written = terms.get("discount")
    if written is not None:
        if not isinstance(written, dict):
            raise Refused(f"{of} takes a discount as {{percent: 10}} or {{amount: 5}}.", field="discount")
        of_discount = f"The discount of {of[0].lower()}{of[1:]}"
        try:
            only(written, {"percent", "amount"}, of=of_discount)
            discount = Discount(
                percent=maybe_number(written, "percent", of=of_discount),
                amount=maybe_number(written, "amount", of=of_discount),
            )
        except Refused as fault:
            raise Refused(fault.sentence, field="discount") from None
    return Modifiers(discount, maybe_number(terms, "minimum", of=of), maybe_number(terms, "maximum", of=of))
