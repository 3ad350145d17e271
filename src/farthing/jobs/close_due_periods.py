"""Periods that have ended are closed by themselves, through yesterday in the legal entity's zone."""

from datetime import timedelta

from farthing.core.period import local_date
from farthing.usecases.close_period import close_period
from farthing.usecases.ports import Installation, SellerStore


def close_due_periods(installation: Installation, store: SellerStore) -> int:
    """Close through yesterday when something is due; the number of invoices of that run."""
    now = installation.now(store)
    with store.transaction():
        seller = store.seller()
        due = store.due_subscriptions(through=now)
    if not due:
        return 0
    yesterday = local_date(now, in_zone=seller.entity.in_zone) - timedelta(days=1)
    return close_period(store, through=yesterday, now=now).invoices
