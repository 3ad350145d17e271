"""Usage is added up as it comes in, for every seller who has some that is not added up yet."""

from farthing.jobs.troubles import Troubles
from farthing.usecases.follow_usage import follow_usage
from farthing.usecases.ports import Installation

_TROUBLES = Troubles(
    refused="usage could not be added up and will be tried again",
    failed="adding up usage failed and will be tried again",
)


def follow_everywhere(installation: Installation) -> bool:
    """Bring every seller's rollups further; whether something is left to be done. Trouble of one is not the others'."""
    more = False
    for seller_id in installation.sellers_to_follow():
        store = installation.for_seller(seller_id)
        with _TROUBLES.of(seller_id):
            more |= follow_usage(store, now=installation.now(store))
    return more
