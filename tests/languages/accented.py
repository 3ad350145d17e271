"""A language (en-XA) in which no plain letter is left, made from the English: what has one was never said in it.

Each message is bracketed, two fifths longer, and every letter in it has an accent. What is typed or named stands as it
is: values, commands within backticks, and emoji.
"""

from __future__ import annotations

import gettext
import re
from datetime import date

from babel import Locale

from farthing.languages.language import Language

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = "áƀćďéƒğĥíĵķĺɱńóƥɋŕśţúṽŵẋýžÁƁĆĎÉƑĞĤÍĴĶĹṀŃÓƤɊŔŚŢÚṼŴẊÝŽ"
_TO_ACCENTS = str.maketrans(_PLAIN, _ACCENTED)
_AS_IT_IS = re.compile(r"(`[^`]*`|{\w+}|:[a-z_]+:)")


def accented(text: str) -> str:
    """The text with an accent on each letter that people read as a word.

    >>> accented(":warning: type `bind` {here}")
    ':warning: ţýƥé `bind` {here}'
    """
    return "".join(part if _AS_IT_IS.fullmatch(part) else part.translate(_TO_ACCENTS) for part in _AS_IT_IS.split(text))


class _Messages(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return f"⟦{accented(message)}{'~' * (len(message) * 2 // 5)}⟧"

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)


class _Accented(Language):
    def place(self, number: str, /) -> str:
        return number

    def day(self, on: date) -> str:
        return accented(super().day(on))

    def dense_day(self, on: date) -> str:
        return accented(super().dense_day(on))

    def short_day(self, on: date) -> str:
        return accented(super().short_day(on))

    def month_day(self, on: date) -> str:
        return accented(super().month_day(on))

    def weekday(self, on: date) -> str:
        return accented(super().weekday(on))


def accented_english() -> Language:
    """en-XA."""
    return _Accented(
        "en", Locale("en", "GB"), _Messages(), day="d MMMM y", dense_day="d MMM y", short_day="d MMM", unit_space=" "
    )
