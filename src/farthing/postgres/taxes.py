"""Tax rules in versions, what customers are taxed by, and to whom each invoice was made out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.invoicing.letterhead import address_from, address_terms, tax_id_terms, tax_ids_from
from farthing.core.invoicing.tax_profile import TaxProfile, exemption_from, exemption_terms
from farthing.core.invoicing.tax_rules import TaxRules
from farthing.core.invoicing.tax_terms import rules_from, rules_terms
from farthing.postgres.session import Session
from farthing.postgres.written import write_json
from farthing.usecases.tax_ports import Addressee, CustomerDetails, TaxService


class Taxes(Session):
    """What is taxed how, and who is."""

    tax_services: Mapping[str, TaxService] = {}

    def lock_tax_rules(self) -> None:
        """Until the transaction ends nobody else keeps a version of the tax rules."""
        self._lock_name("tax rules")

    def tax_rules(self, version: int | None = None) -> TaxRules | None:
        """This version of the seller's rules, or the newest; None before there are any."""
        row = self._row(
            """
            SELECT version, terms FROM farthing.tax_rules_version
            WHERE %(version)s::integer IS NULL OR version = %(version)s ORDER BY version DESC LIMIT 1
            """,
            {"version": version},
        )
        return None if row is None else rules_from(row.terms, version=row.version)

    def keep_tax_rules(self, rules: TaxRules, *, created_at: datetime) -> None:
        """Keep a new version."""
        self._run(
            """
            INSERT INTO farthing.tax_rules_version (version, terms, created_at)
            VALUES (%(version)s, %(terms)s, %(created_at)s)
            """,
            {"version": rules.version, "terms": write_json(rules_terms(rules)), "created_at": created_at},
        )

    def customer_details(self, customer_id: UUID) -> CustomerDetails:
        """Where a customer is and what they are taxed by; empty where nobody said, or it was erased."""
        return self.details_of([customer_id]).get(customer_id, CustomerDetails())

    def details_of(self, customer_ids: Sequence[UUID]) -> dict[UUID, CustomerDetails]:
        """The same of many, without those of whom nothing is known."""
        rows = self._rows(
            """
            SELECT customer_id, address, is_business, tax_ids, exemptions FROM farthing.customer_profile
            WHERE customer_id = ANY(%(ids)s::uuid[])
            """,
            {"ids": list(customer_ids)},
        )
        return {row.customer_id: _details(row) for row in rows}

    def keep_customer_details(self, customer_id: UUID, details: CustomerDetails) -> None:
        """Keep them in place of those before; issued invoices keep what they say."""
        self._run(
            """
            UPDATE farthing.customer_profile SET
                address = %(address)s, is_business = %(is_business)s, tax_ids = %(tax_ids)s,
                exemptions = %(exemptions)s
            WHERE customer_id = %(customer_id)s
            """,
            {
                "customer_id": customer_id,
                "address": write_json(address_terms(details.address)),
                "is_business": details.profile.is_business,
                "tax_ids": write_json(tax_id_terms(details.profile.tax_ids)),
                "exemptions": write_json([exemption_terms(one) for one in details.profile.exemptions]),
            },
        )

    def keep_addressees(self, invoices: Sequence[tuple[UUID, UUID]]) -> None:
        """Keep to whom each invoice of a customer is made out, as known now; apart, so that it can be erased."""
        self._run(
            """
            INSERT INTO farthing.invoice_addressee (invoice_id, name, address, tax_ids)
            SELECT made.invoice_id, profile.name, profile.address, profile.tax_ids
            FROM unnest(%(invoice_ids)s::uuid[], %(customer_ids)s::uuid[]) AS made (invoice_id, customer_id)
            JOIN farthing.customer_profile AS profile ON profile.customer_id = made.customer_id
            """,
            {
                "invoice_ids": [invoice_id for invoice_id, _ in invoices],
                "customer_ids": [customer_id for _, customer_id in invoices],
            },
        )

    def addressee(self, invoice_id: UUID) -> Addressee | None:
        """To whom an invoice was made out; None where that was erased, or was not kept yet."""
        row = self._row(
            "SELECT name, address, tax_ids FROM farthing.invoice_addressee WHERE invoice_id = %(invoice_id)s",
            {"invoice_id": invoice_id},
        )
        return None if row is None else Addressee(row.name, address_from(row.address), tax_ids_from(row.tax_ids))

    def tax_service(self, name: str) -> TaxService | None:
        """The outside service of this name, where this installation has one."""
        return self.tax_services.get(name)


def _details(row: Any) -> CustomerDetails:
    address = address_from(row.address)
    return CustomerDetails(
        address=address,
        profile=TaxProfile(
            place=address.place,
            is_business=row.is_business,
            tax_ids=tax_ids_from(row.tax_ids),
            exemptions=tuple(exemption_from(one) for one in row.exemptions),
        ),
    )
