"""What customers owe is collected from their methods on file, and the gateway is asked about answers that were lost."""

from __future__ import annotations

from datetime import timedelta

from farthing.jobs.troubles import Troubles
from farthing.usecases.collect import settle_attempts
from farthing.usecases.collect_due import collect_due
from farthing.usecases.ports import Installation

_TROUBLES = Troubles(refused="collecting waits a little", failed="collecting failed and will be tried again")
# Longer than any call to a gateway lasts: what is on its way is not taken for what never came.
_PATIENCE = timedelta(minutes=10)


def collect_everywhere(installation: Installation) -> None:
    """Do so for every seller who has a gateway; one seller's trouble is not the others'."""
    for seller_id in installation.sellers():
        store = installation.for_seller(seller_id)
        with _TROUBLES.of(seller_id):
            gateway = installation.gateway(store)
            if gateway is not None:
                now = installation.now(store)
                settle_attempts(store, gateway, now=now, patience=_PATIENCE)
                collect_due(store, gateway, now=now)
