"""What we ask of the store about the seller's goals, and about the first run in which they are set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from farthing.core.goals import CheckIn, Goal, Signature


class Step(StrEnum):
    """A step of the first run that the books alone would not tell."""

    CATALOGUE = "catalogue"
    CUSTOMER = "customer"
    PREVIEW = "preview"
    PUT_AWAY = "put away"
    TAKEN_OUT = "taken out"


@dataclass(frozen=True, slots=True)
class Done:
    """A step that somebody took; `about` is the example's key, or the customer's."""

    step: Step
    about: str
    by: str
    at: datetime


class GoalStore(Protocol):
    """The goals of one seller, and the steps of the first run."""

    def lock_goals(self) -> None:
        """Nobody else sets, signs or drops a goal until this transaction ends."""

    def goals(self) -> list[Goal]:
        """Those in force by their places, with their signatures and check_ins."""

    def keep_goal(self, goal: Goal) -> None:
        """Set it; its place is free."""

    def end_goal(self, goal_id: UUID, *, by: str, at: datetime) -> None:
        """It is in force no more; it stays readable in the books."""

    def sign_goal(self, goal_id: UUID, signature: Signature) -> None:
        """Keep who stands by it; it was not signed before."""

    def keep_goal_check_in(self, goal_id: UUID, check_in: CheckIn) -> None:
        """Keep its number as it was found."""

    def first_run_steps(self) -> list[Done]:
        """What was done in the first run, the newest last."""

    def keep_first_run_step(self, done: Done) -> None:
        """Keep that it was done; the goals are locked."""
