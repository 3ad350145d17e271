"""What changes of running subscriptions ask of the books."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from farthing.core.rating.unused import FeePaidAhead


class LifecycleStore(Protocol):
    """Fees that were charged ahead, which a change within their time gives back in part."""

    def fees_ahead(self, subscription_id: UUID, *, at: datetime) -> list[FeePaidAhead]:
        """The fees of a subscription whose time is not over at an instant, and of which nothing was given back.

        By invoice and line, in order of issue.
        """
