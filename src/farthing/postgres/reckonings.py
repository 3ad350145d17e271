"""What lies between an invoice's lines and what is due, kept with it: discounts, taxes, prepaid credit that paid."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain
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

    def keep_reckoning(self, draft: Draft) -> None:
        """Keep them beside the invoice, which says what they add up to."""
        reckoning = draft.reckoning
        for number, discount in enumerate(reckoning.discounts, start=1):
            self._keep_discount(draft.invoice_id, number, discount)
        for number, tax in enumerate(reckoning.taxes, start=1):
            self._keep_tax(draft.invoice_id, number, tax)
        for number, use in enumerate(reckoning.credits, start=1):
            self._run(
                """
                INSERT INTO farthing.invoice_credit (invoice_id, number, grant_id, name, minor)
                VALUES (%(invoice_id)s, %(number)s, %(grant_id)s, %(name)s, %(minor)s)
                """,
                {
                    "invoice_id": draft.invoice_id,
                    "number": number,
                    "grant_id": use.grant_id,
                    "name": use.name,
                    "minor": use.amount.minor,
                },
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

    def _keep_tax(self, invoice_id: UUID, number: int, tax: Tax) -> None:
        self._run(
            """
            INSERT INTO farthing.invoice_tax (
                invoice_id, number, key, name, category, jurisdiction, rate, treatment, reason, reason_code, base_minor,
                minor, lines
            ) VALUES (
                %(invoice_id)s, %(number)s, %(key)s, %(name)s, %(category)s, %(jurisdiction)s, %(rate)s, %(treatment)s,
                %(reason)s, %(reason_code)s, %(base_minor)s, %(minor)s, %(lines)s
            )
            """,
            {
                "invoice_id": invoice_id,
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
