"""What is sent: for each number one event, which says the same whenever and by whomever it is made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from farthing.core.metering.event import UsageEvent

SOURCE = "/crash-test"
EVENT_TYPE = "completion"
CUSTOMERS = tuple(f"customer-{number:02d}" for number in range(12))
# One in so many is of a customer whom nobody knows, and must be found in quarantine.
_DOUBTFUL_EVERY = 97
_OF_A_MONTH = timedelta(days=27)


@dataclass(frozen=True, slots=True)
class Sent:
    """The events of one test. `month` is the first instant of the month they happen in."""

    seed: int
    month: datetime

    def event(self, number: int) -> UsageEvent:
        """The event of this number."""
        seconds = number * 7919 % int(_OF_A_MONTH.total_seconds())
        stranger = is_doubtful(number)
        return UsageEvent(
            source=SOURCE,
            id=self.id(number),
            type=EVENT_TYPE,
            subject=f"stranger-{number % 5}" if stranger else CUSTOMERS[number % len(CUSTOMERS)],
            time=f"{self.month + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}",
            data={"tokens": number % 1000, "number": number},
        )

    def id(self, number: int) -> str:
        """Random for odd numbers, and for even ones in the order of time, as UUIDs of version 7 are."""
        chance = hashlib.sha256(f"{self.seed}/{number}".encode()).digest()[:16]
        if number % 2:
            return str(UUID(bytes=chance, version=4))
        milliseconds = int(self.month.timestamp() * 1000) + number
        return str(UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | int.from_bytes(chance) >> 66))


def is_doubtful(number: int) -> bool:
    """Whether no customer has the key that the event names."""
    return number % _DOUBTFUL_EVERY == 5


def as_json(event: UsageEvent) -> dict[str, object]:
    """The event as it goes over HTTP."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.time,
        "data": event.data,
    }
