"""Exact numbers: decimals as long as they can be, fractions from the first division that does not come out even."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact
from enum import StrEnum
from fractions import Fraction

from farthing.core.refused import Refused

# Every quantity and amount before its rounding is one of the two; they compare and hash alike.
Exact = Decimal | Fraction

# Python's own context silently keeps 28 digits; this one raises an error rather than lose one, and whatever does not
# fit becomes a fraction, which has no width.
_WIDE = Context(prec=200, traps=[Inexact])
_MOST_DECIMALS = 100

ZERO = Decimal(0)
ONE = Decimal(1)


class Rounding(StrEnum):
    """How a quantity is made whole. Money has a rounding of its own (INV-17)."""

    NONE = "none"
    CEIL = "ceil"
    FLOOR = "floor"
    HALF_UP = "half_up"


def add(one: Exact, other: Exact) -> Exact:
    """The sum."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        try:
            return _WIDE.add(one, other)
        except Inexact:
            pass
    return settled(Fraction(one) + Fraction(other))


def subtract(one: Exact, other: Exact) -> Exact:
    """The difference."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        try:
            return _WIDE.subtract(one, other)
        except Inexact:
            pass
    return settled(Fraction(one) - Fraction(other))


def multiply(one: Exact, other: Exact) -> Exact:
    """The product."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        try:
            return _WIDE.multiply(one, other)
        except Inexact:
            pass
    return settled(Fraction(one) * Fraction(other))


def divide(one: Exact, other: Exact) -> Exact:
    """The quotient: a decimal when it comes out even, a fraction otherwise. Refuses to divide by zero.

    >>> divide(Decimal(1400), Decimal(1000)), divide(Decimal(1), Decimal(3))
    (Decimal('1.4'), Fraction(1, 3))
    """
    if not other:
        raise Refused("Nothing can be divided by zero.")
    upper, of = one.as_integer_ratio()
    lower, parts = other.as_integer_ratio()
    return settled(Fraction(upper * parts, of * lower))


def settled(number: Fraction) -> Exact:
    """The number as a decimal when its digits end, else as it is.

    >>> settled(Fraction(5, 8)), settled(Fraction(2, 3))
    (Decimal('0.625'), Fraction(2, 3))
    """
    twos, fives, rest = 0, 0, number.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    decimals = max(twos, fives)
    if rest != 1 or decimals > _MOST_DECIMALS:
        return number
    scaled = number.numerator * (10**decimals // number.denominator)
    sign, digits, _ = Decimal(scaled).as_tuple()
    return Decimal((sign, digits, -decimals))


def rounded(number: Exact, how: Rounding, *, precision: int = 0) -> Exact:
    """The number to so many digits after the point; a negative precision means digits before it. Halves go away from 0.

    >>> [str(rounded(Decimal("123.456"), Rounding.FLOOR, precision=digits)) for digits in (2, 0, -2)]
    ['123.45', '123', '100']
    """
    if how is Rounding.NONE:
        return number
    upper, lower = number.as_integer_ratio()
    if precision > 0:
        upper *= 10**precision
    else:
        lower *= 10**-precision
    match how:
        case Rounding.FLOOR:
            whole = upper // lower
        case Rounding.CEIL:
            whole = -(-upper // lower)
        case Rounding.HALF_UP:
            nearest = (2 * abs(upper) + lower) // (2 * lower)
            whole = nearest if upper >= 0 else -nearest
    return settled(Fraction(whole, 10**precision)) if precision > 0 else Decimal(whole * 10**-precision)
