"""Which fees were charged ahead for a time that is not over, and what of them was not given back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from farthing.core.billing import paid_ahead_of
from farthing.core.money import Money
from farthing.core.rating.line import Origin
from farthing.core.rating.unused import FeePaidAhead
from farthing.postgres.invoices import Invoices


class PaidAheadFees(Invoices):
    """Fees whose time a change may cut short."""

    def fees_ahead(self, subscription_id: UUID, *, at: datetime) -> list[FeePaidAhead]:
        """The fees of a subscription whose time is not over at an instant, and of which nothing was given back."""
        rows = self._rows(
            """
            SELECT line.invoice_id, line.number, (
                       SELECT coalesce(sum(credited.minor), 0)::bigint FROM farthing.credit_note_line AS credited
                       JOIN farthing.credit_note AS note USING (seller_id, credit_note_id)
                       WHERE credited.invoice_id = line.invoice_id AND credited.line_number = line.number
                         AND note.kind = 'correction'
                   ) AS corrected
            FROM farthing.invoice_line AS line
            JOIN farthing.invoice AS invoice USING (seller_id, invoice_id)
            JOIN farthing.invoice_part AS part
              ON part.seller_id = line.seller_id AND part.invoice_id = line.invoice_id AND part.number = line.in_part
            WHERE part.subscription_id = %(subscription_id)s AND line.advance AND line.period_end > %(at)s
              AND coalesce(line.kind, 'fee') = 'fee'
              AND NOT EXISTS (
                  SELECT FROM farthing.invoice_line AS unused
                  WHERE unused.kind = 'unused'
                    AND unused.origin_id = line.invoice_id AND unused.origin_line = line.number
                    -- What an invoice that is voided gave back was taken again with it.
                    AND NOT EXISTS (
                        SELECT FROM farthing.credit_note AS note
                        WHERE note.invoice_id = unused.invoice_id AND note.voids
                    )
              )
              -- What was voided was given back as a whole.
              AND NOT EXISTS (
                  SELECT FROM farthing.credit_note AS note WHERE note.invoice_id = line.invoice_id AND note.voids
              )
            ORDER BY invoice.sequence, line.number
            """,
            {"subscription_id": subscription_id, "at": at},
        )
        found: list[FeePaidAhead] = []
        for row in rows:
            invoice = self.invoice(row.invoice_id)
            assert invoice is not None, f"invoice {row.invoice_id} has a line {row.number}"
            corrected = Money(row.corrected, invoice.draft.currency)
            found.append(paid_ahead_of(invoice.draft, Origin(row.invoice_id, row.number), corrected=corrected))
        return found

    def with_fees_ahead(self, moments: Sequence[tuple[UUID, datetime]]) -> set[UUID]:
        """Those of these subscriptions that may have fees whose time is not over at the instant beside them."""
        rows = self._rows(
            """
            SELECT asked.subscription_id
            FROM unnest(%(ids)s::uuid[], %(at)s::timestamptz[]) AS asked (subscription_id, at)
            WHERE EXISTS (
                SELECT FROM farthing.invoice_part AS part
                JOIN farthing.invoice_line AS line ON line.seller_id = part.seller_id
                    AND line.invoice_id = part.invoice_id AND line.in_part = part.number
                WHERE part.subscription_id = asked.subscription_id AND line.advance AND line.period_end > asked.at
            )
            """,
            {"ids": [subscription_id for subscription_id, _ in moments], "at": [at for _, at in moments]},
        )
        return {row.subscription_id for row in rows}
