"""A language: what is said in it, and how it writes numbers, money and dates: exact, never rounded for looks."""

from __future__ import annotations

import gettext
from datetime import date
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_interval
from babel.numbers import format_compact_decimal

from farthing.core.exact import Exact
from farthing.core.money import Currency, Money, plain
from farthing.core.period import Period, Wall
from farthing.core.rating.written import LONGEST_FRACTION, Writing
from farthing.core.saying import ordinal
from farthing.languages.catalogue import translations

DECIMALS_OF_A_FRACTION = 6
# Babel works in the decimal context it finds.
_APPROXIMATE = Context(prec=200)


class Language:
    """One language. Its messages are known by their English texts, as `core.saying` says them.

    >>> english().say("Page {page} of {pages}", page=2, pages=3)
    'Page 2 of 3'
    """

    def __init__(
        self,
        code: str,
        locale: Locale,
        translated: gettext.NullTranslations,
        *,
        day: str,
        dense_day: str,
        short_day: str,
        unit_space: str = "\N{NO-BREAK SPACE}",
    ) -> None:
        self.code, self._locale, self._translated = code, locale, translated
        self._day, self._dense_day, self._short_day = day, dense_day, short_day
        self.unit_space = unit_space
        symbols = locale.number_symbols["latn"]
        self._point, self._group = str(symbols["decimal"]), str(symbols["group"])

    @property
    def own_name(self) -> str:
        """What its speakers call it.

        >>> english().own_name, russian().own_name
        ('English', 'Русский')
        """
        return str(self._locale.languages[self.code]).capitalize()

    def say(self, message: str, /, **values: object) -> str:
        """The message with these values in place of the names in its braces."""
        said = self._translated.gettext(message)
        return said.format(**values) if values else said

    def several(self, one: str, many: str, number: Exact | int, /, **values: object) -> str:
        """The message for so many. What is no whole number is counted as two are: 1.5 events.

        >>> [english().several("{n} day", "{n} days", n, n=n) for n in (1, 2)]
        ['1 day', '2 days']
        """
        is_whole = number == int(number)
        return self._translated.ngettext(one, many, abs(int(number)) if is_whole else 2).format(**values)

    def place(self, number: str, /) -> str:
        """A number as a place in a row; other languages say that in the message."""
        return ordinal(number) if self.code == "en" else number

    def number(self, value: Decimal | Fraction | int, *, least_decimals: int = 0) -> str:
        """Every digit of the number, grouped by thousands, with at least this many decimals; else as a fraction.

        >>> number = english().number
        >>> number(Decimal("1234567.0000015")), number(Decimal("49"), least_decimals=2)
        ('1,234,567.0000015', '49.00')
        """
        if isinstance(value, Fraction):
            written = plain(value)
            if "/" in written:
                return written
            value = Decimal(written)
        whole, _, decimals = plain(Decimal(value)).partition(".")
        decimals = decimals.ljust(least_decimals, "0")
        sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        grouped = f"{int(whole):,}".replace(",", self._group)
        return f"{sign}{grouped}{self._point if decimals else ''}{decimals}"

    def operand(self, value: Decimal | Fraction, *, decimals: int = DECIMALS_OF_A_FRACTION) -> str:
        """A number that is to be reckoned with: every digit, and where they never end the fraction too.

        >>> english().operand(Decimal("1234.5")), english().operand(Fraction(1, 3))
        ('1,234.5', '0.333333… (1/3)')
        """
        written = plain(value)
        if "/" not in written:
            return self.number(value)
        if len(written) > LONGEST_FRACTION:
            number, length = self.digits(value, decimals=LONGEST_FRACTION), self.number(len(written))
            return self.say("{number} (a fraction of {length} digits)", number=number, length=length)
        return f"{self.digits(value, decimals=decimals)} ({written})"

    def digits(self, value: Exact, *, decimals: int = 12) -> str:
        """The number in digits; where they never end, some of them and an ellipsis.

        >>> english().digits(Fraction(-2, 3), decimals=6)
        '-0.666666…'
        """
        if "/" not in plain(value):
            return self.number(value)
        fraction = Fraction(value)
        whole, after = divmod(abs(fraction.numerator) * 10**decimals // fraction.denominator, 10**decimals)
        sign = "-" if fraction < 0 else ""
        return f"{sign}{self.number(whole)}{self._point}{after:0{decimals}d}…"

    def amount(self, money: Money) -> str:
        """The amount with its currency's decimals, whatever other standards say of them, and without its code.

        >>> from farthing.core.money import currency
        >>> [english().amount(Money(units, currency(code))) for units, code in ((-162284, "USD"), (1500, "JPY"))]
        ['-1,622.84', '1,500']
        """
        return self.number(money.amount, least_decimals=money.currency.minor_digits)

    def amount_with_code(self, money: Money) -> str:
        """The amount with its currency's code, which unlike a sign names one currency only; where CLDR puts it.

        >>> from farthing.core.money import USD
        >>> english().amount_with_code(Money(245, USD))
        'USD\\xa02.45'
        """
        amount, code = self.amount(money), money.currency.code
        if self._locale.currency_formats["standard"].pattern.startswith("¤"):
            return f"{code}\N{NO-BREAK SPACE}{amount}"
        return f"{amount}\N{NO-BREAK SPACE}{code}"

    def amount_then_code(self, money: Money) -> str:
        """The same with the code behind the amount in every language, as Slack's messages have it.

        >>> from farthing.core.money import USD
        >>> english().amount_then_code(Money(123456, USD))
        '1,234.56 USD'
        """
        return f"{self.amount(money)}{self.unit_space}{money.currency.code}"

    def exact(self, value: Exact, in_currency: Currency) -> str:
        """An amount before rounding; one that no decimal can write is cut off and ends in dots.

        >>> from farthing.core.money import USD
        >>> exact = english().exact
        >>> exact(Fraction(4), USD), exact(Decimal("0.0000015"), USD), exact(Fraction(1078, 31), USD)
        ('4.00', '0.0000015', '34.774193…')
        """
        written = plain(value)
        if "/" not in written:
            return self.number(Decimal(written), least_decimals=in_currency.minor_digits)
        return self.digits(value, decimals=DECIMALS_OF_A_FRACTION)

    def compact(self, value: Decimal) -> str:
        """A round number for an axis, short.

        >>> english().compact(Decimal(1_500_000)), english().compact(Decimal(250)), english().compact(Decimal("0.05"))
        ('1.5M', '250', '0.05')
        """
        if abs(value) < 1000:
            return self.number(value)
        with localcontext(_APPROXIMATE):
            # Of Britain the locale says “1.5m”, which is read as meters.
            locale = Locale("en") if self.code == "en" else self._locale
            return format_compact_decimal(value, format_type="short", locale=locale, fraction_digits=2)

    def day(self, on: date) -> str:
        """A date with the month in words, which no country reads another way.

        >>> english().day(date(2026, 2, 1))
        '1 February 2026'
        """
        return _written_date(on, self._day, self._locale)

    def dense_day(self, on: date) -> str:
        """A date with its month cut short.

        >>> english().dense_day(date(2026, 11, 22))
        '22 Nov 2026'
        """
        return _written_date(on, self._dense_day, self._locale)

    def month_day(self, on: date) -> str:
        """A date without its year, with the month in words.

        >>> english().month_day(date(2026, 11, 22))
        '22 November'
        """
        return _written_date(on, "d MMMM", self._locale)

    def weekday(self, on: date) -> str:
        """The day of the week, cut short.

        >>> english().weekday(date(2026, 11, 22))
        'Sun'
        """
        return _written_date(on, "EEE", self._locale)

    def short_day(self, on: date) -> str:
        """A date without its year.

        >>> english().short_day(date(2026, 2, 1))
        '1 Feb'
        """
        return _written_date(on, self._short_day, self._locale)

    def days_of(self, period: Period, *, in_zone: str | Wall) -> str:
        """The first and last local date of a period.

        >>> from farthing.core.period import Cycle, start_of_day
        >>> cycle = Cycle.monthly(anchor_day=1, in_zone="Asia/Tokyo")
        >>> january = cycle.period_holding(start_of_day(date(2026, 1, 9), in_zone="Asia/Tokyo"))
        >>> english().days_of(january, in_zone="Asia/Tokyo")
        '1–31 Jan 2026'
        """
        return self.interval(period.first_day(in_zone=in_zone), period.last_day(in_zone=in_zone))

    def country(self, code: str) -> str:
        """A country's name.

        >>> english().country("DE")
        'Germany'
        """
        return str(self._locale.territories.get(code, code))

    def interval(self, first: date, last: date) -> str:
        """Two dates, saying what they share only once."""
        return _written_interval(first, last, self._locale)

    def writing_in(self, currency: Currency) -> Writing:
        """How sums are written on paper: amounts with the currency's decimals."""

        def price(value: Exact) -> str:
            return self.operand(value) if "/" in plain(value) else self.exact(value, currency)

        return Writing(times="×", number=self.operand, price=price, digits=self.digits, words=self)


# A year of days, and the intervals of as many periods: nearly all that a run of documents writes.
@lru_cache(maxsize=2048)
def _written_date(on: date, pattern: str, locale: Locale) -> str:
    return format_date(on, pattern, locale=locale)


@lru_cache(maxsize=2048)
def _written_interval(first: date, last: date, locale: Locale) -> str:
    return str(format_interval(first, last, "yMMMd", locale=locale))


@lru_cache(maxsize=1)
def english() -> Language:
    """English, with its dates as in Britain."""
    return Language(
        "en",
        Locale("en", "GB"),
        gettext.NullTranslations(),
        day="d MMMM y",
        dense_day="d MMM y",
        short_day="d MMM",
        unit_space=" ",
    )


@lru_cache(maxsize=1)
def russian() -> Language:
    """Russian.

    >>> from farthing.core.money import USD
    >>> [russian().several("{number} event", "{number} events", n, number=n) for n in (1, 3, 5)]
    ['1 событие', '3 события', '5 событий']
    >>> russian().day(date(2026, 2, 1)), russian().amount_with_code(Money(-162284, USD))
    ('1 февраля 2026\\xa0г.', '-1\\xa0622,84\\xa0USD')
    """
    return Language(
        "ru",
        Locale("ru"),
        translations("ru"),
        day="d MMMM y\xa0'г'.",
        dense_day="d\xa0MMM y\xa0'г'.",
        short_day="d\xa0MMM",
    )


def language(code: str) -> Language:
    """The language of this code; English for one that is not known here."""
    return russian() if code == "ru" else english()
