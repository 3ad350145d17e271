"""What lies between an invoice's lines and what is due, kept with it: discounts, taxes, prepaid credit that paid."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from farthing.core.invoicing.invoice import Draft
from farthing.core.invoicing.reckoning import (
    CreditUse,
    Discount,
    DiscountKind,
    Reckoning,
    Tax,
    TaxedLine,
    TaxTreatment,
)
from farthing.core.money import Currency, Money, currency
from farthing.postgres.session import Session
from farthing.postgres.written import write_json


def has_reckoning(row: Any) -> bool:
    """Whether there is more to a row of farthing.invoice than its lines; zeroes may hide discounts and taxes."""
    return bool(row.reckoned)


class Reckonings(Session):
    """Discounts, taxes and credits of invoices."""

    def keep_reckonings(self, drafts: Sequence[Draft]) -> None:
        """Keep them beside their invoices, which say what they add up to."""
        for draft in drafts:
            reckoning = draft.reckoning
            for number, discount in enumerate(reckoning.discounts, start=1):
                self._keep_discount(draft.invoice_id, number, discount)
            for number, use in enumerate(reckoning.credits, start=1):
                self._keep_credit(draft.invoice_id, number, use)
        self._keep_taxes(
            [
                (draft.invoice_id, number, tax)
                for draft in drafts
                for number, tax in enumerate(draft.reckoning.taxes, start=1)
            ]
        )

    def reckonings(self, rows: Sequence[Any]) -> Mapping[UUID, Reckoning]:
        """Those of these rows of farthing.invoice, by invoice."""
        if not rows:
            return {}
        ids = {"ids": [row.invoice_id for row in rows]}
        currencies = {row.invoice_id: currency(row.currency) for row in rows}
        discounts = self._of_invoices("SELECT * FROM farthing.invoice_discount", ids)
        taxes = self._of_invoices("SELECT * FROM farthing.invoice_tax", ids)
        credits = self._of_invoices("SELECT * FROM farthing.invoice_credit", ids)
        return {
            row.invoice_id: Reckoning(
                discounts=tuple(discount_from(one, currencies[row.invoice_id]) for one in discounts[row.invoice_id]),
                taxes=tuple(tax_from(one, currencies[row.invoice_id]) for one in taxes[row.invoice_id]),
                tax_included=row.tax_included,
                credits=tuple(
                    CreditUse(one.grant_id, one.name, Money(one.minor, currencies[row.invoice_id]))
                    for one in credits[row.invoice_id]
                ),
            )
            for row in rows
        }

    def _of_invoices(self, select: str, ids: Mapping[str, Any]) -> Mapping[UUID, list[Any]]:
        found: dict[UUID, list[Any]] = defaultdict(list)
        for row in self._rows(f"{select} WHERE invoice_id = ANY(%(ids)s::uuid[]) ORDER BY invoice_id, number", ids):
            found[row.invoice_id].append(row)
        return found

    def _keep_discount(self, invoice_id: UUID, number: int, discount: Discount) -> None:
        self._run(
            """
            INSERT INTO farthing.invoice_discount (
                invoice_id, number, kind, source_id, key, name, minor, minors, terms
            ) VALUES (
                %(invoice_id)s, %(number)s, %(kind)s, %(source_id)s, %(key)s, %(name)s, %(minor)s, %(minors)s, %(terms)s
            )
            """,
            {
                "invoice_id": invoice_id,
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

    def _keep_credit(self, invoice_id: UUID, number: int, use: CreditUse) -> None:
        self._run(
            """
            INSERT INTO farthing.invoice_credit (invoice_id, number, grant_id, name, minor)
            VALUES (%(invoice_id)s, %(number)s, %(grant_id)s, %(name)s, %(minor)s)
            """,
            {
                "invoice_id": invoice_id,
                "number": number,
                "grant_id": use.grant_id,
                "name": use.name,
                "minor": use.amount.minor,
            },
        )

    def _keep_taxes(self, taxes: Sequence[tuple[UUID, int, Tax]]) -> None:
        """Each with its invoice and its place there; nearly every invoice has some, so all are written at once."""
        if not taxes:
            return
        self._run(
            """
            INSERT INTO farthing.invoice_tax (
                invoice_id, number, key, name, category, jurisdiction, rate, treatment, reason, reason_code, base_minor,
                minor, lines
            )
            SELECT tax.invoice_id, tax.number, tax.key, tax.name, tax.category, tax.jurisdiction, tax.rate,
                   tax.treatment, tax.reason, tax.reason_code, tax.base_minor, tax.minor, tax.lines::bigint[]
            FROM unnest(
                %(invoice_ids)s::uuid[], %(numbers)s::integer[], %(keys)s::text[], %(names)s::text[],
                %(categories)s::text[], %(jurisdictions)s::text[], %(rates)s::numeric[], %(treatments)s::text[],
                %(reasons)s::text[], %(reason_codes)s::text[], %(bases)s::bigint[], %(minors)s::bigint[],
                %(lines)s::text[]
            ) AS tax (invoice_id, number, key, name, category, jurisdiction, rate, treatment, reason, reason_code,
                      base_minor, minor, lines)
            """,
            {
                "invoice_ids": [invoice_id for invoice_id, _, _ in taxes],
                "numbers": [number for _, number, _ in taxes],
                "keys": [tax.key for _, _, tax in taxes],
                "names": [tax.name for _, _, tax in taxes],
                "categories": [tax.category for _, _, tax in taxes],
                "jurisdictions": [tax.jurisdiction for _, _, tax in taxes],
                "rates": [tax.rate for _, _, tax in taxes],
                "treatments": [tax.treatment.value for _, _, tax in taxes],
                "reasons": [tax.reason for _, _, tax in taxes],
                "reason_codes": [tax.reason_code for _, _, tax in taxes],
                "bases": [tax.base.minor for _, _, tax in taxes],
                "minors": [tax.amount.minor for _, _, tax in taxes],
                "lines": [_written_lines(tax.lines) for _, _, tax in taxes],
            },
        )


def _written_lines(lines: Sequence[TaxedLine]) -> str:
    """In threes, as an array's text: lists of several lengths make no array of arrays."""
    return "{" + ",".join(f"{on.number},{on.base.minor},{on.amount.minor}" for on in lines) + "}"


def discount_from(row: Any, in_currency: Currency) -> Discount:
    return Discount(
        kind=DiscountKind(row.kind),
        source_id=row.source_id,
        key=row.key,
        name=row.name,
        amounts=tuple(Money(minor, in_currency) for minor in row.minors),
        terms=row.terms,
    )


def tax_from(row: Any, in_currency: Currency) -> Tax:
    in_threes = zip(row.lines[::3], row.lines[1::3], row.lines[2::3], strict=True)
    return Tax(
        key=row.key,
        name=row.name,
        category=row.category,
        jurisdiction=row.jurisdiction,
        rate=row.rate,
        treatment=TaxTreatment(row.treatment),
        base=Money(row.base_minor, in_currency),
        amount=Money(row.minor, in_currency),
        lines=tuple(
            TaxedLine(number, Money(base, in_currency), Money(minor, in_currency)) for number, base, minor in in_threes
        ),
        reason=row.reason,
        reason_code=row.reason_code,
    )
