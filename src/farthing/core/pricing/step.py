"""A step is one line of a price's arithmetic, such as one tier: units times a unit price, plus a flat fee."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from farthing.core.exact import ZERO, Exact, add, multiply


class StepKind(StrEnum):
    """What a step is, so that it can be told in words."""

    FEE = "fee"
    UNITS = "units"
    TIER = "tier"
    WHOLE = "whole"  # The tier that holds all of the quantity prices all of it.
    TOTAL = "total"  # The tier that holds the quantity has one price for all of it.
    PACKAGES = "packages"
    BLOCKS = "blocks"
    RATE = "rate"
    PER_EVENT = "per_event"
    RAISED = "raised"  # What events were raised by, each to its minimum.
    LOWERED = "lowered"  # What events were lowered by, each to its maximum.
    CARRIED = "carried"
    FREE = "free"
    COMMITTED = "committed"
    CHARGED = "charged"  # What was charged already, taken off a commitment.
    SO_FAR = "so_far"  # What all of it comes to by now.
    BILLED = "billed"  # What was billed of it already.
    OVERAGE = "overage"  # What is charged more for all that lies beyond a commitment.
    PAID_AHEAD = "paid_ahead"  # What was left of a fee that was charged ahead, given back as a whole.
    USED = "used"  # What of it was used, kept.


@dataclass(frozen=True, slots=True)
class Step:
    """`units` x `unit_price` + `flat`; `above` and `up_to` say which tier it is, when it is one."""

    units: Exact
    unit_price: Exact
    flat: Decimal = ZERO
    above: Decimal | None = None
    up_to: Decimal | None = None
    # A name for the sum, not part of it: steps kept before they had names are still the same steps.
    kind: StepKind = field(default=StepKind.UNITS, compare=False)

    @property
    def exact(self) -> Exact:
        """The step's amount in major units, not rounded.

        >>> Step(Decimal(3), Decimal("0.5"), flat=Decimal(2)).exact
        Decimal('3.5')
        """
        amount = multiply(self.units, self.unit_price)
        return add(amount, self.flat) if self.flat else amount
