"""How one customer's invoices are made out, where that is not as the seller's policy has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from farthing.core.invoicing.policy import BillingPolicy


@dataclass(frozen=True, slots=True)
class CustomerBilling:
    """`together` says whether all that is due on one day is one invoice; None for as the policy has it."""

    together: bool | None = None

    def is_together(self, policy: BillingPolicy) -> bool:
        """Whether all that is due on one day is one invoice."""
        return policy.together if self.together is None else self.together


AS_THE_POLICY_SAYS = CustomerBilling()


def customer_billing_terms(billing: CustomerBilling) -> dict[str, Any]:
    """It as plain data."""
    return {"together": billing.together}


def customer_billing_from(terms: Mapping[str, Any]) -> CustomerBilling:
    """What these terms say."""
    return CustomerBilling(together=terms["together"])
