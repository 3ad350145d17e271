"""A sandbox seller's clock is moved forward, to see what a later day brings."""

from datetime import datetime

from farthing.usecases.ports import SellerStore


def move_clock(store: SellerStore, *, to: datetime, world: datetime) -> datetime:
    """Make it `to` for this seller; the clock goes on ticking from there. Refused for live sellers and backwards."""
    with store.transaction():
        shift = store.seller().shift_to(to, world=world)
        store.set_clock_shift(shift)
    return world + shift
