"""Numbers as bars made of text, one a line, from a common zero."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

WIDTH = 32
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def text_bars(numbers: Sequence[Fraction], *, width: int = WIDTH, plain: bool = False) -> list[str]:
    """A bar for each number; the largest in size fills the width, and one below zero is made of dashes.

    >>> text_bars([Fraction(1), Fraction(3), Fraction(0), Fraction(-2)], width=6, plain=True)
    ['##', '######', '', '----']

    What is not nothing is seen, however small:

    >>> text_bars([Fraction(1, 1000), Fraction(7)], width=4)
    ['▏', '████']
    """
    most = max((abs(number) for number in numbers), default=Fraction(0))
    return [_bar(number / most if most else Fraction(0), width, plain=plain) for number in numbers]


def _bar(share: Fraction, width: int, *, plain: bool) -> str:
    if plain or share < 0:
        return ("-" if share < 0 else "#") * (max(round(abs(share) * width), 1) if share else 0)
    eighths = max(round(share * width * 8), 1) if share else 0
    whole, part = divmod(eighths, 8)
    return _EIGHTHS[8] * whole + (_EIGHTHS[part] if part else "")
