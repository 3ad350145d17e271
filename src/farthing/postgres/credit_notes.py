"""Credit notes with their lines, discounts, taxes and credits: written once, with their number and transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any
from uuid import UUID

from farthing.core.invoicing.credit_note import CreditedLine, CreditKind, CreditNote
from farthing.core.invoicing.invoice import Series
from farthing.core.invoicing.reckoning import CreditUse
from farthing.core.ledger.transaction import Transaction
from farthing.core.money import Money, currency
from farthing.postgres.ledger import Ledger
from farthing.postgres.lines import denominator, exact_from, numerator
from farthing.postgres.reckonings import discount_from, tax_from
from farthing.postgres.written import is_storable, storable, write_json
from farthing.usecases.payment_ports import Corrected

_READ_AT_ONCE = 500


class CreditNotes(Ledger):
    """What invoices said and is taken back."""

    def lock_money(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else credits this customer's invoices or moves their payments."""
        self._lock_name("money", str(customer_id))

    def lock_credit_note_series(self, entity_key: str) -> Series:
        """The numbers of credit notes given so far, held until the transaction ends; the first makes the series."""
        named = {"entity_key": entity_key}
        self._run(
            """
            INSERT INTO farthing.number_series (entity_key, kind) VALUES (%(entity_key)s, 'credit_note')
            ON CONFLICT DO NOTHING
            """,
            named,
        )
        row = self._row(
            """
            SELECT last, last_issued_at FROM farthing.number_series
            WHERE entity_key = %(entity_key)s AND kind = 'credit_note' FOR UPDATE
            """,
            named,
        )
        return Series(row.last, row.last_issued_at)

    def keep_credit_note(self, note: CreditNote, transaction: Transaction) -> None:
        """Keep a note with its parts, its transaction and its number."""
        self.keep_transactions([transaction])
        self._run(
            """
            UPDATE farthing.number_series SET last = %(sequence)s, last_issued_at = %(issued_at)s
            WHERE entity_key = %(entity_key)s AND kind = 'credit_note'
            """,
            {"entity_key": note.entity_key, "sequence": note.sequence, "issued_at": note.issued_at},
        )
        self._run(
            """
            INSERT INTO farthing.credit_note (
                credit_note_id, entity_key, sequence, number, invoice_id, customer_id, subscription_id, currency,
                issued_at, issued_on, kind, voids, reason, written_by, total_minor, discount_minor, tax_minor,
                tax_included, credit_minor, freed_minor, transaction_id
            ) VALUES (
                %(credit_note_id)s, %(entity_key)s, %(sequence)s, %(number)s, %(invoice_id)s, %(customer_id)s,
                %(subscription_id)s, %(currency)s, %(issued_at)s, %(issued_on)s, %(kind)s, %(voids)s, %(reason)s,
                %(written_by)s, %(total_minor)s, %(discount_minor)s, %(tax_minor)s, %(tax_included)s, %(credit_minor)s,
                %(freed_minor)s, %(transaction_id)s
            )
            """,
            {
                "credit_note_id": note.credit_note_id,
                "entity_key": note.entity_key,
                "sequence": note.sequence,
                "number": note.number,
                "invoice_id": note.invoice_id,
                "customer_id": note.customer_id,
                "subscription_id": note.subscription_id,
                "currency": note.currency.code,
                "issued_at": note.issued_at,
                "issued_on": note.issued_on,
                "kind": note.kind.value,
                "voids": note.voids,
                "reason": storable(note.reason),
                "written_by": storable(note.by),
                "total_minor": note.total.minor,
                "discount_minor": note.discounted.minor,
                "tax_minor": note.tax.minor,
                "tax_included": note.tax_included,
                "credit_minor": note.given_back.minor,
                "freed_minor": 0 if note.freed is None else note.freed.minor,
                "transaction_id": transaction.transaction_id,
            },
        )
        self._keep_parts(note)

    def _keep_parts(self, note: CreditNote) -> None:
        self._run(
            """
            INSERT INTO farthing.credit_note_line (
                credit_note_id, number, invoice_id, line_number, gross_minor, minor, units, units_of
            )
            SELECT %(credit_note_id)s, line.number, %(invoice_id)s, line.line_number, line.gross, line.minor,
                   line.units, line.units_of
            FROM unnest(%(line_numbers)s::integer[], %(gross)s::bigint[], %(minors)s::bigint[], %(units)s::numeric[],
                        %(units_of)s::numeric[])
                WITH ORDINALITY AS line (line_number, gross, minor, units, units_of, number)
            """,
            {
                "credit_note_id": note.credit_note_id,
                "invoice_id": note.invoice_id,
                "line_numbers": [line.number for line in note.lines],
                "gross": [line.gross.minor for line in note.lines],
                "minors": [line.amount.minor for line in note.lines],
                "units": [None if line.units is None else numerator(line.units) for line in note.lines],
                "units_of": [1 if line.units is None else denominator(line.units) for line in note.lines],
            },
        )
        for number, discount in enumerate(note.discounts, start=1):
            self._run(
                """
                INSERT INTO farthing.credit_note_discount (
                    credit_note_id, number, kind, source_id, key, name, minor, minors, terms
                ) VALUES (
                    %(credit_note_id)s, %(number)s, %(kind)s, %(source_id)s, %(key)s, %(name)s, %(minor)s, %(minors)s,
                    %(terms)s
                )
                """,
                {
                    "credit_note_id": note.credit_note_id,
                    "number": number,
                    "kind": discount.kind.value,
                    "source_id": discount.source_id,
                    "key": discount.key,
                    "name": discount.name,
                    "minor": discount.amount.minor,
                    "minors": [amount.minor for amount in discount.amounts],
                    "terms": write_json(discount.terms),
                },
            )
        for number, tax in enumerate(note.taxes, start=1):
            self._run(
                """
                INSERT INTO farthing.credit_note_tax (
                    credit_note_id, number, key, name, category, jurisdiction, rate, treatment, reason, reason_code,
                    base_minor, minor, lines
                ) VALUES (
                    %(credit_note_id)s, %(number)s, %(key)s, %(name)s, %(category)s, %(jurisdiction)s, %(rate)s,
                    %(treatment)s, %(reason)s, %(reason_code)s, %(base_minor)s, %(minor)s, %(lines)s
                )
                """,
                {
                    "credit_note_id": note.credit_note_id,
                    "number": number,
                    "key": tax.key,
                    "name": tax.name,
                    "category": tax.category,
                    "jurisdiction": tax.jurisdiction,
                    "rate": tax.rate,
                    "treatment": tax.treatment.value,
                    "reason": tax.reason,
                    "reason_code": tax.reason_code,
                    "base_minor": tax.base.minor,
                    "minor": tax.amount.minor,
                    "lines": list(chain.from_iterable((on.number, on.base.minor, on.amount.minor) for on in tax.lines)),
                },
            )
        for number, use in enumerate(note.credits, start=1):
            self._run(
                """
                INSERT INTO farthing.credit_note_credit (credit_note_id, number, grant_id, name, minor)
                VALUES (%(credit_note_id)s, %(number)s, %(grant_id)s, %(name)s, %(minor)s)
                """,
                {
                    "credit_note_id": note.credit_note_id,
                    "number": number,
                    "grant_id": use.grant_id,
                    "name": use.name,
                    "minor": use.amount.minor,
                },
            )

    def credit_note(self, number_or_id: str | UUID) -> CreditNote | None:
        """The note with this number or id."""
        if isinstance(number_or_id, UUID):
            rows = self._rows("SELECT * FROM farthing.credit_note WHERE credit_note_id = %(id)s", {"id": number_or_id})
        elif is_storable(number_or_id):
            rows = self._rows("SELECT * FROM farthing.credit_note WHERE number = %(number)s", {"number": number_or_id})
        else:
            return None
        return next(iter(self._noted(rows)), None)

    def credit_notes(self, *, customer_id: UUID | None = None, limit: int | None = None) -> list[CreditNote]:
        """Newest first."""
        rows = self._rows(
            """
            SELECT * FROM farthing.credit_note
            WHERE %(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s
            ORDER BY issued_at DESC, entity_key, sequence DESC LIMIT %(limit)s
            """,
            {"customer_id": customer_id, "limit": limit},
        )
        return self._noted(rows)

    def notes_of(self, invoice_ids: Iterable[UUID]) -> Mapping[UUID, Sequence[CreditNote]]:
        """The notes of each of these invoices that has some, in the order in which they were written."""
        rows = self._rows(
            """
            SELECT * FROM farthing.credit_note WHERE invoice_id = ANY(%(ids)s::uuid[]) ORDER BY invoice_id, sequence
            """,
            {"ids": list(invoice_ids)},
        )
        notes: dict[UUID, list[CreditNote]] = {}
        for note in self._noted(rows):
            notes.setdefault(note.invoice_id, []).append(note)
        return notes

    def corrected_on(self, invoice_id: UUID) -> list[Corrected]:
        """What notes that correct took off an invoice's lines, and off those that adjust them elsewhere."""
        rows = self._rows(
            """
            SELECT coalesce(origin.in_part, line.in_part) AS in_part, line.price_key, line.period_start, note.currency,
                   sum(credited.gross_minor)::bigint AS minor
            FROM farthing.credit_note AS note
            JOIN farthing.credit_note_line AS credited USING (seller_id, credit_note_id)
            JOIN farthing.invoice_line AS line ON line.seller_id = credited.seller_id
                AND line.invoice_id = credited.invoice_id AND line.number = credited.line_number
            LEFT JOIN farthing.invoice_line AS origin ON origin.seller_id = line.seller_id
                AND origin.invoice_id = line.origin_id AND origin.number = line.origin_line
            WHERE note.kind = 'correction'
              AND (line.invoice_id = %(invoice_id)s OR line.origin_id = %(invoice_id)s AND line.kind = 'adjustment')
            GROUP BY coalesce(origin.in_part, line.in_part), line.price_key, line.period_start, note.currency
            """,
            {"invoice_id": invoice_id},
        )
        return [
            Corrected(row.in_part, row.price_key, row.period_start, Money(row.minor, currency(row.currency)))
            for row in rows
        ]

    def all_credit_notes(self) -> Iterator[CreditNote]:
        """By legal entity and sequence."""
        rows = self._stream("SELECT * FROM farthing.credit_note ORDER BY entity_key, sequence")
        while some := list(islice(rows, _READ_AT_ONCE)):
            yield from self._noted(some)

    def _noted(self, rows: Sequence[Any]) -> list[CreditNote]:
        if not rows:
            return []
        ids = {"ids": [row.credit_note_id for row in rows]}
        lines = self._parts("SELECT * FROM farthing.credit_note_line", ids)
        discounts = self._parts("SELECT * FROM farthing.credit_note_discount", ids)
        taxes = self._parts("SELECT * FROM farthing.credit_note_tax", ids)
        credits = self._parts("SELECT * FROM farthing.credit_note_credit", ids)
        return [
            _note(
                row,
                lines[row.credit_note_id],
                discounts[row.credit_note_id],
                taxes[row.credit_note_id],
                credits[row.credit_note_id],
            )
            for row in rows
        ]

    def _parts(self, select: str, ids: Mapping[str, Any]) -> Mapping[UUID, list[Any]]:
        found: dict[UUID, list[Any]] = defaultdict(list)
        where = "WHERE credit_note_id = ANY(%(ids)s::uuid[]) ORDER BY credit_note_id, number"
        for row in self._rows(f"{select} {where}", ids):
            found[row.credit_note_id].append(row)
        return found


def _note(
    row: Any, lines: Sequence[Any], discounts: Sequence[Any], taxes: Sequence[Any], credits: Sequence[Any]
) -> CreditNote:
    in_currency = currency(row.currency)
    return CreditNote(
        credit_note_id=row.credit_note_id,
        invoice_id=row.invoice_id,
        customer_id=row.customer_id,
        subscription_id=row.subscription_id,
        currency=in_currency,
        entity_key=row.entity_key,
        sequence=row.sequence,
        number=row.number,
        issued_at=row.issued_at,
        issued_on=row.issued_on,
        kind=CreditKind(row.kind),
        reason=row.reason,
        by=row.written_by,
        lines=tuple(
            CreditedLine(
                line.line_number,
                Money(line.gross_minor, in_currency),
                Money(line.minor, in_currency),
                None if line.units is None else exact_from(line.units, line.units_of),
            )
            for line in lines
        ),
        discounts=tuple(discount_from(one, in_currency) for one in discounts),
        taxes=tuple(tax_from(one, in_currency) for one in taxes),
        tax_included=row.tax_included,
        credits=tuple(CreditUse(one.grant_id, one.name, Money(one.minor, in_currency)) for one in credits),
        freed=Money(row.freed_minor, in_currency) if row.freed_minor else None,
        voids=row.voids,
    )
