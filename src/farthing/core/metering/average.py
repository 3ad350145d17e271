"""Average: what the events are worth, added up and divided by how many there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact, divide
from farthing.core.metering.adding import Total
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.terms import Terms, only
from farthing.core.metering.value import Value, check_value, shown_value, take_value, value_from, value_terms


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of what the events are worth."""

    kind: ClassVar[str] = "average"
    does: ClassVar[str] = "averages"
    asks_for: ClassVar[str] = "that number"
    per_segment: ClassVar[bool] = True
    reaches_back: ClassVar[bool] = False

    value: Value

    def __post_init__(self) -> None:
        take_value(self)

    @property
    def needs(self) -> frozenset[str]:
        """The properties that an event must have."""
        return self.value.properties

    def check(self, data: Mapping[str, Any]) -> None:
        """Refuse an event that has no number for it."""
        check_value(self.value, data)

    def value_of(self, data: Mapping[str, Any]) -> Exact | None:
        """What one event is worth; None when it has no number."""
        return shown_value(self.value, data)

    def of(self, samples: Iterable[Sample], window: Window) -> Exact:  # noqa: ARG002
        """Their sum divided by their number; 0 for none."""
        total, count = Total(), 0
        for count, sample in enumerate(samples, start=1):  # noqa: B007
            total.add(self.value.of(sample.data))
        return divide(total.sum(), Decimal(count)) if count else ZERO

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {"measure": self.kind, **value_terms(self.value)}


def average_from(terms: Terms, *, of: str) -> Average:
    """The measure that these terms describe."""
    only(terms, ("measure", "property", "value"), of=of)
    return Average(value_from(terms, of=f"{of}, which {Average.does} numbers,"))
