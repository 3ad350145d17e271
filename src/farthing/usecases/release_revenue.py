"""What was paid ahead and is earned becomes revenue, whether or not something is billed at the moment."""

from __future__ import annotations

from datetime import date, datetime

from farthing.core.invoicing.postings import book_releases
from farthing.core.period import local_date
from farthing.usecases.ledger_ports import Ahead
from farthing.usecases.ports import SellerStore


def release_revenue(store: SellerStore, *, now: datetime) -> int:
    """Release all that is earned by now, each month's part in its month while that is open; how many releases.

    Each customer's in a transaction of its own. What was released by somebody else meanwhile is not released again.
    """
    with store.transaction():
        entity = store.seller().entity
        ahead = store.all_paid_ahead(entity.key)
    as_of = local_date(now, in_zone=entity.in_zone)
    return sum(_release(store, one, entity_key=entity.key, as_of=as_of) for one in ahead)


def _release(store: SellerStore, whose: Ahead, *, entity_key: str, as_of: date) -> int:
    with store.transaction():
        if whose.subscription_id is None:  # Read.
            store.lock_customer(whose.customer_id)
        else:
            store.lock_subscription(whose.subscription_id)
        ahead = store.paid_ahead(
            customer_id=whose.customer_id,
            subscription_id=whose.subscription_id,
            in_currency=whose.currency,
            entity_key=entity_key,
        )
        released = list(  # Decide.
            book_releases(
                ahead,
                customer_id=whose.customer_id,
                subscription_id=whose.subscription_id,
                entity_key=entity_key,
                as_of=as_of,
            )
        )
        store.keep_transactions(released)  # Write.
    return len(released)
