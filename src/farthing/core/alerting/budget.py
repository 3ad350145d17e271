"""A budget: so much money or usage that a customer means to stay within in a period, and the marks on the way there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from farthing.core.exact import ZERO, Exact
from farthing.core.money import Currency
from farthing.core.period import Period
from farthing.core.refused import Refused
from farthing.core.saying import message

USUAL_SHARES = (50, 80, 100)
MOST_SHARES = 10
HIGHEST_SHARE = 1000

# Before so much of a period has passed, one busy morning would look like a month.
JUDGED_FROM = Fraction(1, 5)


class Tells(StrEnum):
    """Who hears of it: the seller's finance, the customer in their own channel, or both."""

    FINANCE = "finance"
    CUSTOMER = "customer"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Budget:
    """Money where it has a currency, then of all that accrues or of one meter's lines; else units of a meter.

    `shares` are the percents of `most` at which somebody is told. With `ahead` they are also told when the pace of the
    period so far leads beyond it.
    """

    budget_id: UUID
    customer_id: UUID
    name: str
    most: Decimal
    currency: Currency | None
    meter_key: str | None
    shares: tuple[int, ...]
    ahead: bool
    tells: Tells
    set_by: str
    set_at: datetime

    def __post_init__(self) -> None:
        if self.most <= 0:
            raise Refused(message("A budget is more than nothing."), field="most")
        if self.currency is None and self.meter_key is None:
            raise Refused(message("A budget is money in a currency, or units of a meter."), field="currency")
        if not 1 <= len(self.shares) <= MOST_SHARES or any(not 1 <= one <= HIGHEST_SHARE for one in self.shares):
            raise Refused(
                message("A budget has 1 to {most} shares of 1 to {highest} percent, such as 50, 80 and 100."),
                field="shares",
                most=MOST_SHARES,
                highest=HIGHEST_SHARE,
            )
        if list(self.shares) != sorted(set(self.shares)):
            raise Refused(message("Name each share once, the smallest first."), field="shares")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands in a period at an instant: so much of it is spent, or used.

    `steady` is the part of it that does not grow with time, such as fees charged in arrears.
    """

    period: Period
    at: datetime
    spent: Exact
    most: Decimal
    steady: Exact = ZERO

    @property
    def percent(self) -> int:
        """How much of the budget that is, in whole percents that are full."""
        return int(Fraction(Fraction(self.spent) * 100, Fraction(self.most)))

    def has_reached(self, share: int) -> bool:
        """Whether so many percent are spent; exactly so many is reached."""
        return Fraction(self.spent) * 100 >= Fraction(self.most) * share

    @property
    def passed(self) -> Fraction:
        """The part of the period that has passed."""
        whole = _microseconds(self.period.end - self.period.start)
        return Fraction(_microseconds(min(self.at, self.period.end) - self.period.start), whole)

    @property
    def at_the_end(self) -> Fraction | None:
        """What the period comes to at the pace so far; None where it is too early to say."""
        return None if self.passed < JUDGED_FROM else Fraction(self.steady) + Fraction(self._growing, self.passed)

    @property
    def breach_at(self) -> datetime | None:
        """When the budget is used up at the pace so far, where that is within the period and not too early to say."""
        if self.passed < JUDGED_FROM or self._growing <= 0:
            return None
        so_far = Fraction(_microseconds(min(self.at, self.period.end) - self.period.start))
        needed = Fraction(so_far * (Fraction(self.most) - Fraction(self.steady)), self._growing)
        if needed >= _microseconds(self.period.end - self.period.start):
            return None
        return self.period.start + timedelta(microseconds=max(0, int(needed)))

    @property
    def _growing(self) -> Fraction:
        return Fraction(self.spent) - Fraction(self.steady)


def _microseconds(stretch: timedelta) -> int:
    return stretch // timedelta(microseconds=1)
