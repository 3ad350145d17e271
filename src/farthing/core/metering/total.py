"""Sum: one number from each event, added up exactly."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from farthing.core.metering.event import UsageEvent
from farthing.core.money import EXACT, exact_decimal
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a property of the events."""

    property: str

    def value_of(self, event: UsageEvent) -> Decimal:
        """What one event adds; refuses an event whose property is missing or no exact number."""
        if self.property not in event.data:
            raise Refused(f"data has no “{self.property}”, which this meter adds up.", field=self.property)
        return exact_decimal(event.data[self.property], what=f"data.{self.property}")

    def of(self, events: Iterable[UsageEvent]) -> Decimal:
        """What all of them come to; 0 for none."""
        added = Decimal(0)
        for event in events:
            added = EXACT.add(added, self.value_of(event))
        return added
