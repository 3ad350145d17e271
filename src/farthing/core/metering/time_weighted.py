"""Time-weighted: a level times how long it stood, such as the gigabyte-hours of a disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact, add, divide, multiply, subtract
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.series import Series, series_of
from farthing.core.metering.terms import Terms, choice, names, only, truth
from farthing.core.metering.value import Value, check_value, shown_value, take_value, value_from, value_terms
from farthing.core.refused import Refused

READINGS = ("deltas", "levels")
PER = ("period", "second", "hour", "day")

_MICROSECOND = timedelta(microseconds=1)
_UNITS = {"second": timedelta(seconds=1), "hour": timedelta(hours=1), "day": timedelta(hours=24)}


@dataclass(frozen=True, slots=True)
class TimeWeighted:
    """The sum over time of level x time, divided by the full period, or by a second, an hour or a day of 24 hours.

    Readings are changes of the level (`deltas`) or the level itself (`levels`), one level for each series. The segment
    starts at level 0, with `carries_over` at the level that everything before it left behind.
    """

    kind: ClassVar[str] = "time_weighted"
    does: ClassVar[str] = "weighs by time"
    asks_for: ClassVar[str] = "that number"
    per_segment: ClassVar[bool] = False

    value: Value
    readings: str = "deltas"
    per: str = "period"
    series: tuple[str, ...] = ()
    carries_over: bool = False

    def __post_init__(self) -> None:
        take_value(self)
        if self.readings not in READINGS:
            raise Refused(f"Readings are {' or '.join(READINGS)}, not “{self.readings}”.", field="readings")
        if self.per not in PER:
            raise Refused(f"Time is measured per {', '.join(PER)}, not “{self.per}”.", field="per")

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
        """The change or the level that one event tells; None when it has no number."""
        return shown_value(self.value, data)

    def of(self, samples: Iterable[Sample], window: Window) -> Exact:
        """Level x time over the segment, in the unit asked for; 0 when the level never left 0."""
        levels: dict[Series, Exact] = {}
        level: Exact = ZERO
        area: Exact = ZERO
        since = window.segment.start
        for sample in samples:
            if sample.happened_at > since:
                area = add(area, multiply(level, _length(sample.happened_at - since)))
                since = sample.happened_at
            value = self.value.of(sample.data)
            if self.readings == "levels":
                series = series_of(sample.data, self.series)
                value, levels[series] = subtract(value, levels.get(series, ZERO)), value
            level = add(level, value)
        area = add(area, multiply(level, _length(window.segment.end - since)))
        return divide(area, self.unit(window))

    def unit(self, window: Window) -> Decimal:
        """The microseconds that level x time is divided by."""
        return _length(_UNITS.get(self.per, window.full.end - window.full.start))

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        terms: dict[str, Any] = {"measure": self.kind, **value_terms(self.value)}
        terms |= {"readings": self.readings, "per": self.per}
        if self.series:
            terms["series"] = list(self.series)
        return terms | ({"carries_over": True} if self.carries_over else {})


def time_weighted_from(terms: Terms, *, of: str) -> TimeWeighted:
    """The measure that these terms describe."""
    only(terms, ("measure", "property", "value", "readings", "per", "series", "carries_over"), of=of)
    return TimeWeighted(
        value_from(terms, of=f"{of}, which weighs a level by time,"),
        readings=choice(terms, "readings", READINGS, of=of, default="deltas"),
        per=choice(terms, "per", PER, of=of, default="period"),
        series=names(terms, "series", of=of),
        carries_over=truth(terms, "carries_over", of=of),
    )


def _length(lasted: timedelta) -> Decimal:
    return Decimal(lasted // _MICROSECOND)
