"""A language that nobody speaks: each message is longer by half and marked, so that what was not translated is seen."""

from __future__ import annotations

import gettext
import re

from babel import Locale

from farthing.languages.language import Language

_ACCENTS = str.maketrans("aeiouAEIOUcnsy", "àéîõüÀÉÎÕÜçñšý")


class _Stretched(gettext.NullTranslations):
    """Accents on the letters, half as many more behind them."""

    def gettext(self, message: str) -> str:
        parts = re.split(r"({\w+})", message)
        accented = "".join(part if part.startswith("{") else part.translate(_ACCENTS) for part in parts)
        return f"[{accented}{' ~~~~' * (len(message) // 10 + 1)}]"

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)


def pseudo() -> Language:
    """Longer than any real language is."""
    return Language("en", Locale("en", "GB"), _Stretched(), day="d MMMM y", dense_day="d MMM y", short_day="d MMM")
