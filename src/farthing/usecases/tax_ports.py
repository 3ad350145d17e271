"""What we ask of the outside about taxes: a place for rules and for who is taxed how, and services that know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from farthing.core.invoicing.letterhead import UNKNOWN_ADDRESS, Address
from farthing.core.invoicing.tax_ids import TaxId
from farthing.core.invoicing.tax_profile import TaxProfile
from farthing.core.invoicing.tax_rules import TaxRules
from farthing.core.invoicing.taxing_outside import TaxAnswer, TaxQuestion

NOT_TAXED_YET = TaxProfile()


@dataclass(frozen=True, slots=True)
class CustomerDetails:
    """Where a customer is, and what they are taxed by; personal, and kept apart from the books."""

    address: Address = UNKNOWN_ADDRESS
    profile: TaxProfile = NOT_TAXED_YET


@dataclass(frozen=True, slots=True)
class Addressee:
    """To whom an invoice was made out, as they were then."""

    name: str
    address: Address
    tax_ids: tuple[TaxId, ...]


class TaxService(Protocol):
    """An outside service that works out taxes."""

    def taxes(self, question: TaxQuestion) -> TaxAnswer:
        """The figures, which are kept as given. Refuses (Busy, where it may work soon) in a sentence.

        Asked in the middle of a transaction, so it gives up after some seconds. The same question has one answer, and
        is no sale: nothing is to be taken back when the invoice is not issued after all.
        """


class TaxStore(Protocol):
    """Tax rules, and who is taxed how; a part of the books."""

    def lock_tax_rules(self) -> None:
        """Until the transaction ends nobody else keeps a version of the tax rules."""

    def tax_rules(self, version: int | None = None) -> TaxRules | None:
        """This version of the seller's rules, or the newest; None before there are any."""

    def keep_tax_rules(self, rules: TaxRules, *, created_at: datetime) -> None: ...
    def customer_details(self, customer_id: UUID) -> CustomerDetails:
        """Empty where nobody said anything, or it was erased."""

    def keep_customer_details(self, customer_id: UUID, details: CustomerDetails) -> None:
        """Keep them in place of those before; issued invoices keep what they say."""

    def addressee(self, invoice_id: UUID) -> Addressee | None:
        """To whom an invoice was made out; None where that was erased, or was not kept yet."""

    def tax_service(self, name: str) -> TaxService | None:
        """The outside service of this name, where this installation has one."""
