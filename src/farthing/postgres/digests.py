"""What digests say of a time, or of what waits: counted where the rows are, of one customer or of all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import sql

from farthing.core.money import Money, currency
from farthing.core.period import Period
from farthing.postgres.session import Session

_LEFT = sql.SQL(
    """
    SELECT invoice.*, invoice.total_minor - invoice.credit_minor
        - (SELECT coalesce(sum(note.total_minor - note.credit_minor), 0) FROM farthing.credit_note AS note
           WHERE note.invoice_id = invoice.invoice_id)
        - (SELECT coalesce(sum(paid.minor), 0) FROM farthing.payment_allocation AS paid
           WHERE paid.invoice_id = invoice.invoice_id) AS left_minor
    FROM farthing.invoice AS invoice
    WHERE %(customer_id)s::uuid IS NULL OR invoice.customer_id = %(customer_id)s
    """
)


class Digests(Session):
    """What came about, and what waits."""

    def invoiced_in(self, period: Period, *, customer_id: UUID | None) -> list[Money]:
        """What each invoice that was issued in this time comes to, of one customer or of all."""
        return self._amounts(
            """
            SELECT currency, total_minor AS minor FROM farthing.invoice
            WHERE issued_at >= %(start)s AND issued_at < %(end)s
              AND (%(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s)
            """,
            period,
            customer_id,
        )

    def paid_in(self, period: Period, *, customer_id: UUID | None) -> list[Money]:
        """Each payment that was recorded in this time."""
        return self._amounts(
            """
            SELECT currency, minor FROM farthing.payment
            WHERE recorded_at >= %(start)s AND recorded_at < %(end)s
              AND (%(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s)
            """,
            period,
            customer_id,
        )

    def alerts_raised_in(self, period: Period, *, customer_id: UUID | None) -> int:
        """How many alerts were told in this time; of a customer, those that they were told themselves."""
        row = self._row(
            """
            SELECT count(*) AS alerts FROM farthing.alert JOIN farthing.budget USING (seller_id, budget_id)
            WHERE is_told AND raised_at >= %(start)s AND raised_at < %(end)s
              AND (%(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s AND tells <> 'finance')
            """,
            {"start": period.start, "end": period.end, "customer_id": customer_id},
        )
        return int(row.alerts)

    def open_alerts(self, *, customer_id: UUID | None) -> int:
        """How many of these nobody has acknowledged."""
        row = self._row(
            """
            SELECT count(*) AS alerts FROM farthing.alert JOIN farthing.budget USING (seller_id, budget_id)
            WHERE is_told AND (%(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s AND tells <> 'finance')
              AND NOT EXISTS (SELECT FROM farthing.alert_act AS done
                              WHERE done.alert_id = alert.alert_id AND done.act = 'acknowledged')
            """,
            {"customer_id": customer_id},
        )
        return int(row.alerts)

    def unpaid(self, *, customer_id: UUID | None) -> list[tuple[UUID, str, date, Money]]:
        """Invoices with something left to pay: whose, the number, the day it is due, and what is left; by that day."""
        rows = self._rows(
            sql.SQL("SELECT * FROM ({}) AS owed WHERE left_minor > 0 ORDER BY due_on, number").format(_LEFT),
            {"customer_id": customer_id},
        )
        return [
            (row.customer_id, row.number, row.due_on, Money(int(row.left_minor), currency(row.currency)))
            for row in rows
        ]

    def failed_collections(self, *, customer_id: UUID | None) -> list[Money]:
        """What was declined last and is still to be paid, invoice by invoice."""
        rows = self._rows(
            sql.SQL(
                """
                SELECT owed.currency, owed.left_minor FROM ({}) AS owed
                WHERE left_minor > 0 AND (
                    SELECT attempt.state IN ('declined_soft', 'declined_hard')
                    FROM farthing.payment_attempt AS attempt WHERE attempt.invoice_id = owed.invoice_id
                    ORDER BY attempt.begun_at DESC LIMIT 1)
                """
            ).format(_LEFT),
            {"customer_id": customer_id},
        )
        return [Money(int(row.left_minor), currency(row.currency)) for row in rows]

    def customers_named(self, customer_ids: Iterable[UUID]) -> dict[UUID, str]:
        """What these are called."""
        rows = self._rows(
            "SELECT customer_id, name FROM farthing.customer_profile WHERE customer_id = ANY (%(these)s)",
            {"these": list(customer_ids)},
        )
        return {row.customer_id: row.name for row in rows}

    def _amounts(self, statement: Any, period: Period, customer_id: UUID | None) -> list[Money]:
        rows = self._rows(statement, {"start": period.start, "end": period.end, "customer_id": customer_id})
        return [Money(row.minor, currency(row.currency)) for row in rows]
