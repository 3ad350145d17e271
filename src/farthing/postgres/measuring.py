"""What meters make of the events, worked out where the events are; equal to core.metering to the digit (INV-18)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from farthing.core.exact import Exact
from farthing.core.metering.adding import added
from farthing.core.metering.count import Count
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.meter import Measurement, Meter, single
from farthing.core.metering.total import Sum
from farthing.core.period import Period
from farthing.core.refused import Refused
from farthing.postgres.session import Session
from farthing.usecases.ports import DayOfUsage, KeptEvent, Unattributed, Unmeasurable, UsageCounts


class Measuring(Session):
    """Measured usage, and where every event stands."""

    def measure(self, meter: Meter, *, customer_id: UUID, period: Period, to_position: int) -> Measurement:
        """What `core.metering` makes of the same events (INV-18)."""
        quantity, events = self._measure(meter, customer_id, [period], to_position)[0]
        return single(customer_id, meter, period, to_position, quantity, events)

    def measure_by_day(
        self, meter: Meter, *, customer_id: UUID, days: Sequence[tuple[date, Period]], to_position: int
    ) -> list[DayOfUsage]:
        """The same, for each of some local days."""
        measured = self._measure(meter, customer_id, [period for _, period in days], to_position)
        return [DayOfUsage(day, quantity, events) for (day, _), (quantity, events) in zip(days, measured, strict=True)]

    def _measure(
        self, meter: Meter, customer_id: UUID, periods: Sequence[Period], to_position: int
    ) -> list[tuple[Exact, int]]:
        asked = {
            "customer_id": customer_id,
            "event_type": meter.event_type,
            "starts": [period.start for period in periods],
            "ends": [period.end for period in periods],
            "to": to_position,
        }
        match meter.measure:
            case Count():
                return [(Decimal(row.events), row.events) for row in self._rows(_COUNT, asked)]
            case Sum(property=name) as measure:
                rows = self._rows(_SUM, asked | {"property": name})
                return [(_added(measure, row), row.events) for row in rows]
            case other:
                raise Refused(f"Usage measured by {other.kind} cannot be added up here yet.")

    def events_without(self, measure: Sum, *, event_type: str) -> Unmeasurable | None:
        """The accepted events of this type that hold no exact number for the sum; None when all do."""
        events, position = 0, None
        for row in self._rows(_DOUBTFUL, {"event_type": event_type, "property": measure.property}):
            try:
                measure.check({} if row.is_missing else {measure.property: row.property})
            except Refused:
                events += row.events
                position = row.first if position is None else min(position, row.first)
        if position is None:
            return None
        return Unmeasurable(events, kept_event(self._row(_AT_POSITION, {"position": position})))

    def counts(self) -> UsageCounts:
        """Where accepted events stand (INV-21)."""
        row = self._row(_COUNTS)
        return UsageCounts(
            accepted=row.accepted, billed=row.billed, open=row.open, late=row.late, unattributed=row.unattributed
        )

    def unattributed(self, *, customer_id: UUID | None = None) -> list[Unattributed]:
        """What `counts` calls unattributed, of one customer or of all, by customer and type; it adds up to that."""
        return [
            Unattributed(row.customer_id, row.type, row.events, row.first_at, row.last_at)
            for row in self._rows(_UNATTRIBUTED, {"customer_id": customer_id})
        ]


_COUNT = """
    SELECT measured.events
    FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS asked (starts, ends, place),
    LATERAL (
        SELECT count(*) AS events FROM farthing.usage_event
        WHERE customer_id = %(customer_id)s AND type = %(event_type)s
          AND happened_at >= asked.starts AND happened_at < asked.ends AND position <= %(to)s
    ) AS measured
    ORDER BY asked.place
"""

# Numbers, and texts that are plainly numbers, are added up here; what else a property may hold is left to the core,
# which knows more ways to write a number and refuses what is none.
_SUM = """
    SELECT measured.events, measured.added, measured.others
    FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS asked (starts, ends, place),
    LATERAL (
        SELECT count(*) AS events,
               sum((data ->> %(property)s)::numeric) FILTER (WHERE is_plain) AS added,
               jsonb_agg(CASE WHEN data ? %(property)s THEN jsonb_build_object(%(property)s::text, property)
                              ELSE '{}' END) FILTER (WHERE NOT is_plain) AS others
        FROM (
            SELECT data, property,
                   CASE jsonb_typeof(property)
                       WHEN 'number' THEN true
                       WHEN 'string' THEN data ->> %(property)s ~ '^[+-]?[0-9]{1,20}([.][0-9]{1,18})?$'
                       ELSE false
                   END AS is_plain
            FROM (
                SELECT data, data -> %(property)s AS property FROM farthing.usage_event
                WHERE customer_id = %(customer_id)s AND type = %(event_type)s
                  AND happened_at >= asked.starts AND happened_at < asked.ends AND position <= %(to)s
            ) AS event
        ) AS event
    ) AS measured
    ORDER BY asked.place
"""


# What a property may hold that is not plainly a number, each once; the core says which of it is one.
_DOUBTFUL = """
    SELECT property, property IS NULL AS is_missing, count(*) AS events, min(position) AS first
    FROM (
        SELECT data -> %(property)s AS property, data ->> %(property)s AS written, position
        FROM farthing.usage_event WHERE type = %(event_type)s
    ) AS event
    WHERE CASE coalesce(jsonb_typeof(property), 'missing')
              WHEN 'number' THEN false
              WHEN 'string' THEN written !~ '^[+-]?[0-9]{1,20}([.][0-9]{1,18})?$'
              ELSE true
          END
    GROUP BY property
"""

_AT_POSITION = """
    SELECT position, customer_id, happened_at, accepted_at, source, id, type, subject, time, data
    FROM farthing.usage_event WHERE position = %(position)s
"""


def kept_event(row: Any) -> KeptEvent:
    """The event in a row of farthing.usage_event."""
    return KeptEvent(
        position=row.position,
        event=UsageEvent(row.source, row.id, row.type, row.subject, row.time, row.data),
        customer_id=row.customer_id,
        happened_at=row.happened_at,
        accepted_at=row.accepted_at,
    )


def _added(measure: Sum, row: Any) -> Exact:
    """What the database added up, which may have more digits than one event's number, and the rest."""
    others = [measure.value.of(data) for data in row.others or []]
    return added(others if row.added is None else [row.added, *others])


# INV-21. An event is billed when a line's slice reaches its position, late when a line of its period does not, open
# while its subscription has yet to bill its period, and unattributed when no subscription prices its type then.
_PLACES = """
    WITH priced AS MATERIALIZED (
        SELECT DISTINCT subscription.customer_id, meter.value ->> 'event_type' AS type,
               coalesce(subscription.billed_through, subscription.starts_at) AS starts, subscription.ends_at AS ends
        FROM farthing.subscription AS subscription
        JOIN farthing.plan_version AS plan USING (seller_id, plan_key)
        CROSS JOIN LATERAL jsonb_each(plan.terms -> 'meters') AS meter
        WHERE plan.version = subscription.plan_version
    ), billed AS MATERIALIZED (
        SELECT invoice.customer_id, meter.value ->> 'event_type' AS type, line.period_start AS starts,
               line.period_end AS ends, max(slice.upto) AS upto
        FROM farthing.slice AS slice
        JOIN farthing.invoice_line AS line
          ON line.seller_id = slice.seller_id AND line.invoice_id = slice.invoice_id AND line.number = slice.line_number
        JOIN farthing.invoice AS invoice
          ON invoice.seller_id = slice.seller_id AND invoice.invoice_id = slice.invoice_id
        CROSS JOIN LATERAL jsonb_array_elements(invoice.frozen -> 'plan' -> 'prices') AS price
        CROSS JOIN LATERAL jsonb_each(invoice.frozen -> 'plan' -> 'meters') AS meter
        WHERE price.value ->> 'key' = line.price_key AND meter.key = price.value ->> 'meter'
        GROUP BY invoice.customer_id, meter.value ->> 'event_type', line.period_start, line.period_end
    )
"""

_COUNTS = f"""
    {_PLACES}
    SELECT (SELECT count(*) FROM farthing.event_key) AS accepted,
           count(*) FILTER (WHERE is_billed) AS billed,
           count(*) FILTER (WHERE is_late AND NOT is_billed) AS late,
           count(*) FILTER (WHERE is_open AND NOT is_late) AS open,
           count(*) FILTER (WHERE NOT is_open AND NOT is_late) AS unattributed
    FROM (
        SELECT coalesce(bool_or(event.position <= billed.upto), false) AS is_billed,
               bool_or(billed.upto IS NOT NULL) AS is_late,
               bool_or(priced.starts IS NOT NULL) AS is_open
        FROM farthing.usage_event AS event
        LEFT JOIN billed ON billed.customer_id = event.customer_id AND billed.type = event.type
            AND event.happened_at >= billed.starts AND event.happened_at < billed.ends
        LEFT JOIN priced ON priced.customer_id = event.customer_id AND priced.type = event.type
            AND event.happened_at >= priced.starts AND event.happened_at < coalesce(priced.ends, 'infinity')
        GROUP BY event.position
    ) AS placed
"""

_UNATTRIBUTED = f"""
    {_PLACES}
    SELECT event.customer_id, event.type, count(*) AS events, min(event.happened_at) AS first_at,
           max(event.happened_at) AS last_at
    FROM farthing.usage_event AS event
    WHERE (%(customer_id)s::uuid IS NULL OR event.customer_id = %(customer_id)s)
      AND NOT EXISTS (
          SELECT FROM billed WHERE billed.customer_id = event.customer_id AND billed.type = event.type
              AND event.happened_at >= billed.starts AND event.happened_at < billed.ends
      )
      AND NOT EXISTS (
          SELECT FROM priced WHERE priced.customer_id = event.customer_id AND priced.type = event.type
              AND event.happened_at >= priced.starts AND event.happened_at < coalesce(priced.ends, 'infinity')
      )
    GROUP BY event.customer_id, event.type
    ORDER BY event.customer_id, event.type
"""
