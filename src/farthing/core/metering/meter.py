"""A meter names which events count and what is made of them: their number, or the sum of a property."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from farthing.core.metering.count import Count
from farthing.core.metering.total import Sum
from farthing.core.period import Period

Measure = Count | Sum


@dataclass(frozen=True, slots=True)
class Meter:
    """Events of one type, measured one way. `unit` is the word people see behind the quantity."""

    key: str
    version: int
    event_type: str
    measure: Measure
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a meter says of one customer's events in a period, among those at positions up to one (INV-04)."""

    customer_id: UUID
    meter: Meter
    period: Period
    to_position: int
    quantity: Decimal
    events: int
