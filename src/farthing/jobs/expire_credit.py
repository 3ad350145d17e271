"""Credit whose time is over expires once all usage that it could pay is invoiced."""

from farthing.jobs.troubles import Troubles
from farthing.usecases.credits import expire_credit
from farthing.usecases.ports import Installation

_TROUBLES = Troubles(refused="credit expires a little later", failed="expiring credit failed and will be tried again")


def expire_everywhere(installation: Installation) -> None:
    """Do so for every seller; one seller's trouble is not the others'."""
    for seller_id in installation.sellers():
        store = installation.for_seller(seller_id)
        with _TROUBLES.of(seller_id):
            expire_credit(store, now=installation.now(store))
