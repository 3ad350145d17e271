"""Where money may be told: in the finance channel and in the customer's own, and only while nobody else is there."""

from typing import Any
from uuid import UUID

from farthing.core.saying import message
from farthing.usecases.ports import SellerStore

_SHARED = ("is_ext_shared", "is_pending_ext_shared", "is_org_shared", "is_shared")


def may_hear_of(store: SellerStore, customer_id: UUID, channel_id: str) -> bool:
    """Whether this channel is the finance channel or the customer's own; to be called in a transaction."""
    install = store.slack_install()
    finance = install is not None and install.finance_channel == channel_id
    return finance or store.customer_channel(customer_id) == channel_id


def shared_with_others(channel: dict[str, Any]) -> bool:
    """Whether conversations.info says that people of another company are, or will be, in it; unknown counts as so."""
    if "is_ext_shared" not in channel:
        return True
    return any(channel.get(name) for name in _SHARED)


SHARED_SENTENCE = message(
    "That channel is shared with another company, so no amounts are posted there; bind a channel of your own workspace."
)
