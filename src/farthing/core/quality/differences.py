"""Differences: what two events with one source and id say differently, so that a person can tell which is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.metering.event import canonical

_SAID = ("type", "subject", "time")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two events say differently, each as JSON text; None where one says nothing of it."""

    name: str
    held: str | None
    sent: str | None


@dataclass(frozen=True, slots=True)
class ToldConflict:
    """An event that was sent with the source and id of another that counts, and both as they were sent."""

    key: UUID
    received_at: datetime
    held_since: datetime
    held: Mapping[str, Any]
    sent: Mapping[str, Any]

    @property
    def source(self) -> str:
        """The system that both came from."""
        return str(self.sent.get("source", ""))

    @property
    def id(self) -> str:
        """The id that both carry."""
        return str(self.sent.get("id", ""))

    @property
    def differences(self) -> list[Difference]:
        """What they say differently: type, subject and time, then the properties of their data by name."""
        return differences(self.held, self.sent)


def differences(held: Mapping[str, Any], sent: Mapping[str, Any]) -> list[Difference]:
    """What the event that counts and the one that was sent later say differently.

    >>> differences({"type": "a", "data": {"tokens": 1}}, {"type": "a", "data": {"tokens": 2, "model": "x"}})
    [Difference(name='model', held=None, sent='"x"'), Difference(name='tokens', held='1', sent='2')]
    """
    found = [_difference(name, held, sent) for name in _SAID]
    data = held.get("data"), sent.get("data")
    if isinstance(data[0], Mapping) and isinstance(data[1], Mapping):
        found += [_difference(name, data[0], data[1]) for name in sorted({*data[0], *data[1]})]
    else:
        found.append(_difference("data", held, sent))
    return [one for one in found if one is not None]


def _difference(name: str, held: Mapping[str, Any], sent: Mapping[str, Any]) -> Difference | None:
    told = [canonical(event[name]) if event.get(name) is not None else None for event in (held, sent)]
    return None if told[0] == told[1] else Difference(name, told[0], told[1])
