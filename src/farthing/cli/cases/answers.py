"""What was worked out for a case, under the names that cases expect it by, and whether it is what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Protocol, runtime_checkable

from farthing.cli.cases.words import Unsupported
from farthing.core.exact import Exact, Rounding, multiply, rounded
from farthing.core.money import Currency, Money, plain


@dataclass(frozen=True, slots=True)
class Owed:
    """An amount of money as it came out of the arithmetic, and as it is owed."""

    exact: Exact
    money: Money


@dataclass(frozen=True, slots=True)
class Quotient:
    """A number that nobody pays, such as the average price of a unit; cases write it to as many digits as they like."""

    exact: Exact


@dataclass(frozen=True, slots=True)
class Split:
    """A whole and its parts: a case may expect either under the same name."""

    whole: Value
    parts: Sequence[Value]


@runtime_checkable
class Spoken(Protocol):
    """A value that knows itself whether it is what is expected, such as the end of a period."""

    def agrees(self, expected: object) -> bool: ...


@dataclass(frozen=True, slots=True)
class Rows:
    """Several things that stand in no order, such as the rates of an invoice: each is one of those expected."""

    rows: Sequence[Value]


Value = (
    Spoken | Owed | Quotient | Split | Rows | Money | Decimal | Fraction | int | bool | str | None
    | Sequence["Value"] | Mapping[str, "Value"]
)  # fmt: skip
Answer = Value | Callable[[], Value]

# The group of what has no group, as cases call it.
_NO_GROUP = "null"
_NO_GROUPS = frozenset({"null", "none", "nil", ""})

_FRACTION = re.compile(r"([0-9]{1,9})\s*/\s*0*([1-9][0-9]{0,8})")
_ROUNDED = re.compile(r"(.+)_rounded(\d+)")
_MINOR = re.compile(r"(.+?)s?_(?:minor|cents)")


def group_name(values: Iterable[str | None]) -> str:
    """The name of a group among answers.

    >>> group_name(["eu", None])
    'eu/null'
    """
    return "/".join(_NO_GROUP if value is None else value for value in values)


class Answers:
    """Values by name. A value may be worked out only when a case asks for it."""

    def __init__(self, in_currency: Currency) -> None:
        self.in_currency = in_currency
        self._known: dict[str, Answer] = {}

    def add(self, value: Answer, *names: str) -> None:
        """This value goes by these names; a name that is taken keeps what it has."""
        for name in names:
            self._known.setdefault(name, value)

    @property
    def names(self) -> list[str]:
        """The names that may be asked for."""
        return sorted(self._known)

    def named(self, name: str) -> Value:
        """The value of this name: as it is, in minor units (`…_minor`), or rounded (`…_rounded5`)."""
        if name in self._known:
            return self._value(name)
        if match := _ROUNDED.fullmatch(name):
            return _rounded(self.named(match[1]), int(match[2]))
        if match := _MINOR.fullmatch(name):
            base = name.rsplit("_", 1)[0]
            return _in_minor(self.named(base if base in self._known else match[1]), self.in_currency)
        raise Unsupported(f"“{name}” is expected, which is not known here; known are {', '.join(self.names)}")

    def _value(self, name: str) -> Value:
        known = self._known[name]
        if callable(known):
            known = self._known[name] = known()
        return known


def agrees(expected: object, ours: Value) -> bool:
    """Whether the two are the same: numbers as exact numbers, lists and objects part by part.

    An amount written with no more decimals than the currency has is the amount owed; one with more decimals is what
    it was before it was rounded. A number whose digits never end is compared to the digits that are written.

    >>> agrees("12", Decimal("12.00")), agrees("0.33333", Fraction(1, 3)), agrees(["1"], [Decimal(2)])
    (True, True, False)
    """
    if isinstance(ours, Spoken):
        return ours.agrees(expected)
    if expected is None:
        return ours is None or (not isinstance(ours, str | Owed | Quotient | Money) and not ours)
    if isinstance(ours, Split):
        return agrees(expected, ours.parts if isinstance(expected, list) else ours.whole)
    if isinstance(ours, Rows):
        return isinstance(expected, list) and _agree_in_any_order(expected, list(ours.rows))
    if isinstance(expected, list):
        if not isinstance(ours, Sequence) or isinstance(ours, str) or len(ours) != len(expected):
            return False
        return all(agrees(one, other) for one, other in zip(expected, ours, strict=True))
    if isinstance(expected, dict):
        if not isinstance(ours, Mapping):
            return False
        named = {_NO_GROUP if name.lower() in _NO_GROUPS else name: value for name, value in expected.items()}
        return all(name in ours and agrees(value, ours[name]) for name, value in named.items())
    if isinstance(expected, bool) or isinstance(ours, bool):
        return expected is ours
    if isinstance(expected, str) and (parts := _FRACTION.fullmatch(expected.strip())):
        exact = ours.exact if isinstance(ours, Owed | Quotient) else ours
        return isinstance(exact, Fraction | Decimal | int) and Fraction(exact) == Fraction(int(parts[1]), int(parts[2]))
    number = _number(expected)
    if number is None:
        return isinstance(ours, str) and str(expected).strip() == ours
    return _equals(number, ours)


def _agree_in_any_order(expected: Sequence[object], ours: list[Value]) -> bool:
    if len(expected) != len(ours):
        return False
    for one in expected:
        found = next((place for place, other in enumerate(ours) if agrees(one, other)), None)
        if found is None:
            return False
        del ours[found]
    return True


def told(value: object) -> str:
    """The value as it is printed beside what was expected."""
    match value:
        case Owed(exact, money):
            amount = plain(money.amount)
            return amount if Fraction(exact) == Fraction(money.amount) else f"{amount} ({plain(exact)} before rounding)"
        case Quotient(exact):
            return plain(exact)
        case Split(whole, parts):
            return f"{told(whole)}, in parts {told(parts)}"
        case Rows(rows):
            return told(rows)
        case Money():
            return plain(value.amount)
        case bool() | None:
            return {True: "true", False: "false", None: "nothing"}[value]
        case Decimal() | Fraction() | int():
            return plain(Fraction(value))
        case Mapping():
            return "{" + ", ".join(f"{name}: {told(part)}" for name, part in value.items()) + "}"
        case str():
            return value
        case Sequence():
            return "[" + ", ".join(told(part) for part in value) + "]"
    return str(value)


def _number(written: object) -> Decimal | None:
    if isinstance(written, int):
        return Decimal(written)
    if isinstance(written, Decimal):
        return written
    if isinstance(written, str) and re.fullmatch(r"\s*[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", written):
        return Decimal(written.strip().replace("_", ""))
    return None


def _equals(expected: Decimal, ours: Value) -> bool:
    exponent = expected.as_tuple().exponent
    digits = max(0, -exponent) if isinstance(exponent, int) else 0
    match ours:
        case Owed(exact, money):
            if digits <= money.currency.minor_digits:
                return Fraction(expected) == Fraction(money.amount)
            return _equals(expected, exact)
        case Money():
            return Fraction(expected) == Fraction(ours.amount)
        case Quotient(exact):
            return Fraction(expected) == Fraction(rounded(exact, Rounding.HALF_UP, precision=digits))
        case Fraction():
            return Fraction(expected) == Fraction(rounded(ours, Rounding.HALF_UP, precision=digits))
        case Decimal() | int():
            return Fraction(expected) == Fraction(ours)
    return False


def _rounded(value: Value, digits: int) -> Value:
    match value:
        case Owed(exact, _) | Quotient(exact):
            return rounded(exact, Rounding.HALF_UP, precision=digits)
        case Decimal() | Fraction():
            return rounded(value, Rounding.HALF_UP, precision=digits)
        case Split(whole, parts):
            return Split(_rounded(whole, digits), [_rounded(part, digits) for part in parts])
        case Rows(rows):
            return Rows([_rounded(row, digits) for row in rows])
        case str() | bool() | int() | None | Money():
            return value
        case Mapping():
            return {name: _rounded(part, digits) for name, part in value.items()}
        case Sequence():
            return [_rounded(part, digits) for part in value]
    return value


def _in_minor(value: Value, of: Currency) -> Value:
    match value:
        case Owed(_, money):
            return money.minor
        case Money():
            return value.minor
        case Quotient(exact):
            return Quotient(_scaled(exact, of))
        case Split(whole, parts):
            return Split(_in_minor(whole, of), [_in_minor(part, of) for part in parts])
        case Rows(rows):
            return Rows([_in_minor(row, of) for row in rows])
        case bool() | str() | None:
            return value
        case Decimal() | Fraction() | int():
            return _scaled(Decimal(value) if isinstance(value, int) else value, of)
        case Mapping():
            return {name: _in_minor(part, of) for name, part in value.items()}
        case Sequence():
            return [_in_minor(part, of) for part in value]
    return value


def _scaled(number: Exact, of: Currency) -> Exact:
    return multiply(number, Decimal(10**of.minor_digits))
