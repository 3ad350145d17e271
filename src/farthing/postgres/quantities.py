"""From sums by stretch of time and group to what the core would have measured, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from farthing.core.exact import ZERO, Exact, add, divide, multiply, subtract
from farthing.core.metering.average import Average
from farthing.core.metering.bucketed import Bucketed
from farthing.core.metering.count import Count
from farthing.core.metering.latest import Latest
from farthing.core.metering.measures import Measure
from farthing.core.metering.meter import Group, Measured, order_of
from farthing.core.metering.sample import Window
from farthing.core.metering.seats import SeatCount, Seats, day_ends
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.postgres.events_sql import Asked

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one group's events in one stretch of time came to, as the database added it up."""

    number: int
    events: int
    amount: Decimal
    moment: Decimal


def by_group(rows: Iterable[Any], groups: int) -> dict[Group, list[Stretch]]:
    """The stretches of each group, in order of time, from rows (stretch, cells, events, amount, moment, unsure)."""
    found: dict[Group, list[Stretch]] = {}
    for row in rows:
        stretch = Stretch(row[0], row.events, row.amount or ZERO, row.moment or ZERO)
        found.setdefault(tuple(row[1 : 1 + groups]), []).append(stretch)
    for stretches in found.values():
        stretches.sort(key=lambda stretch: stretch.number)
    return found


def cells_in(
    asked: Asked, windows: Sequence[Window], found: dict[Group, list[Stretch]], *, denominator: Decimal
) -> list[tuple[Measured, ...]]:
    """The cells of each window, as the core's `measure` gives them; windows come in order of time."""
    if not asked.reading.group_by:
        found = {(): found.get((), [])}
    cells: list[list[Measured]] = [[] for _ in windows]
    for group in sorted(found, key=order_of):
        running = _Running(asked, found[group], denominator)
        for window, into in zip(windows, cells, strict=True):
            quantity, events = running.over(window)
            if events or quantity or not group:
                into.append(Measured(group, quantity, events))
    return [tuple(into) for into in cells]


def together(measure: Bucketed, found: list[Stretch], window: Window, *, denominator: Decimal) -> Measured:
    """One group's buckets, each measured by the inner measure, taken together."""
    each = (_plainly(measure.inner, bucket, denominator) for bucket in found)
    return Measured((), measure.together(each, window), sum(bucket.events for bucket in found))


class _Running:
    """Goes through the stretches of one group, and carries along what they left behind."""

    def __init__(self, asked: Asked, stretches: Sequence[Stretch], denominator: Decimal) -> None:
        self.asked, self.denominator = asked, denominator
        self.measure = asked.reading.meter.measure
        self.stretches, self.place = stretches, 0
        self.level: Exact = ZERO

    def over(self, window: Window) -> tuple[Exact, int]:
        """What the window comes to, and its events."""
        measure = self.measure
        if isinstance(measure, Seats):
            return self._seats(measure, window)
        number = self.asked.stretch_from(window.segment.start)
        before = self._level_at(number)
        ahead = self.stretches[self.place] if self.place < len(self.stretches) else None
        here = ahead if ahead is not None and ahead.number == number else Stretch(number, 0, ZERO, ZERO)
        match measure:
            case Latest():
                return divide(add(before, here.amount), self.denominator), here.events
            case TimeWeighted():
                start, end = _instant(window.segment.start), _instant(window.segment.end)
                area = add(multiply(before, end - start), subtract(multiply(here.amount, end), here.moment))
                return divide(divide(area, self.denominator), measure.unit(window)), here.events
        return _plainly(measure, here, self.denominator), here.events

    def _level_at(self, number: int) -> Exact:
        """What the stretches before this one left behind, where it carries over."""
        while self.place < len(self.stretches) and self.stretches[self.place].number < number:
            self.level = add(self.level, self.stretches[self.place].amount)
            self.place += 1
        return self.level if self.measure.reaches_back else ZERO

    def _seats(self, seats: Seats, window: Window) -> tuple[Exact, int]:
        start, end = (self.asked.stretch_from(edge) for edge in (window.segment.start, window.segment.end))
        events = sum(stretch.events for stretch in self.stretches if start <= stretch.number < end)
        if seats.counts is SeatCount.PERIOD_END:
            return self._held_before(end), events
        held = [self._held_before(self.asked.stretch_from(day_end)) for day_end in day_ends(window)]
        if seats.counts is SeatCount.PEAK:
            return max(held, default=ZERO), events
        return divide(sum(held, ZERO), Decimal(window.full.days(in_zone=window.in_zone))), events

    def _held_before(self, number: int) -> Decimal:
        return sum((stretch.amount for stretch in self.stretches if stretch.number < number), ZERO)


def _plainly(measure: Measure, stretch: Stretch, denominator: Decimal) -> Exact:
    """A measure of nothing but the events in a stretch."""
    match measure:
        case Count():
            return Decimal(stretch.events)
        case Average():
            return divide(stretch.amount, multiply(Decimal(stretch.events), denominator)) if stretch.events else ZERO
    return stretch.amount if denominator == 1 else divide(stretch.amount, denominator)


def _instant(instant: datetime) -> Decimal:
    """The microseconds since 1970, as the database counts them."""
    return Decimal((instant - _EPOCH) // _MICROSECOND)
