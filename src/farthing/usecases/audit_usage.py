"""Usage is audited: once a day, or whenever somebody asks how it arrived on a day, or how the sources stand now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from farthing.core.notices import DayAudited
from farthing.core.period import local_date, start_of_day, zone
from farthing.core.quality.arrivals import HOUR, SourceHour
from farthing.core.quality.audit import Audit, NoOnes, SourceAudit, audit_now, audit_sources
from farthing.core.quality.days import COMPARED_WITH_DAYS
from farthing.core.refused import Refused
from farthing.usecases.ports import SellerStore, Unattributed
from farthing.usecases.tell_data import tell_data
from farthing.usecases.watch_sources import MOST_WATCHED

# The days that a day is compared with have days before them that they are compared with.
LOOKED_AT = timedelta(days=2 * COMPARED_WITH_DAYS + 1)
KEPT_FOR = timedelta(days=400)
AUDITED_FROM = time(8)


@dataclass(frozen=True, slots=True)
class SourcesView:
    """How each source stands, those that sent most first, in the zone whose days count."""

    sources: tuple[SourceAudit, ...]
    in_zone: str
    as_of: datetime


def audit_if_due(store: SellerStore, *, now: datetime) -> date | None:
    """Audit yesterday once, from eight in the morning on by the seller's clock; the day, where it was done now.

    A seller of whom nothing was heard in the four weeks before has nothing to be audited.
    """
    with store.transaction():
        in_zone = store.seller().entity.in_zone  # Read.
        local = now.astimezone(zone(in_zone))
        day = local.date() - timedelta(days=1)
        if local.time() < AUDITED_FROM or store.has_audit(day):
            return None
        store.hold_watch()
        if store.has_audit(day) or not store.last_heard(since=now - LOOKED_AT, limit=1):
            return None
        unattributed = _no_ones(store, store.unattributed())
        store.keep_audit(day, made_at=now, unattributed=unattributed)  # Write.
        store.forget_source_hours(before=now - KEPT_FOR)
        tell_data(store, [DayAudited(day)], written_at=now)
    return day


def show_audit(store: SellerStore, *, day: date | None = None, now: datetime) -> Audit:
    """How usage arrived on a day; yesterday when none is given.

    What was unattributed is told as it was when the day was audited; where it was not, as it is now.
    """
    with store.transaction():
        in_zone = store.seller().entity.in_zone
        today = local_date(now, in_zone=in_zone)
        asked = day or today - timedelta(days=1)
        if asked > today:
            raise Refused(f"{asked} is still to come; ask for a day up to today, {today}.", field="day")
        begins = start_of_day(asked, in_zone=in_zone)
        ends = start_of_day(asked + timedelta(days=1), in_zone=in_zone)
        # The day after tells whether one that was silent is back.
        hours = _hours(store, until=min(ends, now), read_until=min(ends + timedelta(days=1), now))
        kept = store.unattributed_at_audit(asked)
        return Audit(
            day=asked,
            in_zone=in_zone,
            sources=audit_sources(hours, day=asked, in_zone=in_zone, at=now),
            quarantine=tuple(store.quarantine_of(since=begins, until=ends)),
            conflicts=store.count_conflicts(since=begins, until=ends),
            unattributed=tuple(_no_ones(store, store.unattributed()) if kept is None else kept),
            told_before=tuple(store.unattributed_before(asked)),
        )


def show_sources(store: SellerStore, *, now: datetime) -> SourcesView:
    """How the sources stand: what was odd about the last whole day of each, and whether it is silent now."""
    with store.transaction():
        in_zone = store.seller().entity.in_zone
        return SourcesView(audit_now(_hours(store, until=now), in_zone=in_zone, at=now), in_zone, now)


def _hours(store: SellerStore, *, until: datetime, read_until: datetime | None = None) -> list[SourceHour]:
    heard = store.last_heard(since=until - LOOKED_AT, limit=MOST_WATCHED)
    # To the end of the hour that is running.
    return store.source_hours(heard, since=until - LOOKED_AT, until=(read_until or until) + HOUR)


def _no_ones(store: SellerStore, unattributed: Sequence[Unattributed]) -> list[NoOnes]:
    found = []
    for one in unattributed:
        customer = store.customer(one.customer_id)
        assert customer is not None, f"customer {one.customer_id} has usage"
        first, last = (local_date(at, in_zone=customer.in_zone) for at in (one.first_at, one.last_at))
        found.append(NoOnes(customer.key, one.type, one.events, first_on=first, last_on=last))
    return sorted(found, key=lambda one: (-one.events, one.customer_key, one.type))
