"""What one ear wants to hear: which kinds, which digests and when, how far ahead, and not at night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from farthing.core.period import zone
from farthing.core.refused import Refused
from farthing.core.saying import message
from farthing.core.telling.due_days import DueDays, Span
from farthing.core.telling.ear import Ear, Hearer

USUAL_HOUR = time(9)
USUAL_DAYS_AHEAD = 7
MOST_DAYS_AHEAD = 90
PRODUCT = "Farthing's usual settings"


class Kind(StrEnum):
    """What is told by itself, and can be switched off."""

    INVOICES = "invoices"
    RUNS = "runs"
    ALERTS = "alerts"
    AHEAD = "ahead"
    DATA = "data"


_HEARD_BY: dict[Hearer, tuple[Kind, ...]] = {
    Hearer.FINANCE: (Kind.RUNS, Kind.ALERTS),
    Hearer.DATA: (Kind.DATA,),
    Hearer.CUSTOMER: (Kind.INVOICES, Kind.ALERTS, Kind.AHEAD),
    Hearer.PERSON: (),
}


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day to another on the reader's clock; over midnight where the second is the earlier.

    >>> night = QuietHours(time(22), time(7, 30))
    >>> night.ends_at(datetime(2026, 1, 5, 23, tzinfo=UTC), in_zone="UTC").isoformat()
    '2026-01-06T07:30:00+00:00'
    >>> night.ends_at(datetime(2026, 1, 5, 12, tzinfo=UTC), in_zone="UTC") is None
    True
    """

    begins: time
    ends: time

    def __post_init__(self) -> None:
        if self.begins == self.ends:
            raise Refused(message("Quiet hours begin at one time and end at another."), field="quiet")

    def ends_at(self, instant: datetime, *, in_zone: str) -> datetime | None:
        """When the quiet in which this instant lies is over; None where it lies in none."""
        local = instant.astimezone(zone(in_zone))
        clock = local.time().replace(tzinfo=None)
        over_midnight = self.ends < self.begins
        begun, over = clock >= self.begins, clock >= self.ends
        if not (begun or not over if over_midnight else begun and not over):
            return None
        day = local.date() + timedelta(days=1) if over_midnight and clock >= self.begins else local.date()
        ends = datetime.combine(day, self.ends, tzinfo=zone(in_zone))
        first, second = ends.astimezone(UTC), ends.replace(fold=1).astimezone(UTC)
        # Where clocks go back, the time at which it ends comes twice, and the first may be past already.
        return first if first > instant else max(second, instant + timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Settings:
    """An ear's settings. `in_zone` is the reader's zone, `since` when these were set, by `set_by`."""

    ear: Ear
    spans: frozenset[Span]
    in_zone: str
    since: datetime
    set_by: str
    switched_off: frozenset[Kind] = frozenset()
    at: time = USUAL_HOUR
    quiet: QuietHours | None = None
    days_ahead: int = USUAL_DAYS_AHEAD

    def __post_init__(self) -> None:
        zone(self.in_zone)
        if not 1 <= self.days_ahead <= MOST_DAYS_AHEAD:
            raise Refused(f"Tell 1 to {MOST_DAYS_AHEAD} days ahead.", field="days_ahead")
        other = [kind.value for kind in self.switched_off if kind not in heard_by(self.ear)]
        if other:
            raise Refused(f"{', '.join(sorted(other))}: nothing of that kind is told there.", field="kinds")

    @property
    def is_usual(self) -> bool:
        """Whether nobody has set anything."""
        return self.set_by == PRODUCT

    def hears(self, kind: Kind) -> bool:
        """Whether things of this kind are told there."""
        return kind not in self.switched_off

    def due_days(self, span: Span) -> DueDays:
        """When the digests of a span are due."""
        return DueDays(span, self.at, self.in_zone)

    def held_until(self, instant: datetime) -> datetime | None:
        """When what comes up at this instant may be told; None for at once."""
        return None if self.quiet is None else self.quiet.ends_at(instant, in_zone=self.in_zone)


def heard_by(ear: Ear) -> tuple[Kind, ...]:
    """The kinds that such an ear hears at all."""
    return _HEARD_BY[ear.hearer]


def usual_settings(ear: Ear, *, in_zone: str, since: datetime) -> Settings:
    """What holds until somebody sets something: finance has a digest a week and a month, others ask for theirs."""
    spans = frozenset({Span.WEEKLY, Span.MONTHLY}) if ear.hearer is Hearer.FINANCE else frozenset[Span]()
    return Settings(ear, spans, in_zone, since, PRODUCT)
