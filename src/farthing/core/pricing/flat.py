"""Flat: a fee for the period, whatever is used."""

from dataclasses import dataclass
from decimal import Decimal

from farthing.core.money import plain
from farthing.core.pricing.step import Step
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class Flat:
    """The fee, in major units of the plan's currency."""

    fee: Decimal

    def __post_init__(self) -> None:
        if self.fee < 0:
            raise Refused(f"A fee may not be negative; this one is {plain(self.fee)}.", field="fee")

    def steps(self, quantity: Decimal) -> tuple[Step, ...]:  # noqa: ARG002
        """The fee, once.

        >>> [str(step.exact) for step in Flat(Decimal("49")).steps(Decimal(7))]
        ['49']
        """
        return (Step(units=Decimal(1), unit_price=self.fee),)
