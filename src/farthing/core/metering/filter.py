"""Filters: which events count, told by their properties and by the customer's time of day."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any as Anything

from farthing.core.metering.event import is_text
from farthing.core.metering.value import number_of, text_of
from farthing.core.period import zone
from farthing.core.refused import Refused

DEEPEST_FILTER = 8
MOST_TESTS = 1000

_WORDS = ("all", "any", "not", "time_of_day")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")

Data = Mapping[str, Anything]


class Comparison(StrEnum):
    """How a property is held against a value."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"

    @property
    def of_size(self) -> bool:
        """Whether it asks which is more, and so needs numbers."""
        return self not in (Comparison.EQ, Comparison.NE)


@dataclass(frozen=True, slots=True)
class All:
    """What all of some filters let through."""

    of: tuple[Filter, ...]

    def __post_init__(self) -> None:
        _needs_parts(self.of, "all")

    def matches(self, data: Data, happened_at: datetime, in_zone: str) -> bool:
        """Whether this event counts."""
        return all(part.matches(data, happened_at, in_zone) for part in self.of)

    def may(self, data: Data, *, match: bool = True) -> bool:
        """Whether this data may match (or may fail to), at whatever time of day."""
        parts = (part.may(data, match=match) for part in self.of)
        return all(parts) if match else any(parts)


@dataclass(frozen=True, slots=True)
class Any:
    """What at least one of some filters lets through."""

    of: tuple[Filter, ...]

    def __post_init__(self) -> None:
        _needs_parts(self.of, "any")

    def matches(self, data: Data, happened_at: datetime, in_zone: str) -> bool:
        """Whether this event counts."""
        return any(part.matches(data, happened_at, in_zone) for part in self.of)

    def may(self, data: Data, *, match: bool = True) -> bool:
        """Whether this data may match (or may fail to), at whatever time of day."""
        parts = (part.may(data, match=match) for part in self.of)
        return any(parts) if match else all(parts)


@dataclass(frozen=True, slots=True)
class Not:
    """What a filter leaves out."""

    of: Filter

    def matches(self, data: Data, happened_at: datetime, in_zone: str) -> bool:
        """Whether this event counts."""
        return not self.of.matches(data, happened_at, in_zone)

    def may(self, data: Data, *, match: bool = True) -> bool:
        """Whether this data may match (or may fail to), at whatever time of day."""
        return self.of.may(data, match=not match)


class _OfData(ABC):
    """A filter that looks at nothing but the data."""

    __slots__ = ()

    @abstractmethod
    def holds(self, data: Data) -> bool:
        """Whether the data is as the filter wants it."""

    def matches(self, data: Data, happened_at: datetime, in_zone: str) -> bool:  # noqa: ARG002
        """Whether this event counts."""
        return self.holds(data)

    def may(self, data: Data, *, match: bool = True) -> bool:
        """Whether this data may match (or may fail to), at whatever time of day."""
        return self.holds(data) is match


@dataclass(frozen=True, slots=True)
class Compare(_OfData):
    """A property that equals a value, or is more or less than it; a missing one never is.

    A number in an event equals a text that reads as the same number; a text in an event only the same text.
    More and less are told of numbers alone, and of texts that read as one.

    >>> Compare("size", Comparison.EQ, "1.50").holds({"size": Decimal("1.5")})
    True
    """

    property: str
    op: Comparison
    value: str

    def __post_init__(self) -> None:
        if self.op.of_size and number_of(self.value) is None:
            raise Refused(f"“{self.property}” is compared with “{self.value}”, which is no number; give one.")

    def holds(self, data: Data) -> bool:
        """Whether the data is as the filter wants it."""
        held = data.get(self.property)
        if not self.op.of_size:
            return _equal(held, self.value) is (self.op is Comparison.EQ)
        one, other = number_of(held), _number_in(self.value)
        if one is None or other is None:
            return False
        match self.op:
            case Comparison.GT:
                return one > other
            case Comparison.GE:
                return one >= other
            case Comparison.LT:
                return one < other
            case _:
                return one <= other


@dataclass(frozen=True, slots=True)
class OneOf(_OfData):
    """A property that equals one of some values."""

    property: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise Refused(f"“{self.property}” is one of no values; give at least one.")

    def holds(self, data: Data) -> bool:
        """Whether the data is as the filter wants it."""
        held = data.get(self.property)
        return text_of(held) in self.values or any(_equal(held, value) for value in self.values)


@dataclass(frozen=True, slots=True)
class Exists(_OfData):
    """A property that is there and not null, or is not."""

    property: str
    exists: bool = True

    def holds(self, data: Data) -> bool:
        """Whether the data is as the filter wants it."""
        return (data.get(self.property) is not None) is self.exists


@dataclass(frozen=True, slots=True)
class Prefix(_OfData):
    """A property whose text starts with some letters."""

    property: str
    text: str

    def holds(self, data: Data) -> bool:
        """Whether the data is as the filter wants it."""
        held = text_of(data.get(self.property))
        return held is not None and held.startswith(self.text)


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """From one time on the customer's wall up to, and without, another; across midnight when the first is later.

    >>> night = TimeOfDay(time(22), time(6))
    >>> night.matches({}, datetime.fromisoformat("2026-01-05T12:30:00+00:00"), "Australia/Sydney")
    True
    """

    start: time
    end: time

    def matches(self, data: Data, happened_at: datetime, in_zone: str) -> bool:  # noqa: ARG002
        """Whether this event counts."""
        on_the_wall = happened_at.astimezone(zone(in_zone)).time()
        if self.start <= self.end:
            return self.start <= on_the_wall < self.end
        return on_the_wall >= self.start or on_the_wall < self.end

    def may(self, data: Data, *, match: bool = True) -> bool:  # noqa: ARG002
        """Whether this data may match (or may fail to), at whatever time of day."""
        return self.start != self.end or not match


Filter = All | Any | Not | Compare | OneOf | Exists | Prefix | TimeOfDay


def apart(one: Filter, other: Filter) -> bool:
    """Whether no event can match both, as far as the values tell that each wants of one property.

    >>> large, small = (Compare("model", Comparison.EQ, value) for value in ("large", "small"))
    >>> apart(large, All((small, Exists("region")))), apart(large, Exists("region"))
    (True, False)
    """
    wanted = _wants(other)
    return any(name == its and values.isdisjoint(others) for name, values in _wants(one) for its, others in wanted)


def filter_terms(filter: Filter) -> dict[str, Anything]:
    """The filter as a catalogue writes it under `where`; `filter_from` reads it back.

    >>> filter_terms(All((Compare("model", Comparison.EQ, "large"), OneOf("region", ("eu", "us")))))
    {'all': [{'model': 'large'}, {'region': ['eu', 'us']}]}
    """
    match filter:
        case All(of=parts):
            return {"all": [filter_terms(part) for part in parts]}
        case Any(of=parts):
            return {"any": [filter_terms(part) for part in parts]}
        case Not(of=inner):
            return {"not": filter_terms(inner)}
        case TimeOfDay(start=start, end=end):
            return {"time_of_day": {"from": _clock_text(start), "to": _clock_text(end)}}
        case Compare(property=name, op=op, value=value):
            return {_key(name): value if op is Comparison.EQ else {op.value: value}}
        case OneOf(property=name, values=values):
            return {_key(name): list(values)}
        case Exists(property=name, exists=exists):
            return {_key(name): {"exists": exists}}
        case Prefix(property=name, text=text):
            return {_key(name): {"prefix": text}}


def filter_from(terms: object, *, of: str) -> Filter:
    """The filter that these terms describe; several names in one must all match.

    >>> filter_from({"model": "large", "size": {"gt": 5}}, of="The meter “m”").matches(
    ...     {"model": "large", "size": 6}, datetime.fromisoformat("2026-01-05T12:30:00+00:00"), "UTC")
    True
    """
    return _Reader(of).read(terms, depth=1)


class _Reader:
    """Reads terms, and counts what it reads: aliases can make a short file a long filter."""

    def __init__(self, of: str) -> None:
        self.of, self.tests = of, 0

    def read(self, terms: object, *, depth: int) -> Filter:
        if depth > DEEPEST_FILTER:
            raise self._refusal(f"is nested deeper than {DEEPEST_FILTER} levels; write it simpler")
        if not isinstance(terms, Mapping) or not terms:
            raise self._refusal("must name at least one property and its value, such as {model: large}")
        parts = [self._part(name, wanted, depth=depth) for name, wanted in terms.items()]
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _part(self, name: object, wanted: object, *, depth: int) -> Filter:
        self._count(1)
        match name:
            case "all" | "any":
                if not isinstance(wanted, list | tuple) or not wanted:
                    raise self._refusal(f"needs under “{name}” a list of filters, at least one")
                parts = tuple(self.read(each, depth=depth + 1) for each in wanted)
                return All(parts) if name == "all" else Any(parts)
            case "not":
                return Not(self.read(wanted, depth=depth + 1))
            case "time_of_day":
                return self._time_of_day(wanted)
            case str():
                return self._of_property(_property(name), wanted)
        raise self._refusal(f"names “{name}” as a property; put quotes around the name")

    def _of_property(self, name: str, wanted: object) -> Filter:
        if not name or not is_text(name):
            raise self._refusal("has a property name that is not text; write it anew")
        if isinstance(wanted, list | tuple):
            self._count(len(wanted))
            if not wanted:
                raise self._refusal(f"gives “{name}” an empty list; give at least one value")
            return OneOf(name, tuple(self._text(name, each) for each in wanted))
        if not isinstance(wanted, Mapping):
            return Compare(name, Comparison.EQ, self._text(name, wanted))
        if not wanted:
            raise self._refusal(f"says nothing of “{name}”; give a value")
        self._count(len(wanted))
        tests = tuple(self._test(name, str(word), value) for word, value in wanted.items())
        return tests[0] if len(tests) == 1 else All(tests)

    def _test(self, name: str, word: str, value: object) -> Filter:
        match word:
            case "exists":
                if not isinstance(value, bool):
                    raise self._refusal(f"says whether “{name}” exists as true or false")
                return Exists(name, value)
            case "prefix":
                if not isinstance(value, str) or not value or not is_text(value):
                    raise self._refusal(f"needs as prefix of “{name}” a text")
                return Prefix(name, value)
            case "in":
                if not isinstance(value, list | tuple):
                    raise self._refusal(f"needs a list of what “{name}” is in")
                return self._of_property(name, value)
            case "eq" | "ne":
                return Compare(name, Comparison(word), self._text(name, value))
            case "gt" | "ge" | "lt" | "le":
                if number_of(value) is None:
                    raise self._refusal(f"compares “{name}” with “{value}”, which is no number; give one")
                return Compare(name, Comparison(word), self._text(name, value))
        known = ", ".join([*(op.value for op in Comparison), "in", "exists", "prefix"])
        raise self._refusal(f"asks “{word}” of “{name}”; it may ask {known}")

    def _text(self, name: str, value: object) -> str:
        text = text_of(value)
        if value is None:
            raise self._refusal(f"gives “{name}” no value; to ask that it is missing write {{exists: false}}")
        if text is None or not is_text(text):
            raise self._refusal(f"gives “{name}” a value that is no text, number, true or false; put it in quotes")
        return text

    def _time_of_day(self, wanted: object) -> TimeOfDay:
        if not isinstance(wanted, Mapping) or set(wanted) != {"from", "to"}:
            raise self._refusal('needs a time of day as {from: "22:00", to: "06:00"}')
        return TimeOfDay(self._clock(wanted["from"]), self._clock(wanted["to"]))

    def _clock(self, written: object) -> time:
        found = _CLOCK.fullmatch(written) if isinstance(written, str) else None
        if found is None:
            raise self._refusal(f'has the time of day “{written}”; write it in quotes from "00:00" to "23:59"')
        hour, minute, second = (int(digits or 0) for digits in found.groups())
        return time(hour, minute, second)

    def _count(self, more: int) -> None:
        self.tests += more
        if self.tests > MOST_TESTS:
            raise self._refusal(f"asks more than {MOST_TESTS:,} things; write it simpler")

    def _refusal(self, what: str) -> Refused:
        return Refused(f"{self.of} has a filter that {what}.", field="where")


@lru_cache(maxsize=4096)
def _wants(filter: Filter) -> tuple[tuple[str, frozenset[Decimal | str]], ...]:
    """Properties that must equal one of some values for an event to match; texts of one number are one value."""
    match filter:
        case Compare(property=name, op=Comparison.EQ, value=value):
            return ((name, frozenset((_told_apart(value),))),)
        case OneOf(property=name, values=values):
            return ((name, frozenset(map(_told_apart, values))),)
        case All(of=parts):
            return tuple(wanted for part in parts for wanted in _wants(part))
    return ()


def _told_apart(value: str) -> Decimal | str:
    number = _number_in(value)
    return value if number is None else number


@lru_cache(maxsize=4096)
def _number_in(value: str) -> Decimal | None:
    """What a filter's own text reads as, found once and not for every event."""
    return number_of(value)


def _equal(held: object, value: str) -> bool:
    """A number equals a text that reads as the same number; all else is told by its text."""
    if isinstance(held, int | Decimal) and not isinstance(held, bool):
        number = _number_in(value)
        if number is not None:
            return held == number
    return text_of(held) == value


def _key(name: str) -> str:
    """A property's name as a key; one that a filter's own word would be taken for stands in backquotes."""
    return f"`{name}`" if name in _WORDS or name.startswith("`") else name


def _property(key: str) -> str:
    return key[1:-1] if len(key) > 2 and key[0] == key[-1] == "`" else key


def _clock_text(clock: time) -> str:
    return clock.isoformat("seconds" if clock.second else "minutes")


def _needs_parts(parts: Sequence[Filter], word: str) -> None:
    if not parts:
        raise Refused(f"A filter with “{word}” names no filters; give at least one.")
