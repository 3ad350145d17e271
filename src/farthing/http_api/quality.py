"""How usage arrives, over HTTP: each source as it stands, the audit of a day, and events in conflict side by side."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from farthing.core.period import local_date
from farthing.core.quality.arrivals import HOUR, SourceHour, hour_of
from farthing.core.quality.audit import SourceAudit
from farthing.core.quality.days import Silent
from farthing.core.quality.words import concerns, source_verdict, verdict
from farthing.http_api.access import Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import Day, DecimalText, Given, number, writable
from farthing.usecases.audit_usage import show_audit, show_sources

_HOURS_GIVEN = 24
router = APIRouter(tags=["usage"])


class HourGiven(Given):
    """How many events were received in one hour, whatever became of them."""

    hour: datetime
    events: int


class SourceGiven(Given):
    """One source of usage: its last 24 hours, and whether they are as usual."""

    source: str
    last_received_at: datetime
    accepted: int = Field(description="In the last 24 hours, as are the following counts.")
    duplicates: int
    conflicts: int
    quarantined: int
    least_lag_seconds: DecimalText | None = Field(
        description="The least time from an event to its receipt; below zero, its clock is ahead of ours."
    )
    greatest_lag_seconds: DecimalText | None
    silent_since: datetime | None = Field(description="Since when it is quiet for longer than it ever is by itself.")
    verdict: str = Field(examples=["as usual"], description="Of its last whole day, and of now.")
    hours: list[HourGiven]


class SourcesGiven(Given):
    """The sources that sent most in the last weeks, at most 100."""

    as_of: datetime
    sources: list[SourceGiven]


@router.get("/v1/sources", summary="See how each source of usage stands", responses=responses())
def get_sources(asking: Looking) -> SourcesGiven:
    """When each was last heard, its last 24 hours, and how that compares with its own last weeks."""
    view = show_sources(asking.store, now=asking.now)
    today = local_date(view.as_of, in_zone=view.in_zone)
    return SourcesGiven(
        as_of=view.as_of,
        sources=[
            _source(one, as_of=view.as_of, verdict=source_verdict(one, in_zone=view.in_zone, read_on=today))
            for one in view.sources
        ],
    )


def _source(one: SourceAudit, *, as_of: datetime, verdict: str) -> SourceGiven:
    begins = hour_of(as_of) - (_HOURS_GIVEN - 1) * HOUR
    hours = {hour.hour: hour for day in one.days[-3:] for hour in day.hours if hour.hour >= begins}
    every = [begins + number * HOUR for number in range(_HOURS_GIVEN)]
    return SourceGiven(
        source=one.source,
        last_received_at=one.last_heard_at,
        accepted=sum(hour.accepted for hour in hours.values()),
        duplicates=sum(hour.duplicates for hour in hours.values()),
        conflicts=sum(hour.conflicts for hour in hours.values()),
        quarantined=sum(hour.quarantined for hour in hours.values()),
        least_lag_seconds=_seconds([hour.least_lag for hour in hours.values()], least=True),
        greatest_lag_seconds=_seconds([hour.greatest_lag for hour in hours.values()], least=False),
        silent_since=next((odd.since for odd in one.oddities if isinstance(odd, Silent)), None),
        verdict=verdict,
        hours=[HourGiven(hour=at, events=_events(hours.get(at))) for at in every],
    )


def _events(hour: SourceHour | None) -> int:
    return 0 if hour is None else hour.events


def _seconds(lags: list[timedelta | None], *, least: bool) -> str | None:
    known = [lag for lag in lags if lag is not None]
    if not known:
        return None
    lag = min(known) if least else max(known)
    return number(Decimal(lag // timedelta(microseconds=1)).scaleb(-6))


class SourceDayGiven(Given):
    """What came of one source on the day."""

    source: str
    accepted: int
    duplicates: int
    conflicts: int
    quarantined: int
    verdict: str


class ApartForGiven(Given):
    """How many of the day's events are in quarantine for one reason."""

    reason: str
    events: int


class UnattributedGiven(Given):
    """Events of one customer and type that no subscription covers: they are not billed."""

    customer: str
    type: str
    events: int
    first_on: date
    last_on: date


class AuditGiven(Given):
    """How usage arrived on a day."""

    day: date
    in_zone: str
    verdict: str = Field(examples=["On 20 March 2026 1,204 events from 2 sources; all clear."])
    clear: bool = Field(description="Nothing needs anybody.")
    concerns: list[str] = Field(description="What somebody should look at, the gravest first.")
    accepted: int
    sources: list[SourceDayGiven]
    quarantine: list[ApartForGiven]
    conflicts: int
    unattributed: list[UnattributedGiven]


@router.get("/v1/audit", summary="See how usage arrived on a day", responses=responses())
def get_audit(
    asking: Looking,
    day: Annotated[Day | None, Query(description="In the seller's zone; yesterday without it.")] = None,
) -> AuditGiven:
    """The verdict of the daily audit, and what it rests on."""
    audit = show_audit(asking.store, day=day, now=asking.now)
    return AuditGiven(
        day=audit.day,
        in_zone=audit.in_zone,
        verdict=writable(verdict(audit)),
        clear=audit.is_clear,
        concerns=[writable(one) for one in concerns(audit)],
        accepted=audit.accepted,
        sources=[
            SourceDayGiven(
                source=one.source,
                accepted=one.day.accepted,
                duplicates=one.day.duplicates,
                conflicts=one.day.conflicts,
                quarantined=one.day.quarantined,
                verdict=source_verdict(one, in_zone=audit.in_zone, read_on=audit.day),
            )
            for one in audit.sources
        ],
        quarantine=[ApartForGiven(reason=writable(reason), events=many) for reason, many in audit.quarantine],
        conflicts=audit.conflicts,
        unattributed=[
            UnattributedGiven(
                customer=one.customer_key,
                type=one.type,
                events=one.events,
                first_on=one.first_on,
                last_on=one.last_on,
            )
            for one in audit.unattributed
        ],
    )
