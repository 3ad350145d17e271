"""Latest: the last number of the period, such as a level that is reported now and then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from farthing.core.exact import Exact
from farthing.core.metering.adding import added
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.series import Series, series_of
from farthing.core.metering.terms import Terms, names, only, truth
from farthing.core.metering.value import Value, check_value, shown_value, take_value, value_from, value_terms


@dataclass(frozen=True, slots=True)
class Latest:
    """What the last event of each series is worth, added up; with `carries_over` also of series that said nothing."""

    kind: ClassVar[str] = "latest"
    does: ClassVar[str] = "takes the last of"
    asks_for: ClassVar[str] = "that number"
    per_segment: ClassVar[bool] = True

    value: Value
    series: tuple[str, ...] = ()
    carries_over: bool = False

    def __post_init__(self) -> None:
        take_value(self)

    @property
    def needs(self) -> frozenset[str]:
        """The properties that an event must have."""
        return self.value.properties

    @property
    def reaches_back(self) -> bool:
        """Whether events before the segment count."""
        return self.carries_over

    def check(self, data: Mapping[str, Any]) -> None:
        """Refuse an event that has no number for it."""
        check_value(self.value, data)

    def value_of(self, data: Mapping[str, Any]) -> Exact | None:
        """What one event is worth; None when it has no number."""
        return shown_value(self.value, data)

    def of(self, samples: Iterable[Sample], window: Window) -> Exact:  # noqa: ARG002
        """The last of each series, added up; 0 for none."""
        last: dict[Series, Mapping[str, Any]] = {}
        for sample in samples:
            last[series_of(sample.data, self.series)] = sample.data
        return added(self.value.of(data) for data in last.values())

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        terms: dict[str, Any] = {"measure": self.kind, **value_terms(self.value)}
        if self.series:
            terms["series"] = list(self.series)
        return terms | ({"carries_over": True} if self.carries_over else {})


def latest_from(terms: Terms, *, of: str) -> Latest:
    """The measure that these terms describe."""
    only(terms, ("measure", "property", "value", "series", "carries_over"), of=of)
    return Latest(
        value_from(terms, of=f"{of}, which takes the last of numbers,"),
        series=names(terms, "series", of=of),
        carries_over=truth(terms, "carries_over", of=of),
    )
