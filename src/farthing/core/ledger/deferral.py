"""Fees paid ahead become revenue day by day: each day of their time earns its share, and all days earn all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from farthing.core.ledger.month import month_ends, open_day
from farthing.core.money import Money
from farthing.core.period import Period


@dataclass(frozen=True, slots=True)
class Deferral:
    """What was charged ahead for some days, and since when it is in the books; negative where it was given back.

    `amount` is what was put on *deferred revenue*: after coupons, without taxes, with what promotional credit pays.
    """

    amount: Money
    first_day: date
    days: int
    since: date

    def __post_init__(self) -> None:
        assert self.days > 0, f"{self.amount} is for {self.days} days"

    @property
    def last_day(self) -> date:
        """The day with which all of it is earned."""
        return self.first_day + timedelta(days=self.days - 1)

    def earned(self, *, through: date) -> Money:
        """What its days earn up to the end of this one. Days differ by a minor unit at most, and all of them earn all.

        >>> from farthing.core.money import USD
        >>> fee = Deferral(Money(100, USD), date(2026, 1, 30), days=3, since=date(2026, 1, 30))
        >>> [fee.earned(through=date(2026, 1, 29) + timedelta(days=days)).minor for days in range(5)]
        [0, 33, 66, 100, 100]
        """
        days = min(max((through - self.first_day).days + 1, 0), self.days)
        whole = abs(self.amount.minor) * days // self.days
        return Money(whole if self.amount.minor > 0 else -whole, self.amount.currency)


def deferral_of(amount: Money, period: Period, *, in_zone: str, since: date) -> Deferral:
    """What a line charges ahead for a period: for its whole local days, or for its one day where it has none."""
    return Deferral(amount, period.first_day(in_zone=in_zone), days=max(period.days(in_zone=in_zone), 1), since=since)


@dataclass(frozen=True, slots=True)
class Released:
    """What became revenue on a day."""

    booked_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class PaidAhead:
    """What one customer paid ahead for one subscription (or for none) in one currency, and what was released of it.

    `released` is in the order in which it was booked; `locked_through` is the last day that takes no booking any more.
    """

    deferrals: Sequence[Deferral] = ()
    released: Sequence[Released] = ()
    locked_through: date | None = None

    def earned(self, *, through: date) -> int:
        """What all of it has earned up to the end of this day in minor units, of what was in the books by then."""
        return sum(one.earned(through=through).minor for one in self.deferrals if one.since <= through)

    def due(self, *, as_of: date) -> Iterator[Released]:
        """What is to be released by a day: on the last day of each month before it, and on it.

        Nothing is booked before a release that there is, nor in a locked month. What was given back after it was
        released is taken back.
        """
        if not self.deferrals:
            return
        so_far = sum(one.amount.minor for one in self.released)
        first = open_day(min(one.since for one in self.deferrals), locked_through=self.locked_through)
        first = max([first, *(one.booked_on for one in self.released)])
        last = max(first, as_of)
        in_currency = self.deferrals[0].amount.currency
        for day in [*month_ends(first, before=last), last]:
            amount = Money(self.earned(through=day) - so_far, in_currency)
            if amount:
                yield Released(day, amount)
                so_far += amount.minor
