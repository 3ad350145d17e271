"""Invoices with their lines and slices: written once with their number and transaction, read back as they were."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from farthing.core.billing import Bill, Issued
from farthing.core.invoicing.invoice import Draft, Invoice, Series
from farthing.core.invoicing.part import Part
from farthing.core.invoicing.reckoning import NOTHING, Reckoning
from farthing.core.ledger.transaction import Transaction
from farthing.core.money import Money, currency
from farthing.core.rating.line import Slice
from farthing.core.refused import Refused
from farthing.postgres.ledger import Ledger
from farthing.postgres.lines import denominator, line_columns, line_from, numerator, slice_from
from farthing.postgres.reckonings import Reckonings, has_reckoning
from farthing.postgres.subscriptions import Subscriptions
from farthing.postgres.taxes import Taxes
from farthing.postgres.written import is_storable, write_json

_READ_AT_ONCE = 500
_MOST_MINOR = 2**63 - 1


class Invoices(Reckonings, Taxes, Ledger, Subscriptions):
    """What customers were told they owe."""

    def lock_series(self, entity_key: str) -> Series:
        """The invoice numbers given so far, held until the transaction ends."""
        row = self._row(
            """
            SELECT last, last_issued_at FROM farthing.number_series
            WHERE entity_key = %(entity_key)s AND kind = 'invoice' FOR UPDATE
            """,
            {"entity_key": entity_key},
        )
        assert row is not None, f"legal entity {entity_key} has no series of invoice numbers"
        return Series(row.last, row.last_issued_at)

    def keep_bill(self, bill: Bill, *, run_id: UUID | None) -> None:
        """Keep the invoice with its lines and slices, the transactions, the subscription's progress, the number."""
        _refuse_more_than_can_be_kept(bill.invoice, bill.transactions)
        self._keep(bill.invoice, bill.transactions, run_id=run_id)
        self.keep_progress_of(bill.subscriptions)

    def keep_issued(self, issued: Issued) -> None:
        """Keep an invoice that moves no subscription on, with its lines, its transactions and its number."""
        _refuse_more_than_can_be_kept(issued.invoice, issued.transactions)
        self._keep(issued.invoice, issued.transactions, run_id=None)

    def _keep(self, invoice: Invoice | None, transactions: Sequence[Transaction], *, run_id: UUID | None) -> None:
        self.keep_transactions(transactions)
        if invoice is not None:
            booked = [booking for booking in transactions if booking.about == invoice.invoice_id]
            assert len(booked) == 1, f"{invoice.number} is booked {len(booked)} times"
            self._keep_invoice(invoice, run_id=run_id, transaction_id=booked[0].transaction_id)

    def _keep_invoice(self, invoice: Invoice, *, run_id: UUID | None, transaction_id: UUID) -> None:
        draft = invoice.draft
        numbered = self._run(
            """
            UPDATE farthing.number_series SET last = %(sequence)s, last_issued_at = %(issued_at)s
            WHERE entity_key = %(entity_key)s AND kind = 'invoice'
            """,
            {"entity_key": invoice.entity_key, "sequence": invoice.sequence, "issued_at": invoice.issued_at},
        )
        assert numbered == 1, f"legal entity {invoice.entity_key} has no series of invoice numbers"
        self._run(
            """
            INSERT INTO farthing.invoice (
                invoice_id, entity_key, sequence, number, customer_id, subscription_id, run_id, currency, billed_at,
                issued_at, issued_on, due_on, total_minor, transaction_id, frozen, discount_minor, tax_minor,
                tax_included, credit_minor, reckoned,
                revision, several
            ) VALUES (
                %(invoice_id)s, %(entity_key)s, %(sequence)s, %(number)s, %(customer_id)s, %(subscription_id)s,
                %(run_id)s, %(currency)s, %(billed_at)s, %(issued_at)s, %(issued_on)s, %(due_on)s, %(total_minor)s,
                %(transaction_id)s, %(frozen)s, %(discount_minor)s, %(tax_minor)s, %(tax_included)s, %(credit_minor)s,
                %(reckoned)s, %(revision)s, %(several)s
            )
            """,
            {
                "invoice_id": draft.invoice_id,
                "entity_key": invoice.entity_key,
                "sequence": invoice.sequence,
                "number": invoice.number,
                "customer_id": draft.customer_id,
                "subscription_id": draft.subscription_id,
                "run_id": run_id,
                "currency": draft.currency.code,
                "billed_at": draft.at,
                "issued_at": invoice.issued_at,
                "issued_on": invoice.issued_on,
                "due_on": invoice.due_on,
                "total_minor": invoice.total.minor,
                "transaction_id": transaction_id,
                "frozen": write_json(draft.frozen),
                "discount_minor": draft.discounted.minor,
                "tax_minor": draft.tax.minor,
                "tax_included": draft.reckoning.tax_included,
                "credit_minor": draft.paid_ahead.minor,
                "reckoned": draft.reckoning != NOTHING,
                "revision": draft.revision,
                "several": bool(draft.parts),
            },
        )
        self._keep_moments(draft)
        self._run(
            """
            INSERT INTO farthing.invoice_line (
                invoice_id, number, price_key, name, period_start, period_end, quantity, unit, steps, minor, advance,
                days, of_days, quantity_of, share_unit, kind, cells, modified, part, rate, origin_id, origin_line, note,
                tax_category, in_part
            )
            SELECT %(invoice_id)s, line.* FROM unnest(
                %(numbers)s::integer[], %(price_keys)s::text[], %(names)s::text[], %(starts)s::timestamptz[],
                %(ends)s::timestamptz[], %(quantities)s::numeric[], %(units)s::text[], %(steps)s::jsonb[],
                %(minors)s::bigint[], %(advances)s::boolean[], %(days)s::integer[], %(of_days)s::integer[],
                %(quantities_of)s::numeric[], %(share_units)s::text[], %(kinds)s::text[], %(cells)s::jsonb[],
                %(modified)s::jsonb[], %(parts)s::jsonb[], %(rates)s::jsonb[], %(origins)s::uuid[],
                %(origin_lines)s::integer[], %(notes)s::text[], %(tax_categories)s::text[],
                %(in_parts)s::integer[]
            ) AS line
            """,
            {"invoice_id": draft.invoice_id} | line_columns(draft.lines),
        )
        self._keep_slices(draft)
        self.keep_reckoning(draft)
        self.keep_addressee(draft.invoice_id, customer_id=draft.customer_id)

    def _keep_moments(self, draft: Draft) -> None:
        """What an invoice of one moment rests on stands on the invoice itself."""
        parts = draft.all_parts
        self._run(
            """
            INSERT INTO farthing.invoice_part (
                invoice_id, number, customer_id, subscription_id, billed_at, revision, frozen
            )
            SELECT %(invoice_id)s, part.number, part.customer_id, part.subscription_id, part.billed_at, %(revision)s,
                   part.frozen
            FROM unnest(
                %(numbers)s::integer[], %(customers)s::uuid[], %(subscriptions)s::uuid[], %(moments)s::timestamptz[],
                %(frozen)s::jsonb[]
            ) AS part (number, customer_id, subscription_id, billed_at, frozen)
            """,
            {
                "invoice_id": draft.invoice_id,
                "revision": draft.revision,
                "numbers": list(range(1, len(parts) + 1)),
                "customers": [part.customer_id for part in parts],
                "subscriptions": [part.subscription_id for part in parts],
                "moments": [part.at for part in parts],
                "frozen": [write_json(part.frozen) if draft.parts else None for part in parts],
            },
        )

    def _keep_slices(self, draft: Draft) -> None:
        links = [(number, line.slice) for number, line in enumerate(draft.lines, start=1) if line.slice is not None]
        if not links:
            return
        self._run(
            """
            INSERT INTO farthing.slice (
                charge_id, revision, number, after, upto, quantity, events, invoice_id, line_number, quantity_of,
                event_type
            )
            SELECT link.charge_id, link.revision, coalesce((
                       SELECT max(kept.number) FROM farthing.slice AS kept
                       WHERE kept.charge_id = link.charge_id AND kept.revision = link.revision
                   ), 0) + row_number() OVER (
                       PARTITION BY link.charge_id, link.revision ORDER BY link.after, link.line_number
                   ),
                   link.after, link.upto, link.quantity, link.events, %(invoice_id)s, link.line_number,
                   link.quantity_of, link.event_type
            FROM unnest(
                %(charges)s::uuid[], %(revisions)s::integer[], %(afters)s::bigint[], %(uptos)s::bigint[],
                %(quantities)s::numeric[], %(events)s::bigint[], %(lines)s::integer[], %(quantities_of)s::numeric[],
                %(types)s::text[]
            ) AS link (charge_id, revision, after, upto, quantity, events, line_number, quantity_of, event_type)
            """,
            {
                "invoice_id": draft.invoice_id,
                "charges": [link.charge_id for _, link in links],
                "revisions": [link.revision for _, link in links],
                "afters": [link.after for _, link in links],
                "uptos": [link.to for _, link in links],
                "quantities": [numerator(link.quantity) for _, link in links],
                "quantities_of": [denominator(link.quantity) for _, link in links],
                "events": [link.events for _, link in links],
                "lines": [number for number, _ in links],
                "types": [link.event_type for _, link in links],
            },
        )

    def invoice(self, number_or_id: str | UUID) -> Invoice | None:
        """The invoice with this number or id."""
        if isinstance(number_or_id, UUID):
            rows = self._rows("SELECT * FROM farthing.invoice WHERE invoice_id = %(id)s", {"id": number_or_id})
        elif is_storable(number_or_id):
            rows = self._rows("SELECT * FROM farthing.invoice WHERE number = %(number)s", {"number": number_or_id})
        else:
            return None
        return next(iter(self._with_lines(rows)), None)

    def invoices(
        self, *, customer_id: UUID | None = None, run_id: UUID | None = None, limit: int | None = None
    ) -> list[Invoice]:
        """Newest first."""
        rows = self._rows(
            """
            SELECT * FROM farthing.invoice
            WHERE (%(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s)
              AND (%(run_id)s::uuid IS NULL OR run_id = %(run_id)s)
            ORDER BY issued_at DESC, entity_key, sequence DESC LIMIT %(limit)s
            """,
            {"customer_id": customer_id, "run_id": run_id, "limit": limit},
        )
        return self._with_lines(rows)

    def invoices_issued_after(self, day: date, *, subscription_id: UUID) -> list[Invoice]:
        """A subscription's invoices with a date of issue after this day."""
        rows = self._rows(
            """
            SELECT * FROM farthing.invoice
            WHERE issued_on > %(day)s AND invoice_id IN (
                SELECT invoice_id FROM farthing.invoice_part WHERE subscription_id = %(subscription_id)s
            )
            ORDER BY billed_at, revision
            """,
            {"subscription_id": subscription_id, "day": day},
        )
        return self._with_lines(rows)

    def all_invoices(self) -> Iterator[Invoice]:
        """By legal entity and sequence."""
        rows = self._stream("SELECT * FROM farthing.invoice ORDER BY entity_key, sequence")
        while some := list(islice(rows, _READ_AT_ONCE)):
            yield from self._with_lines(some)

    def all_slices(self) -> Iterator[Slice]:
        """By charge, revision and beginning."""
        rows = self._stream(
            """
            SELECT charge_id, revision, after, upto, quantity AS slice_quantity,
                   quantity_of AS slice_quantity_of, events, event_type
            FROM farthing.slice
            ORDER BY charge_id, revision, number
            """
        )
        for row in rows:
            yield slice_from(row)

    def _with_lines(self, rows: Sequence[Any]) -> list[Invoice]:
        lines = self._rows(
            """
            SELECT line.*, slice.charge_id, slice.revision, slice.after, slice.upto, slice.events,
                   slice.quantity AS slice_quantity, slice.quantity_of AS slice_quantity_of,
                   slice.event_type
            FROM farthing.invoice_line AS line LEFT JOIN farthing.slice AS slice
                ON slice.seller_id = line.seller_id AND slice.invoice_id = line.invoice_id
                AND slice.line_number = line.number
            WHERE line.invoice_id = ANY(%(ids)s::uuid[])
            ORDER BY line.invoice_id, line.number
            """,
            {"ids": [row.invoice_id for row in rows]},
        )
        of_invoice = {invoice_id: list(own) for invoice_id, own in groupby(lines, key=lambda line: line.invoice_id)}
        reckonings = self.reckonings([row for row in rows if has_reckoning(row)])
        parts = self._moments_of([row for row in rows if row.several])
        return [
            _invoice(
                row,
                of_invoice[row.invoice_id],
                reckonings.get(row.invoice_id, NOTHING),
                tuple(parts.get(row.invoice_id, ())),
            )
            for row in rows
        ]

    def _moments_of(self, rows: Sequence[Any]) -> dict[UUID, list[Part]]:
        found: dict[UUID, list[Part]] = {}
        if rows:
            for row in self._rows(
                """
                SELECT invoice_id, customer_id, subscription_id, billed_at, frozen FROM farthing.invoice_part
                WHERE invoice_id = ANY(%(ids)s::uuid[]) ORDER BY invoice_id, number
                """,
                {"ids": [row.invoice_id for row in rows]},
            ):
                part = Part(row.customer_id, row.subscription_id, row.billed_at, row.frozen)
                found.setdefault(row.invoice_id, []).append(part)
        return found


def _invoice(row: Any, lines: Sequence[Any], reckoning: Reckoning, parts: tuple[Part, ...]) -> Invoice:
    in_currency = currency(row.currency)
    draft = Draft(
        invoice_id=row.invoice_id,
        customer_id=row.customer_id,
        subscription_id=row.subscription_id,
        currency=in_currency,
        at=row.billed_at,
        lines=tuple(line_from(line, in_currency=in_currency) for line in lines),
        frozen=row.frozen,
        reckoning=reckoning,
        revision=row.revision,
        parts=parts,
    )
    return Invoice(
        draft=draft,
        entity_key=row.entity_key,
        sequence=row.sequence,
        number=row.number,
        issued_at=row.issued_at,
        issued_on=row.issued_on,
        due_on=row.due_on,
        total=Money(row.total_minor, in_currency),
    )


def _refuse_more_than_can_be_kept(invoice: Invoice | None, transactions: Sequence[Transaction]) -> None:
    amounts = [posting.amount for booking in transactions for posting in booking.postings]
    amounts += [] if invoice is None else [line.amount for line in invoice.draft.lines]
    largest = max(amounts, key=lambda amount: abs(amount.minor), default=None)
    if largest is not None and abs(largest.minor) > _MOST_MINOR:
        raise Refused(f"It comes to {largest}, which is more than the books can hold; look at its usage and prices.")
