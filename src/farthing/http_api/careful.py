"""Bodies read carefully: where one event of many is unclear its neighbours are read, and it is kept as its text."""

from __future__ import annotations

from typing import Any

from farthing.core.metering.json_text import NotJson, text_of_json
from farthing.core.metering.unclear import check_json, items_of, members_of, read_carefully
from farthing.core.refused import Refused


def read_line(line: bytes) -> Any:
    """The decoded event of one line, or `Unclear`; `NotJson`, with its sentence, for what is no JSON."""
    try:
        return read_carefully(text_of_json(line))
    except NotJson as fault:
        raise NotJson(f"The body {fault}") from None


def read_body(body: bytes, *, wrapped: bool) -> list[Any]:
    """The decoded events of a body: one, a list of them, or with `wrapped` a list behind the one name “events”.

    Each that is unclear is `Unclear`. `NotJson` and `Refused` are about the body as a whole.
    """
    try:
        text = text_of_json(body)
        check_json(text)
        return [read_carefully(event) for event in _events_of(text.strip(), wrapped=wrapped)]
    except NotJson as fault:
        raise NotJson(f"The body {fault}") from None


def _events_of(text: str, *, wrapped: bool) -> list[str]:
    if text.startswith("["):
        return list(items_of(text))
    if not text.startswith("{"):
        raise Refused("The body is neither an event, nor a list of events.")
    if not wrapped:
        return [text]
    named = [value for name, value in members_of(text) if name == "events"]
    if not named:
        return [text]
    if len(named) > 1:
        raise NotJson("says “events” twice; say it once, since only one can count.")
    if not named[0].startswith("["):
        raise Refused("“events” must be a list of events.", field="events")
    return list(items_of(named[0]))
