"""The words of a case's inputs: each is asked for by the names it goes by, and none is passed over in silence."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from farthing.core.exact import multiply
from farthing.core.money import Currency, currency, exact_decimal
from farthing.core.refused import Refused

# Words beside the point: they say something to the reader of a case, not to whoever works it out.
NOTES = frozenset({"note", "notes", "comment", "comments", "description", "name", "label", "source", "title", "why"})
MINOR = ("_minor", "_cents")


class Unsupported(Exception):
    """A case that cannot be worked out here, and why."""


class Words:
    """The inputs of one case; `left_over` tells which of them nobody asked for."""

    def __init__(self, given: Mapping[str, Any], *, of: str = "inputs") -> None:
        self._given = given
        self._of = of
        self._read: set[str] = set()

    def take(self, *names: str) -> Any:
        """The value under any of these names, None when there is none; two names with two values are ambiguous."""
        found: dict[str, Any] = {}
        for name in names:
            if name in self._given:
                self._read.add(name)
                if self._given[name] is not None:
                    found[name] = self._given[name]
        if len({repr(value) for value in found.values()}) > 1:
            raise Unsupported(f"{self._of} say {' and '.join(found)}, which mean the same and differ")
        return next(iter(found.values()), None)

    def has(self, *names: str) -> bool:
        """Whether there is something under one of these names; it counts as not yet read."""
        return any(self._given.get(name) is not None for name in names)

    def peek(self, name: str) -> Any:
        """The value under this name; it counts as not yet read."""
        return self._given.get(name)

    def mentions(self, *names: str) -> bool:
        """Whether one of these names stands there, even with nothing behind it."""
        return any(name in self._given for name in names)

    def named(self, *names: str) -> str | None:
        """The first of these names that is there."""
        return next((name for name in names if self._given.get(name) is not None), None)

    def number(self, *names: str) -> Decimal | None:
        """The exact number under one of these names."""
        value = self.take(*names)
        return None if value is None else exact_number(value, of=f"{self._of}.{names[0]}")

    def whole(self, *names: str) -> int | None:
        """The whole number under one of these names."""
        value = self.number(*names)
        if value is not None and value != int(value):
            raise Unsupported(f"{self._of}.{names[0]} is {value}, which is not a whole number")
        return None if value is None else int(value)

    def money(self, *names: str, in_currency: Currency) -> Decimal | None:
        """An amount in major units; each name is also known in minor units, as `name_minor`."""
        minor_names = [f"{name}{ending}" for name in names for ending in MINOR]
        minor = self.number(*minor_names)
        major = self.number(*names)
        if minor is not None and major is not None:
            raise Unsupported(f"{self._of} say {names[0]} in major and in minor units")
        return major if minor is None else in_major(minor, in_currency)

    def has_money(self, *names: str) -> bool:
        """Whether there is an amount under one of these names, in major or minor units."""
        return self.has(*names, *(f"{name}{ending}" for name in names for ending in MINOR))

    def text(self, *names: str) -> str | None:
        """The text under one of these names."""
        value = self.take(*names)
        if value is not None and not isinstance(value, str):
            raise Unsupported(f"{self._of}.{names[0]} should be a text")
        return value

    def word(self, *names: str) -> str | None:
        """The text under one of these names in small letters, its words joined by underscores."""
        value = self.text(*names)
        return None if value is None else value.strip().lower().replace("-", "_").replace(" ", "_")

    def flag(self, *names: str) -> bool | None:
        """The yes or no under one of these names."""
        value = self.take(*names)
        if value is not None and not isinstance(value, bool):
            raise Unsupported(f"{self._of}.{names[0]} should be true or false")
        return value

    def listed(self, *names: str) -> list[Any] | None:
        """The list under one of these names."""
        value = self.take(*names)
        if value is not None and not isinstance(value, list):
            raise Unsupported(f"{self._of}.{names[0]} should be a list")
        return value

    def parts(self, *names: str) -> list[Words] | None:
        """The list of objects under one of these names; whatever they leave over counts as left over here."""
        values = self.listed(*names)
        if values is None:
            return None
        if not all(isinstance(value, dict) for value in values):
            raise Unsupported(f"{self._of}.{names[0]} should be a list of objects")
        return [Words(value, of=f"{names[0]}[{place}]") for place, value in enumerate(values)]

    def part(self, *names: str) -> Words | None:
        """The object under one of these names."""
        value = self.take(*names)
        if value is not None and not isinstance(value, dict):
            raise Unsupported(f"{self._of}.{names[0]} should be an object")
        return None if value is None else Words(value, of=names[0])

    def currency(self) -> Currency:
        """The currency the case is in, US dollars when it does not say."""
        code = self.text("currency", "currency_code")
        return currency("USD" if code is None else code.strip().upper())

    def left_over(self) -> list[str]:
        """The names that nobody asked for, without those beside the point."""
        return sorted(
            name
            for name, value in self._given.items()
            if name not in self._read and name not in NOTES and value is not None
        )

    def done(self) -> None:
        """All of it has been read; what has not makes the case one that cannot be worked out."""
        if left := self.left_over():
            raise Unsupported(f"{self._of} have {', '.join(f'“{name}”' for name in left)}, which means nothing here")


def exact_number(value: object, *, of: str) -> Decimal:
    """A number of a case, from a JSON number or its text."""
    if isinstance(value, str):
        value = value.strip().replace("_", "")
    try:
        return exact_decimal(value, what=f"“{of}”")
    except Refused as fault:
        raise Unsupported(fault.sentence) from None


def in_major(minor: Decimal, of: Currency) -> Decimal:
    """Minor units as major ones.

    >>> in_major(Decimal("0.5"), currency("USD"))
    Decimal('0.005')
    """
    return product(minor, Decimal((0, (1,), -of.minor_digits)))


def product(one: Decimal, other: Decimal) -> Decimal:
    """Two decimals multiplied, which is one again.

    >>> product(Decimal("7.25"), Decimal("0.01"))
    Decimal('0.0725')
    """
    made = multiply(one, other)
    assert isinstance(made, Decimal), f"{one} x {other}"
    return made
