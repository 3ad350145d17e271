"""First: the first number of the period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.terms import Terms, only
from farthing.core.metering.value import Value, check_value, shown_value, take_value, value_from, value_terms


@dataclass(frozen=True, slots=True)
class First:
    """What the first event is worth."""

    kind: ClassVar[str] = "first"
    does: ClassVar[str] = "takes the first of"
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
        """The first of them; 0 for none."""
        for sample in samples:
            return self.value.of(sample.data)
        return ZERO

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {"measure": self.kind, **value_terms(self.value)}


def first_from(terms: Terms, *, of: str) -> First:
    """The measure that these terms describe."""
    only(terms, ("measure", "property", "value"), of=of)
    return First(value_from(terms, of=f"{of}, which takes the first of numbers,"))
