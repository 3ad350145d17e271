"""A subscription: what one customer agreed to and since when; billed as it starts, changes, and a period ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID

from farthing.core.period import Cycle, Period


class Standing(StrEnum):
    """What a subscription is at an instant; worked out, never stored."""

    COMING = "coming"
    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant at which a subscription is billed: what ended there, and what begins.

    At a change within a period nothing ended yet: `begins` is what is left of the period. Where what has accrued
    crossed a threshold, `so_far` is the period that runs, and its usage up to now is billed.
    """

    at: datetime
    ended: Period | None
    begins: Period | None
    so_far: Period | None = None


@dataclass(frozen=True, slots=True)
class AgreedVersion:
    """From this instant on a version of a plan is in force; within a period, the period has segments.

    `ends_phases` says that the plan is another one that has no such trial or phase as was running.
    """

    since: datetime
    plan_key: str
    plan_version: int
    ends_phases: bool = False


@dataclass(frozen=True, slots=True)
class AgreedQuantity:
    """From this instant on so many of something are agreed, such as seats."""

    since: datetime
    name: str
    number: Decimal


@dataclass(frozen=True, slots=True)
class Pause:
    """From an instant on no fees are charged, up to another one, or until somebody resumes."""

    starts_at: datetime
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        assert self.ends_at is None or self.starts_at <= self.ends_at, f"{self.starts_at} .. {self.ends_at}"

    def __contains__(self, instant: datetime) -> bool:
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)


@dataclass(frozen=True, slots=True)
class Attached:
    """An add-on that runs beside the plan, so many times over; it may start on any day and ends with a period."""

    add_on_key: str
    version: int
    starts_at: datetime
    ends_at: datetime | None = None
    number: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Subscription:
    """`billed_through` is the last moment that was billed; None before the first.

    `plan_key` and `plan_version` are what it began with, `versions` are those that followed, oldest first.
    `phase_ends` are the instants at which a trial or another phase of the plan is over; periods are cut there too.
    `currency` is None for the plan's first one. `overrides` are price terms of the first plan that were agreed with
    this customer alone, as plain data by price. `crossings` are the instants at which what had accrued was found to
    have crossed the plan's threshold.
    """

    subscription_id: UUID
    customer_id: UUID
    plan_key: str
    plan_version: int
    cycle: Cycle
    starts_at: datetime
    ends_at: datetime | None = None
    billed_through: datetime | None = None
    currency: str | None = None
    versions: tuple[AgreedVersion, ...] = ()
    quantities: tuple[AgreedQuantity, ...] = ()
    add_ons: tuple[Attached, ...] = ()
    pauses: tuple[Pause, ...] = ()
    phase_ends: tuple[datetime, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict, hash=False)
    crossings: tuple[datetime, ...] = ()

    def __post_init__(self) -> None:
        assert self.ends_at is None or self.starts_at <= self.ends_at, f"{self.starts_at} .. {self.ends_at}"
        assert not (self.withdrawn and self.billed_through), f"{self.subscription_id} was billed, then withdrawn"
        rising = (self.starts_at, *self.phase_ends)
        assert all(earlier < later for earlier, later in pairwise(rising)), f"phases end in order: {self.phase_ends}"
        changes = [version.since for version in self.versions]
        assert changes == sorted(changes), f"versions follow each other: {changes}"
        for before, after in pairwise(self.pauses):
            ended = before.ends_at is not None and before.ends_at <= after.starts_at
            assert ended, f"pauses follow each other: {before}, {after}"

    @property
    def withdrawn(self) -> bool:
        """Whether it was taken back before it began: it has no period and is never billed."""
        return self.ends_at == self.starts_at

    def standing(self, *, at: datetime) -> Standing:
        """Whether it has yet to start, runs, or has ended."""
        if at < self.starts_at and not self.withdrawn:
            return Standing.COMING
        return Standing.ACTIVE if self.ends_at is None or self.starts_at <= at < self.ends_at else Standing.ENDED

    def periods(self) -> Iterator[Period]:
        """Its periods, which tile the time from its start to its end (INV-16)."""
        period = None if self.withdrawn else self.period_at(self.starts_at)
        while period is not None:
            yield period
            period = self.period_at(period.end)

    def period_at(self, instant: datetime) -> Period | None:
        """Its period that holds this instant, cut where a phase ends; None before it starts and after it ends."""
        if self.standing(at=instant) is not Standing.ACTIVE:
            return None
        full = self.cycle.stretch_holding(instant)
        phase_ends = self._phase_ends_reached
        begins = [self.starts_at, *(end for end in phase_ends if end <= instant)]
        ends = [end for end in (self.ends_at, *phase_ends) if end is not None and end > instant]
        return Period(max(full.start, *begins), min([full.end, *ends]))

    def plan_at(self, instant: datetime) -> tuple[str, int]:
        """The plan that is in force, by its key and version."""
        in_force = (self.plan_key, self.plan_version)
        for agreed in self.versions:
            in_force = (agreed.plan_key, agreed.plan_version) if agreed.since <= instant else in_force
        return in_force

    def as_if_on(self, plan_key: str, version: int) -> Subscription:
        """The same as if this had been the plan from the start; own terms go with the plan they were agreed for."""
        overrides = self.overrides if plan_key == self.plan_key else {}
        return replace(self, plan_key=plan_key, plan_version=version, versions=(), overrides=overrides)

    def version_at(self, instant: datetime) -> int:
        """The version of the plan that is in force."""
        return self.plan_at(instant)[1]

    def phase_at(self, instant: datetime) -> int:
        """How many of the plan's phases are over."""
        left = self._left_phases_at
        if left is not None and left <= instant:
            return len(self.phase_ends)
        return sum(end <= instant for end in self.phase_ends)

    def quantity_at(self, name: str, instant: datetime) -> Decimal | None:
        """How many of this are agreed; None when nothing was ever said of it."""
        said = [agreed for agreed in self.quantities if agreed.name == name and agreed.since <= instant]
        return said[-1].number if said else None

    def paused_at(self, instant: datetime) -> bool:
        """Whether it rests then."""
        return any(instant in pause for pause in self.pauses)

    def cuts_in(self, period: Period) -> list[datetime]:
        """The instants within a period from which on another plan is in force, or at which it rests or goes on."""
        pauses = (instant for pause in self.pauses for instant in (pause.starts_at, pause.ends_at))
        return _within(period, (*(agreed.since for agreed in self.versions), *pauses))

    def changes_in(self, period: Period) -> list[datetime]:
        """The instants within a period at which a fee that is charged ahead may change; each is a moment."""
        return _within(period, (*self.cuts_in(period), *(agreed.since for agreed in self.quantities)))

    @property
    def usage_billed_through(self) -> datetime | None:
        """The end of the last period that was billed; usage is billed with its period, not at changes within it."""
        running = None if self.billed_through is None else self.period_at(self.billed_through)
        return self.billed_through if running is None else running.start

    def moments_due(self, *, through: datetime) -> Iterator[Moment]:
        """The moments not billed yet, up to and including `through`, oldest first."""
        moment: Moment | None = self._moment_after(self.billed_through)
        while moment is not None and moment.at <= through:
            yield moment
            moment = self._moment_after(moment.at)

    def _moment_after(self, billed: datetime | None) -> Moment | None:
        if self.withdrawn:
            return None
        if billed is None:
            return Moment(self.starts_at, ended=None, begins=self.period_at(self.starts_at))
        running = self.period_at(billed)
        if running is None:
            return None
        changes, crossings = self.changes_in(running), _within(running, self.crossings)
        within = min((instant for instant in (*changes, *crossings) if instant > billed), default=None)
        if within is None:
            return Moment(running.end, ended=running, begins=self.period_at(running.end))
        return Moment(
            within,
            ended=None,
            begins=Period(within, running.end) if within in changes else None,
            so_far=running if within in crossings else None,
        )

    @property
    def _left_phases_at(self) -> datetime | None:
        """Where the plan whose phases these are was left in the middle of one; of two changes the last one counts."""
        agreed = {agreed.since: agreed for agreed in self.versions}
        return min((since for since, last in agreed.items() if last.ends_phases), default=None)

    @property
    def _phase_ends_reached(self) -> tuple[datetime, ...]:
        left = self._left_phases_at
        return self.phase_ends if left is None else tuple(end for end in self.phase_ends if end <= left)


def _within(period: Period, instants: Iterable[datetime | None]) -> list[datetime]:
    return sorted({instant for instant in instants if instant is not None and period.start < instant < period.end})
