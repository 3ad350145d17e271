"""What meters make of the events, worked out where the events are; equal to core.metering to the digit (INV-18)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from farthing.core.metering.count import Count
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.meter import Measurement, Meter
from farthing.core.metering.total import Sum
from farthing.core.period import Period
from farthing.postgres.session import Session
from farthing.usecases.ports import DayOfUsage, UsageCounts


class Measuring(Session):
    """Measured usage, and where every event stands."""

    def measure(self, meter: Meter, *, customer_id: UUID, period: Period, to_position: int) -> Measurement:
        """What `core.metering` makes of the same events (INV-18)."""
        quantity, events = self._measure(meter, customer_id, [period], to_position)[0]
        return Measurement(customer_id, meter, period, to_position, quantity, events)

    def measure_by_day(
        self, meter: Meter, *, customer_id: UUID, days: Sequence[tuple[date, Period]], to_position: int
    ) -> list[DayOfUsage]:
        """The same, for each of some local days."""
        measured = self._measure(meter, customer_id, [period for _, period in days], to_position)
        return [DayOfUsage(day, quantity, events) for (day, _), (quantity, events) in zip(days, measured, strict=True)]

    def _measure(
        self, meter: Meter, customer_id: UUID, periods: Sequence[Period], to_position: int
    ) -> list[tuple[Decimal, int]]:
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

    def counts(self) -> UsageCounts:
        """Where accepted events stand (INV-21)."""
        row = self._row(_COUNTS)
        return UsageCounts(
            accepted=row.accepted, billed=row.billed, open=row.open, late=row.late, unattributed=row.unattributed
        )


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


def _added(measure: Sum, row: Any) -> Decimal:
    others = [_event_with(data) for data in row.others or []]
    return measure.of([_event_with({measure.property: row.added or Decimal(0)}), *others])


# INV-21. An event is billed when a line's slice reaches its position, late when a line of its period does not, open
# while its subscription has yet to bill its period, and unattributed when no subscription prices its type then.
_COUNTS = """
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


def _event_with(data: dict[str, Any]) -> UsageEvent:
    return UsageEvent(source="", id="", type="", subject="", time=None, data=data)
