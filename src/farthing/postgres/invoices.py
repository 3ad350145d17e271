"""Invoices with their lines and slices: written once with their number and transaction, read back as they were."""

from collections import defaultdict
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
from farthing.postgres.written import is_storable, listed, write_json, write_many

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
        refuse_more_than_can_be_kept(bill.invoice, bill.transactions)
        self.keep_bills([bill], run_id=run_id)

    def keep_bills(self, bills: Sequence[Bill], *, run_id: UUID | None) -> None:
        """The same for many at once; their invoices are in the order of their numbers."""
        self._keep(
            [booking for bill in bills for booking in bill.transactions], [bill.invoice for bill in bills], run_id
        )
        self.keep_progress_of([subscription for bill in bills for subscription in bill.subscriptions])

    def keep_issued(self, issued: Issued) -> None:
        """Keep an invoice that moves no subscription on, with its lines, its transactions and its number."""
        refuse_more_than_can_be_kept(issued.invoice, issued.transactions)
        self._keep(issued.transactions, [issued.invoice], None)

    def _keep(
        self, transactions: Sequence[Transaction], invoices: Sequence[Invoice | None], run_id: UUID | None
    ) -> None:
        self.keep_transactions(transactions)
        made = [invoice for invoice in invoices if invoice is not None]
        if not made:
            return
        booked: dict[UUID, list[UUID]] = defaultdict(list)
        for booking in transactions:
            booked[booking.about].append(booking.transaction_id)
        for invoice in made:
            times = len(booked[invoice.draft.invoice_id])
            assert times == 1, f"{invoice.number} is booked {times} times"
        self._give_numbers(made)
        self._keep_invoices(made, run_id, [booked[invoice.draft.invoice_id][0] for invoice in made])
        self._keep_moments([invoice.draft for invoice in made])
        self._keep_lines([invoice.draft for invoice in made])
        self.keep_reckonings([invoice.draft for invoice in made])
        self.keep_addressees([(invoice.draft.invoice_id, invoice.draft.customer_id) for invoice in made])

    def _give_numbers(self, invoices: Sequence[Invoice]) -> None:
        last_of = {invoice.entity_key: invoice for invoice in invoices}
        for entity_key, invoice in last_of.items():
            numbered = self._run(
                """
                UPDATE farthing.number_series SET last = %(sequence)s, last_issued_at = %(issued_at)s
                WHERE entity_key = %(entity_key)s AND kind = 'invoice'
                """,
                {"entity_key": entity_key, "sequence": invoice.sequence, "issued_at": invoice.issued_at},
            )
            assert numbered == 1, f"legal entity {entity_key} has no series of invoice numbers"

    def _keep_invoices(self, invoices: Sequence[Invoice], run_id: UUID | None, transaction_ids: Sequence[UUID]) -> None:
        drafts = [invoice.draft for invoice in invoices]
        self._run(
            """
            INSERT INTO farthing.invoice (
                run_id, invoice_id, entity_key, sequence, number, customer_id, subscription_id, currency, billed_at,
                issued_at, issued_on, due_on, total_minor, transaction_id, frozen, discount_minor, tax_minor,
                tax_included, credit_minor, reckoned, revision, several
            )
            SELECT %(run_id)s::uuid, issued.* FROM ROWS FROM (unnest(
                %(invoice_ids)s::uuid[], %(entity_keys)s::text[], %(sequences)s::bigint[], %(numbers)s::text[],
                %(customer_ids)s::uuid[], %(subscription_ids)s::uuid[], %(currencies)s::text[],
                %(billed_at)s::timestamptz[], %(issued_at)s::timestamptz[], %(issued_on)s::date[], %(due_on)s::date[],
                %(totals)s::bigint[], %(transaction_ids)s::uuid[]
            ), jsonb_array_elements(%(frozen)s::jsonb), unnest(
                %(discounts)s::bigint[], %(taxes)s::bigint[], %(taxes_included)s::boolean[], %(credits)s::bigint[],
                %(reckoned)s::boolean[], %(revisions)s::integer[], %(several)s::boolean[]
            )) AS issued
            """,
            {
                "run_id": run_id,
                "invoice_ids": [draft.invoice_id for draft in drafts],
                "entity_keys": [invoice.entity_key for invoice in invoices],
                "sequences": [invoice.sequence for invoice in invoices],
                "numbers": [invoice.number for invoice in invoices],
                "customer_ids": [draft.customer_id for draft in drafts],
                "subscription_ids": [draft.subscription_id for draft in drafts],
                "currencies": [draft.currency.code for draft in drafts],
                "billed_at": [draft.at for draft in drafts],
                "issued_at": [invoice.issued_at for invoice in invoices],
                "issued_on": [invoice.issued_on for invoice in invoices],
                "due_on": [invoice.due_on for invoice in invoices],
                "totals": [invoice.total.minor for invoice in invoices],
                "transaction_ids": transaction_ids,
                "frozen": write_many(draft.frozen for draft in drafts),
                "discounts": [draft.discounted.minor for draft in drafts],
                "taxes": [draft.tax.minor for draft in drafts],
                "taxes_included": [draft.reckoning.tax_included for draft in drafts],
                "credits": [draft.paid_ahead.minor for draft in drafts],
                "reckoned": [draft.reckoning != NOTHING for draft in drafts],
                "revisions": [draft.revision for draft in drafts],
                "several": [bool(draft.parts) for draft in drafts],
            },
        )

    def _keep_moments(self, drafts: Sequence[Draft]) -> None:
        """What an invoice of one moment rests on stands on the invoice itself."""
        parts = [(draft, number, part) for draft in drafts for number, part in enumerate(draft.all_parts, start=1)]
        self._run(
            """
            INSERT INTO farthing.invoice_part (
                invoice_id, number, customer_id, subscription_id, billed_at, revision, frozen
            )
            SELECT part.invoice_id, part.number, part.customer_id, part.subscription_id, part.billed_at, part.revision,
                   nullif(part.frozen, 'null')
            FROM ROWS FROM (unnest(
                %(invoice_ids)s::uuid[], %(numbers)s::integer[], %(customers)s::uuid[], %(subscriptions)s::uuid[],
                %(moments)s::timestamptz[], %(revisions)s::integer[]
            ), jsonb_array_elements(%(frozen)s::jsonb)
            ) AS part (invoice_id, number, customer_id, subscription_id, billed_at, revision, frozen)
            """,
            {
                "invoice_ids": [draft.invoice_id for draft, _, _ in parts],
                "numbers": [number for _, number, _ in parts],
                "customers": [part.customer_id for _, _, part in parts],
                "subscriptions": [part.subscription_id for _, _, part in parts],
                "moments": [part.at for _, _, part in parts],
                "revisions": [draft.revision for draft, _, _ in parts],
                "frozen": listed(write_json(part.frozen) if draft.parts else None for draft, _, part in parts),
            },
        )

    def _keep_lines(self, drafts: Sequence[Draft]) -> None:
        """All lines of an invoice in one statement: none is added to it later."""
        lines = [line for draft in drafts for line in draft.lines]
        of = [(draft.invoice_id, number) for draft in drafts for number in range(1, len(draft.lines) + 1)]
        self._run(
            """
            INSERT INTO farthing.invoice_line (
                invoice_id, number, price_key, name, period_start, period_end, quantity, unit, steps, minor, advance,
                days, of_days, quantity_of, share_unit, kind, cells, modified, part, rate, origin_id, origin_line, note,
                tax_category, in_part
            )
            SELECT line.invoice_id, line.number, price_key, name, period_start, period_end, quantity, unit, steps,
                   minor, advance, days, of_days, quantity_of, share_unit, kind, cells, modified,
                   nullif(part, 'null'), nullif(rate, 'null'), origin_id, origin_line, note, tax_category, in_part
            FROM ROWS FROM (unnest(
                %(invoice_ids)s::uuid[], %(numbers)s::integer[], %(price_keys)s::text[], %(names)s::text[],
                %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(quantities)s::numeric[], %(units)s::text[],
                %(minors)s::bigint[], %(advances)s::boolean[], %(days)s::integer[], %(of_days)s::integer[],
                %(quantities_of)s::numeric[], %(share_units)s::text[], %(kinds)s::text[], %(origins)s::uuid[],
                %(origin_lines)s::integer[], %(notes)s::text[], %(tax_categories)s::text[], %(in_parts)s::integer[]
            ), jsonb_array_elements(%(steps)s::jsonb), jsonb_array_elements(%(cells)s::jsonb),
               jsonb_array_elements(%(modified)s::jsonb), jsonb_array_elements(%(parts)s::jsonb),
               jsonb_array_elements(%(rates)s::jsonb)
            ) AS line (invoice_id, number, price_key, name, period_start, period_end, quantity, unit, minor, advance,
                       days, of_days, quantity_of, share_unit, kind, origin_id, origin_line, note, tax_category,
                       in_part, steps, cells, modified, part, rate)
            """,
            {"invoice_ids": [invoice_id for invoice_id, _ in of], "numbers": [number for _, number in of]}
            | line_columns(lines),
        )
        self._keep_slices(
            [(line.slice, *place) for line, place in zip(lines, of, strict=True) if line.slice is not None]
        )

    def _keep_slices(self, links: Sequence[tuple[Slice, UUID, int]]) -> None:
        """Each slice with the invoice and the number of the line that bills it."""
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
                   link.after, link.upto, link.quantity, link.events, link.invoice_id, link.line_number,
                   link.quantity_of, link.event_type
            FROM unnest(
                %(charge_ids)s::uuid[], %(revisions)s::integer[], %(after)s::bigint[], %(upto)s::bigint[],
                %(quantities)s::numeric[], %(events)s::bigint[], %(invoice_ids)s::uuid[], %(line_numbers)s::integer[],
                %(quantities_of)s::numeric[], %(event_types)s::text[]
            ) AS link (charge_id, revision, after, upto, quantity, events, invoice_id, line_number, quantity_of,
                       event_type)
            """,
            {
                "charge_ids": [link.charge_id for link, _, _ in links],
                "revisions": [link.revision for link, _, _ in links],
                "after": [link.after for link, _, _ in links],
                "upto": [link.to for link, _, _ in links],
                "quantities": [numerator(link.quantity) for link, _, _ in links],
                "events": [link.events for link, _, _ in links],
                "invoice_ids": [invoice_id for _, invoice_id, _ in links],
                "line_numbers": [number for _, _, number in links],
                "quantities_of": [denominator(link.quantity) for link, _, _ in links],
                "event_types": [link.event_type for link, _, _ in links],
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


def refuse_more_than_can_be_kept(invoice: Invoice | None, transactions: Sequence[Transaction]) -> None:
    """Refuses a bill with an amount for which there is no room in the books."""
    amounts = [posting.amount for booking in transactions for posting in booking.postings]
    amounts += [] if invoice is None else [line.amount for line in invoice.draft.lines]
    largest = max(amounts, key=lambda amount: abs(amount.minor), default=None)
    if largest is not None and abs(largest.minor) > _MOST_MINOR:
        raise Refused(f"It comes to {largest}, which is more than the books can hold; look at its usage and prices.")
