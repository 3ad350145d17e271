"""A subscription: one customer on one version of a plan, billed at its start and at the end of each period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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
class Subscription:
    """`billed_through` is the last moment that was billed; None before the first."""

    subscription_id: UUID
    customer_id: UUID
    plan_key: str
    plan_version: int
    cycle: Cycle
    starts_at: datetime
    ends_at: datetime | None = None
    billed_through: datetime | None = None

    def __post_init__(self) -> None:
        assert self.ends_at is None or self.starts_at <= self.ends_at, f"{self.starts_at} .. {self.ends_at}"
        assert not (self.withdrawn and self.billed_through), f"{self.subscription_id} was billed, then withdrawn"

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
        if self.withdrawn:
            return
        for period in self.cycle.periods_from(self.starts_at):
            if self.ends_at is None or period.end < self.ends_at:
                yield period
                continue
            yield Period(period.start, self.ends_at)
            return

    def period_at(self, instant: datetime) -> Period | None:
        """Its period that holds this instant; None before it starts and after it ends."""
        if self.standing(at=instant) is not Standing.ACTIVE:
            return None
        full = self.cycle.period_holding(instant)
        end = full.end if self.ends_at is None else min(full.end, self.ends_at)
        return Period(max(full.start, self.starts_at), end)

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
