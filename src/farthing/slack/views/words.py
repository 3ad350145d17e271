"""How amounts, quantities and days are written for people: exact, grouped, and in the customer's own days."""

from datetime import date, datetime

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from farthing.core.exact import Exact
from farthing.core.metering.words import unit_of
from farthing.core.money import Money
from farthing.core.period import Period, Wall, zone
from farthing.core.rating.written import digits

LOCALE = "en_GB"
DECIMALS_OF_A_FRACTION = 6
MINUS = "-"


def money_text(money: Money) -> str:
    """An amount with its currency's code, which unlike a sign means one currency only.

    >>> from farthing.core.money import Money, USD
    >>> money_text(Money(123456, USD))
    '1,234.56 USD'
    """
    decimals = money.currency.minor_digits
    pattern = "#,##0" + (f".{'0' * decimals}" if decimals else "")
    written = format_decimal(money.amount, format=pattern, locale=LOCALE, decimal_quantization=False)
    return f"{written} {money.currency.code}"


def number_text(number: Exact) -> str:
    """A number with every digit it has, grouped; one whose digits never end is cut off and ends in dots.

    >>> from decimal import Decimal
    >>> from fractions import Fraction
    >>> number_text(Decimal("1234567.000002")), number_text(Decimal("2.500")), number_text(Fraction(1, 3))
    ('1,234,567.000002', '2.5', '0.333333…')
    """
    return digits(number, decimals=DECIMALS_OF_A_FRACTION)


def quantity_text(quantity: Exact, unit: str) -> str:
    """A quantity and its unit.

    >>> from decimal import Decimal
    >>> quantity_text(Decimal(1200), "tokens")
    '1,200 tokens'
    """
    return f"{number_text(quantity)} {unit_of(quantity, unit)}".strip()


def day_text(day: date) -> str:
    """A day as it stands in the books; never shifted to the reader's zone.

    >>> day_text(date(2026, 11, 22))
    '22 Nov 2026'
    """
    return format_date(day, "d MMM y", locale="en")


def short_day(day: date) -> str:
    """A day without its year."""
    return format_date(day, "d MMM", locale="en")


def days_text(first: date, last: date) -> str:
    """A stretch of days.

    >>> days_text(date(2026, 11, 1), date(2026, 11, 30)), days_text(date(2026, 1, 15), date(2026, 2, 14))
    ('1–30 Nov 2026', '15 Jan – 14 Feb 2026')
    """
    if first == last:
        return day_text(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day_text(last)}"
    return f"{short_day(first) if first.year == last.year else day_text(first)} – {day_text(last)}"


def period_text(period: Period, *, in_zone: str | Wall) -> str:
    """A period by its local days."""
    return days_text(period.first_day(in_zone=in_zone), period.last_day(in_zone=in_zone))


def instant_text(instant: datetime, *, in_zone: str) -> str:
    """An instant on the customer's clock, with its zone."""
    return f"{format_datetime(instant.astimezone(zone(in_zone)), 'd MMM y, HH:mm', locale='en')} ({in_zone})"


def change_text(now: Money, before: Money | None) -> str:
    """How an amount compares with the one before it.

    >>> from farthing.core.money import Money, USD
    >>> [change_text(Money(1123, USD), before) for before in (Money(1000, USD), Money(1123, USD), None)]
    ['+12.3%', 'same', 'first invoice']
    """
    if before is None:
        return "first invoice"
    if before.currency != now.currency:
        return "other currency"
    difference = now.minor - before.minor
    if not difference:
        return "same"
    if before.minor <= 0:
        return f"from {money_text(before)}"
    tenths = (abs(difference) * 2000 + before.minor) // (2 * before.minor)
    return f"{'+' if difference > 0 else MINUS}{tenths // 10:,}.{tenths % 10}%"
