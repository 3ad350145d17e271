"""Where every accepted event stands: billed, in an open period, late, voided, or nobody's (INV-21)."""

from typing import LiteralString
from uuid import UUID

from farthing.postgres.session import Session
from farthing.usecases.correction_ports import BilledOn, KeptVersion, TouchedLine
from farthing.usecases.ports import Unattributed, UsageCounts


class Whereabouts(Session):
    """What became of a seller's accepted events."""

    def counts(self) -> UsageCounts:
        """Where accepted events stand (INV-21)."""
        row = self._row(_COUNTS, {"customer_id": None})
        return UsageCounts(
            accepted=row.accepted,
            billed=row.billed,
            open=row.open,
            late=row.late,
            unattributed=row.unattributed,
            voided=row.voided,
            corrected=row.corrected,
        )

    def unattributed(self, *, customer_id: UUID | None = None) -> list[Unattributed]:
        """What `counts` calls unattributed, of one customer or of all, by customer and type; it adds up to that."""
        return [
            Unattributed(row.customer_id, row.type, row.events, row.first_at, row.last_at)
            for row in self._rows(_unattributed_sql(of_one=customer_id is not None), {"customer_id": customer_id})
        ]

    def place_of(self, version: KeptVersion) -> str:
        """Where a version that is in force stands: billed, late, open or unattributed."""
        row = self._row(_PLACE, {"customer_id": version.customer_id, "position": version.position})
        return str(row.place)

    def lines_billing(self, version: KeptVersion) -> list[BilledOn]:
        """The lines of invoices that bill the version, whatever became of it afterwards."""
        rows = self._rows(
            f"""
            SELECT number, line_number FROM ({BILLED_LINES}) AS line
            WHERE customer_id = %(customer_id)s AND type = %(type)s
              AND starts <= %(happened_at)s AND ends > %(happened_at)s
              AND own_after < %(position)s AND own_upto >= %(position)s
              AND (%(ended_at)s::bigint IS NULL OR own_upto < %(ended_at)s)
            ORDER BY entity_key, sequence, line_number
            """,
            {
                "customer_id": version.customer_id,
                "type": version.type,
                "happened_at": version.happened_at,
                "position": version.position,
                "ended_at": version.ended_at,
            },
        )
        return [BilledOn(row.number, row.line_number) for row in rows]

    def touched_lines(self, *, customer_id: UUID | None = None) -> list[TouchedLine]:
        """The issued lines whose measure may be another one by now, of one customer or of all, in order of issue."""
        return [
            TouchedLine(row.invoice_id, row.line_number, late=row.late, corrected=row.corrected, earlier=row.earlier)
            for row in self._rows(_TOUCHED, {"customer_id": customer_id})
        ]


# What each line of usage bills: whose events of which type, of which time, at positions up to which.
BILLED_LINES = """
    SELECT part.customer_id,
           coalesce(
               slice.event_type,
               -- Kept before slices said it themselves.
               invoice.frozen -> 'plan' -> 'meters' -> (price.value ->> 'meter') ->> 'event_type'
           ) AS type,
           line.period_start AS starts, line.period_end AS ends, slice.after AS own_after, slice.upto AS own_upto,
           -- What came late and was adjusted is billed by a later piece of the same chain.
           (SELECT max(piece.upto) FROM farthing.slice AS piece
            WHERE piece.charge_id = slice.charge_id AND piece.revision = slice.revision
              AND NOT EXISTS (SELECT FROM farthing.credit_note AS note
                              WHERE note.invoice_id = piece.invoice_id AND note.voids)) AS upto,
           line.origin_id,
           -- What was billed before its period was over makes nothing late; the rest of the period is still to come.
           line.period_end > part.billed_at AS so_far,
           invoice.invoice_id, invoice.entity_key, invoice.sequence, invoice.number, slice.line_number
    FROM farthing.slice AS slice
    JOIN farthing.invoice_line AS line
      ON line.seller_id = slice.seller_id AND line.invoice_id = slice.invoice_id AND line.number = slice.line_number
    JOIN farthing.invoice AS invoice
      ON invoice.seller_id = slice.seller_id AND invoice.invoice_id = slice.invoice_id
    -- Whose usage it is; the invoice may be another's, who pays for them.
    JOIN farthing.invoice_part AS part
      ON part.seller_id = line.seller_id
     AND part.invoice_id = line.invoice_id AND part.number = line.in_part
    LEFT JOIN LATERAL jsonb_array_elements(invoice.frozen -> 'plan' -> 'prices') AS price
      ON slice.event_type IS NULL AND price.value ->> 'key' = line.price_key
    -- What was voided counts as not billed.
    WHERE NOT EXISTS (SELECT FROM farthing.credit_note AS note
                      WHERE note.seller_id = slice.seller_id AND note.invoice_id = slice.invoice_id AND note.voids)
"""

# INV-21. An event stands where its version in force does, and is voided when none is. It is billed when a line's slice
# reaches its position, late when a line of its period does not, open while its subscription has yet to bill its period,
# and unattributed when no subscription prices its type then.
_PLACES = f"""
    WITH in_force AS (
        SELECT subscription_id, plan_key, plan_version, since,
               lead(since, 1, 'infinity') OVER (PARTITION BY subscription_id ORDER BY since, written) AS until
        FROM (
            SELECT subscription_id, plan_key, plan_version, '-infinity'::timestamptz AS since, 0 AS written
            FROM farthing.subscription
            UNION ALL
            SELECT subscription_id, plan_key, plan_version, since, written FROM farthing.agreed_version
        ) AS agreed
    ), offered AS (
        SELECT in_force.subscription_id, in_force.since, in_force.until, plan.terms
        FROM in_force
        JOIN farthing.plan_version AS plan
          ON plan.plan_key = in_force.plan_key AND plan.version = in_force.plan_version
        WHERE in_force.since < in_force.until
        UNION ALL
        SELECT attached.subscription_id, attached.starts_at, coalesce(attached.ends_at, 'infinity'), add_on.terms
        FROM farthing.agreed_add_on AS attached
        JOIN farthing.add_on_version AS add_on
          ON add_on.add_on_key = attached.add_on_key AND add_on.version = attached.version
    ), priced AS MATERIALIZED (
        SELECT DISTINCT subscription.customer_id,
               offered.terms -> 'meters' -> (price.value ->> 'meter') ->> 'event_type' AS type,
               greatest(offered.since, coalesce(subscription.usage_through, subscription.starts_at)) AS starts,
               least(offered.until, subscription.ends_at) AS ends
        FROM offered JOIN farthing.subscription AS subscription USING (subscription_id)
        CROSS JOIN LATERAL jsonb_array_elements(offered.terms -> 'prices') AS price
        WHERE price.value ? 'meter'
          AND (%(customer_id)s::uuid IS NULL OR subscription.customer_id = %(customer_id)s)
    ), billed AS MATERIALIZED (
        SELECT DISTINCT customer_id, type, starts, ends, upto, so_far FROM ({BILLED_LINES}) AS line
        WHERE %(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s
    )
"""

_COUNTS = f"""
    {_PLACES}
    SELECT (SELECT count(*) FROM farthing.event_key) - (SELECT count(*) FROM farthing.usage_correction) AS accepted,
           (
               SELECT count(*) FROM farthing.usage_superseded AS ended
               WHERE NOT EXISTS (
                   SELECT FROM farthing.usage_correction AS made
                   WHERE made.position = ended.by_position AND made.kind = 'amend'
               )
           ) AS voided,
           (
               SELECT count(DISTINCT ended.position) FROM farthing.usage_superseded AS ended
               JOIN billed ON billed.customer_id = ended.customer_id AND billed.type = ended.type
                   AND ended.happened_at >= billed.starts AND ended.happened_at < billed.ends
                   AND ended.position <= billed.upto AND ended.by_position > billed.upto
           ) AS corrected,
           count(*) FILTER (WHERE is_billed) AS billed,
           count(*) FILTER (WHERE is_late AND NOT is_billed) AS late,
           count(*) FILTER (WHERE is_open AND NOT is_late AND NOT is_billed) AS open,
           count(*) FILTER (WHERE NOT is_open AND NOT is_late AND NOT is_billed) AS unattributed
    FROM (
        SELECT coalesce(bool_or(event.position <= billed.upto), false) AS is_billed,
               coalesce(bool_or(NOT billed.so_far), false) AS is_late,
               bool_or(priced.starts IS NOT NULL) AS is_open
        FROM farthing.usage_event AS event
        LEFT JOIN billed ON billed.customer_id = event.customer_id AND billed.type = event.type
            AND event.happened_at >= billed.starts AND event.happened_at < billed.ends
        LEFT JOIN priced ON priced.customer_id = event.customer_id AND priced.type = event.type
            AND event.happened_at >= priced.starts AND event.happened_at < coalesce(priced.ends, 'infinity')
        WHERE NOT EXISTS (SELECT FROM farthing.usage_superseded AS ended WHERE ended.position = event.position)
        GROUP BY event.position
    ) AS placed
"""


def _unattributed_sql(*, of_one: bool) -> LiteralString:
    """Only what is asked for stands in the statement, so that a customer's events are found by their index."""
    return f"""
        {_PLACES}
        SELECT event.customer_id, event.type, count(*) AS events, min(event.happened_at) AS first_at,
               max(event.happened_at) AS last_at
        FROM farthing.usage_event AS event
        WHERE {"event.customer_id = %(customer_id)s" if of_one else "true"}
          AND NOT EXISTS (
              SELECT FROM billed WHERE billed.customer_id = event.customer_id AND billed.type = event.type
                  AND event.happened_at >= billed.starts AND event.happened_at < billed.ends
                  AND (NOT billed.so_far OR event.position <= billed.upto)
          )
          AND NOT EXISTS (
              SELECT FROM priced WHERE priced.customer_id = event.customer_id AND priced.type = event.type
                  AND event.happened_at >= priced.starts AND event.happened_at < coalesce(priced.ends, 'infinity')
          )
          AND NOT EXISTS (SELECT FROM farthing.usage_superseded AS ended WHERE ended.position = event.position)
        GROUP BY event.customer_id, event.type
        ORDER BY event.customer_id, event.type
    """


_PLACE = f"""
    {_PLACES}
    SELECT CASE WHEN bool_or(event.position <= billed.upto) THEN 'billed'
                WHEN bool_or(NOT billed.so_far) THEN 'late'
                WHEN bool_or(priced.starts IS NOT NULL) THEN 'open'
                ELSE 'unattributed' END AS place
    FROM farthing.usage_event AS event
    LEFT JOIN billed ON billed.customer_id = event.customer_id AND billed.type = event.type
        AND event.happened_at >= billed.starts AND event.happened_at < billed.ends
    LEFT JOIN priced ON priced.customer_id = event.customer_id AND priced.type = event.type
        AND event.happened_at >= priced.starts AND event.happened_at < coalesce(priced.ends, 'infinity')
    WHERE event.position = %(position)s
"""

# What was accepted after a line was billed and still counts, and what it bills that was ended afterwards; an event that
# was amended is one, whether it came, went or stayed.
_TOUCHED = f"""
    SELECT line.invoice_id, line.line_number,
           count(*) FILTER (WHERE changed.within AND NOT changed.corrected) AS late,
           count(*) FILTER (WHERE changed.within AND changed.corrected) AS corrected,
           coalesce(bool_or(NOT changed.within), false) AS earlier
    FROM ({BILLED_LINES}) AS line
    CROSS JOIN LATERAL (
        SELECT first_position, bool_or(happened_at >= line.starts) AS within, bool_or(corrected) AS corrected
        FROM (
            SELECT coalesce(amended.first_position, event.position) AS first_position, event.happened_at,
                   amended.position IS NOT NULL AS corrected
            FROM farthing.usage_event AS event LEFT JOIN farthing.usage_correction AS amended USING (position)
            WHERE event.customer_id = line.customer_id AND event.type = line.type AND event.happened_at < line.ends
              AND event.position > line.upto
              AND NOT EXISTS (SELECT FROM farthing.usage_superseded AS ended WHERE ended.position = event.position)
            UNION ALL
            SELECT coalesce(amended.first_position, ended.position), ended.happened_at, true
            FROM farthing.usage_superseded AS ended LEFT JOIN farthing.usage_correction AS amended USING (position)
            WHERE ended.customer_id = line.customer_id AND ended.type = line.type AND ended.happened_at < line.ends
              AND ended.position <= line.upto AND ended.by_position > line.upto
        ) AS version
        GROUP BY first_position
    ) AS changed
    WHERE line.origin_id IS NULL AND NOT line.so_far
      AND (%(customer_id)s::uuid IS NULL OR line.customer_id = %(customer_id)s)
    GROUP BY line.entity_key, line.sequence, line.invoice_id, line.line_number
    ORDER BY line.entity_key, line.sequence, line.line_number
"""
