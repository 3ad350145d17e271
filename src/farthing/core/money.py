"""Money in whole minor units, and the one rounding that makes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, DecimalException, Inexact
from fractions import Fraction
from functools import lru_cache
from numbers import Real

import iso4217

from farthing.core.no_number import no_number
from farthing.core.refused import Refused
from farthing.core.saying import Saying, message

MOST_DIGITS = 38
MOST_DECIMALS = 18

# Decimals are added and subtracted here only: Python's own context silently keeps 28 digits; this one is wide
# enough for sums of any number of 38-digit values, and an error rather than a digit lost.
EXACT = Context(prec=200, traps=[Inexact])

# As PostgreSQL reads numbers too (INV-18): no underscores, no digits of other scripts.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency of ISO 4217 and how many digits its minor unit has (USD 2, JPY 0, KWD 3)."""

    code: str
    minor_digits: int

    def __str__(self) -> str:
        return self.code


@lru_cache(maxsize=256)
def currency(code: str) -> Currency:
    """The currency with this ISO 4217 code; refuses any other text.

    >>> [currency(code).minor_digits for code in ("USD", "JPY", "KWD")]
    [2, 0, 3]
    """
    try:
        found = iso4217.Currency(code)
    except ValueError:
        meant = code.strip().upper()
        known = meant in (each.value for each in iso4217.Currency)
        if known:
            said = message("“{code}” is not a currency; did you mean “{meant}”?")
            raise Refused(said, code=code, meant=meant) from None
        said = message("“{code}” is not a currency; give a code of ISO 4217, such as USD or EUR.")
        raise Refused(said, code=code) from None
    if found.exponent is None:
        raise Refused(f"{code} has no minor unit, so nothing can be invoiced in it; give another currency.")
    return Currency(code=code, minor_digits=found.exponent)


USD = currency("USD")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """A whole number of minor units of one currency; 245 of USD is 2.45 USD."""

    minor: int
    currency: Currency

    def __post_init__(self) -> None:
        assert type(self.minor) is int, f"money counts whole minor units, not {self.minor!r}"

    def __add__(self, other: Money) -> Money:
        assert self.currency == other.currency, f"cannot add {other} to {self}"
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    @property
    def amount(self) -> Decimal:
        """In major units, with exactly the currency's decimals.

        >>> Money(245, USD).amount
        Decimal('2.45')
        """
        sign, digits, _ = Decimal(self.minor).as_tuple()
        return Decimal((sign, digits, -self.currency.minor_digits))

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency.code}"


def zero(in_currency: Currency) -> Money:
    """No money, in this currency."""
    return Money(0, in_currency)


def total(amounts: Sequence[Money], *, in_currency: Currency) -> Money:
    """The sum, zero when there is nothing to add."""
    return sum(amounts, start=zero(in_currency))


def round_to_money(exact: Fraction | Decimal | int, in_currency: Currency) -> Money:
    """The nearest minor unit, halves away from zero; the only rounding there is (INV-17).

    >>> str(round_to_money(Decimal("2.445"), USD))
    '2.45 USD'
    >>> str(round_to_money(Decimal("-1622.835"), USD))
    '-1622.84 USD'
    """
    if isinstance(exact, Decimal):
        try:
            minor = exact.scaleb(in_currency.minor_digits, EXACT).to_integral_value(ROUND_HALF_UP, EXACT)
            return Money(int(minor), in_currency)
        except Inexact:  # More digits than the context keeps; fractions have no such bound.
            pass
    scaled = Fraction(exact) * 10**in_currency.minor_digits
    nearest = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return Money(nearest if scaled >= 0 else -nearest, in_currency)


def spread(whole: Money, exact_parts: Sequence[Fraction | Decimal]) -> tuple[Money, ...]:
    """Share a rounded sum among its exact parts by largest remainder, so that the shares add up to it.

    A tie goes to the earlier part.

    >>> thirds = spread(Money(100, USD), [Fraction(1, 3)] * 3)
    >>> [share.minor for share in thirds]
    [34, 33, 33]
    """
    if not exact_parts:
        assert not whole, f"{whole} has no parts to be spread over"
        return ()
    if len(exact_parts) == 1:
        return (whole,)
    floors, lacking = _floors(exact_parts, whole.currency)
    missing = whole.minor - sum(floors)
    laps, rest = divmod(missing, len(floors))
    if laps or rest:
        by_remainder = sorted(range(len(floors)), key=lambda index: (lacking[index], index))
        for rank, index in enumerate(by_remainder):
            floors[index] += laps + (1 if rank < rest else 0)
    return tuple(Money(share, whole.currency) for share in floors)


def _floors(exact_parts: Sequence[Fraction | Decimal], of: Currency) -> tuple[list[int], list[Fraction | Decimal]]:
    """Each part in whole minor units, towards less, and how far below the part that is, as a number up to 0."""
    floors: list[int] = []
    lacking: list[Fraction | Decimal] = []
    for part in exact_parts:
        if isinstance(part, Decimal):
            try:
                exact_minor = part.scaleb(of.minor_digits, EXACT)
                below = exact_minor.to_integral_value(ROUND_FLOOR, EXACT)
                lacking.append(EXACT.subtract(below, exact_minor))
                floors.append(int(below))
                continue
            except Inexact:  # More digits than the context keeps; fractions have no such bound.
                pass
        scaled = Fraction(part) * 10**of.minor_digits
        floor = scaled.numerator // scaled.denominator
        floors.append(floor)
        lacking.append(floor - scaled)
    return floors, lacking


def exact_money(written: object, in_currency: Currency, *, what: str = "The amount", field: str | None = None) -> Money:
    """An amount as a person writes it, to the minor unit; nothing is rounded away unseen.

    >>> str(exact_money("12.5", currency("USD")))
    '12.50 USD'
    """
    number = exact_decimal(written, what=what)
    minor = number.scaleb(in_currency.minor_digits, EXACT)
    if minor != minor.to_integral_value():
        decimals = in_currency.minor_digits
        told = "whole numbers" if decimals == 0 else f"at most {decimals} digits after the point"
        raise Refused(f"{what} is {plain(number)}, and {in_currency} has {told}.", field=field)
    return Money(int(minor), in_currency)


def exact_decimal(written: object, *, what: str | Saying = "This", in_percent: bool = False) -> Decimal:
    """A finite decimal of at most 38 digits, 18 of them after the point, from a number or its text.

    Where a number of percent is asked for, `in_percent`, the refusal of “10%” says to write 10, and not 0.1.

    >>> exact_decimal("0.0000015")
    Decimal('0.0000015')
    >>> exact_decimal(True)
    Traceback (most recent call last):
    ...
    farthing.core.refused.Refused: This is no number: it is true; write it like 1234.5.
    """
    if isinstance(written, bool) or not isinstance(written, int | str | Decimal):
        raise Refused(f"{what} {_said_instead(written)}")
    too_long = Refused(
        message("{what} is too long: at most {most} digits, {decimals} after the point."),
        what=what,
        most=MOST_DIGITS,
        decimals=MOST_DECIMALS,
    )
    if isinstance(written, str):
        text = written.strip(" \t\r\n")
        if len(text) > 2 * MOST_DIGITS:
            raise too_long
        if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
            raise Refused(message("{what} must be finite; “{text}” is not."), what=what, text=text)
        if not text:
            raise Refused(message("{what} is missing; write it like 1234.5."), what=what)
        if not _NUMBER.fullmatch(text):
            hint = no_number(text, in_percent=in_percent)
            raise Refused(message("{what} is no number: {hint}"), what=what, hint=hint)
        written = text
    elif isinstance(written, int) and abs(written) >= 10**MOST_DIGITS:
        raise too_long
    try:
        number = Decimal(written)
    except DecimalException:  # An exponent that no machine holds.
        raise too_long from None
    if not number.is_finite():
        raise Refused(message("{what} must be finite; “{text}” is not."), what=what, text=number)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    decimals = max(0, -exponent)
    # Zeros are held to the same width: 0E+999999999 is a number that nobody can write out.
    if decimals > MOST_DECIMALS or number.adjusted() + 1 + decimals > MOST_DIGITS:
        raise too_long
    return number if number else Decimal(0)


def _said_instead(written: object) -> str:
    """The end of a sentence about what stands where a number should, and is not even a text."""
    match written:
        case None:
            return "is missing; write it like 1234.5."
        case bool():
            return f"is no number: it is {'true' if written else 'false'}; write it like 1234.5."
        case Real():
            return 'is no exact number; write it as a text, such as "0.1", so that no digit is lost.'
        case list() | tuple():
            return "is no number: it is a list; write one number, like 1234.5."
        case Mapping():
            return "is no number: it is names with values; write one number, like 1234.5."
    return f"is no number: it is {type(written).__name__}; write it like 1234.5."


def plain(number: Decimal | Fraction) -> str:
    """The number as people write it, without an exponent or needless zeros; a fraction as n/d when it must.

    >>> plain(Decimal("1E+3")), plain(Decimal("0.500")), plain(Fraction(1, 3)), plain(Fraction(1, 8))
    ('1000', '0.5', '1/3', '0.125')
    """
    if isinstance(number, Decimal) and number.is_finite():
        if not number:
            return "0"
        written = f"{number:f}"
        return written.rstrip("0").rstrip(".") if "." in written else written
    fraction = Fraction(number)
    twos, fives, rest = 0, 0, fraction.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{fraction.numerator}/{fraction.denominator}"
    decimals = max(twos, fives)
    digits = str(abs(fraction.numerator) * 10**decimals // fraction.denominator).rjust(decimals + 1, "0")
    whole, after = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    sign = "-" if fraction < 0 else ""
    return f"{sign}{whole}.{after}" if after else f"{sign}{whole}"
