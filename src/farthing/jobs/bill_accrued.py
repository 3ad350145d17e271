"""What has accrued is billed as soon as it crosses its plan's threshold, for every seller."""

from farthing.jobs.troubles import Troubles
from farthing.usecases.bill_accrued import bill_accrued
from farthing.usecases.ports import Installation

_TROUBLES = Troubles(
    refused="what has accrued cannot be billed and will be tried again",
    failed="billing what has accrued failed and will be tried again",
)


def bill_accrued_everywhere(installation: Installation) -> None:
    """Do so for every seller; one seller's trouble is not the others'."""
    for seller_id in installation.sellers():
        store = installation.for_seller(seller_id)
        with _TROUBLES.of(seller_id):
            bill_accrued(store, now=installation.now(store))
