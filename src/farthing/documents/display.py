"""How numbers, money and dates are written for people: exact, grouped, never rounded for looks."""

from __future__ import annotations

from datetime import date
from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_interval
from babel.numbers import NumberPattern, format_compact_decimal, parse_pattern

from farthing.core.money import Currency, Money, plain
from farthing.core.period import Period, Wall
from farthing.core.rating.written import digits, digits_and_fraction

LANGUAGE = "en"
LOCALE = Locale("en", "GB")
# Babel works in the decimal context it finds: ours holds the longest product of two numbers of 38 digits,
# and rather stops than writes a digit less.
_ROOMY = Context(prec=200, traps=[Inexact])
_APPROXIMATE = Context(prec=200)
DECIMALS_OF_A_FRACTION = 6


def number(value: Decimal | Fraction | int, *, least_decimals: int = 0) -> str:
    """Every digit of the number, grouped by thousands, with at least this many decimals; else as a fraction.

    >>> number(Decimal("1234567.0000015")), number(Decimal("49"), least_decimals=2)
    ('1,234,567.0000015', '49.00')
    """
    if isinstance(value, Fraction):
        written = plain(value)
        if "/" in written:
            return written
        value = Decimal(written)
    decimals = max(least_decimals, _decimals(Decimal(value)))
    with localcontext(_ROOMY):
        return str(_pattern(decimals).apply(Decimal(value), LOCALE, decimal_quantization=False))


def operand(value: Decimal | Fraction) -> str:
    """A number that is to be reckoned with: every digit, and where they never end the fraction too.

    >>> operand(Decimal("1234.5")), operand(Fraction(1, 3))
    ('1,234.5', '0.333333… (1/3)')
    """
    return number(value) if "/" not in plain(value) else digits_and_fraction(value, decimals=DECIMALS_OF_A_FRACTION)


def amount(money: Money) -> str:
    """The amount with its currency's decimals, whatever other standards say of them, and without its code.

    >>> from farthing.core.money import currency
    >>> amount(Money(-162284, currency("USD"))), amount(Money(1500, currency("JPY"))), amount(Money(5, currency("KWD")))
    ('-1,622.84', '1,500', '0.005')
    """
    return number(money.amount, least_decimals=money.currency.minor_digits)


def amount_with_code(money: Money) -> str:
    """The amount behind its currency's code, which unlike a sign names one currency only.

    >>> from farthing.core.money import USD
    >>> amount_with_code(Money(245, USD))
    'USD\\xa02.45'
    """
    return f"{money.currency.code}\N{NO-BREAK SPACE}{amount(money)}"


def exact(value: Fraction | Decimal, in_currency: Currency) -> str:
    """An amount before rounding; one that no decimal can write is cut off and ends in dots.

    >>> from farthing.core.money import USD
    >>> exact(Fraction(4), USD), exact(Decimal("0.0000015"), USD), exact(Fraction(1078, 31), USD)
    ('4.00', '0.0000015', '34.774193…')
    """
    written = plain(value)
    if "/" not in written:
        return number(Decimal(written), least_decimals=in_currency.minor_digits)
    return digits(value, decimals=DECIMALS_OF_A_FRACTION)


def compact(value: Decimal) -> str:
    """A round number for an axis, short.

    >>> compact(Decimal(1_500_000)), compact(Decimal(250)), compact(Decimal("0.05"))
    ('1.5M', '250', '0.05')
    """
    if abs(value) < 1000:
        return number(value)
    with localcontext(_APPROXIMATE):
        return format_compact_decimal(value, format_type="short", locale=Locale("en"), fraction_digits=2)


def day(on: date) -> str:
    """A date with the month in words, which no country reads another way.

    >>> day(date(2026, 2, 1))
    '1 February 2026'
    """
    return format_date(on, "d MMMM y", locale=LOCALE)


def short_day(on: date) -> str:
    """A date without its year.

    >>> short_day(date(2026, 2, 1))
    '1 Feb'
    """
    return format_date(on, "d MMM", locale=LOCALE)


def days_of(period: Period, *, in_zone: str | Wall) -> str:
    """The first and last local date of a period.

    >>> from farthing.core.period import Cycle, start_of_day
    >>> cycle = Cycle.monthly(anchor_day=1, in_zone="Asia/Tokyo")
    >>> days_of(cycle.period_holding(start_of_day(date(2026, 1, 9), in_zone="Asia/Tokyo")), in_zone="Asia/Tokyo")
    '1–31 Jan 2026'
    """
    return interval(period.first_day(in_zone=in_zone), period.last_day(in_zone=in_zone))


def interval(first: date, last: date) -> str:
    """Two dates, saying what they share only once."""
    return str(format_interval(first, last, "yMMMd", locale=LOCALE))


def _decimals(value: Decimal) -> int:
    written = plain(value)
    return len(written.partition(".")[2])


@lru_cache(maxsize=128)
def _pattern(decimals: int) -> NumberPattern:
    return parse_pattern("#,##0" + ("." + "0" * decimals if decimals else ""))
