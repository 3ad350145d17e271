"""Unclear events: JSON that says one thing twice, or a number that is none, is kept as text and never guessed at."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from farthing.core.ids import content_hash
from farthing.core.metering.event import RESERVATION, UsageEvent, read_event
from farthing.core.metering.json_text import MOST_DIGITS, NotJson, fraction, not_json, whole_number
from farthing.core.refused import Refused

NO_EVENT = "An event is a JSON object with id, source, type, subject, time and data."
TOO_DEEP = "Its data is nested deeper than 16 levels."

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
# A text that does not end is taken to the end, so that nothing in it is looked at twice.
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_SINGLE = re.compile(r"[^\s,\[\]{}]+")
_SPACE = re.compile(r"[ \t\r\n]*")
_IDENTITY = ("id", "source", "type", "subject", "time")
_OURS = {*_IDENTITY, "data"}


@dataclass(frozen=True, slots=True)
class Unclear:
    """An event of which it is not clear what it says, as the text that was sent; None when it has no identity.

    Of the event only what is said once is there, and no data.
    """

    event: UsageEvent | None
    text: str
    reason: str


@dataclass(slots=True)
class _Faults:
    """Reads JSON with what is unclear in it noted, instead of being refused."""

    reasons: list[str] = field(default_factory=list)

    def read(self, text: str) -> Any:
        return json.loads(
            text,
            object_pairs_hook=self._object,
            parse_float=self._fraction,
            parse_int=self._whole_number,
            parse_constant=self._constant,
        )

    def _object(self, members: list[tuple[str, Any]]) -> dict[str, Any]:
        read = dict(members)
        if len(read) < len(members):
            name = next(name for name, count in Counter(name for name, _ in members).items() if count > 1)
            shown = name[:60].encode("utf-8", "backslashreplace").decode()
            self.reasons.append(
                f"It says “{shown}” twice in one object, and which of the two counts would be a guess; send it once."
            )
        return read

    def _fraction(self, text: str) -> Any:
        return fraction(text) if self._is_short(text) else 0

    def _whole_number(self, text: str) -> Any:
        return whole_number(text) if self._is_short(text) else 0

    def _is_short(self, text: str) -> bool:
        if len(text) > MOST_DIGITS:
            self.reasons.append(f"It holds a number of {len(text):,} characters; an amount has at most 38 digits.")
        return len(text) <= MOST_DIGITS

    def _constant(self, name: str) -> Any:
        self.reasons.append(f"It holds {name}, which is no number in JSON; send a number, or leave it out.")


def read_carefully(text: str) -> Any:
    """What this one event's text says, or `Unclear` where that would be a guess; `NotJson` when it is none.

    Of an event with an identity, attributes that we do not know do not matter, however unclear or often said.

    >>> read_carefully('{"id": "1", "source": "api", "data": {"tokens": 1, "tokens": 2}}').reason
    'It says “tokens” twice in one object, and which of the two counts would be a guess; send it once.'
    >>> read_carefully('{"id": "1", "id": "2", "source": "api"}').event is None
    True
    """
    faults = _Faults()
    try:
        read = faults.read(text)
        return _ours_of(_unclear(text, faults.reasons[0])) if faults.reasons else read
    except RecursionError:
        pass
    except json.JSONDecodeError as fault:
        raise not_json(fault) from None
    try:
        return _ours_of(_unclear(text, TOO_DEEP))
    except json.JSONDecodeError as fault:
        # Of what is too deep nobody has looked yet whether it is JSON.
        raise not_json(fault) from None


def fault_of(text: str) -> str:
    """Why it is not clear what this text says; empty where it is."""
    faults = _Faults()
    try:
        faults.read(text)
    except RecursionError:
        return TOO_DEEP
    except json.JSONDecodeError:
        return "It is no JSON."
    return faults.reasons[0] if faults.reasons else ""


def check_json(text: str) -> None:
    """Refuses (`NotJson`) what is no JSON, saying where; what is unclear is let pass, and so is what is too deep."""
    try:
        _Faults().read(text)
    except json.JSONDecodeError as fault:
        raise not_json(fault) from None
    except RecursionError:
        return


def content_of_text(text: str) -> UUID:
    """A fingerprint of what an unclear event says: of all of its text, since no part of it is sure."""
    return content_hash(text.encode("utf-8", "surrogatepass"))


def members_of(text: str) -> Iterator[tuple[str, str]]:
    """The names of an object's text and the text behind each, in order, a name as often as it stands there."""
    for name, value in _parts(text, named=True):
        yield json.loads(name), value


def items_of(text: str) -> Iterator[str]:
    """The text of each item of a list's text."""
    for _, value in _parts(text, named=False):
        yield value


def _unclear(text: str, reason: str) -> Unclear:
    if not text.lstrip().startswith("{"):
        return Unclear(None, text, NO_EVENT)
    said: dict[str, list[str]] = {}
    for name, value in members_of(text):
        said.setdefault(name, []).append(value)
    for name in ("id", "source"):
        if len(said.get(name, ())) > 1:
            return Unclear(None, text, f"The event says “{name}” twice; give each event one “{name}”.")
    raw = {name: _single(said[name][0]) for name in _IDENTITY if len(said.get(name, ())) == 1}
    try:
        return Unclear(read_event(raw), text, reason)
    except Refused as fault:
        return Unclear(None, text, fault.sentence)


def _ours_of(unclear: Unclear) -> Unclear | dict[str, Any]:
    """What the attributes that we know say, where each of them is clear; otherwise the same."""
    if unclear.event is None:
        return unclear
    read: dict[str, Any] = {}
    reservations: list[str] = []
    for name, value in members_of(unclear.text):
        if name in _OURS:
            if name in read or fault_of(value):
                return unclear
            read[name] = json.loads(value, parse_float=fraction, parse_int=whole_number)
        elif name == RESERVATION:
            reservations.append(value)
    # Which of two is meant would be a guess, and the event counts without it.
    if len(reservations) == 1:
        read[RESERVATION] = _single(reservations[0])
    return read


def _single(text: str) -> Any:
    """The text that a value is; None for any other, which identifies nothing."""
    return json.loads(text) if text.startswith('"') else None


def _parts(text: str, *, named: bool) -> Iterator[tuple[str, str]]:
    """The parts of an object or a list, with the texts of their names.

    Nesting is counted and not gone into, so that nobody's is too deep.
    """
    closing = "}" if named else "]"
    at = _past_space(text, _past_space(text, 0) + 1)
    while text[at : at + 1] != closing:
        name = ""
        if named:
            name, at = _taken(_STRING, text, at)
            at = _past_space(text, at)
            if text[at : at + 1] != ":":
                raise _broken()
            at = _past_space(text, at + 1)
        end = _end_of(text, at)
        yield name, text[at:end]
        at = _past_space(text, end)
        if text[at : at + 1] == ",":
            at = _past_space(text, at + 1)
        elif text[at : at + 1] != closing:
            raise _broken()
    if _past_space(text, at + 1) != len(text):
        raise _broken()


def _end_of(text: str, start: int) -> int:
    if text[start : start + 1] not in ("{", "["):
        return _taken(_STRING if text[start : start + 1] == '"' else _SINGLE, text, start)[1]
    depth = 0
    for found in _BRACKET.finditer(text, start):
        token = found.group()
        depth += 1 if token in "[{" else -1 if token in "]}" else 0
        if depth == 0:
            return found.end()
    raise _broken()


def _taken(pattern: re.Pattern[str], text: str, at: int) -> tuple[str, int]:
    found = pattern.match(text, at)
    if found is None:
        raise _broken()
    return found.group(), found.end()


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None, "no space is space enough"
    return found.end()


def _broken() -> NotJson:
    return NotJson("is not JSON: its brackets, commas and quotes do not fit together.")
