"""A subscription: what one customer agreed to and since when, billed at its start and at the end of each period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
    """An instant at which a subscription is billed: what ended there, and what begins."""

    at: datetime
    ended: Period | None
    begins: Period | None


@dataclass(frozen=True, slots=True)
class AgreedVersion:
    """From this instant on another version of the plan is in force; always at the beginning of a period."""

    since: datetime
    plan_version: int


@dataclass(frozen=True, slots=True)
class AgreedQuantity:
    """From this instant on so many of something are agreed, such as seats; always at the beginning of a period."""

    since: datetime
    name: str
    number: Decimal


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

    `plan_version` is the one it began with, `versions` are those that followed, oldest first. `phase_ends` are the
    instants at which a trial or another phase of the plan is over; periods are cut there too. `currency` is None for
    the plan's first one. `overrides` are price terms agreed with this customer alone, as plain data by price.
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
    phase_ends: tuple[datetime, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        assert self.ends_at is None or self.starts_at <= self.ends_at, f"{self.starts_at} .. {self.ends_at}"
        assert not (self.withdrawn and self.billed_through), f"{self.subscription_id} was billed, then withdrawn"
        rising = (self.starts_at, *self.phase_ends)
        assert all(earlier < later for earlier, later in pairwise(rising)), f"phases end in order: {self.phase_ends}"
        changes = [version.since for version in self.versions]
        assert changes == sorted(changes), f"versions follow each other: {changes}"

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
        begins = [self.starts_at, *(end for end in self.phase_ends if end <= instant)]
        ends = [end for end in (self.ends_at, *self.phase_ends) if end is not None and end > instant]
        return Period(max(full.start, *begins), min([full.end, *ends]))

    def version_at(self, instant: datetime) -> int:
        """The version of the plan that is in force."""
        in_force = self.plan_version
        for agreed in self.versions:
            in_force = agreed.plan_version if agreed.since <= instant else in_force
        return in_force

    def phase_at(self, instant: datetime) -> int:
        """How many of the plan's phases are over."""
        return sum(end <= instant for end in self.phase_ends)

    def quantity_at(self, name: str, instant: datetime) -> Decimal | None:
        """How many of this are agreed; None when nothing was ever said of it."""
        said = [agreed for agreed in self.quantities if agreed.name == name and agreed.since <= instant]
        return said[-1].number if said else None

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
        ended = self.period_at(billed)
        return None if ended is None else Moment(ended.end, ended=ended, begins=self.period_at(ended.end))
