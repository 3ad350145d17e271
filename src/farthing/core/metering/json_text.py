"""Reading JSON: every number exact, and nothing guessed where two things are said."""

import json
from collections import Counter
from decimal import Decimal, DecimalException
from typing import Any

# Longer whole numbers are kept as decimals, which read any length at once; they are quarantined afterwards.
_LONGEST_WHOLE_NUMBER = 50
# A longer number is not read at all; an event that holds one is kept apart as its text.
MOST_DIGITS = 100_000


class NotJson(ValueError):
    """It cannot be read; the text is a sentence that says why."""


def decode_json(written: bytes, *, what: str = "body") -> Any:
    """What was written, its fractions as exact decimals; a byte-order mark is let pass.

    An object that names one thing twice is not read: which of the two counts would be a guess. `what` names what is
    read in the sentence that refuses it.

    >>> decode_json(b'{"tokens": 0.1}')
    {'tokens': Decimal('0.1')}
    >>> decode_json(b'{"tokens": NaN}', what="line")
    Traceback (most recent call last):
    ...
    farthing.core.metering.json_text.NotJson: The line is not JSON: NaN is not a number there.
    """
    try:
        return _decoded(written)
    except NotJson as fault:
        raise NotJson(f"The {what} {fault}") from None


def text_of_json(written: bytes) -> str:
    """The text of some bytes; what is wrong with it follows what it is."""
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise NotJson(f"is not UTF-8 (byte {fault.start + 1} is no text); send JSON in UTF-8.") from None
    if not text.strip():
        raise NotJson("is empty; send a JSON object or a list of them.")
    return text


def _decoded(written: bytes) -> Any:
    try:
        return json.loads(
            text_of_json(written),
            object_pairs_hook=_object,
            parse_float=fraction,
            parse_int=whole_number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as fault:
        raise not_json(fault) from None
    except RecursionError:
        raise NotJson("is nested too deeply; an event's data has at most 16 levels.") from None


def not_json(fault: json.JSONDecodeError) -> NotJson:
    """Where it stops being JSON, as what follows what it is."""
    return NotJson(f"is not JSON: line {fault.lineno}, column {fault.colno}: {fault.msg}.")


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(members)
    if len(read) < len(members):
        counts = Counter(name for name, _ in members)
        twice = next(name for name, count in counts.items() if count > 1)
        shown = twice[:60].encode("utf-8", "backslashreplace").decode()
        raise NotJson(f"says “{shown}” twice in one object; say it once, since only one can count.")
    return read


def fraction(text: str) -> Decimal:
    """The exact number that this text of JSON is."""
    _check_length(text)
    try:
        return Decimal(text)
    except DecimalException:
        return Decimal("Infinity")  # Its exponent is beyond all reason: screened like any number that is not finite.


def whole_number(text: str) -> int | Decimal:
    """The exact number that this text of JSON is."""
    if len(text) <= _LONGEST_WHOLE_NUMBER:
        return int(text)
    _check_length(text)
    return Decimal(text)


def _check_length(text: str) -> None:
    if len(text) > MOST_DIGITS:
        raise NotJson(f"holds a number of {len(text)} characters; an amount has at most 38 digits.")


def _constant(name: str) -> Any:
    raise NotJson(f"is not JSON: {name} is not a number there.")
