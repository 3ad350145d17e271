"""Periods that have ended are closed by themselves, through yesterday in the legal entity's zone."""

from datetime import timedelta
from uuid import UUID

from farthing.core.period import local_date
from farthing.core.refused import Refused
from farthing.logs import get_logger
from farthing.usecases.close_period import close_period
from farthing.usecases.ports import Installation, SellerStore

log = get_logger()


def close_everywhere(installation: Installation, told: dict[UUID, str]) -> None:
    """Close what is due of every seller; one seller's trouble is not the others'.

    `told` holds the last refusal that was logged for each, so that it is logged once and not at every round.
    """
    for seller_id in installation.sellers():
        try:
            close_due_periods(installation, installation.for_seller(seller_id))
        except Refused as refusal:
            if told.get(seller_id) != refusal.sentence:
                log.warning("a period cannot be closed", seller=str(seller_id), why=refusal.sentence)
            told[seller_id] = refusal.sentence
        except Exception:
            log.exception("closing failed and will be tried again", seller=str(seller_id))
        else:
            told.pop(seller_id, None)


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
