"""A file that holds one JSON object, its numbers exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from farthing.core.metering.json_text import NotJson, decode_json
from farthing.core.refused import Refused


def read_object(file: Path) -> dict[str, Any]:
    """The object in the file; refuses anything else in a sentence."""
    try:
        decoded = decode_json(file.read_bytes(), what="file")
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None
    except NotJson as fault:
        raise Refused(f"{file}: {fault}") from None
    if not isinstance(decoded, dict):
        raise Refused(f"{file} holds no event: a JSON object with type, subject, time and data.")
    return decoded
