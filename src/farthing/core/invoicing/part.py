"""A part of an invoice is one moment of one subscription, with all that its lines rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Part:
    """`customer_id` is whose usage is billed, `frozen` what the lines rest on; what bills none has no subscription."""

    customer_id: UUID
    subscription_id: UUID | None
    at: datetime
    frozen: Mapping[str, Any]

    @property
    def subscribed(self) -> UUID:
        """The subscription, of a part that bills one."""
        assert self.subscription_id is not None, f"what is billed at {self.at} is no subscription's"
        return self.subscription_id
