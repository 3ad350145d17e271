"""An alert: a mark of a budget was reached in a period. It is raised once, and then somebody sees to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from farthing.core.alerting.budget import Budget, Standing
from farthing.core.ids import id_of
from farthing.core.refused import Refused
from farthing.core.saying import message

# The mark that a budget reaches before any of its shares is: at this pace it will not last.
AHEAD = 0


class Act(StrEnum):
    """What people do about an alert; `reminded` is what we do when a snooze is over."""

    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    ASSIGNED = "assigned"
    REMINDED = "reminded"


@dataclass(frozen=True, slots=True)
class Acted:
    """One thing done about an alert: by whom, when; a snooze lasts `until`."""

    act: Act
    by: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """`mark` is a share in percent, or AHEAD; `standing` is how the budget stood when it was raised; `acts` came later.

    `is_told` says that it has a message of its own: of several marks reached at once, only the highest has.
    """

    alert_id: UUID
    budget_id: UUID
    mark: int
    standing: Standing
    is_told: bool
    acts: tuple[Acted, ...] = ()

    @property
    def acknowledged(self) -> Acted | None:
        """Who has seen to it first."""
        return next((one for one in self.acts if one.act is Act.ACKNOWLEDGED), None)

    @property
    def assigned(self) -> Acted | None:
        """Who took it last."""
        return next((one for one in reversed(self.acts) if one.act is Act.ASSIGNED), None)

    @property
    def snoozed(self) -> Acted | None:
        """The snooze that is in force or has ended without a reminder so far."""
        last = next((one for one in reversed(self.acts) if one.act is not Act.ASSIGNED), None)
        return last if last is not None and last.act is Act.SNOOZED else None

    @property
    def reminders(self) -> int:
        """How often it came up again."""
        return sum(one.act is Act.REMINDED for one in self.acts)

    def rests(self, *, now: datetime) -> bool:
        """Whether nothing more of its budget is to be told now."""
        snooze = self.snoozed
        return snooze is not None and snooze.until is not None and now < snooze.until

    def is_due_again(self, *, now: datetime) -> bool:
        """Whether its snooze is over and nobody has seen to it."""
        return self.snoozed is not None and not self.rests(now=now) and self.acknowledged is None

    def refuse_if_done(self) -> None:
        """Refuses to act on what somebody has seen to."""
        done = self.acknowledged
        if done is not None:
            raise Refused(message("{person} has acknowledged this already."), person=done.by)


def newly_reached(budget: Budget, standing: Standing, raised: Collection[int]) -> list[int]:
    """The marks that are reached and were not raised in this period, the lowest first.

    That the pace leads beyond the budget says nothing new once all of it is spent, or once 100 percent was told.
    """
    marks = [share for share in budget.shares if share not in raised and standing.has_reached(share)]
    if budget.ahead and AHEAD not in raised and not standing.has_reached(100) and standing.breach_at is not None:
        marks.insert(0, AHEAD)
    return marks


def alerts_for(budget: Budget, standing: Standing, marks: Sequence[int]) -> list[Alert]:
    """An alert for each mark; only the last, the highest, is told."""
    return [
        Alert(
            alert_id=id_of("alert", budget.budget_id, standing.period.start.isoformat(), mark),
            budget_id=budget.budget_id,
            mark=mark,
            standing=standing,
            is_told=mark == marks[-1],
        )
        for mark in marks
    ]
