"""Solo: one person decides what two should, for a while, for a reason; written on each decision."""

from __future__ import annotations

from datetime import date, datetime

from farthing.core.deciding_alone import Solo, solo_from
from farthing.core.people import Ask
from farthing.core.period import local_date
from farthing.usecases.deciding import decider
from farthing.usecases.people_ports import Account
from farthing.usecases.ports import SellerStore


def set_solo(
    store: SellerStore, *, until: date | None, because: str, by: Account | None, by_name: str = "", now: datetime
) -> Solo:
    """On through a day, or off where there is none. `by` is None for the operator's own tools."""
    with store.transaction():
        name = by_name if by is None else decider(store, by, Ask.DECIDE_ALONE, now=now).person.name
        today = local_date(now, in_zone=store.seller().entity.in_zone)
        solo = solo_from(until=until, because=because, set_by=name, set_at=now, on_day=today)
        store.keep_solo(solo)
    return solo


def show_solo(store: SellerStore, *, now: datetime) -> tuple[Solo | None, bool]:
    """What was said of it last, and whether it holds today."""
    with store.transaction():
        solo = store.solo()
        today = local_date(now, in_zone=store.seller().entity.in_zone)
    return solo, solo is not None and solo.is_on(today)
