"""Usage is added up as it comes in: what is kept by hour and day follows the events, a bounded step at a time."""

from __future__ import annotations

from datetime import datetime

from farthing.core.metering.meter import Meter
from farthing.usecases.ports import SellerStore


def meters_to_follow(store: SellerStore) -> list[Meter]:
    """The meters whose usage is added up: the newest of each, and older ones by which something is billed."""
    return [*store.meters().values(), *store.meters_in_use()]


def follow_usage(store: SellerStore, *, now: datetime, most_steps: int = 20) -> bool:
    """Bring rollups further, each step a transaction of its own; whether something is left to be done.

    Any number of workers may do it at once: a step that somebody else is at is left to them.
    """
    with store.transaction():
        if store.catalogue_moved():
            store.hold_catalogue()  # So that whatever is counted as looked at was read.
            store.lock_rollups()
            store.keep_rollups(meters_to_follow(store), now=now)
        behind = store.rollups_behind()
    steps = 0
    while behind and steps < most_steps:
        further = []
        for rollup_id in behind:
            with store.transaction():
                if store.follow(rollup_id, now=now):
                    further.append(rollup_id)
            steps += 1
        behind = further
    with store.transaction():
        removing = store.remove_retired()
    return bool(behind) or removing
