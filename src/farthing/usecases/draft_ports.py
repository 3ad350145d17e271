"""What we ask of the store about drafts that wait, and about the seller's policy for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from farthing.core.invoicing.customer_billing import CustomerBilling
from farthing.core.invoicing.pending import Edit, Pending
from farthing.core.invoicing.policy import BillingPolicy
from farthing.core.money import Currency, Money
from farthing.core.subscriptions.subscription import Subscription


class DraftStore(Protocol):
    """Drafts of one seller."""

    def billing_policy(self) -> BillingPolicy | None:
        """The newest that was set."""

    def keep_billing_policy(self, policy: BillingPolicy, *, set_at: datetime, set_by: str) -> None:
        """Set it from now on."""

    def pending_of(self, subscription_id: UUID, *, billed_at: datetime) -> Pending | None:
        """The draft of a moment that waits; the subscription is to be locked."""

    def pending(self, invoice_id: UUID) -> Pending | None:
        """A draft that waits."""

    def all_pending(self) -> list[Pending]:
        """Those that wait, oldest first."""

    def held_drafts(self) -> list[tuple[Pending, UUID]]:
        """Those that wait for a person, with whose they are, oldest first."""

    def keep_pending(self, pending: Pending) -> None:
        """Keep that a draft waits, and for what; its subscription comes up again when it may go."""

    def come_up_again(self, subscription_ids: Sequence[UUID], *, at: datetime) -> None:
        """Nothing of these subscriptions, which are locked, is billed before then."""

    def pending_with(self, subscription_ids: Sequence[UUID]) -> list[Pending]:
        """The drafts that wait and bill a moment of these subscriptions beside others, oldest first."""

    def customer_billing(self, customer_id: UUID) -> CustomerBilling:
        """How this customer's invoices are made out, where that was said."""

    def all_customer_billing(self) -> Mapping[UUID, CustomerBilling]:
        """The same for all customers for whom something was said."""

    def keep_customer_billing(
        self, customer_id: UUID, billing: CustomerBilling, *, set_at: datetime, set_by: str
    ) -> None:
        """Say it from now on."""

    def lock_subscriptions(self, subscription_ids: Sequence[UUID]) -> list[Subscription]:
        """These, held until the transaction ends, in the order of their ids, so that nobody waits in a circle."""

    def keep_edit(self, invoice_id: UUID, edit: Edit) -> None:
        """Keep what a person wrote on a draft."""

    def end_pending(self, pending: Pending, *, by: str, at: datetime) -> None:
        """It was issued; what was decided about it stays readable."""

    def totals_before(self, customer_id: UUID, currency: Currency, *, limit: int) -> Sequence[Money]:
        """The totals of a customer's invoices for subscriptions, newest first."""
