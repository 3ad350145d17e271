"""What people read is said in English here; a language that stands in its place says the same in its own words."""

from __future__ import annotations

from typing import Protocol

from farthing.core.exact import Exact


class Words(Protocol):
    """A language: it knows each message by its English text."""

    def say(self, message: str, /, **values: object) -> str:
        """The message with these values in place of the names in its braces."""

    def several(self, one: str, many: str, number: Exact | int, /, **values: object) -> str:
        """The message for so many: `one` for exactly one, and as many forms more as the language has."""

    def place(self, number: str, /) -> str:
        """A number as a place in a row."""


class _English:
    """Each message as it is written."""

    def say(self, message: str, /, **values: object) -> str:
        return message.format(**values) if values else message

    def several(self, one: str, many: str, number: Exact | int, /, **values: object) -> str:
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


def message(text: str) -> str:
    """A message that is said later; named so that it is found when messages are gathered for translation.

    >>> message("Total")
    'Total'
    """
    return text


def several_messages(one: str, many: str) -> tuple[str, str]:
    """The same of a message that has a number; both are handed to `several`."""
    return one, many
