"""How messages, amounts, quantities and days are written for the person who reads: in their language, exact, grouped.

Everything people read in Slack is said here: `say("{name} owes {amount}", name=…, amount=…)`, and `several(…)` where a
number decides about the form. The text is English and stands whole in one place; whoever draws a view for somebody does
so within `reading_in`, and what is said there is said in that language.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from farthing.core.exact import Exact
from farthing.core.metering.words import unit_of
from farthing.core.money import Money
from farthing.core.period import Period, Wall, zone
from farthing.core.quality.telling import Telling
from farthing.core.rating.written import DIGITS_SHOWN, Writing
from farthing.core.saying import Saying
from farthing.languages.language import Language, english

DECIMALS_OF_A_FRACTION = 6
MINUS = "-"

_READER: ContextVar[Language | None] = ContextVar("reader", default=None)


@contextmanager
def reading_in(language: Language) -> Iterator[None]:
    """What is said within is said in this language; in English where nobody says otherwise."""
    before = _READER.set(language)
    try:
        yield
    finally:
        # Work that is thrown away when the app stops is closed elsewhere, where nobody reads.
        with suppress(ValueError):
            _READER.reset(before)


def readers() -> Language:
    """The language of whoever reads what is written now."""
    return _READER.get() or english()


def say(message: str, /, **values: object) -> str:
    """The message in the reader's language, with these values in place of the names in its braces.

    >>> say("Invoice {number}", number="EX-000042")
    'Invoice EX-000042'
    """
    return readers().say(message, **values)


def several(one: str, many: str, number: Exact | int, /, **values: object) -> str:
    """The message for so many.

    >>> [several("{n} draft waits", "{n} drafts wait", n, n=number_text(n)) for n in (1, 1200)]
    ['1 draft waits', '1,200 drafts wait']
    """
    return readers().several(one, many, number, **values)


def said_of(saying: Saying) -> str:
    """What was put as a message and its values, such as a refusal; in English where it is not known by its message."""
    return saying.said_in(readers(), written=_written)


def _written(value: object) -> object:
    if isinstance(value, Money):
        return money_text(value)
    return day_text(value) if isinstance(value, date) and not isinstance(value, datetime) else value


def money_text(money: Money) -> str:
    """An amount with its currency's code, which unlike a sign means one currency only.

    >>> from farthing.core.money import Money, USD
    >>> money_text(Money(123456, USD))
    '1,234.56 USD'
    """
    return readers().amount_then_code(money)


def number_text(number: Exact | int) -> str:
    """A number with every digit it has, grouped; one whose digits never end is cut off and ends in dots.

    >>> from decimal import Decimal
    >>> from fractions import Fraction
    >>> number_text(Decimal("1234567.000002")), number_text(Decimal("2.500")), number_text(Fraction(1, 3))
    ('1,234,567.000002', '2.5', '0.333333…')
    """
    if isinstance(number, int):
        return readers().number(number)
    return readers().digits(number, decimals=DECIMALS_OF_A_FRACTION)


def percent_text(percent: int) -> str:
    """A whole percentage.

    >>> percent_text(1250)
    '1,250 %'
    """
    return f"{number_text(percent)}{readers().unit_space}%"


def exact_text(number: Exact) -> str:
    """Every digit of a number; where they never end, some of them and the fraction that says it exactly.

    >>> from fractions import Fraction
    >>> exact_text(Fraction(1, 3))
    '0.333333333333… (1/3)'
    """
    return readers().operand(number, decimals=DIGITS_SHOWN)


def arithmetic_writing() -> Writing:
    """How the steps of a sum are written."""
    return Writing(number=exact_text, price=exact_text, digits=readers().digits, words=readers())


def audit_telling() -> Telling:
    """How an audit is told."""
    language = readers()
    return Telling(language, number=language.number, day=language.day, month_day=language.month_day)


def hour_text(at: datetime, *, with_weekday: bool) -> str:
    """A time of the day, as an axis has it."""
    return f"{readers().weekday(at.date())} {at:%H:%M}" if with_weekday else f"{at:%H:%M}"


def quantity_text(quantity: Exact, unit: str) -> str:
    """A quantity and its unit, which is the seller's word and stays as it is.

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
    return readers().dense_day(day)


def short_day(day: date) -> str:
    """A day without its year."""
    return readers().short_day(day)


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
    """An instant on the customer's clock, with its zone.

    >>> from datetime import UTC
    >>> instant_text(datetime(2026, 11, 22, 9, 5, tzinfo=UTC), in_zone="Europe/Paris")
    '22 Nov 2026, 10:05 (Europe/Paris)'
    """
    local = instant.astimezone(zone(in_zone))
    return f"{day_text(local.date())}, {local:%H:%M} ({in_zone})"


def change_text(now: Money, before: Money | None) -> str:
    """How an amount compares with the one before it.

    >>> from farthing.core.money import Money, USD
    >>> [change_text(Money(1123, USD), before) for before in (Money(1000, USD), Money(1123, USD), None)]
    ['+12.3%', 'same', 'first invoice']
    """
    if before is None:
        return say("first invoice")
    if before.currency != now.currency:
        return say("other currency")
    difference = now.minor - before.minor
    if not difference:
        return say("same")
    if before.minor <= 0:
        return say("from {amount}", amount=money_text(before))
    tenths = (abs(difference) * 2000 + before.minor) // (2 * before.minor)
    return f"{'+' if difference > 0 else MINUS}{_percent(tenths)}"


def quantity_change_text(now: Exact, before: Exact) -> str:
    """The same for quantities, of which the one before is nothing where there was none.

    >>> [quantity_change_text(Decimal(now), Decimal(8)) for now in (9, 8, 6)]
    ['+12.5%', 'same', '-25.0%']
    """
    difference = Fraction(now) - Fraction(before)
    if not difference:
        return say("same")
    if before <= 0:
        return "–"
    tenths = int(abs(difference) * 1000 / Fraction(before) + Fraction(1, 2))
    return f"{'+' if difference > 0 else MINUS}{_percent(tenths)}"


def _percent(tenths: int) -> str:
    tenth = readers().number(Decimal(tenths) / 10, least_decimals=1)
    return say("{percent}%", percent=tenth)
