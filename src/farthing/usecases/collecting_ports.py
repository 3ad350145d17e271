"""What we ask of the store about payment methods on file, and about what is to be collected by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from farthing.core.invoicing.collecting import CollectingTerms
from farthing.usecases.payment_ports import Attempt


@dataclass(frozen=True, slots=True)
class Method:
    """What a gateway calls a customer's payment method by, and what people call it; `number` counts the customer's.

    Without a token there is none any more.
    """

    customer_id: UUID
    number: int
    token: str
    label: str
    put_at: datetime
    put_by: str


class CollectingStore(Protocol):
    """Methods on file, the terms of collecting, and the attempts at an invoice."""

    def keep_method(self, method: Method) -> None:
        """From now on this is the customer's method; to be called while their money is locked."""

    def last_method(self, customer_id: UUID) -> Method | None:
        """The one that was said last, be it that there is none any more."""

    def keep_collecting_terms(self, terms: CollectingTerms, *, set_at: datetime, set_by: str) -> None: ...
    def collecting_terms(self) -> CollectingTerms:
        """Those in force; those that come with the product where the seller never said any."""

    def attempts_at(self, invoice_ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Attempt]]:
        """Those that collect each of these invoices that has some, the oldest first."""

    def attempts(self, *, customer_id: UUID | None = None, limit: int | None = None) -> list[Attempt]:
        """Newest first."""

    def invoices_to_collect(self) -> list[UUID]:
        """Those with something left to pay whose customer has a method on file, and that have no live attempt."""
