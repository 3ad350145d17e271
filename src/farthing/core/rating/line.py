"""A line is one price on one stretch of a period, with the arithmetic that leads to its amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from farthing.core.money import Currency, Money, round_to_money, spread
from farthing.core.period import Period
from farthing.core.pricing.step import Step


@dataclass(frozen=True, slots=True)
class Slice:
    """The range of positions (after, to] that one line bills of a charge, and what was measured there.

    The slices of a charge form one chain per revision (INV-05); one (charge, slice, revision) is billed once (INV-07).
    """

    charge_id: UUID
    revision: int
    after: int
    to: int
    quantity: Decimal
    events: int

    def __post_init__(self) -> None:
        assert 0 <= self.after <= self.to, f"slice ({self.after}, {self.to}] of charge {self.charge_id}"


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a period that a fee is charged for, in whole local days."""

    days: int
    of_days: int

    def __post_init__(self) -> None:
        assert 0 <= self.days <= self.of_days, f"{self.days} of {self.of_days} days"
        assert self.of_days > 0, "a period has days"

    @property
    def exact(self) -> Fraction:
        """Days over days."""
        return Fraction(self.days, self.of_days)


@dataclass(frozen=True, slots=True)
class Line:
    """`step_amounts` shares the rounded amount out over the steps. A fee has a share, usage has a slice."""

    price_key: str
    name: str
    period: Period
    quantity: Decimal
    unit: str
    steps: tuple[Step, ...]
    step_amounts: tuple[Money, ...]
    amount: Money
    advance: bool = False
    share: Share | None = None
    slice: Slice | None = None

    def __post_init__(self) -> None:
        assert (self.share is None) != (self.slice is None), f"line {self.price_key} is a fee or usage"
        if self.slice is not None:
            billed = self.slice.quantity
            assert self.quantity == billed, f"line {self.price_key} says {self.quantity}, its slice {billed}"
        spread_out = sum(part.minor for part in self.step_amounts)
        assert spread_out == self.amount.minor, f"line {self.price_key}: parts {spread_out}, whole {self.amount}"

    @property
    def exact(self) -> Fraction:
        """The amount before its one rounding, in major units."""
        return exact_amount(self.steps, self.share)


def exact_amount(steps: Sequence[Step], share: Share | None) -> Fraction:
    """The steps added up, for the share of the period."""
    added = sum((Fraction(step.exact) for step in steps), start=Fraction(0))
    return added if share is None else added * share.exact


def round_line(steps: Sequence[Step], share: Share | None, *, in_currency: Currency) -> tuple[Money, tuple[Money, ...]]:
    """The line's amount, rounded once (INV-17), and each step's part of it."""
    amount = round_to_money(exact_amount(steps, share), in_currency)
    return amount, spread(amount, [exact_amount([step], share) for step in steps])
