"""What people asked to hear at a time of theirs: digests, what comes, and credit that runs low."""

from __future__ import annotations

from farthing.jobs.troubles import Troubles
from farthing.usecases.digests import make_digests
from farthing.usecases.foretelling import foretell
from farthing.usecases.ports import Installation
from farthing.usecases.watch_credit import watch_credit

_DIGESTS = Troubles(refused="digests are made a little later", failed="making digests failed and will be tried again")
_AHEAD = Troubles(refused="what comes is told a little later", failed="telling what comes failed; tried again soon")
_CREDIT = Troubles(refused="credit is looked at a little later", failed="looking at credit failed; tried again soon")


def tell_everywhere(installation: Installation) -> None:
    """Do so for every seller; one seller's trouble is not the others', nor one kind's another's."""
    for seller_id in installation.sellers():
        store = installation.for_seller(seller_id)
        with _DIGESTS.of(seller_id):
            make_digests(store, now=installation.now(store))
        with _AHEAD.of(seller_id):
            foretell(store, now=installation.now(store))
        with _CREDIT.of(seller_id):
            watch_credit(store, now=installation.now(store))
