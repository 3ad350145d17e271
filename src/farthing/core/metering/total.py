"""Sum: one number from each event, added up exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from farthing.core.exact import Exact
from farthing.core.metering.adding import added
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.terms import Terms, only
from farthing.core.metering.value import Value, check_value, shown_value, take_value, value_from, value_terms


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of what the events are worth."""

    kind: ClassVar[str] = "sum"
    does: ClassVar[str] = "adds up"
    asks_for: ClassVar[str] = "that number"
    per_segment: ClassVar[bool] = False
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
        """What all of them come to; 0 for none."""
        return added(self.value.of(sample.data) for sample in samples)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {"measure": self.kind, **value_terms(self.value)}


def sum_from(terms: Terms, *, of: str) -> Sum:
    """The measure that these terms describe."""
    only(terms, ("measure", "property", "value"), of=of)
    return Sum(value_from(terms, of=f"{of}, which {Sum.does} numbers,"))
