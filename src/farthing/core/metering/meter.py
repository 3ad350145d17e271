"""A meter names which events count and what is made of them; a measurement is what it says of one customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.exact import Exact
from farthing.core.metering.adding import added
from farthing.core.metering.filter import Filter
from farthing.core.metering.grouped import Grouped
from farthing.core.metering.latest import Latest
from farthing.core.metering.measures import Measure
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.schema import DataSchema
from farthing.core.metering.seats import Seats
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.core.metering.value import text_of
from farthing.core.period import Period

__all__ = ["Measure", "Measured", "Measurement", "Meter", "Reading", "measure"]

Group = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Meter:
    """Events of one type that a filter lets through, measured one way.

    `unit` is the word people see behind the quantity; `groups` are the properties by which usage may be shown.
    `schema` is what the data of an event that counts must look like to be accepted; it measures nothing.
    """

    key: str
    version: int
    event_type: str
    measure: Measure
    unit: str = ""
    where: Filter | None = None
    groups: tuple[str, ...] = ()
    schema: DataSchema | None = None

    def matches(self, data: Mapping[str, Any], happened_at: datetime, in_zone: str) -> bool:
        """Whether an event of its type counts."""
        return self.where is None or self.where.matches(data, happened_at, in_zone)

    def concerns(self, data: Mapping[str, Any]) -> bool:
        """Whether an event with this data counts at some time of day, in whatever zone its customer is or will be."""
        return self.where is None or self.where.may(data)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a price asks of the events: a meter over a window, with a filter and groups of its own.

    With `amounts` it also asks what each event is worth, one by one. A measure that reaches back does so to `since`,
    or to the beginning of all where that is None.
    """

    meter: Meter
    window: Window
    where: Filter | None = None
    group_by: tuple[str, ...] = ()
    amounts: bool = False
    since: datetime | None = None

    def matches(self, sample: Sample) -> bool:
        """Whether an event of the meter's type counts."""
        in_zone = self.window.in_zone
        return self.meter.matches(sample.data, sample.happened_at, in_zone) and (
            self.where is None or self.where.matches(sample.data, sample.happened_at, in_zone)
        )

    def group_of(self, data: Mapping[str, Any]) -> Group:
        """The values by which this event is grouped."""
        return tuple(text_of(data.get(name)) for name in self.group_by)


@dataclass(frozen=True, slots=True)
class Measured:
    """One cell: the values of its group, its quantity, and how many events of the segment made it."""

    of: Group
    quantity: Exact
    events: int
    amounts: tuple[Exact, ...] | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a reading says of one customer's events, among those at positions up to one (INV-04)."""

    customer_id: UUID
    reading: Reading
    to_position: int
    cells: tuple[Measured, ...]

    @property
    def meter(self) -> Meter:
        """What measured."""
        return self.reading.meter

    @property
    def period(self) -> Period:
        """What was measured."""
        return self.reading.window.segment

    @property
    def quantity(self) -> Exact:
        """All cells added up."""
        if len(self.cells) == 1:
            return self.cells[0].quantity
        return added(cell.quantity for cell in self.cells)

    @property
    def events(self) -> int:
        """How many events of the period count."""
        return sum(cell.events for cell in self.cells)


def measure(reading: Reading, samples: Iterable[Sample]) -> tuple[Measured, ...]:
    """What the reading makes of one customer's events of its type, which come in order of instant and position.

    Without groups there is exactly one cell. With groups, cells come by their values, a missing one last; there is a
    cell for each group that had events in the segment, or that has a quantity without any, as a level carried over.
    """
    counted = _counted(reading, samples)
    if not reading.group_by:
        return (_cell(reading, (), counted),)
    by_group: dict[Group, list[Sample]] = {}
    for sample in counted:
        by_group.setdefault(reading.group_of(sample.data), []).append(sample)
    cells = (_cell(reading, group, by_group[group]) for group in sorted(by_group, key=order_of))
    return tuple(cell for cell in cells if cell.events or cell.quantity)


def going_on(meter: Meter) -> Meter:
    """The meter as it measures the rest of a period that was cut: a level, a seat or a last value stays what it was."""
    measure = meter.measure
    if isinstance(measure, Grouped):
        inner = measure.inner
        if isinstance(inner, Seats | TimeWeighted | Latest):
            measure = replace(measure, inner=replace(inner, carries_over=True))
    elif isinstance(measure, Seats | TimeWeighted | Latest):
        measure = replace(measure, carries_over=True)
    return meter if measure == meter.measure else replace(meter, measure=measure)


def in_groups(reading: Reading, measure: Grouped) -> Reading:
    """The reading of the measure within the groups that a grouped one is taken over."""
    meter = replace(reading.meter, measure=measure.inner)
    return replace(reading, meter=meter, group_by=(*reading.group_by, *measure.by), amounts=False)


def over_groups(reading: Reading, measure: Grouped, cells: Iterable[Measured]) -> tuple[Measured, ...]:
    """The reading's cells, made of those of its groups."""
    held: dict[Group, list[Measured]] = {} if reading.group_by else {(): []}
    for cell in cells:
        held.setdefault(cell.of[: len(reading.group_by)], []).append(cell)
    over = [
        Measured(
            group, measure.together(cell.quantity for cell in held[group]), sum(cell.events for cell in held[group])
        )
        for group in sorted(held, key=order_of)
    ]
    return tuple(cell for cell in over if cell.events or cell.quantity or not reading.group_by)


def order_of(group: Group) -> tuple[tuple[bool, str], ...]:
    """Where a group stands among others: by its values, a missing one after all others."""
    return tuple((value is None, value or "") for value in group)


def _counted(reading: Reading, samples: Iterable[Sample]) -> Iterator[Sample]:
    segment = reading.window.segment
    since = reading.since if reading.meter.measure.reaches_back else segment.start
    for sample in samples:
        asked = sample.happened_at < segment.end and (since is None or sample.happened_at >= since)
        if asked and reading.matches(sample):
            yield sample


def _cell(reading: Reading, group: Group, samples: Iterable[Sample]) -> Measured:
    tally = _Tally(reading)
    seen = tally.seen(samples)
    quantity = reading.meter.measure.of(seen, reading.window)
    for _ in seen:  # A measure may know enough before the last event; every one of them counts.
        pass
    return Measured(group, quantity, tally.events, tuple(tally.amounts) if reading.amounts else None)


class _Tally:
    """Counts the events of the segment as a measure goes through them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.events = 0
        self.amounts: list[Exact] = []

    def seen(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        start = self.reading.window.segment.start
        for sample in samples:
            if sample.happened_at >= start:
                self.events += 1
                if self.reading.amounts:
                    amount = self.reading.meter.measure.value_of(sample.data)
                    if amount is None:
                        self.reading.meter.measure.check(sample.data)
                    assert amount is not None, f"{self.reading.meter.key} has no amount for each event"
                    self.amounts.append(amount)
            yield sample
