"""Usage is added up as it comes in, for every seller who has some that is not added up yet."""

from farthing.core.refused import Refused
from farthing.logs import get_logger
from farthing.usecases.follow_usage import follow_usage
from farthing.usecases.ports import Installation

log = get_logger()


def follow_everywhere(installation: Installation) -> bool:
    """Bring every seller's rollups further; whether something is left to be done. Trouble of one is not the others'."""
    more = False
    for seller_id in installation.sellers_to_follow():
        store = installation.for_seller(seller_id)
        try:
            more |= follow_usage(store, now=installation.now(store))
        except Refused as refusal:
            log.warning(
                "usage could not be added up and will be tried again", seller=str(seller_id), why=refusal.sentence
            )
        except Exception:
            log.exception("adding up usage failed and will be tried again", seller=str(seller_id))
    return more
