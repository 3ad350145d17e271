"""How arithmetic is written: numbers with every digit, rows with a sum, and what all of it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from farthing.core.exact import Exact, multiply
from farthing.core.metering.meter import Measurement
from farthing.core.money import Money, plain
from farthing.core.pricing.commitment import Commitment
from farthing.core.pricing.plan import Price
from farthing.core.rating.line import Line, Share
from farthing.core.saying import ENGLISH, Words

DIGITS_SHOWN = 12
LONGEST_FRACTION = 160

_HUNDRED = Decimal(100)


def digits(number: Exact, *, decimals: int = DIGITS_SHOWN) -> str:
    """The number in digits, grouped; where they never end, some of them and an ellipsis.

    >>> digits(Decimal("1234567.50")), digits(Fraction(-2, 3), decimals=6)
    ('1,234,567.5', '-0.666666…')
    """
    written, more = plain(number), ""
    if "/" in written:
        fraction = Fraction(number)
        cut = abs(fraction.numerator) * 10**decimals // fraction.denominator
        whole, after = divmod(cut, 10**decimals)
        written, more = f"{'-' if fraction < 0 else ''}{whole}.{after:0{decimals}d}", "…"
    before, point, after_point = written.partition(".")
    sign, before = ("-", before[1:]) if before.startswith("-") else ("", before)
    return f"{sign}{int(before):,}{point}{after_point}{more}"


def digits_and_fraction(number: Exact, *, decimals: int = DIGITS_SHOWN) -> str:
    """The same, and where the digits never end the fraction that says it exactly.

    >>> digits_and_fraction(Fraction(1, 3))
    '0.333333333333… (1/3)'
    """
    written = plain(number)
    if "/" not in written:
        return digits(number)
    if len(written) > LONGEST_FRACTION:
        return f"{digits(number, decimals=LONGEST_FRACTION)} (a fraction of {len(written):,} digits)"
    return f"{digits(number, decimals=decimals)} ({written})"


def percent(rate: Exact) -> str:
    """A rate as a percentage.

    >>> percent(Decimal("0.013"))
    '1.3 %'
    """
    return PLAIN.percent(rate)


@dataclass(frozen=True, slots=True)
class Writing:
    """How a surface writes: its sign for multiplication, its numbers, its prices, and in which words.

    `digits` are numbers of which some digits are enough, such as the bounds of a tier.
    """

    times: str = "x"
    number: Callable[[Exact], str] = digits_and_fraction
    price: Callable[[Exact], str] = digits_and_fraction
    digits: Callable[[Exact], str] = digits
    words: Words = ENGLISH

    def percent(self, rate: Exact) -> str:
        """A rate as a percentage."""
        return f"{self.digits(multiply(rate, _HUNDRED))} %"

    def share(self, share: Share) -> str:
        """A part of a period."""
        days, of_days = self.digits(Decimal(share.days)), self.digits(Decimal(share.of_days))
        if share.unit == "days":
            return self.words.say("{days} / {of_days} days", days=days, of_days=of_days)
        return self.words.say("{seconds} / {of_seconds} seconds", seconds=days, of_seconds=of_days)


PLAIN = Writing()


@dataclass(frozen=True, slots=True)
class Row:
    """One step: what it is, the sum in digits, what that equals, and its part of the line's rounded amount."""

    who: str
    sum: str
    equals: Exact | None = None
    part: Money | None = None


@dataclass(frozen=True, slots=True)
class Rests:
    """All that a line's words rest on beside itself, as far as it is known.

    `measured` gives what each event carries, `earlier` what was measured before where quantities accumulate;
    `lines` are those of its invoice, for a commitment's line.
    """

    price: Price | None = None
    commitment: Commitment | None = None
    lines: Sequence[Line] = ()
    measured: Measurement | None = None
    earlier: Measurement | None = None


@dataclass(frozen=True, slots=True)
class Climbed:
    """Where a group begins on tiers that something stands on already: other groups, or what was measured before.

    `measured` is all of that as it was measured, None where that is not known; `reached` as it is priced; `whose` says
    whose it is. `all_together` is what all groups reach, where that decides about the price of each.
    """

    measured: Exact | None
    reached: Exact | None
    whose: str
    all_together: Exact | None = None


def cell_name(of: Sequence[tuple[str, str | None]], words: Words = ENGLISH) -> str:
    """Whose usage a cell is.

    >>> cell_name([("model", "gpt-large"), ("region", None)])
    'model=gpt-large, region missing'

    What no line of text can hold, or what would turn it around, is written out:

    >>> print(cell_name([("key", "a\\nTotal 0.00\\u202e")]))
    key=a\\nTotal 0.00\\u202e
    """
    return ", ".join(
        words.say("{name} missing", name=_seen(name)) if value is None else f"{_seen(name)}={_seen(value)}"
        for name, value in of
    )


def _seen(text: str) -> str:
    """The text with what cannot be seen, such as a line's end, as its escape."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def share_in_words(share: Share) -> str:
    """A part of a period.

    >>> share_in_words(Share(22, 31))
    '22 / 31 days'
    """
    return PLAIN.share(share)
