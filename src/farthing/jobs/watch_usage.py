"""Usage is looked after as time passes: sources once a minute, and each day by an audit on the morning after."""

from farthing.jobs.troubles import Troubles
from farthing.logs import get_logger
from farthing.usecases.audit_usage import audit_if_due
from farthing.usecases.ports import Installation, SellerStore
from farthing.usecases.watch_sources import watch_sources

log = get_logger()
_TROUBLES = Troubles(
    refused="usage could not be looked after", failed="looking after usage failed and will be tried again"
)


def watch_everywhere(installation: Installation) -> None:
    """Look after the usage of every seller; one seller's trouble is not the others'."""
    for seller_id in installation.sellers():
        with _TROUBLES.of(seller_id):
            watch_usage(installation, installation.for_seller(seller_id))


def watch_usage(installation: Installation, store: SellerStore) -> None:
    """Look after one seller's sources, and audit yesterday where that is due."""
    now = installation.now(store)
    watched = watch_sources(store, now=now, world=installation.world())
    if watched.silent:
        log.warning("sources of usage fell silent", sources=len(watched.silent))
    audit_if_due(store, now=now)
