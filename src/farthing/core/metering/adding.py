"""Adding up many exact numbers, fractions with like denominators first, so that millions of them stay quick."""

from collections.abc import Iterable
from fractions import Fraction

from farthing.core.exact import ZERO, Exact, add, settled


def added(numbers: Iterable[Exact]) -> Exact:
    """The sum; 0 for none.

    >>> added([Fraction(1, 3), Fraction(1, 3), Fraction(1, 3)])
    Decimal('1')
    """
    total = Total()
    for number in numbers:
        total.add(number)
    return total.sum()


class Total:
    """A running sum."""

    __slots__ = ("_decimals", "_numerators")

    def __init__(self) -> None:
        self._decimals: Exact = ZERO
        self._numerators: dict[int, int] = {}

    def add(self, number: Exact) -> None:
        """Add one more."""
        if isinstance(number, Fraction):
            upper, lower = number.numerator, number.denominator
            self._numerators[lower] = self._numerators.get(lower, 0) + upper
        else:
            self._decimals = add(self._decimals, number)

    def sum(self) -> Exact:
        """What has been added so far."""
        parts = [Fraction(upper, lower) for lower, upper in self._numerators.items()]
        if not parts:
            return self._decimals
        while len(parts) > 1:  # In pairs, so that long denominators meet late.
            parts = [one + other for one, other in zip(parts[::2], [*parts[1::2], Fraction(0)], strict=False)]
        return add(self._decimals, settled(parts[0]))
