"""Bucketed: one measure for each stretch of an hour or so, and another over them, such as the sum of hourly peaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact, divide
from farthing.core.metering.adding import Total
from farthing.core.metering.average import Average, average_from
from farthing.core.metering.count import Count, count_from
from farthing.core.metering.first import First, first_from
from farthing.core.metering.latest import Latest, latest_from
from farthing.core.metering.maximum import Maximum, maximum_from
from farthing.core.metering.minimum import Minimum, minimum_from
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.terms import Terms, choice, only
from farthing.core.metering.total import Sum, sum_from
from farthing.core.metering.unique import Unique, unique_from
from farthing.core.period import Period, local_date, start_of_day
from farthing.core.refused import Refused

Inner = Count | Sum | Average | Minimum | Maximum | Unique | Latest | First
INNER: Mapping[str, Callable[..., Inner]] = {
    Count.kind: count_from,
    Sum.kind: sum_from,
    Average.kind: average_from,
    Minimum.kind: minimum_from,
    Maximum.kind: maximum_from,
    Unique.kind: unique_from,
    Latest.kind: latest_from,
    First.kind: first_from,
}
OUTER = ("sum", "average", "minimum", "maximum")
EMPTY_WINDOWS = ("zero", "skip")

_LENGTH = re.compile(r"([1-9][0-9]{0,2})([mhd])")
_MOST = {"m": 59, "h": 23, "d": 366}
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bucketed:
    """`inner` for each window, `outer` over them. A window without events counts as 0, or not at all (`skip`).

    Windows of minutes and hours are cut anew from the start of each local day, so that the last of a day may be
    shorter; windows of days from the first day of the full period. They are cut to the segment.
    """

    kind: ClassVar[str] = "bucketed"
    reaches_back: ClassVar[bool] = False

    inner: Inner
    window: str
    outer: str
    empty_windows: str = "zero"

    def __post_init__(self) -> None:
        _length(self.window)
        if self.outer not in OUTER:
            raise Refused(f"Windows are taken together by {', '.join(OUTER)}, not “{self.outer}”.", field="outer")
        if self.empty_windows not in EMPTY_WINDOWS:
            raise Refused(
                f"Empty windows count as {' or '.join(EMPTY_WINDOWS)}, not “{self.empty_windows}”.",
                field="empty_windows",
            )
        if self.inner.reaches_back:
            raise Refused("Within a window nothing carries over; leave carries_over out.", field="inner")

    @property
    def per_segment(self) -> bool:
        """Whether a part of a period is charged for its share of the days; a sum of windows adds up over them."""
        return self.outer != "sum"

    @property
    def does(self) -> str:
        """What it does to a property, as a word in a sentence."""
        return self.inner.does

    @property
    def asks_for(self) -> str:
        """What is to be sent when it is missing, as words in a sentence."""
        return self.inner.asks_for

    @property
    def needs(self) -> frozenset[str]:
        """The properties that an event must have."""
        return self.inner.needs

    def check(self, data: Mapping[str, Any]) -> None:
        """Refuse an event that cannot be measured within its window."""
        self.inner.check(data)

    def value_of(self, data: Mapping[str, Any]) -> Exact | None:
        """What one event is worth within its window; None when it has no number."""
        return self.inner.value_of(data)

    def of(self, samples: Iterable[Sample], window: Window) -> Exact:
        """The windows taken together; 0 when there is none to take."""
        filled = groupby(samples, key=Buckets(self.window, window).holding)
        return self.together(
            (self.inner.of(held, Window(bucket, bucket, window.in_zone)) for bucket, held in filled), window
        )

    def together(self, measured_each: Iterable[Exact], window: Window) -> Exact:
        """What was measured in each window that had events, taken together."""
        total, filled = Total(), 0
        least: Exact | None = None
        most: Exact | None = None
        for measured in measured_each:
            total.add(measured)
            filled += 1
            least = measured if least is None or measured < least else least
            most = measured if most is None or measured > most else most
        windows = filled
        if self.empty_windows == "zero":
            windows = Buckets(self.window, window).number()
            if windows > filled:
                least = ZERO if least is None or least > ZERO else least
                most = ZERO if most is None or most < ZERO else most
        if least is None or most is None:
            return ZERO
        match self.outer:
            case "sum":
                return total.sum()
            case "average":
                return divide(total.sum(), Decimal(windows))
            case "minimum":
                return least
            case _:
                return most

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "measure": self.kind,
            "inner": self.inner.terms(),
            "window": self.window,
            "outer": self.outer,
            "empty_windows": self.empty_windows,
        }


def bucketed_from(terms: Terms, *, of: str) -> Bucketed:
    """The measure that these terms describe."""
    only(terms, ("measure", "inner", "window", "outer", "empty_windows"), of=of)
    inner = terms.get("inner")
    if not isinstance(inner, Mapping):
        raise Refused(f"{of} needs an inner measure, such as {{measure: maximum, property: depth}}.", field="inner")
    kind = choice(inner, "measure", [*INNER], of=f"The inner measure of {of[0].lower()}{of[1:]}")
    window = terms.get("window")
    if not isinstance(window, str):
        raise Refused(f"{of} needs a window such as 5m, 1h or 1d.", field="window")
    try:
        return Bucketed(
            INNER[kind](inner, of=f"The inner measure of {of[0].lower()}{of[1:]}"),
            window,
            outer=choice(terms, "outer", OUTER, of=of),
            empty_windows=choice(terms, "empty_windows", EMPTY_WINDOWS, of=of, default="zero"),
        )
    except Refused as fault:
        told = fault.sentence if of.lower() in fault.sentence.lower() else f"{of}: {fault.sentence}"
        raise Refused(told, field=fault.field) from None


def _length(written: str) -> tuple[int, str]:
    found = _LENGTH.fullmatch(written)
    if found is None or int(found[1]) > _MOST[found[2]]:
        raise Refused(
            f"A window lasts from 1m to 59m, from 1h to 23h, or from 1d to 366d, not “{written[:32]}”.", field="window"
        )
    return int(found[1]), found[2]


class Buckets:
    """The windows that a segment is cut into; asked for instants in order."""

    def __init__(self, length: str, window: Window) -> None:
        self.segment, self.zone = window.segment, window.in_zone
        number, unit = _length(length)
        self.step = timedelta(minutes=number) if unit == "m" else timedelta(hours=number) if unit == "h" else None
        self.days = number if unit == "d" else 1
        self.first = local_date(window.full.start, in_zone=window.in_zone)
        self.stretches = self._stretches()
        self.bucket: Period | None = None
        self.stretch = next(self.stretches)

    def holding(self, sample: Sample) -> Period:
        """The window in which a sample lies, cut to the segment."""
        instant = sample.happened_at
        if self.bucket is None or instant >= self.bucket.end:
            while instant >= self.stretch[1]:
                self.stretch = next(self.stretches)
            self.bucket = self._cut(instant)
        return self.bucket

    def number(self) -> int:
        """How many windows there are."""
        return sum(self._number_in(*stretch) for stretch in (self.stretch, *self.stretches))

    def _stretches(self) -> Iterator[tuple[datetime, datetime]]:
        """The days, or the runs of days, that reach into the segment."""
        day = local_date(self.segment.start, in_zone=self.zone)
        day -= ((day - self.first).days % self.days) * _ONE_DAY
        start = self._start(day)
        while start > self.segment.start:  # Clocks that went back over midnight.
            day -= self.days * _ONE_DAY
            start = self._start(day)
        while start < self.segment.end:
            day += self.days * _ONE_DAY
            end = self._start(day)
            if max(start, self.segment.start) < min(end, self.segment.end):
                yield start, end
            start = end

    def _start(self, day: date) -> datetime:
        return start_of_day(day, in_zone=self.zone)

    def _cut(self, instant: datetime) -> Period:
        start, end = self.stretch
        if self.step is not None:
            start += ((instant - start) // self.step) * self.step
            end = min(end, start + self.step)
        return Period(max(start, self.segment.start), min(end, self.segment.end))

    def _number_in(self, start: datetime, end: datetime) -> int:
        if self.step is None:
            return 1
        from_, to = max(start, self.segment.start), min(end, self.segment.end)
        return -((start - to) // self.step) - (from_ - start) // self.step
