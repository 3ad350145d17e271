"""Payment methods on file, the terms of collecting, and what is to be collected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from farthing.core.invoicing.collecting import CollectingTerms
from farthing.postgres.payments import Attempts, attempt_from
from farthing.postgres.written import storable
from farthing.usecases.collecting_ports import Method
from farthing.usecases.payment_ports import Attempt


class Collecting(Attempts):
    """How customers pay by themselves."""

    def keep_method(self, method: Method) -> None:
        """From now on this is the customer's method."""
        self._run(
            """
            INSERT INTO farthing.payment_method (customer_id, number, token, label, put_at, put_by)
            VALUES (%(customer_id)s, %(number)s, %(token)s, %(label)s, %(put_at)s, %(put_by)s)
            """,
            {
                "customer_id": method.customer_id,
                "number": method.number,
                "token": storable(method.token),
                "label": storable(method.label),
                "put_at": method.put_at,
                "put_by": storable(method.put_by),
            },
        )

    def last_method(self, customer_id: UUID) -> Method | None:
        """The one that was said last."""
        row = self._row(
            "SELECT * FROM farthing.payment_method WHERE customer_id = %(id)s ORDER BY number DESC LIMIT 1",
            {"id": customer_id},
        )
        if row is None:
            return None
        return Method(row.customer_id, row.number, row.token, row.label, row.put_at, row.put_by)

    def keep_collecting_terms(self, terms: CollectingTerms, *, set_at: datetime, set_by: str) -> None:
        """A new version of them."""
        self._lock_name("collecting terms")
        self._run(
            """
            INSERT INTO farthing.collecting_terms (
                version, retry_days, retry_hour, past_due_after_days, set_at, set_by
            )
            SELECT coalesce(max(version), 0) + 1, %(days)s, %(hour)s, %(past_due)s, %(set_at)s, %(set_by)s
            FROM farthing.collecting_terms
            """,
            {
                "days": list(terms.retry_days),
                "hour": terms.retry_hour,
                "past_due": terms.past_due_after_days,
                "set_at": set_at,
                "set_by": storable(set_by),
            },
        )

    def collecting_terms(self) -> CollectingTerms:
        """Those in force."""
        row = self._row("SELECT * FROM farthing.collecting_terms ORDER BY version DESC LIMIT 1", {})
        if row is None:
            return CollectingTerms()
        return CollectingTerms(tuple(row.retry_days), row.retry_hour, row.past_due_after_days)

    def attempts_at(self, invoice_ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Attempt]]:
        """Those that collect each of these invoices, the oldest first."""
        rows = self._rows(
            """
            SELECT * FROM farthing.payment_attempt WHERE invoice_id = ANY(%(ids)s::uuid[])
            ORDER BY begun_at, ended_at NULLS LAST, attempt_id
            """,
            {"ids": list(invoice_ids)},
        )
        found: dict[UUID, list[Attempt]] = {}
        for row in rows:
            found.setdefault(row.invoice_id, []).append(attempt_from(row))
        return found

    def attempts(self, *, customer_id: UUID | None = None, limit: int | None = None) -> list[Attempt]:
        """Newest first."""
        rows = self._rows(
            """
            SELECT * FROM farthing.payment_attempt
            WHERE %(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s
            ORDER BY begun_at DESC, ended_at DESC NULLS FIRST, attempt_id LIMIT %(limit)s
            """,
            {"customer_id": customer_id, "limit": limit},
        )
        return [attempt_from(row) for row in rows]

    def invoices_to_collect(self) -> list[UUID]:
        """Those with something left to pay, a method and no live attempt, the one that was due first first."""
        rows = self._rows(
            """
            SELECT invoice.invoice_id
            FROM farthing.invoice AS invoice JOIN (
                SELECT DISTINCT ON (customer_id) customer_id, token FROM farthing.payment_method
                ORDER BY customer_id, number DESC
            ) AS method USING (customer_id)
            WHERE method.token <> ''
              AND invoice.total_minor - invoice.credit_minor
                  > (SELECT coalesce(sum(note.total_minor - note.credit_minor), 0) FROM farthing.credit_note AS note
                     WHERE note.invoice_id = invoice.invoice_id)
                  + (SELECT coalesce(sum(paid.minor), 0) FROM farthing.payment_allocation AS paid
                     WHERE paid.invoice_id = invoice.invoice_id)
              AND NOT EXISTS (SELECT FROM farthing.payment_attempt AS attempt
                              WHERE attempt.invoice_id = invoice.invoice_id AND attempt.state = 'live')
            ORDER BY invoice.due_on, invoice.issued_at, invoice.entity_key, invoice.sequence
            """,
            {},
        )
        return [row.invoice_id for row in rows]
