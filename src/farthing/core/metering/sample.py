"""What measures work on: one event's numbers and instant, and the stretch of time that is measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from farthing.core.period import Period


@dataclass(frozen=True, slots=True)
class Sample:
    """What one accepted event says: when it happened, the position that breaks ties, and its data."""

    happened_at: datetime
    position: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """What is measured (`segment`), the full billing period that holds it, and the zone whose days count."""

    segment: Period
    full: Period
    in_zone: str


def whole(period: Period, *, in_zone: str = "UTC") -> Window:
    """A full period, measured from end to end."""
    return Window(period, period, in_zone)
