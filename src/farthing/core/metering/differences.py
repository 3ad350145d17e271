"""Where two events with one identity say different things: value beside value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from farthing.core.metering.event import canonical

_NAMES = ("type", "subject", "time", "data", "text")
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Differing:
    """One thing that is said otherwise: where, and what each of the two has there; None is nothing, or null."""

    what: str
    accepted: Any
    other: Any


def differing(accepted: Mapping[str, Any], other: Mapping[str, Any]) -> list[Differing]:
    """What the other event says otherwise than the accepted one, at the smallest part that differs.

    >>> differing({"subject": "acme", "data": {"n": 1, "m": 2}}, {"subject": "acme", "data": {"n": 5}})
    [Differing(what='data.m', accepted=2, other=None), Differing(what='data.n', accepted=1, other=5)]
    """
    return [each for name in _NAMES for each in _between(name, accepted.get(name), other.get(name))]


def _between(what: str, one: Any, other: Any) -> Iterator[Differing]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in sorted({*one, *other}):
            yield from _between(f"{what}.{name}", one.get(name, _MISSING), other.get(name, _MISSING))
    elif not _are_same(one, other):
        yield Differing(what, *(None if each is _MISSING else each for each in (one, other)))


def _are_same(one: Any, other: Any) -> bool:
    if one is _MISSING or other is _MISSING:
        return one is other
    return canonical(one) == canonical(other)
