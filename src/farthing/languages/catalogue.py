"""What each message is in a language: read once from its file in `messages`, which translators write."""

from __future__ import annotations

import gettext
import io
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

MESSAGES = Path(__file__).with_name("messages")


@lru_cache
def translations(code: str) -> gettext.NullTranslations:
    """The messages of a language; those of English are what they are known by."""
    file = MESSAGES / f"{code}.po"
    if not file.exists():
        return gettext.NullTranslations()
    with file.open("rb") as opened:
        catalogue = read_po(opened, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
