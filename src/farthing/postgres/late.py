"""Usage that came after it was billed: whose billed time something was said about, and what was adjusted since."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from farthing.core.money import currency
from farthing.core.rating.line import Line
from farthing.postgres.lines import line_from
from farthing.postgres.session import Session
from farthing.usecases.late_ports import LateCustomer

# So many positions are looked at in one transaction.
_POSITIONS_AT_ONCE = 200_000


class Late(Session):
    """Late usage, from the moment it is seen until it is adjusted."""

    def adjustments_of(self, invoice_id: UUID) -> list[Line]:
        """What was adjusted of an invoice so far, oldest first."""
        rows = self._rows(
            """
            SELECT line.*, slice.charge_id, slice.revision, slice.after, slice.upto, slice.events,
                   slice.quantity AS slice_quantity, slice.quantity_of AS slice_quantity_of, slice.event_type,
                   invoice.currency
            FROM farthing.invoice_line AS line
            JOIN farthing.invoice AS invoice USING (seller_id, invoice_id)
            LEFT JOIN farthing.slice AS slice
                ON slice.seller_id = line.seller_id AND slice.invoice_id = line.invoice_id
                AND slice.line_number = line.number
            WHERE line.origin_id = %(invoice_id)s AND line.kind = 'adjustment'
            ORDER BY invoice.issued_at, invoice.sequence, line.number
            """,
            {"invoice_id": invoice_id},
        )
        return [line_from(row, in_currency=currency(row.currency)) for row in rows]

    def hold_looking(self) -> None:
        """Until the transaction ends nobody looks for late usage; any number may bill side by side."""
        self._lock_name("late usage", shared=True)

    def look_for_late(self, *, now: datetime) -> bool:
        """Note whose billed time the next events and corrections are about; whether there are more."""
        self._lock_name("late usage")
        self._run("INSERT INTO farthing.usage_looked_over (position) VALUES (0) ON CONFLICT DO NOTHING")
        looked = self._row("SELECT position FROM farthing.usage_looked_over FOR UPDATE")
        last = self._row("SELECT last_position AS position FROM farthing.usage_counter")
        assert looked is not None, "it was put there a moment ago"
        upto = 0 if last is None else last.position
        if looked.position >= upto:
            return False
        to = min(upto, looked.position + _POSITIONS_AT_ONCE)
        self._run(
            """
            INSERT INTO farthing.late_customer (customer_id, found_at)
            SELECT DISTINCT said.customer_id, %(now)s::timestamptz
            FROM (
                SELECT customer_id, happened_at FROM farthing.usage_event
                WHERE position > %(after)s AND position <= %(to)s
                UNION ALL
                SELECT customer_id, happened_at FROM farthing.usage_superseded
                WHERE by_position > %(after)s AND by_position <= %(to)s
            ) AS said
            JOIN (
                SELECT customer_id, max(billed_through) AS through FROM farthing.subscription
                WHERE billed_through IS NOT NULL GROUP BY customer_id
            ) AS billed ON billed.customer_id = said.customer_id AND said.happened_at < billed.through
            ON CONFLICT DO NOTHING
            """,
            {"after": looked.position, "to": to, "now": now},
        )
        self._run("UPDATE farthing.usage_looked_over SET position = %(to)s", {"to": to})
        return bool(to < upto)

    def late_customers(self) -> list[LateCustomer]:
        """All that are noted, oldest first."""
        rows = self._rows("SELECT customer_id, found_at FROM farthing.late_customer ORDER BY found_at, customer_id")
        return [LateCustomer(row.customer_id, row.found_at) for row in rows]

    def hold_late(self, customer_id: UUID) -> LateCustomer | None:
        """The note about a customer, held until the transaction ends; nobody else adjusts meanwhile."""
        row = self._row(
            "SELECT customer_id, found_at FROM farthing.late_customer WHERE customer_id = %(customer_id)s FOR UPDATE",
            {"customer_id": customer_id},
        )
        return None if row is None else LateCustomer(row.customer_id, row.found_at)

    def with_late_usage(self, customer_ids: Iterable[UUID]) -> set[UUID]:
        """Those of these customers who are noted."""
        rows = self._rows(
            "SELECT customer_id FROM farthing.late_customer WHERE customer_id = ANY(%(ids)s::uuid[])",
            {"ids": list(customer_ids)},
        )
        return {row.customer_id for row in rows}

    def note_late(self, customer_id: UUID, *, now: datetime) -> None:
        """Note that something may be to adjust for a customer, whatever was looked at."""
        self._run(
            """
            INSERT INTO farthing.late_customer (customer_id, found_at) VALUES (%(customer_id)s, %(now)s)
            ON CONFLICT DO NOTHING
            """,
            {"customer_id": customer_id, "now": now},
        )

    def settle_late(self, customer_ids: Iterable[UUID]) -> None:
        """Nothing is open of what came late for these."""
        self._run(
            "DELETE FROM farthing.late_customer WHERE customer_id = ANY(%(ids)s::uuid[])", {"ids": list(customer_ids)}
        )
