"""Pages as a PDF for the archive (PDF/A-3): the same text always gives the same bytes."""

from __future__ import annotations

import base64
import codecs
import json
import struct
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import typst

from farthing.core.invoicing.logo import Logo, LogoKind
from farthing.documents.fonts import FONT_FOLDER

# Tagged, so that it can be read aloud. In a very long document the tags would outweigh the pages seventeen times,
# so there only the characters stay readable by machine.
TAGGED: Final = "a-3a"
UNTAGGED: Final = "a-3u"
LONG_FROM_ROWS = 200
# The typesetter remembers all it laid out until this many documents later, for 2,000 lines some 400 MB.
_DOCUMENTS_REMEMBERED = 11
_FOLDER = Path(__file__).parent


def printed(
    layout: str, content: Mapping[str, Any], *, at: datetime, rows: int, logos: Iterable[Logo | None] = ()
) -> bytes:
    """The pages of a layout (`invoice`, `statement`) with this content, `at` the document's own time.

    Names, units and pictures reach the layout as data, never as part of it, so nothing written in them is carried out.
    """
    long, pictures = rows >= LONG_FROM_ROWS, {logo.digest: _picture(logo) for logo in logos if logo is not None}
    try:
        pdf = _compiled(layout, content, pictures, at=at, long=long)
    except typst.TypstError:
        if not pictures:
            raise
        # A picture that only looks whole must not keep an invoice from being printed.
        pdf = _compiled(layout, content, {}, at=at, long=long)
    if long:
        _forget_what_was_laid_out()
    return pdf


def bare_pdf(words: str) -> bytes:
    """Only these words, without any layout: what the typesetter takes at the least. A benchmark's floor."""
    return typst.compile(
        b"#sys.inputs.words",
        font_paths=_fonts(),
        format="pdf",
        pdf_standards=TAGGED,
        sys_inputs={"words": words},
        timestamp=0,
    )


def _picture(logo: Logo) -> str:
    """A logo as an SVG, which is text."""
    if logo.kind is LogoKind.SVG:
        return logo.content.removeprefix(codecs.BOM_UTF8).decode()
    width, height = struct.unpack(">II", logo.content[16:24])
    inside = base64.b64encode(logo.content).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{inside}"/></svg>'
    )


def _compiled(
    layout: str, content: Mapping[str, Any], pictures: Mapping[str, str], *, at: datetime, long: bool
) -> bytes:
    return typst.compile(
        _FOLDER / f"{layout}.typ",
        root=_FOLDER,
        font_paths=_fonts(),
        format="pdf",
        pdf_standards=UNTAGGED if long else TAGGED,
        pdf_tags=not long,
        sys_inputs={"content": json.dumps(content, ensure_ascii=False), **pictures},
        # The document's own date: a second rendering may not differ from the first.
        timestamp=int(at.timestamp()),
    )


def _forget_what_was_laid_out() -> None:
    # Empty pages push it out of the typesetter's memory: a server that prints long invoices stays small.
    for _ in range(_DOCUMENTS_REMEMBERED):
        typst.compile(b"", font_paths=_fonts(), format="svg")


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONT_FOLDER)])
