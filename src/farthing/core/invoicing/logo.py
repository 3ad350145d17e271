"""A legal entity's logo: a PNG or an SVG, looked through before it is kept, so that no document can be harmed by it."""

from __future__ import annotations

import hashlib
import re
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from dataclasses import dataclass
from enum import StrEnum

from farthing.core.refused import Refused

MOST_BYTES = 512 * 1024
MOST_PIXELS = 4000
_PNG = b"\x89PNG\r\n\x1a\n"
_SVG = "{http://www.w3.org/2000/svg}svg"
# What draws nothing, runs, or fetches something from elsewhere.
_FORBIDDEN = frozenset({"script", "foreignobject", "iframe", "image", "audio", "video", "animate", "set", "handler"})


class LogoKind(StrEnum):
    """What a logo may be."""

    PNG = "png"
    SVG = "svg"


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture, known by the digest of its bytes."""

    kind: LogoKind
    content: bytes

    @property
    def digest(self) -> str:
        """What stands for it where it is used."""
        return hashlib.sha256(self.content).hexdigest()


def logo_in(content: bytes) -> Logo:
    """The logo in these bytes; refuses, in a sentence, what is no whole PNG and no harmless SVG."""
    if len(content) > MOST_BYTES:
        raise Refused(f"A logo has at most {MOST_BYTES // 1024} KiB; this is {len(content) // 1024}.", field="logo")
    if content.startswith(_PNG):
        _look_through_png(content)
        return Logo(LogoKind.PNG, content)
    if b"<svg" in content[:4096]:
        _look_through_svg(content)
        return Logo(LogoKind.SVG, content)
    raise Refused("A logo is a PNG or an SVG; this file is neither.", field="logo")


def _look_through_png(content: bytes) -> None:
    place, kinds = len(_PNG), list[bytes]()
    while place < len(content):
        header = content[place : place + 8]
        if len(header) < 8:
            break
        length, kind = struct.unpack(">I4s", header)
        body = content[place + 8 : place + 8 + length]
        checksum = content[place + 8 + length : place + 12 + length]
        if len(checksum) < 4 or zlib.crc32(kind + body) != struct.unpack(">I", checksum)[0]:
            raise Refused("This PNG is damaged; export it anew.", field="logo")
        if not kinds and (kind != b"IHDR" or length != 13):
            raise Refused("This PNG does not begin as one; export it anew.", field="logo")
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
            if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
                raise Refused(
                    f"A logo has at most {MOST_PIXELS:,} pixels a side; this one has {width:,} x {height:,}.",
                    field="logo",
                )
        kinds.append(kind)
        place += 12 + length
        if kind == b"IEND":
            break
    if b"IDAT" not in kinds or kinds[-1] != b"IEND" or place != len(content):
        raise Refused("This PNG is not whole, or something stands behind it; export it anew.", field="logo")


def _look_through_svg(content: bytes) -> None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("This SVG is not text in UTF-8; save it as that.", field="logo") from None
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise Refused("This SVG declares a document type, which a logo may not; export it as plain SVG.", field="logo")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, RecursionError):
        raise Refused("This SVG cannot be read; export it anew.", field="logo") from None
    if root.tag != _SVG:
        raise Refused("This file holds no SVG picture; export it anew.", field="logo")
    for element in root.iter():
        name = str(element.tag).rpartition("}")[2].lower()
        if name in _FORBIDDEN:
            raise Refused(f"This SVG holds “{name}”, which a logo may not; export it as plain shapes.", field="logo")
        for attribute, value in element.attrib.items():
            plain = attribute.rpartition("}")[2].lower()
            fetches = plain == "href" and not value.startswith("#")
            if plain.startswith("on") or fetches or _reaches_out(value):
                raise Refused(
                    f"This SVG reaches for something outside itself or runs something ({plain}); export it as plain "
                    "shapes.",
                    field="logo",
                )
        if name == "style" and _reaches_out(element.text or ""):
            raise Refused("This SVG's style reaches for something outside itself; take that out.", field="logo")


def _reaches_out(value: str) -> bool:
    compact = re.sub(r"\s", "", value).lower()
    return "javascript:" in compact or "@import" in compact or bool(re.search(r"url\((?!['\"]?#)", compact))
