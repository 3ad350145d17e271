"""How one customer's invoices are made out: on invoices of their own or together, and who pays for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.invoicing.policy import BillingPolicy


@dataclass(frozen=True, slots=True)
class CustomerBilling:
    """`together` says whether all that is due on one day is one invoice; None for as the seller's policy has it.

    What is billed at `since` and later is paid by `payer_id`, and what is billed before by `before_id`; None for the
    customer.
    """

    together: bool | None = None
    payer_id: UUID | None = None
    since: datetime | None = None
    before_id: UUID | None = None

    def is_together(self, policy: BillingPolicy) -> bool:
        """Whether all that is due on one day is one invoice."""
        return policy.together if self.together is None else self.together

    def payer_at(self, instant: datetime) -> UUID | None:
        """Who pays for what is billed at an instant; None for the customer."""
        return self.before_id if self.since is not None and instant < self.since else self.payer_id


AS_THE_POLICY_SAYS = CustomerBilling()


def customer_billing_terms(billing: CustomerBilling) -> dict[str, Any]:
    """It as plain data."""
    return {
        "together": billing.together,
        "payer": None if billing.payer_id is None else str(billing.payer_id),
        "since": None if billing.since is None else billing.since.isoformat(),
        "before": None if billing.before_id is None else str(billing.before_id),
    }


def customer_billing_from(terms: Mapping[str, Any]) -> CustomerBilling:
    """What these terms say."""
    payer, since, before = (terms.get(name) for name in ("payer", "since", "before"))
    return CustomerBilling(
        together=terms["together"],
        payer_id=None if payer is None else UUID(payer),
        since=None if since is None else datetime.fromisoformat(since),
        before_id=None if before is None else UUID(before),
    )
