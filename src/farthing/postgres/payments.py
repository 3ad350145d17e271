"""Payments with what they pay and what was paid back, and what a gateway was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from farthing.core.invoicing.collecting import AttemptState
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.payment import Allocation, PaidBy, Payment, PaymentStanding, Refund
from farthing.core.ledger.transaction import Transaction
from farthing.core.money import Money, currency
from farthing.postgres.credit_notes import CreditNotes
from farthing.postgres.invoices import Invoices
from farthing.postgres.written import storable
from farthing.usecases.payment_ports import Attempt


class Payments(Invoices, CreditNotes):
    """What customers paid."""

    def keep_payment(self, payment: Payment, transaction: Transaction) -> None:
        """Keep it with its transaction."""
        self.keep_transactions([transaction])
        self._run(
            """
            INSERT INTO farthing.payment (
                payment_id, customer_id, entity_key, currency, minor, paid_by, reference, received_on, recorded_at,
                recorded_by, transaction_id
            ) VALUES (
                %(payment_id)s, %(customer_id)s, %(entity_key)s, %(currency)s, %(minor)s, %(paid_by)s, %(reference)s,
                %(received_on)s, %(recorded_at)s, %(recorded_by)s, %(transaction_id)s
            )
            """,
            {
                "payment_id": payment.payment_id,
                "customer_id": payment.customer_id,
                "entity_key": payment.entity_key,
                "currency": payment.amount.currency.code,
                "minor": payment.amount.minor,
                "paid_by": payment.paid_by.value,
                "reference": storable(payment.reference),
                "received_on": payment.received_on,
                "recorded_at": payment.recorded_at,
                "recorded_by": storable(payment.by),
                "transaction_id": transaction.transaction_id,
            },
        )

    def keep_allocations(self, allocations: Sequence[Allocation], transactions: Sequence[Transaction]) -> None:
        """Keep what payments pay from now on, with its transactions."""
        self.keep_transactions(transactions)
        self._run(
            """
            INSERT INTO farthing.payment_allocation (
                payment_id, number, invoice_id, minor, transaction_id, allocated_at
            )
            SELECT * FROM unnest(%(payments)s::uuid[], %(numbers)s::integer[], %(invoices)s::uuid[],
                                 %(minors)s::bigint[], %(transactions)s::uuid[], %(instants)s::timestamptz[])
            """,
            {
                "payments": [one.payment_id for one in allocations],
                "numbers": [one.number for one in allocations],
                "invoices": [one.invoice_id for one in allocations],
                "minors": [one.amount.minor for one in allocations],
                "transactions": [one.transaction_id for one in allocations],
                "instants": [one.allocated_at for one in allocations],
            },
        )

    def keep_refund(self, refund: Refund, transaction: Transaction) -> None:
        """Keep what was paid back, with its transaction."""
        self.keep_transactions([transaction])
        self._run(
            """
            INSERT INTO farthing.payment_refund (
                refund_id, payment_id, minor, reason, refunded_on, refunded_at, refunded_by, transaction_id
            ) VALUES (
                %(refund_id)s, %(payment_id)s, %(minor)s, %(reason)s, %(refunded_on)s, %(refunded_at)s,
                %(refunded_by)s, %(transaction_id)s
            )
            """,
            {
                "refund_id": refund.refund_id,
                "payment_id": refund.payment_id,
                "minor": refund.amount.minor,
                "reason": storable(refund.reason),
                "refunded_on": refund.refunded_on,
                "refunded_at": refund.refunded_at,
                "refunded_by": storable(refund.by),
                "transaction_id": transaction.transaction_id,
            },
        )

    def payment(self, payment_id: UUID) -> PaymentStanding | None:
        """A payment with what became of it."""
        rows = self._rows("SELECT * FROM farthing.payment WHERE payment_id = %(id)s", {"id": payment_id})
        return next(iter(self._standing(rows)), None)

    def payments(self, *, customer_id: UUID | None = None, limit: int | None = None) -> list[PaymentStanding]:
        """The oldest first; with a limit, the newest so many."""
        rows = self._rows(
            """
            SELECT * FROM farthing.payment WHERE %(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s
            ORDER BY received_on DESC, written DESC LIMIT %(limit)s
            """,
            {"customer_id": customer_id, "limit": limit},
        )
        return self._standing(rows[::-1])

    def allocated_to(self, invoice_ids: Iterable[UUID]) -> Mapping[UUID, Money]:
        """What payments pay of each of these invoices that has some."""
        rows = self._rows(
            """
            SELECT paid.invoice_id, invoice.currency, sum(paid.minor)::bigint AS minor
            FROM farthing.payment_allocation AS paid JOIN farthing.invoice AS invoice USING (seller_id, invoice_id)
            WHERE paid.invoice_id = ANY(%(ids)s::uuid[]) GROUP BY paid.invoice_id, invoice.currency
            """,
            {"ids": list(invoice_ids)},
        )
        return {row.invoice_id: Money(row.minor, currency(row.currency)) for row in rows}

    def open_invoices(self, customer_id: UUID) -> list[Invoice]:
        """Those that may have something left to pay, the one that was due first first."""
        rows = self._rows(
            """
            SELECT invoice.* FROM farthing.invoice AS invoice
            WHERE invoice.customer_id = %(customer_id)s
              AND invoice.total_minor - invoice.credit_minor
                  > (SELECT coalesce(sum(note.total_minor - note.credit_minor), 0) FROM farthing.credit_note AS note
                     WHERE note.invoice_id = invoice.invoice_id)
                  + (SELECT coalesce(sum(paid.minor), 0) FROM farthing.payment_allocation AS paid
                     WHERE paid.invoice_id = invoice.invoice_id)
            ORDER BY invoice.due_on, invoice.issued_at, invoice.entity_key, invoice.sequence
            """,
            {"customer_id": customer_id},
        )
        return self._with_lines(rows)

    def set_right_later(self, invoice_id: UUID) -> list[str]:
        """The numbers of invoices, not voided, that bill more of this one's charges or set a line of it right."""
        rows = self._rows(
            """
            SELECT DISTINCT later.number FROM farthing.invoice AS later
            WHERE later.invoice_id IN (
                SELECT line.invoice_id FROM farthing.invoice_line AS line WHERE line.origin_id = %(invoice_id)s
                UNION
                SELECT next.invoice_id FROM farthing.slice AS next
                JOIN farthing.slice AS own USING (seller_id, charge_id)
                WHERE own.invoice_id = %(invoice_id)s AND (next.revision, next.number) > (own.revision, own.number)
            )
              AND later.invoice_id <> %(invoice_id)s
              AND NOT EXISTS (SELECT FROM farthing.credit_note AS note
                              WHERE note.invoice_id = later.invoice_id AND note.voids)
            ORDER BY later.number
            """,
            {"invoice_id": invoice_id},
        )
        return [row.number for row in rows]

    def given_back_of(self, invoice: Invoice) -> Mapping[int, Money]:
        """What later invoices, not voided, gave back of its fees as unused, by line; above zero."""
        rows = self._rows(
            """
            SELECT line.origin_line, -sum(line.minor)::bigint AS minor
            FROM farthing.invoice_line AS line
            WHERE line.origin_id = %(invoice_id)s AND line.kind = 'unused'
              AND NOT EXISTS (SELECT FROM farthing.credit_note AS note
                              WHERE note.invoice_id = line.invoice_id AND note.voids)
            GROUP BY line.origin_line
            """,
            {"invoice_id": invoice.invoice_id},
        )
        return {row.origin_line: Money(row.minor, invoice.draft.currency) for row in rows}

    def _standing(self, rows: Sequence[Any]) -> list[PaymentStanding]:
        if not rows:
            return []
        ids = {"ids": [row.payment_id for row in rows]}
        codes = {row.payment_id: currency(row.currency) for row in rows}
        customers = {row.payment_id: row.customer_id for row in rows}
        allocations: dict[UUID, list[Allocation]] = {}
        for row in self._rows(
            """
            SELECT * FROM farthing.payment_allocation WHERE payment_id = ANY(%(ids)s::uuid[])
            ORDER BY payment_id, number
            """,
            ids,
        ):
            allocations.setdefault(row.payment_id, []).append(
                Allocation(
                    row.payment_id,
                    row.number,
                    row.invoice_id,
                    Money(row.minor, codes[row.payment_id]),
                    row.transaction_id,
                    row.allocated_at,
                )
            )
        refunds: dict[UUID, list[Refund]] = {}
        for row in self._rows(
            """
            SELECT * FROM farthing.payment_refund WHERE payment_id = ANY(%(ids)s::uuid[])
            ORDER BY payment_id, refunded_at, refund_id
            """,
            ids,
        ):
            refunds.setdefault(row.payment_id, []).append(
                Refund(
                    row.refund_id,
                    row.payment_id,
                    customers[row.payment_id],
                    Money(row.minor, codes[row.payment_id]),
                    row.reason,
                    row.refunded_by,
                    row.refunded_on,
                    row.refunded_at,
                )
            )
        return [
            PaymentStanding(
                _payment(row), tuple(allocations.get(row.payment_id, ())), tuple(refunds.get(row.payment_id, ()))
            )
            for row in rows
        ]


class Attempts(Payments):
    """What a gateway was asked for."""

    def keep_attempt(self, attempt: Attempt) -> bool:
        """Keep a new attempt; False where its invoice, or its payment, has a live one."""
        kept = self._run(
            """
            INSERT INTO farthing.payment_attempt (
                attempt_id, customer_id, invoice_id, payment_id, currency, minor, method, reason, asked_by, begun_at,
                state, method_number
            ) VALUES (
                %(attempt_id)s, %(customer_id)s, %(invoice_id)s, %(payment_id)s, %(currency)s, %(minor)s, %(method)s,
                %(reason)s, %(asked_by)s, %(begun_at)s, 'live',
                %(method_number)s
            ) ON CONFLICT DO NOTHING
            """,
            {
                "attempt_id": attempt.attempt_id,
                "customer_id": attempt.customer_id,
                "invoice_id": attempt.invoice_id,
                "payment_id": attempt.payment_id,
                "currency": attempt.amount.currency.code,
                "minor": attempt.amount.minor,
                "method": storable(attempt.method),
                "reason": storable(attempt.reason),
                "asked_by": storable(attempt.by),
                "begun_at": attempt.begun_at,
                "method_number": attempt.method_number,
            },
        )
        return kept == 1

    def attempt(self, attempt_id: UUID) -> Attempt | None:
        """The attempt as it stands."""
        row = self._row("SELECT * FROM farthing.payment_attempt WHERE attempt_id = %(id)s", {"id": attempt_id})
        return None if row is None else attempt_from(row)

    def lock_attempt(self, attempt_id: UUID) -> None:
        """Until the transaction ends nobody else keeps an answer to it."""
        self._row(
            "SELECT attempt_id FROM farthing.payment_attempt WHERE attempt_id = %(id)s FOR UPDATE", {"id": attempt_id}
        )

    def end_attempt(self, attempt: Attempt) -> None:
        """Keep the answer to a locked attempt."""
        self._run(
            """
            UPDATE farthing.payment_attempt SET state = %(state)s, said = %(said)s, ended_at = %(ended_at)s
            WHERE attempt_id = %(attempt_id)s
            """,
            {
                "attempt_id": attempt.attempt_id,
                "state": attempt.state.value,
                "said": storable(attempt.said),
                "ended_at": attempt.ended_at,
            },
        )

    def live_attempts(self, *, customer_id: UUID | None = None) -> list[Attempt]:
        """Those without a known answer, the oldest first."""
        rows = self._rows(
            """
            SELECT * FROM farthing.payment_attempt
            WHERE state = 'live' AND (%(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s)
            ORDER BY begun_at, attempt_id
            """,
            {"customer_id": customer_id},
        )
        return [attempt_from(row) for row in rows]


def _payment(row: Any) -> Payment:
    return Payment(
        payment_id=row.payment_id,
        customer_id=row.customer_id,
        entity_key=row.entity_key,
        amount=Money(row.minor, currency(row.currency)),
        paid_by=PaidBy(row.paid_by),
        reference=row.reference,
        received_on=row.received_on,
        recorded_at=row.recorded_at,
        by=row.recorded_by,
    )


def attempt_from(row: Any) -> Attempt:
    """An attempt as its row says it."""
    return Attempt(
        attempt_id=row.attempt_id,
        customer_id=row.customer_id,
        invoice_id=row.invoice_id,
        payment_id=row.payment_id,
        amount=Money(row.minor, currency(row.currency)),
        method=row.method,
        reason=row.reason,
        by=row.asked_by,
        begun_at=row.begun_at,
        state=AttemptState(row.state),
        said=row.said,
        ended_at=row.ended_at,
        method_number=row.method_number,
    )
