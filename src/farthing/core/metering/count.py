"""Count: how many events there were, whatever they carry."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from farthing.core.metering.event import UsageEvent


@dataclass(frozen=True, slots=True)
class Count:
    """The number of events."""

    def value_of(self, event: UsageEvent) -> Decimal:  # noqa: ARG002
        """What one event adds."""
        return Decimal(1)

    def of(self, events: Iterable[UsageEvent]) -> Decimal:
        """What all of them come to; 0 for none."""
        return Decimal(sum(1 for _ in events))
