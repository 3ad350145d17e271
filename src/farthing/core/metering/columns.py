"""Accepted events side by side, a list for each of their parts: usage is kept by the thousand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from farthing.core.metering.event import canonical
from farthing.core.metering.screen import Accepted, Mapped

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LISTS = (
    "index", "key", "content", "customer_id", "type", "happened", "source", "id", "subject", "time", "data",
)  # fmt: skip


@dataclass(slots=True)
class Columns:
    """The n-th of each list belongs to the n-th event; `index` is its place in what was sent.

    `key` and `content` are 16 bytes each, `happened` counts microseconds since 1970, `data` is canonical JSON.
    """

    index: list[int] = field(default_factory=list)
    key: list[bytes] = field(default_factory=list)
    content: list[bytes] = field(default_factory=list)
    customer_id: list[UUID] = field(default_factory=list)
    type: list[str] = field(default_factory=list)
    happened: list[int] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    id: list[str] = field(default_factory=list)
    subject: list[str] = field(default_factory=list)
    time: list[str | None] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    mapped: dict[int, Mapped] = field(default_factory=dict)
    """By index, what was sent of those that a rule changed; `content` is of that."""

    def __len__(self) -> int:
        return len(self.index)

    def add(self, index: int, accepted: Accepted) -> None:
        """One more event, at this place in what was sent."""
        event = accepted.event
        data = canonical(event.data)
        self.index.append(index)
        self.key.append(event.key.bytes)
        if accepted.mapped is None:
            self.content.append(event.content_with(data).bytes)
        else:
            self.content.append(accepted.sent.content.bytes)
            self.mapped[index] = accepted.mapped
        self.customer_id.append(accepted.customer_id)
        self.type.append(event.type)
        self.happened.append(microseconds(accepted.happened_at))
        self.source.append(event.source)
        self.id.append(event.id)
        self.subject.append(event.subject)
        self.time.append(event.time)
        self.data.append(data.encode())

    def extend(self, rows: Iterable[tuple[object, ...]]) -> None:
        """More events, each with its parts in the order of our lists."""
        for name, parts in zip(_LISTS, zip(*rows, strict=True), strict=False):
            getattr(self, name).extend(parts)

    def only(self, places: Iterable[int]) -> Columns:
        """The events at these places of the lists, in this order."""
        chosen, picked = list(places), Columns(mapped=self.mapped)
        for name in _LISTS:
            given = getattr(self, name)
            getattr(picked, name).extend([given[place] for place in chosen])
        return picked

    def in_order(self) -> Columns:
        """The events in the order in which they were sent."""
        if all(before < after for before, after in zip(self.index, self.index[1:], strict=False)):
            return self
        return self.only(sorted(range(len(self)), key=self.index.__getitem__))


def microseconds(instant: datetime) -> int:
    """The microseconds since 1970 began.

    >>> microseconds(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    return (instant - _EPOCH) // _MICROSECOND
