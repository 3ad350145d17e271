"""The audit of a day: how much came from which sources, what was odd about it, and what still waits for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from farthing.core.period import local_date, start_of_day
from farthing.core.quality.arrivals import SourceHour, by_source
from farthing.core.quality.days import Jumped, Oddity, Silent, SourceDay, days_of, oddities_of
from farthing.core.quality.rhythm import is_silent


@dataclass(frozen=True, slots=True)
class SourceAudit:
    """One source's day: its days so far, of which the last one is meant, and what was odd about that."""

    source: str
    days: tuple[SourceDay, ...]
    last_heard_at: datetime
    oddities: tuple[Oddity, ...]

    @property
    def day(self) -> SourceDay:
        """The day that is meant."""
        return self.days[-1]

    @property
    def is_new(self) -> bool:
        """Whether it was never heard before."""
        return len(self.days) == 1


@dataclass(frozen=True, slots=True)
class NoOnes:
    """Events of one customer and type that no subscription covers; nobody will be billed for them (INV-21)."""

    customer_key: str
    type: str
    events: int
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class Audit:
    """What there is to say of one day, whose ends are those of the seller's local day.

    `quarantine` tells how many of the day's events are kept apart for each reason, the most frequent first;
    `conflicts` how many came under the source and id of another; `unattributed` all that no subscription covers, of
    whichever day, and `told_before` what of that the audit before told.
    """

    day: date
    in_zone: str
    sources: tuple[SourceAudit, ...]
    quarantine: tuple[tuple[str, int], ...]
    conflicts: int
    unattributed: tuple[NoOnes, ...]
    told_before: tuple[NoOnes, ...] = ()

    @property
    def newly_unattributed(self) -> tuple[NoOnes, ...]:
        """What nobody was told of yet, as far as it is more than was told."""
        before = {(one.customer_key, one.type): one.events for one in self.told_before}
        more = ((one, one.events - before.get((one.customer_key, one.type), 0)) for one in self.unattributed)
        return tuple(replace(one, events=events) for one, events in more if events > 0)

    @property
    def accepted(self) -> int:
        """The day's events that count."""
        return sum(one.day.accepted for one in self.sources)

    @property
    def heard(self) -> int:
        """How many sources sent anything that day."""
        return sum(1 for one in self.sources if one.day.events)

    @property
    def is_clear(self) -> bool:
        """Whether nothing needs anybody."""
        odd = any(one.oddities for one in self.sources)
        return not (odd or self.quarantine or self.conflicts or self.newly_unattributed)


def audit_sources(hours: Sequence[SourceHour], *, day: date, in_zone: str, at: datetime) -> tuple[SourceAudit, ...]:
    """Each source that was heard by the end of that day or by `at`, if that is earlier; those that sent most first."""
    ends = start_of_day(date.fromordinal(day.toordinal() + 1), in_zone=in_zone)
    audits = []
    for source, all_hours in by_source(hours).items():
        known = [one for one in all_hours if one.hour < ends and one.first_received_at <= at]
        if known:
            back_at = next((one.first_received_at for one in all_hours if one.hour >= ends), None)
            audits.append(_audit(source, known, day=day, in_zone=in_zone, ends=min(at, ends), back_at=back_at))
    return tuple(sorted(audits, key=lambda one: (-one.day.events, one.source)))


def audit_now(hours: Sequence[SourceHour], *, in_zone: str, at: datetime) -> tuple[SourceAudit, ...]:
    """How each source stands: what is odd about its last whole day, and whether it is silent now."""
    running = local_date(at, in_zone=in_zone)
    begins = start_of_day(running, in_zone=in_zone)
    last_whole = date.fromordinal(running.toordinal() - 1)
    audits = []
    for source, all_hours in by_source(hours).items():
        days = days_of(all_hours, up_to=running, in_zone=in_zone)
        whole = [one for one in all_hours if one.hour < begins]
        odd = oddities_of(days_of(whole, up_to=last_whole, in_zone=in_zone)) if whole else []
        audits.append(_with_silence(source, all_hours, days, odd, in_zone=in_zone, at=at))
    return tuple(sorted(audits, key=lambda one: (-sum(day.events for day in one.days[-28:]), one.source)))


def _audit(
    source: str, hours: list[SourceHour], *, day: date, in_zone: str, ends: datetime, back_at: datetime | None
) -> SourceAudit:
    days = days_of(hours, up_to=day, in_zone=in_zone)
    return _with_silence(source, hours, days, oddities_of(days), in_zone=in_zone, at=ends, back_at=back_at)


def _with_silence(
    source: str,
    hours: list[SourceHour],
    days: list[SourceDay],
    odd: list[Oddity],
    *,
    in_zone: str,
    at: datetime,
    back_at: datetime | None = None,
) -> SourceAudit:
    last = max(one.last_received_at for one in hours)
    if is_silent(hours, at=at, in_zone=in_zone):
        # That it sent less says nothing beside it.
        odd = [Silent(last, back_at), *(one for one in odd if not _is_drop(one))]
    return SourceAudit(source, tuple(days), last, tuple(odd))


def _is_drop(odd: Oddity) -> bool:
    return isinstance(odd, Jumped) and odd.sent < odd.usual
