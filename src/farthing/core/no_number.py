"""What is wrong with a text that should be a number, and how to write the number that was most likely meant."""

from __future__ import annotations

import re
from decimal import Decimal

_PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_CURRENCY = re.compile(r"[$€£¥₹₩₽₺₪₫฿₴₱¢]|\b[A-Z]{3}\b")
_BY_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_POINTS_BY_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_SPACES = " \u00a0\u202f\u2009'’"
_LONGEST = 80


def no_number(text: str, *, in_percent: bool = False) -> str:
    """The end of the sentence “… is no number: ”. With `in_percent` a number of percent is asked for, not a share.

    >>> no_number("cheap")
    '“cheap”; write it like 1234.5.'
    >>> no_number("1,000")
    '“1,000” has a comma; write 1000, or 1.000 if the comma is a decimal point.'
    >>> no_number("1,5"), no_number("$1.50")
    ('“1,5” has a comma; write 1.5.', '“$1.50” has a currency sign; write 1.50.')
    >>> no_number("2.9%"), no_number("10 %", in_percent=True)
    ('“2.9%” has a percent sign; write 0.029.', '“10 %” has a percent sign; write 10.')
    """
    has, rest = [], text
    if "%" in rest:
        has.append("a percent sign")
        rest = rest.replace("%", "", 1).strip()
    if sign := _CURRENCY.search(rest):
        has.append("a currency" if sign[0].isalpha() else "a currency sign")
        rest = (rest[: sign.start()].strip() + rest[sign.end() :].strip()).strip()
    if "_" in rest:
        has.append("an underscore")
        rest = rest.replace("_", "")
    if any(space in rest for space in _SPACES):
        has.append("an apostrophe" if "'" in rest or "’" in rest else "a space")
        rest = rest.translate(dict.fromkeys(map(ord, _SPACES)))
    if "," in rest:
        has.append("a comma")
    readings = [_in_hundredths(one) if "%" in text and not in_percent else one for one in _without_comma(rest)]
    if not readings or not has or len(text) > _LONGEST:
        return f"“{text[:_LONGEST]}”; write it like 1234.5."
    first, *other = readings
    alternative = f", or {other[0]} if the comma is a decimal point" if other else ""
    *most, last = has
    return f"“{text}” has {', '.join(most)}{' and ' if most else ''}{last}; write {first}{alternative}."


def _without_comma(written: str) -> list[str]:
    """The numbers that a text with commas may mean, the likeliest first; none when it reads as no number at all."""
    if _PLAIN.fullmatch(written):
        return [written]
    if _BY_THOUSANDS.fullmatch(written):
        readings = [written.replace(",", "")]
        unsure = written.count(",") == 1 and "." not in written
        return [*readings, written.replace(",", ".")] if unsure else readings
    if _POINTS_BY_THOUSANDS.fullmatch(written):
        return [written.replace(".", "").replace(",", ".")]
    return [written.replace(",", ".")] if _DECIMAL_COMMA.fullmatch(written) else []


def _in_hundredths(written: str) -> str:
    """So many percent as a share: 2.9 is 0.029."""
    share = Decimal(written)
    _, digits, exponent = share.as_tuple()
    assert isinstance(exponent, int), "it is finite"
    shown = f"{Decimal((share.as_tuple().sign, digits, exponent - 2)):f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
