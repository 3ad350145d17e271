"""Data as JSON text, its numbers exact: no number ever goes through a float, in or out."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from farthing.core.metering.event import canonical


def write_json(value: object) -> str:
    """The value as ASCII JSON text, whatever characters it holds."""
    return canonical(value)


def write_many(values: Iterable[Mapping[str, Any]]) -> str:
    """Many as one list of JSON, each as `write_json` writes it. A part that several of them share is written once."""
    shared: dict[int, str] = {}
    written = []
    for value in values:
        members = []
        for key in sorted(value):
            part = value[key]
            if not isinstance(part, dict):
                told = write_json(part)
            elif id(part) not in shared:
                told = shared[id(part)] = write_json(part)
            else:
                told = shared[id(part)]
            members.append(f"{write_json(key)}:{told}")
        written.append(f"{{{','.join(members)}}}")
    return f"[{','.join(written)}]"


def listed(written: Iterable[str | None]) -> str:
    """JSON texts as one list: the database takes it apart sooner than we write each into an array of texts."""
    return f"[{','.join('null' if one is None else one for one in written)}]"


def read_json(text: str | bytes) -> Any:
    """What `write_json` wrote; whole numbers as int, all others as Decimal."""
    return json.loads(text, parse_float=Decimal)


def is_storable(text: str) -> bool:
    """Whether the database can hold this text; a name that it cannot hold names nothing."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def storable(text: str) -> str:
    """The text with what the database cannot hold written out as escapes."""
    return text if is_storable(text) else text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
