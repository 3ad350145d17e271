"""The one typeface of every document, the same on every machine, and which characters it can draw."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

import fontpkg_noto_sans
from fontTools.ttLib import TTFont

FAMILY = "Noto Sans"
FONT_FOLDER = Path(fontpkg_noto_sans.ROOT) / "files"
_UPRIGHT = "NotoSans[[]wdth,wght[]].ttf"
CANNOT_DRAW = "\ufffd"
# Controls (also those that turn the direction of writing around, so that no name can look like another),
# private characters, and code points that are none.
_NEVER_DRAWN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs"})
# Emoji and marks are left out where the typeface lacks them; a missing letter is shown as missing.
_LEFT_OUT = frozenset({"So", "Sk", "Mn", "Me", "Cf", "Cc"})


@lru_cache(maxsize=1)
def drawable() -> frozenset[int]:
    """The code points that the typeface has."""
    (upright,) = FONT_FOLDER.glob(_UPRIGHT)
    with TTFont(upright, lazy=True) as font:
        return frozenset(font.getBestCmap())


def legible(text: str) -> str:
    """The text in one line, with what cannot be drawn left out (emoji) or marked (letters of other scripts).

    A PDF that is to be kept for years may not hold a character which its typeface lacks, and names may hold any.

    >>> legible("  Ёлка \\U0001f680 & Co\\u202e\\n*x*  ")
    'Ёлка & Co *x*'
    >>> legible("東京 Ltd")
    '\ufffd\ufffd Ltd'
    """
    drawn: list[str] = []
    on_a_letter = False
    for character in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(character)
        is_mark = kind.startswith("M")
        # A mark on a digit or a point would, to some readers of the file, stand on all of them: in the amounts too.
        if is_mark and not on_a_letter:
            continue
        drawn.append(_drawn(character, kind))
        on_a_letter = is_mark or (kind.startswith("L") and drawn[-1] == character)
    return " ".join("".join(drawn).split())


def _drawn(character: str, kind: str) -> str:
    if kind in ("Zs", "Zl", "Zp") or character in "\t\n\r\v\f\x85":
        return " "
    if kind not in _NEVER_DRAWN and ord(character) in drawable():
        return character
    return "" if kind in _LEFT_OUT else CANNOT_DRAW
