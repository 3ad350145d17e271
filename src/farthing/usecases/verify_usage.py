"""What is added up is held against the events, and made anew while the product runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from farthing.core.parties import Customer
from farthing.usecases.follow_usage import meters_to_follow
from farthing.usecases.ports import RollupDifference, RollupState, SellerStore, Tallied

MOST_DIFFERENCES = 1000


@dataclass(frozen=True, slots=True)
class Verified:
    """One rollup: how much it holds, and where it is wrong, at most so many places."""

    state: RollupState
    tallied: Tallied
    differences: Sequence[tuple[RollupDifference, Customer | None]]


def verify_usage(store: SellerStore) -> list[Verified]:
    """Every rollup, held against the events up to its own position, all as of one instant."""
    with store.snapshot():
        customers = {customer.customer_id: customer for customer in store.customers()}
        return [
            Verified(
                state,
                store.tally_rollup(state.rollup_id),
                [
                    (one, customers.get(one.customer_id))
                    for one in store.rollup_differences(state.rollup_id, most=MOST_DIFFERENCES)
                ],
            )
            for state in store.rollups(meters_to_follow(store))
        ]


def begin_rebuild(store: SellerStore, *, now: datetime) -> list[int]:
    """Begin to make every rollup anew; those there are answer until the new ones have caught up."""
    with store.transaction():
        store.hold_catalogue()  # Read.
        store.lock_rollups()
        store.keep_rollups(meters_to_follow(store), now=now)
        return store.make_rollups_anew(now=now)


def still_to_add_up(store: SellerStore, rollup_ids: Sequence[int]) -> int:
    """How many positions these rollups have before them; 0 once all of them answer."""
    with store.transaction():
        waiting = [state for state in store.rollups(()) if state.rollup_id in rollup_ids and not state.ready]
    return sum(max(state.last_position - state.position, 1) for state in waiting)
