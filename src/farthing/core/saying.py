"""What people read is said in English here; a language that stands in its place says the same in its own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Protocol


class Words(Protocol):
    """A language: it knows each message by its English text."""

    def say(self, message: str, /, **values: object) -> str:
        """The message with these values in place of the names in its braces."""

    def several(self, one: str, many: str, number: Decimal | Fraction | int, /, **values: object) -> str:
        """The message for so many: `one` for exactly one, and as many forms more as the language has."""

    def place(self, number: str, /) -> str:
        """A number as a place in a row."""


class _English:
    """Each message as it is written."""

    def say(self, message: str, /, **values: object) -> str:
        return message.format(**values) if values else message

    def several(self, one: str, many: str, number: Decimal | Fraction | int, /, **values: object) -> str:
        return self.say(one if number == 1 else many, **values)

    def place(self, number: str, /) -> str:
        return ordinal(number)


def ordinal(number: str) -> str:
    """A number as a place in a row; large ones come in groups of three.

    >>> [ordinal(number) for number in ("95", "1,001", "99.9")]
    ['95th', '1,001st', '99.9th']
    """
    if "." in number or number[-2:] in ("11", "12", "13"):
        return f"{number}th"
    return number + {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")


ENGLISH: Words = _English()


@dataclass(frozen=True, slots=True)
class Saying:
    """A message with its values, to be said in whichever language; a value may be a saying itself.

    >>> str(Saying("{what} is no number.", {"what": Saying("A budget")}))
    'A budget is no number.'
    """

    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.said_in(ENGLISH)

    def said_in(self, words: Words, *, written: Callable[[object], object] = lambda value: value) -> str:
        """It in a language; `written` writes a value that is no text, such as an amount."""
        values = {
            name: value.said_in(words, written=written) if isinstance(value, Saying) else written(value)
            for name, value in self.values.items()
        }
        return words.say(self.message, **values)


def message(text: str) -> str:
    """A message that is said later; named so that it is found when messages are gathered for translation.

    >>> message("Total")
    'Total'
    """
    return text


def several_messages(one: str, many: str) -> tuple[str, str]:
    """The same of a message that has a number; both are handed to `several`."""
    return one, many
