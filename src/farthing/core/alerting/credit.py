"""Prepaid credit that runs low: told once as it falls below a share, and again only after it was well above it."""

from __future__ import annotations

from dataclasses import dataclass

from farthing.core.money import Money

LOW_PERCENT = 20
# Only from here on it can run low again: what goes up and down around the mark is told once.
ENOUGH_PERCENT = 40


@dataclass(frozen=True, slots=True)
class CreditStanding:
    """What is left of prepaid credit when all that was used so far is paid by it, of how much."""

    left: Money
    of: Money

    @property
    def percent(self) -> int:
        """How much is left, in whole percents; nothing of nothing is nothing."""
        return self.left.minor * 100 // self.of.minor if self.of.minor else 0

    def is_low(self, *, was_low: bool) -> bool:
        """Whether it is low now, where it was or was not before.

        >>> from farthing.core.money import USD
        >>> [CreditStanding(Money(left, USD), Money(100, USD)).is_low(was_low=was)
        ...  for left, was in ((19, False), (20, False), (39, True), (40, True))]
        [True, False, True, False]
        """
        mark = ENOUGH_PERCENT if was_low else LOW_PERCENT
        return self.left.minor * 100 < self.of.minor * mark or not self.left.minor
