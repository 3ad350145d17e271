"""At a glance: the usual event is plainly good and accepted at once; whatever is not plain is left to the screen.

A glance never decides against an event, and what it accepts the screen would accept with the same result (a law holds
the two equal). It exists because usage comes by the hundred thousand a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

from farthing.core.metering.average import Average
from farthing.core.metering.columns import Columns, microseconds
from farthing.core.metering.count import Count
from farthing.core.metering.event import instant, quoted
from farthing.core.metering.first import First
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.meter import Meter
from farthing.core.metering.minimum import Minimum
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.screen import EARLIEST, FURTHEST_AHEAD
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.refused import Refused

# Nothing secret hangs on it: it tells one event from another.
_hash = partial(sha256, usedforsecurity=False)
# What is remembered between events is forgotten when there is more of it than this.
_MOST_REMEMBERED = 100_000
_UTC_ENDINGS = ("Z", "z", "+00:00")
_LONGEST_TIME = 40


class Plain(Protocol):
    """An event that was read without any doubt: no name twice, no number beyond its bounds, nothing nested.

    `text` is the canonical JSON of its data, or empty where there was a doubt.
    """

    source: str
    id: str
    type: str
    subject: str
    time: str | None
    data: Any
    text: bytes


@dataclass(slots=True)
class _Asked:
    """What an event of one type must have: numbers by name, and whatever other meters ask for."""

    numbers: tuple[str, ...]
    others: tuple[Meter, ...]
    heads: dict[str, tuple[UUID, bytes]] = field(default_factory=dict)
    """By subject: the customer, and how the text begins by which the event's content is told."""


class Glance:
    """Holds usual events against what the screen holds them against, `shift` ahead of the world's time."""

    def __init__(self, meters_by_type: Mapping[str, Sequence[Meter]], *, shift: timedelta = timedelta(0)) -> None:
        self.shift = shift
        self._asked = {event_type: _asked(meters) for event_type, meters in meters_by_type.items()}
        self._customers: dict[str, UUID] = {}
        self._seconds: dict[str, int] = {}
        self._key_heads: dict[str, bytes] = {}

    def learn(self, customers_by_subject: Mapping[str, UUID]) -> None:
        """Remember whose these subjects are; a subject is one customer's for ever."""
        if len(self._customers) > _MOST_REMEMBERED:
            self._customers.clear()
            for asked in self._asked.values():
                asked.heads.clear()
        self._customers.update(customers_by_subject)

    def look(self, events: Sequence[Plain | None], into: Columns, *, now: datetime) -> list[int]:
        """Add the good events to the columns; the places of all others, about which it says nothing.

        A place that holds None is passed over.
        """
        left: list[int] = []
        rows: list[tuple[object, ...]] = []
        earliest, this_moment = microseconds(EARLIEST), microseconds(now)
        latest = microseconds(now + FURTHEST_AHEAD)
        for index, event in enumerate(events):
            if event is None:
                continue
            asked, text, time = self._asked.get(event.type), event.text, event.time
            if asked is None or not text:
                left.append(index)
                continue
            subject, source, event_id = event.subject, event.source, event.id
            known = asked.heads.get(subject) or self._head(asked, event)
            happened = this_moment if time is None else self._moment(time)
            if known is None or not earliest <= happened <= latest or not _has_all(asked, event.data):
                left.append(index)
                continue
            customer_id, head = known
            content = _hash(b"%b%b,%b]" % (head, b"null" if time is None else b'"%b"' % time.encode(), text)).digest()
            key = self._key(source, event_id)
            rows.append(
                (index, key, content[:16], customer_id, event.type, happened, source, event_id, subject, time, text)
            )
        into.extend(rows)
        return left

    def _head(self, asked: _Asked, event: Plain) -> tuple[UUID, bytes] | None:
        customer_id = self._customers.get(event.subject)
        if customer_id is None:
            return None
        head = (customer_id, f"[{quoted(event.type)},{quoted(event.subject)},".encode())
        asked.heads[event.subject] = head
        return head

    def _key(self, source: str, event_id: str) -> bytes:
        """As `UsageEvent.key` has it."""
        head = self._key_heads.get(source)
        if head is None:
            if len(self._key_heads) > _MOST_REMEMBERED:
                self._key_heads.clear()
            head = self._key_heads[source] = _counted("event") + _counted(source)
        written = event_id.encode()
        return _hash(b"%b%b%b" % (head, len(written).to_bytes(8, "big"), written)).digest()[:16]

    def _moment(self, time: str) -> int:
        """The microseconds since 1970 that a time names; -1 where that takes a second look."""
        # Beyond ASCII there are digits that a time may have, and that a fingerprint of it would write in two ways.
        if len(time) > _LONGEST_TIME or not time.isascii():
            return -1
        if time.endswith(_UTC_ENDINGS):
            second = self._seconds.get(time[:19])
            if second is None:
                second = self._second(time[:19])
            finer = time[19:-6] if time[-1] == "0" else time[19:-1]
            if not finer or second < 0:
                return second
            if finer[0] == "." and finer.isascii() and finer[1:].isdecimal():
                return second + int(finer[1:7].ljust(6, "0"))
        try:
            return microseconds(instant(time))
        except Refused:
            return -1

    def _second(self, written: str) -> int:
        if len(self._seconds) > _MOST_REMEMBERED:
            self._seconds.clear()
        try:
            second = microseconds(instant(f"{written}Z"))
        except Refused:
            second = -1
        self._seconds[written] = second
        return second


def _has_all(asked: _Asked, data: Mapping[str, Any]) -> bool:
    """Whether the meters can measure it, as far as that is plain."""
    for name in asked.numbers:
        kind = type(data.get(name))
        if kind is not int and kind is not Decimal:
            return False
    if not asked.others:
        return True
    try:
        return all(_measures(meter, data) for meter in asked.others)
    except Refused:
        return False


def _measures(meter: Meter, data: Mapping[str, Any]) -> bool:
    if meter.concerns(data):
        if not meter.measure.needs <= data.keys():
            return False
        meter.measure.check(data)
        if meter.schema is not None:
            meter.schema.check(data, of="the meter")
    return True


def _asked(meters: Sequence[Meter]) -> _Asked:
    numbers: dict[str, None] = {}
    others: list[Meter] = []
    for meter in meters:
        measure = meter.measure
        is_plain = meter.where is None and meter.schema is None
        if is_plain and isinstance(measure, Count):
            continue
        match measure:
            case (
                Sum(value=Property(name=name))
                | Average(value=Property(name=name))
                | Minimum(value=Property(name=name))
                | Maximum(value=Property(name=name))
                | First(value=Property(name=name))
                | Percentile(value=Property(name=name))
            ) if is_plain:
                numbers[name] = None
            case _:
                others.append(meter)
    return _Asked(tuple(numbers), tuple(others))


def _counted(name: str) -> bytes:
    written = name.encode()
    return len(written).to_bytes(8, "big") + written
