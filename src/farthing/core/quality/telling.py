"""How an audit is told: in which words, and how its numbers and days are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from farthing.core.saying import ENGLISH, Words


@dataclass(frozen=True, slots=True)
class Telling:
    """A language for audits: `month_day` is a day without its year."""

    words: Words
    number: Callable[[Decimal | int], str]
    day: Callable[[date], str]
    month_day: Callable[[date], str]

    def say(self, message: str, /, **values: object) -> str:
        """The message with these values in place of the names in its braces."""
        return self.words.say(message, **values)

    def several(self, one: str, many: str, number: Decimal | int, /, **values: object) -> str:
        """The message for so many, which it names as {number}."""
        return self.words.several(one, many, number, number=self.number(number), **values)


IN_ENGLISH = Telling(
    ENGLISH,
    number=lambda number: f"{number:,}",
    day=lambda day: f"{day.day} {day:%B %Y}",
    month_day=lambda day: f"{day.day} {day:%B}",
)
