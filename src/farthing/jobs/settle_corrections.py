"""Corrections that came before their events take effect, and reverts that were cut off are gone on with."""

from farthing.jobs.troubles import Troubles
from farthing.usecases.batches import go_on_reverting_all
from farthing.usecases.correct_usage import apply_waiting
from farthing.usecases.ports import Installation

_TROUBLES = Troubles(
    refused="corrections wait a little longer", failed="settling corrections failed and will be tried again"
)


def settle_everywhere(installation: Installation) -> None:
    """Do so for every seller; one seller's trouble is not the others'. Where nothing waits it only looks."""
    for seller_id in installation.sellers():
        store = installation.for_seller(seller_id)
        with _TROUBLES.of(seller_id):
            with store.transaction():
                waits, is_cut_off = bool(store.waiting_corrections(limit=1)), bool(store.unfinished_reverts())
            if waits:
                apply_waiting(store, now=installation.now(store))
            if is_cut_off:
                go_on_reverting_all(store)
