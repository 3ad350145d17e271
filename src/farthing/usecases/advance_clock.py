"""A sandbox's clock is moved forward step by step, and at each step what falls due is billed, as in life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from farthing.core.period import local_date, start_of_day
from farthing.core.refused import Busy, Refused
from farthing.usecases.bill_accrued import bill_accrued
from farthing.usecases.close_period import close_period
from farthing.usecases.collect import settle_attempts
from farthing.usecases.collect_due import collect_due, collecting_moments
from farthing.usecases.late_usage import WAITS_FOR_INVOICE
from farthing.usecases.payment_ports import Gateway
from farthing.usecases.ports import SellerStore

Progress = Callable[[datetime], None]
WorldClock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Advanced:
    """From when to when the clock went, how many stops it made, and how many invoices were issued meanwhile.

    `waiting` drafts are not issued, for their grace or until somebody looks at them; what they bill, and all that comes
    after it, stays open. `refusals` says what could not be billed, each sentence once.
    """

    began: datetime
    now: datetime
    stops: int
    invoices: int
    waiting: int
    refusals: tuple[str, ...]


def advance_clock(
    store: SellerStore,
    *,
    to: datetime,
    world: WorldClock,
    progress: Progress | None = None,
    gateway: Gateway | None = None,
) -> Advanced:
    """Move the clock to `to`, and stop wherever something falls due, so that each invoice is issued on its own day.

    With a gateway, what customers owe is collected on its own days too. `progress` hears the time of each stop. Refused
    for live sellers and backwards, before anything is done. Where it is broken off the clock stands still, and moving
    it again goes on from there.
    """
    with store.transaction():
        seller = store.seller()
        began = seller.now(world())
        seller.shift_to(to, world=world())
        issued_before = store.count_invoices()
    in_zone = seller.entity.in_zone
    at, stops = began, 0
    refusals: dict[str, None] = {}
    while (
        stop := _next_stop(store, after=at if stops else None, to=to, in_zone=in_zone, collects=gateway is not None)
    ) is not None:
        at = max(stop, at)  # What was overdue before is billed at once.
        _move(store, to=at, world=world)
        stops += 1
        if progress is not None:
            progress(at)
        try:
            close_period(store, through=local_date(at, in_zone=in_zone) - timedelta(days=1), now=at)
            bill_accrued(store, now=at)
        except Busy:
            raise
        except Refused as refusal:
            refusals[refusal.sentence] = None
        _collect(store, gateway, now=at)
    now = _move(store, to=to, world=world)
    _collect(store, gateway, now=now)
    with store.transaction():
        issued = store.count_invoices() - issued_before
        waiting = len(store.all_pending())
    return Advanced(began=began, now=now, stops=stops, invoices=issued, waiting=waiting, refusals=tuple(refusals))


def _collect(store: SellerStore, gateway: Gateway | None, *, now: datetime) -> None:
    if gateway is not None:
        settle_attempts(store, gateway, now=now)
        collect_due(store, gateway, now=now)


def _next_stop(
    store: SellerStore, *, after: datetime | None, to: datetime, in_zone: str, collects: bool
) -> datetime | None:
    """The first instant up to `to` at which something can be billed: it is due, and the day before has ended here.

    Or at which something is to be collected again.
    """
    with store.transaction():
        due = list(store.due_moments(through=to))
        due += [(late.found_at + WAITS_FOR_INVOICE, in_zone) for late in store.late_customers()]
        again = collecting_moments(store) if collects else []
    stops = {max(at, start_of_day(local_date(at, in_zone=of), in_zone=in_zone)) for at, of in due} | set(again)
    return min((stop for stop in stops if stop <= to and (after is None or stop > after)), default=None)


def _move(store: SellerStore, *, to: datetime, world: WorldClock) -> datetime:
    """A clock ticks while we bill, so it may be a little past the next stop already."""
    with store.transaction():
        seller, world_now = store.seller(), world()
        shift = seller.shift_to(max(to, seller.now(world_now)), world=world_now)
        store.set_clock_shift(shift)
    return world_now + shift
