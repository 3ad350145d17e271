"""A logo is looked through before it is kept: a whole PNG, or an SVG that runs nothing and fetches nothing."""

from __future__ import annotations

import struct
import zlib

import pytest

from farthing.core.invoicing.logo import LogoKind, logo_in
from farthing.core.refused import Refused


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 2, height: int = 1) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00" + b"\xff" * 3 * width)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def svg(inside: str, *, attributes: str = "") -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


def test_a_whole_png_is_kept_as_it_is() -> None:
    logo = logo_in(png())
    assert logo.kind is LogoKind.PNG
    assert len(logo.digest) == 64


def test_an_svg_of_plain_shapes_is_kept() -> None:
    drawn = '<defs><linearGradient id="g"/></defs><rect fill="url(#g)"/><use href="#g"/><text>Ünïted</text>'
    assert logo_in(svg(drawn)).kind is LogoKind.SVG


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"GIF89a", "neither"),
        (b"", "neither"),
        (png()[:-5], "not whole"),
        (png()[:-1], "damaged"),
        (png()[:30] + b"\x00" + png()[31:], "damaged"),
        (png() + b"more", "behind it"),
        (b"\x89PNG\r\n\x1a\n", "not whole"),
        (png(5000, 1), "pixels a side"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 600_000, "at most 512 KiB"),
        (svg("<script>1</script>"), "“script”"),
        (svg("<foreignObject/>"), "“foreignobject”"),
        (svg("", attributes='onload="x()"'), "onload"),
        (svg('<use href="https://x.example/a.svg#b"/>'), "outside itself"),
        (svg('<rect style="fill: url( http://x.example )"/>'), "outside itself"),
        (svg("<style>@import 'http://x.example/a.css'</style>"), "style reaches"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + svg("&a;"), "document type"),
        (svg("<rect>"), "cannot be read"),
        (b"<other><svg/></other>", "no SVG picture"),
        (svg("") + b"\xff", "UTF-8"),
    ],
)
def test_what_could_harm_a_document_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        logo_in(content)
    assert said in refused.value.sentence
    assert refused.value.field == "logo"
