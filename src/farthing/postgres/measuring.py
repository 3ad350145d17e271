"""What meters make of the events, worked out where the events are; equal to core.metering to the digit (INV-18)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from psycopg import sql

from farthing.core.exact import ONE, Exact, divide
from farthing.core.metering.bucketed import Bucketed
from farthing.core.metering.count import Count
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.filter import Filter
from farthing.core.metering.grouped import Grouped
from farthing.core.metering.measures import Measure
from farthing.core.metering.meter import (
    Group,
    Measured,
    Measurement,
    Meter,
    Reading,
    in_groups,
    measure,
    order_of,
    over_groups,
)
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.seats import Seats, day_ends
from farthing.core.period import Period, start_of_day
from farthing.core.refused import Refused
from farthing.postgres.buckets_sql import bucket_sql
from farthing.postgres.doubtful_sql import doubtful_sql
from farthing.postgres.events_sql import EACH, Asked, ManyCustomers, cells_of, has_hours, whole_events_sql
from farthing.postgres.measures_sql import STRETCH, Summed, summed_sql, worths_sql
from farthing.postgres.quantities import by_group, cells_in, together
from farthing.postgres.session import Session
from farthing.postgres.statement import Parameters, listed
from farthing.usecases.ports import DayOfUsage, KeptEvent, Unmeasurable

_DAY = timedelta(days=1)


class _Unsure(Exception):
    """An event holds something that only the core can read."""


class Measuring(Session):
    """Measured usage."""

    def measure(self, reading: Reading, *, customer_id: UUID, to_position: int) -> Measurement:
        """What `core.metering` makes of the same events (INV-18)."""
        asked = self._asked(reading, [reading.window], customer_id, to_position)
        try:
            cells = self._in_database(asked, [reading.window])[0]
            if reading.amounts:
                cells = self._with_amounts(asked, cells)
        except _Unsure:
            cells = self._in_core(asked, reading.window)
        return Measurement(customer_id, reading, to_position, cells)

    def measure_of_many(
        self, reading: Reading, *, customer_ids: Sequence[UUID], to_position: int
    ) -> dict[UUID, Measurement]:
        """The same for many customers in one statement; without those whom it takes more to measure."""
        measure = reading.meter.measure
        asked = self._asked_of(reading, [reading.window], ManyCustomers(tuple(customer_ids)), to_position)
        plain = not isinstance(measure, Bucketed | Grouped) and not reading.amounts
        if not plain or (measure.reaches_back and has_hours(asked.filter)):
            return {}
        parameters = Parameters()
        summed = summed_sql(asked, parameters)
        if summed is None:
            return {}
        statement = sql.SQL(
            "SELECT summed.*, {each} AS customer_id FROM unnest({ids}) AS asked (customer_id) "
            "CROSS JOIN LATERAL ({summed}) AS summed"
        ).format(each=EACH, ids=parameters.identities(customer_ids), summed=summed.statement)
        rows: dict[UUID, list[Any]] = {customer_id: [] for customer_id in customer_ids}
        for row in self._rows(statement, parameters.values):
            rows[row.customer_id].append(row)
        measured = {}
        for customer_id, own in rows.items():
            if not any(row.unsure for row in own):
                found = by_group(own, len(reading.group_by))
                cells = cells_in(asked, [reading.window], found, denominator=summed.denominator)[0]
                measured[customer_id] = Measurement(customer_id, reading, to_position, cells)
        return measured

    def measure_by_day(
        self,
        meter: Meter,
        *,
        customer_id: UUID,
        days: Sequence[tuple[date, Period]],
        to_position: int,
        where: Filter | None = None,
        in_zone: str | None = None,
    ) -> list[DayOfUsage]:
        """The same for each of some local days, in order of time, as if it were a period of its own.

        They are days of the customer's own zone, unless another is given.
        """
        if not days:
            return []
        zone = self._zone_of(customer_id) if in_zone is None else in_zone
        windows = [window_of_day(day, period, in_zone=zone) for day, period in days]
        reading = Reading(meter, windows[0], where)
        return [
            DayOfUsage(day, cells[0].quantity, cells[0].events)
            for (day, _), cells in zip(
                days, self.measure_windows(reading, windows, customer_id, to_position), strict=True
            )
        ]

    def events_without(self, meter: Meter) -> Unmeasurable | None:
        """The accepted events that the meter counts and cannot measure; None when it can measure all."""
        parameters = Parameters()
        statement = doubtful_sql(meter, parameters)
        if statement is None:
            return None
        events, position = 0, None
        with closing(self._stream(statement, parameters.values)) as rows:
            for row in rows:
                try:
                    if meter.concerns(row.data):
                        meter.measure.check(row.data)
                except Refused:
                    events += row.events
                    position = row.first if position is None else min(position, row.first)
        if position is None:
            return None
        return Unmeasurable(events, kept_event(self._row(_AT_POSITION, {"position": position})))

    def measure_windows(
        self, reading: Reading, windows: Sequence[Window], customer_id: UUID, to_position: int
    ) -> list[tuple[Measured, ...]]:
        """The cells of each window; windows come in order of time.

        In one statement where a window needs nothing but its own stretch of time.
        """
        if isinstance(_of_each(reading), Seats | Bucketed) and not reading.meter.measure.reaches_back:
            each = [[window] for window in windows]
        else:
            each = [list(windows)]
        cells: list[tuple[Measured, ...]] = []
        for some in each:
            asked = self._asked(reading, some, customer_id, to_position)
            try:
                cells += self._in_database(asked, some)
            except _Unsure:
                alone = (self._asked(reading, [window], customer_id, to_position) for window in some)
                cells += [self._in_core(one, window) for one, window in zip(alone, some, strict=True)]
        return cells

    def _asked(self, reading: Reading, windows: Sequence[Window], customer_id: UUID, to_position: int) -> Asked:
        asked = self._asked_of(reading, windows, customer_id, to_position)
        if reading.meter.measure.reaches_back and has_hours(asked.filter):
            row = self._row(_EARLIEST, {"customer_id": customer_id, "event_type": reading.meter.event_type})
            return replace(asked, earliest=asked.earliest if row is None else min(row.happened_at, asked.earliest))
        return asked

    def _asked_of(
        self, reading: Reading, windows: Sequence[Window], customer_id: UUID | ManyCustomers, to_position: int
    ) -> Asked:
        edges: set[datetime] = set()
        for window in windows:
            edges |= {window.segment.start, window.segment.end}
            if isinstance(_of_each(reading), Seats):
                edges.update(day_ends(window))
        start, end = windows[0].segment.start, windows[-1].segment.end
        reaches_back = reading.meter.measure.reaches_back
        return Asked(
            reading=reading,
            customer_id=customer_id,
            to_position=to_position,
            edges=sorted(edges),
            since=reading.since if reaches_back else start,
            until=end,
            earliest=start,
        )

    def _in_database(self, asked: Asked, windows: Sequence[Window]) -> list[tuple[Measured, ...]]:
        """The cells of each window; `_Unsure` where it takes the core."""
        kind = asked.reading.meter.measure
        if isinstance(kind, Grouped):
            within = replace(asked, reading=in_groups(asked.reading, kind))
            return [over_groups(asked.reading, kind, cells) for cells in self._in_database(within, windows)]
        parameters = Parameters()
        if isinstance(kind, Bucketed):
            assert len(windows) == 1, "buckets are those of one window"
            summed = summed_sql(asked, parameters, stretch=bucket_sql(kind, windows[0], parameters))
            return [self._bucketed(kind, asked, windows[0], _sure(summed), parameters)]
        summed = _sure(summed_sql(asked, parameters))
        rows = self._rows(summed.statement, parameters.values)
        if any(row.unsure for row in rows):
            raise _Unsure
        found = by_group(rows, len(asked.reading.group_by))
        return cells_in(asked, windows, found, denominator=summed.denominator)

    def _bucketed(
        self, kind: Bucketed, asked: Asked, window: Window, summed: Summed, parameters: Parameters
    ) -> tuple[Measured, ...]:
        """One group after the other, since a month has many minutes."""
        groups = len(asked.reading.group_by)
        order = listed([*cells_of(asked), STRETCH])
        statement = sql.SQL("{} ORDER BY {}").format(summed.statement, order)
        cells: list[Measured] = []
        with closing(self._stream(statement, parameters.values)) as rows:
            for group, of_group in groupby(rows, key=lambda row: tuple(row[1 : 1 + groups])):
                buckets = list(of_group)
                if any(row.unsure for row in buckets):
                    raise _Unsure
                found = by_group(buckets, groups)[group]
                cells.append(replace(together(kind, found, window, denominator=summed.denominator), of=group))
        if not groups and not cells:
            return (together(kind, [], window, denominator=summed.denominator),)
        return tuple(sorted(cells, key=lambda cell: order_of(cell.of)))

    def _with_amounts(self, asked: Asked, cells: tuple[Measured, ...]) -> tuple[Measured, ...]:
        """The cells with what each event is worth, in order."""
        kind = asked.reading.meter.measure
        if isinstance(kind.inner if isinstance(kind, Bucketed | Grouped) else kind, Count):
            return tuple(replace(cell, amounts=(ONE,) * cell.events) for cell in cells)
        parameters = Parameters()
        worths = _sure(worths_sql(asked, parameters))
        groups = len(asked.reading.group_by)
        amounts: dict[Group, list[Exact]] = {cell.of: [] for cell in cells}
        with closing(self._stream(worths.statement, parameters.values)) as rows:
            for row in rows:
                worth = row.amount if worths.denominator == ONE else divide(row.amount, worths.denominator)
                amounts[tuple(row[:groups])].append(worth)
        return tuple(replace(cell, amounts=tuple(amounts[cell.of])) for cell in cells)

    def _in_core(self, asked: Asked, window: Window) -> tuple[Measured, ...]:
        """The cells of one window by the core itself, which sees every event in order."""
        parameters = Parameters()
        with closing(self._stream(whole_events_sql(asked, parameters), parameters.values)) as rows:
            samples = (Sample(row.happened_at, row.position, row.data) for row in rows)
            return measure(replace(asked.reading, window=window), samples)

    def _zone_of(self, customer_id: UUID) -> str:
        row = self._row(
            "SELECT in_zone FROM farthing.customer WHERE customer_id = %(customer_id)s", {"customer_id": customer_id}
        )
        return "UTC" if row is None else row.in_zone


def window_of_day(day: date, period: Period, *, in_zone: str) -> Window:
    """A local day, or the part of it that a period leaves, as a window of its own."""
    start, end = (start_of_day(each, in_zone=in_zone) for each in (day, day + _DAY))
    return Window(period, Period(min(start, period.start), max(end, period.end)), in_zone)


def kept_event(row: Any) -> KeptEvent:
    """The event in a row of farthing.usage_event."""
    return KeptEvent(
        position=row.position,
        event=UsageEvent(row.source, row.id, row.type, row.subject, row.time, row.data),
        customer_id=row.customer_id,
        happened_at=row.happened_at,
        accepted_at=row.accepted_at,
    )


def _of_each(reading: Reading) -> Measure:
    """The measure within each group, where groups are taken together."""
    measure = reading.meter.measure
    return measure.inner if isinstance(measure, Grouped) else measure


def _sure(summed: Summed | None) -> Summed:
    if summed is None:
        raise _Unsure
    return summed


_EARLIEST = """
    SELECT happened_at FROM farthing.usage_event
    WHERE customer_id = %(customer_id)s AND type = %(event_type)s ORDER BY happened_at LIMIT 1
"""

_AT_POSITION = """
    SELECT position, customer_id, happened_at, accepted_at, source, id, type, subject, time, data
    FROM farthing.usage_event WHERE position = %(position)s
"""
