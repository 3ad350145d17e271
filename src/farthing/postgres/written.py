"""Data as JSON text, its numbers exact: no number ever goes through a float, in or out."""

import json
from decimal import Decimal
from typing import Any

from farthing.core.metering.event import canonical


def write_json(value: object) -> str:
    """The value as ASCII JSON text, whatever characters it holds."""
    return canonical(value)


def read_json(text: str | bytes) -> Any:
    """What `write_json` wrote; whole numbers as int, all others as Decimal."""
    return json.loads(text, parse_float=Decimal)


def is_storable(text: str) -> bool:
    """Whether the database can hold this text; a name that it cannot hold names nothing."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def storable(text: str) -> str:
    """The text with what the database cannot hold written out as escapes."""
    return text if is_storable(text) else text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
