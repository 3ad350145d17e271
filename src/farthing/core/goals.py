"""What billing is to do better: up to three goals, each with a number now, one to reach, and an owner who signs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from farthing.core.exact import ZERO
from farthing.core.refused import Refused
from farthing.core.saying import message

MOST_GOALS = 3
LONGEST_TITLE = 100
LONGEST_UNIT = 24


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody stands by a goal as it is worded."""

    by: str
    on: date
    at: datetime


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The goal's number as somebody found it on a day."""

    value: Decimal
    on: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: from `baseline` to `target`, in `unit`, by a day; `owner` is who answers for it.

    `place` is 1, 2 or 3. `owner_slack_user` is their id in the seller's own workspace; empty when they were named on
    the command line. A goal that is worded anew is another one, and has to be signed again.

    >>> from datetime import UTC
    >>> goal = Goal(
    ...     UUID(int=1), 1, "Days until the month is invoiced", "days", Decimal(9), Decimal(1), date(2027, 1, 31),
    ...     "Olga", "U1", "Olga", datetime(2026, 12, 1, tzinfo=UTC),
    ... )
    >>> [goal.percent_at(Decimal(value)) for value in (9, 5, 1, 11)]
    [0, 50, 100, -25]
    """

    goal_id: UUID
    place: int
    title: str
    unit: str
    baseline: Decimal
    target: Decimal
    by_day: date
    owner: str
    owner_slack_user: str
    set_by: str
    set_at: datetime
    signature: Signature | None = None
    check_ins: tuple[CheckIn, ...] = ()

    def __post_init__(self) -> None:
        _check_text(self.title, LONGEST_TITLE, message("A goal is a short text of at most {most} characters."), "title")
        _check_text(
            self.unit,
            LONGEST_UNIT,
            message("What a goal is counted in is a short text of at most {most} characters."),
            "unit",
        )
        if not self.owner.strip():
            raise Refused(message("A goal has an owner: the one person who answers for it."), field="owner")
        if self.baseline == self.target:
            raise Refused(
                message("A goal's number is to change: the one to reach is another than the one now."), field="target"
            )

    @property
    def now(self) -> Decimal:
        """Its number as it was found last; before anybody looked again, the baseline."""
        return self.check_ins[-1].value if self.check_ins else self.baseline

    @property
    def percent(self) -> int:
        """How far it has come, in whole percents of the way."""
        return self.percent_at(self.now)

    @property
    def is_reached(self) -> bool:
        """Whether it has come all the way."""
        return self.percent >= 100

    def percent_at(self, value: Decimal) -> int:
        """The share of the way from the baseline to the target that this value stands at, rounded down."""
        way, gone = Fraction(self.target) - Fraction(self.baseline), Fraction(value) - Fraction(self.baseline)
        return gone * 100 // way if gone else int(ZERO)

    def says_the_same(self, other: Goal) -> bool:
        """Whether both are worded alike, so that a signature below one is good for the other."""
        return self.wording == other.wording

    @property
    def wording(self) -> tuple[object, ...]:
        """What its owner signs."""
        return (self.place, self.title, self.unit, self.baseline, self.target, self.by_day, self.owner)


def check_by_day(by_day: date, *, set_on: date) -> None:
    """Refuses a goal that could not be reached any more."""
    if by_day <= set_on:
        raise Refused(message("A goal is for a day that is still to come."), field="by_day")


def _check_text(text: str, longest: int, refusal: str, field: str) -> None:
    if not text.strip() or len(text) > longest:
        raise Refused(refusal, most=longest, field=field)
