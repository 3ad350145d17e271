"""Usage by window, read from what is added up already, and from events only where nothing is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from farthing.core.exact import ZERO, Exact, divide, multiply
from farthing.core.metering.average import Average
from farthing.core.metering.count import Count
from farthing.core.metering.measures import Measure
from farthing.core.metering.meter import Group, Measured, Meter, Reading, order_of
from farthing.core.metering.sample import Window
from farthing.core.metering.unique import Unique
from farthing.postgres.measuring import Measuring
from farthing.postgres.rollup import MOST_CELLS, Rollup, rollup_of
from farthing.postgres.rollup_parts import parts_of
from farthing.postgres.rollups_sql import AskedOfRollup, added_up_sql, crowded_sql
from farthing.postgres.statement import Parameters
from farthing.usecases.ports import UsageIn, WindowUsage


@dataclass(frozen=True, slots=True)
class _Answering:
    """A rollup that may be asked, and the position up to which it holds the events."""

    rollup_id: int
    rollup: Rollup
    position: int


class Rollups(Measuring):
    """Usage that is added up already."""

    def usage_in(
        self,
        meter: Meter,
        *,
        customer_ids: Sequence[UUID],
        windows: Sequence[Window],
        group_by: Sequence[str] = (),
        only: Mapping[str, str] | None = None,
    ) -> UsageIn:
        """What these customers used in each window, by customer as they are given, window and group.

        `only` lets through the groups that have these values. To be called in `snapshot()`.
        """
        only = only or {}
        last, answering = self._answering(meter, grouped=bool(group_by or only))
        upto = last if answering is None else answering.position
        found: dict[UUID, list[WindowUsage]] = {customer_id: [] for customer_id in customer_ids}
        from_events: Collection[UUID] = customer_ids
        if answering is not None and customer_ids and windows:
            asked = AskedOfRollup(
                answering.rollup_id,
                answering.rollup,
                meter.measure,
                customer_ids=customer_ids,
                windows=windows,
                parts=parts_of(windows, by_hour=answering.rollup.by_hour),
                upto=upto,
                group_by=group_by,
                only=only,
            )
            from_events = self._from_rollup(asked, found)
        for customer_id in from_events:
            if windows and (len(customer_ids) == 1 or self._has_events(customer_id, meter.event_type)):
                found[customer_id] = self._from_events(meter, customer_id, windows, upto, group_by, only)
        return UsageIn(
            position=upto,
            accepted_at=None if upto >= last else self._accepted_at(upto),
            rows=[row for customer_id in customer_ids for row in found[customer_id]],
        )

    def measure_up_to_now(self, reading: Reading, *, customer_id: UUID) -> Exact:
        """What a reading without groups comes to by every event there is: a rollup, and the events after it.

        To be called in `snapshot()`.
        """
        assert not reading.group_by, "one number is asked for"
        last, answering = self._answering(reading.meter, grouped=False)
        if reading.where is not None:
            answering = None
        if answering is not None and not answering.rollup.signed and self._ended_since(answering, reading, customer_id):
            answering = None  # What the ended version hid is with the events.
        if answering is not None:
            windows = [reading.window]
            asked = AskedOfRollup(
                answering.rollup_id,
                answering.rollup,
                reading.meter.measure,
                customer_ids=[customer_id],
                windows=windows,
                parts=parts_of(windows, by_hour=answering.rollup.by_hour),
                upto=answering.position,
                tail_upto=last,
            )
            found: dict[UUID, list[WindowUsage]] = {customer_id: []}
            if not self._from_rollup(asked, found):
                return found[customer_id][0].measured.quantity if found[customer_id] else ZERO
        return self.measure(reading, customer_id=customer_id, to_position=last).quantity

    def _answering(self, meter: Meter, *, grouped: bool) -> tuple[int, _Answering | None]:
        """The last position there is, and the rollup that answers for a meter; None where events must."""
        rollup = rollup_of(meter, grouped=grouped)
        row = self._row(
            """
            SELECT last_position, rollup_id, position
            FROM farthing.usage_counter LEFT JOIN farthing.usage_rollup AS rollup
              ON rollup.seller_id = usage_counter.seller_id AND terms_id = %(terms_id)s AND ready AND NOT retired
            ORDER BY rollup_id DESC LIMIT 1
            """,
            {"terms_id": None if rollup is None else rollup.terms_id},
        )
        if rollup is None or row.rollup_id is None:
            return row.last_position, None
        return row.last_position, _Answering(row.rollup_id, rollup, row.position)

    def _from_rollup(self, asked: AskedOfRollup, found: dict[UUID, list[WindowUsage]]) -> set[UUID]:
        """Adds what is found; the customers of whom something must be read from events, and nothing was added."""
        elsewhere: set[UUID] = set()
        if asked.rollup.has_cells:
            parameters = Parameters()
            statement = crowded_sql(asked, parameters, most=MOST_CELLS)
            elsewhere = {row.customer_id for row in self._rows(statement, parameters.values)}
        parameters = Parameters()
        rows = self._rows(added_up_sql(asked, parameters), parameters.values)
        elsewhere |= {row.customer_id for row in rows if row.unsure}
        groups = len(asked.group_by)
        told = [
            (row.stretch, Measured(tuple(row[2 : 2 + groups]), _quantity(asked.measure, asked.rollup, row), row.events),
             row.customer_id)
            for row in rows
            if row.events and row.customer_id not in elsewhere
        ]  # fmt: skip
        for stretch, measured, customer_id in sorted(told, key=lambda one: (one[0], order_of(one[1].of))):
            found[customer_id].append(WindowUsage(customer_id, asked.windows[stretch], measured))
        return elsewhere

    def _from_events(
        self,
        meter: Meter,
        customer_id: UUID,
        windows: Sequence[Window],
        upto: int,
        group_by: Sequence[str],
        only: Mapping[str, str],
    ) -> list[WindowUsage]:
        """The same by the events themselves."""
        names = (*group_by, *(name for name in only if name not in group_by))
        reading = Reading(meter, windows[0], group_by=names)
        found: list[WindowUsage] = []
        for window, cells in zip(windows, self.measure_windows(reading, windows, customer_id, upto), strict=True):
            for cell in cells:
                held: dict[str, str | None] = dict(zip(names, cell.of, strict=True))
                if all(held[name] == value for name, value in only.items()) and (cell.events or cell.quantity):
                    of: Group = tuple(held[name] for name in group_by)
                    found.append(WindowUsage(customer_id, window, replace(cell, of=of)))
        return found

    def _has_events(self, customer_id: UUID, event_type: str) -> bool:
        row = self._row(
            "SELECT 1 FROM farthing.usage_event WHERE customer_id = %(customer_id)s AND type = %(event_type)s LIMIT 1",
            {"customer_id": customer_id, "event_type": event_type},
        )
        return row is not None

    def _ended_since(self, answering: _Answering, reading: Reading, customer_id: UUID) -> bool:
        """Whether a correction ended something of this customer's after the rollup was brought up to date."""
        row = self._row(
            """
            SELECT 1 FROM farthing.usage_superseded
            WHERE customer_id = %(customer_id)s AND type = %(event_type)s AND by_position > %(position)s LIMIT 1
            """,
            {
                "customer_id": customer_id,
                "event_type": reading.meter.event_type,
                "position": answering.position,
            },
        )
        return row is not None

    def _accepted_at(self, position: int) -> datetime | None:
        """When the last event up to a position was accepted."""
        row = self._row(
            """
            SELECT accepted_at FROM farthing.usage_event
            WHERE position <= %(position)s ORDER BY position DESC LIMIT 1
            """,
            {"position": position},
        )
        return None if row is None else row.accepted_at


def _quantity(measure: Measure, rollup: Rollup, row: Any) -> Exact:
    over = Decimal(rollup.over)
    match measure:
        case Count():
            return Decimal(row.events)
        case Unique():
            return Decimal(row.amount)
        case Average():
            return divide(row.amount, multiply(Decimal(row.events), over))
    return row.amount if rollup.over == 1 else divide(row.amount, over)
