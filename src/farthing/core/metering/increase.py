"""Increase: by how much counters rose that only ever grow, or start again at 0, such as bytes through a port."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact, subtract
from farthing.core.metering.adding import Total
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.series import Series, series_of
from farthing.core.metering.terms import Terms, names, only
from farthing.core.metering.value import Value, check_value, shown_value, take_value, value_from, value_terms


@dataclass(frozen=True, slots=True)
class Increase:
    """How much each series rose, added up.

    A reading below the one before it is a counter that started again: its own value is the increase. The first reading
    of a segment is held against the last one before it, or against 0 when there is none.
    """

    kind: ClassVar[str] = "increase"
    does: ClassVar[str] = "reads"
    asks_for: ClassVar[str] = "that number"
    per_segment: ClassVar[bool] = False
    reaches_back: ClassVar[bool] = True

    value: Value
    series: tuple[str, ...] = ()

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
        """The counter as one event reads it; None when it has no number."""
        return shown_value(self.value, data)

    def of(self, samples: Iterable[Sample], window: Window) -> Exact:
        """By how much the counters rose in the segment; 0 without readings."""
        before: dict[Series, Mapping[str, Any]] = {}
        last: dict[Series, Exact] = {}
        total = Total()
        for sample in samples:
            series = series_of(sample.data, self.series)
            if sample.happened_at < window.segment.start:
                before[series] = sample.data
                continue
            value = self.value.of(sample.data)
            if series not in last:
                last[series] = self.value.of(before[series]) if series in before else ZERO
            total.add(value if value < last[series] else subtract(value, last[series]))
            last[series] = value
        return total.sum()

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        terms: dict[str, Any] = {"measure": self.kind, **value_terms(self.value)}
        return terms | ({"series": list(self.series)} if self.series else {})


def increase_from(terms: Terms, *, of: str) -> Increase:
    """The measure that these terms describe."""
    only(terms, ("measure", "property", "value", "series"), of=of)
    return Increase(
        value_from(terms, of=f"{of}, which reads a counter,"),
        series=names(terms, "series", of=of),
    )
