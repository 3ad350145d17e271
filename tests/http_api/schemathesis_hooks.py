"""What schemathesis cannot know by itself, loaded by schemathesis: lines as a body, and which refusals are of shape."""

from __future__ import annotations

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def lines(context: schemathesis.SerializationContext, value: Any) -> bytes:  # noqa: ARG001
    """Text goes as it is; everything else as one line of JSON."""
    if isinstance(value, bytes):
        return value
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.check
def what_is_described_as_valid_is_never_invalid(
    context: schemathesis.CheckContext,  # noqa: ARG001
    response: schemathesis.Response,
    case: schemathesis.Case,
) -> None:
    """What fits the description may be refused for what it means, and never for its shape."""
    generated = None if case.meta is None else case.meta.generation.mode
    if generated is not schemathesis.GenerationMode.POSITIVE or response.status_code != 422:
        return
    told = response.json()
    # Rules between fields (either a plan or its terms) are told of the body as a whole.
    assert told["code"] != "invalid" or told["field"] == "body", (
        f"It fits the description and is told invalid: {told['detail']}"
    )
