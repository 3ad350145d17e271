"""JSON over HTTP: read as wherever usage is read, and answered with no number that could be read as inexact."""

import json

from farthing.core.metering.json_text import NotJson, decode_json

__all__ = ["NotJson", "decode_json", "encode_json"]


def encode_json(value: object) -> bytes:
    """JSON text of what we answer; half of a surrogate pair, which is no text, becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
