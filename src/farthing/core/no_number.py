"""What is wrong with a text that should be a number, and how to write the number that was most likely meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from farthing.core.saying import Saying, message

_PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_CURRENCY = re.compile(r"[$€£¥₹₩₽₺₪₫฿₴₱¢]|\b[A-Z]{3}\b")
_BY_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_POINTS_BY_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_SPACES = " \u00a0\u202f\u2009'’"
_LONGEST = 80


def no_number(text: str, *, in_percent: bool = False) -> Saying:
    """The end of the sentence “… is no number: ”. With `in_percent` a number of percent is asked for, not a share.

    >>> str(no_number("cheap"))
    '“cheap”; write it like 1234.5.'
    >>> str(no_number("1,000"))
    '“1,000” has a comma; write 1000, or 1.000 if the comma is a decimal point.'
    >>> str(no_number("1,5")), str(no_number("$1.50"))
    ('“1,5” has a comma; write 1.5.', '“$1.50” has a currency sign; write 1.50.')
    >>> str(no_number("2.9%")), str(no_number("10 %", in_percent=True))
    ('“2.9%” has a percent sign; write 0.029.', '“10 %” has a percent sign; write 10.')
    >>> str(no_number("$1_000 %", in_percent=True))
    '“$1_000 %” has a percent sign, a currency sign and an underscore; write 1000.'
    """
    has, rest = list[Saying](), text
    if "%" in rest:
        has.append(Saying(message("a percent sign")))
        rest = rest.replace("%", "", 1).strip()
    if sign := _CURRENCY.search(rest):
        has.append(Saying(message("a currency") if sign[0].isalpha() else message("a currency sign")))
        rest = (rest[: sign.start()].strip() + rest[sign.end() :].strip()).strip()
    if "_" in rest:
        has.append(Saying(message("an underscore")))
        rest = rest.replace("_", "")
    if any(space in rest for space in _SPACES):
        apostrophe = "'" in rest or "’" in rest
        has.append(Saying(message("an apostrophe") if apostrophe else message("a space")))
        rest = rest.translate(dict.fromkeys(map(ord, _SPACES)))
    if "," in rest:
        has.append(Saying(message("a comma")))
    readings = [_in_hundredths(one) if "%" in text and not in_percent else one for one in _without_comma(rest)]
    if not readings or not has or len(text) > _LONGEST:
        return Saying(message("“{text}”; write it like 1234.5."), {"text": text[:_LONGEST]})
    first, *other = readings
    said: dict[str, object] = {"text": text, "has": _listed(has), "number": first}
    if not other:
        return Saying(message("“{text}” has {has}; write {number}."), said)
    return Saying(
        message("“{text}” has {has}; write {number}, or {other} if the comma is a decimal point."),
        {**said, "other": other[0]},
    )


def _listed(has: Sequence[Saying]) -> Saying:
    first, *rest = has
    listed = first
    for each in rest[:-1]:
        listed = Saying(message("{some}, {one}"), {"some": listed, "one": each})
    return Saying(message("{some} and {one}"), {"some": listed, "one": rest[-1]}) if rest else listed


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
