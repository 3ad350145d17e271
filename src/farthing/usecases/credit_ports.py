"""What we ask of the store about credit: what was granted, and what of it will never be used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from farthing.core.invoicing.credits import Grant
from farthing.core.ledger.transaction import Transaction
from farthing.core.money import Money


class CreditStore(Protocol):
    """Credit in the books."""

    def keep_grant(self, grant: Grant, *, by: str, because: str, transaction_id: UUID | None) -> None:
        """New credit; what was paid for is booked by this transaction."""

    def keep_expiry(self, grant: Grant, rest: Money, *, at: datetime, transaction_id: UUID | None) -> None:
        """So much of it will never be used."""

    def keep_transactions(self, transactions: Sequence[Transaction]) -> None:
        """Book them; each sums to zero (INV-01)."""

    def grant(self, grant_id: UUID) -> Grant | None:
        """The grant with this id, with what was used and what expired of it."""

    def grants_of(self, customer_id: UUID) -> Sequence[Grant]:
        """Those of a customer, oldest first."""

    def all_grants(self) -> Iterable[Grant]:
        """All of them, oldest first."""

    def expired_grants(self, *, at: datetime) -> Sequence[Grant]:
        """Those that are over by this instant and have something left that no expiry took."""

    def is_billed_through(self, customer_id: UUID, instant: datetime) -> bool:
        """Whether all that the customer's subscriptions used before this instant is invoiced."""
