"""A subscription's life as a table: the states it can be in, and what may be done with it in each of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from farthing.core.refused import Clash
from farthing.core.subscriptions.subscription import Standing, Subscription


class State(StrEnum):
    """Where a subscription is in its life at an instant; worked out, never stored."""

    DRAFT = "draft"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAUSED = "paused"
    PAST_DUE = "past due"
    CANCELLED = "cancelled"
    ENDED = "ended"


class Act(StrEnum):
    """What a person can do with a subscription, as the sentence “it cannot be … now” says it."""

    CHANGE_PLAN = "moved to another plan"
    CHANGE_QUANTITY = "given another quantity"
    PAUSE = "paused"
    RESUME = "resumed"
    CANCEL = "cancelled"
    UNCANCEL = "un-cancelled"


MEANING: Mapping[State, str] = {
    State.DRAFT: "agreed, and has yet to begin",
    State.TRIALING: "in a trial of its plan",
    State.ACTIVE: "runs",
    State.PAUSED: "rests: no fees, and usage is billed and flagged",
    State.PAST_DUE: "runs, and an invoice of it is overdue",
    State.CANCELLED: "runs to an end that is agreed",
    State.ENDED: "over, or taken back before it began",
}

_RUNNING = frozenset({Act.CHANGE_PLAN, Act.CHANGE_QUANTITY, Act.PAUSE, Act.CANCEL})

MAY: Mapping[State, frozenset[Act]] = {
    State.DRAFT: frozenset({Act.CHANGE_QUANTITY, Act.CANCEL}),
    # A trial ends when its days are over, whatever happens meanwhile: a pause would be a longer trial.
    State.TRIALING: _RUNNING - {Act.PAUSE},
    State.ACTIVE: _RUNNING,
    State.PAUSED: frozenset({Act.RESUME, Act.CANCEL}),
    State.PAST_DUE: _RUNNING,
    State.CANCELLED: frozenset({Act.CHANGE_QUANTITY, Act.CANCEL, Act.UNCANCEL}),
    State.ENDED: frozenset(),
}


def state_of(subscription: Subscription, *, at: datetime, trialing: bool = False, overdue: bool = False) -> State:
    """Its state at an instant; whether it is in a trial its plan says, and whether something is overdue its invoices.

    Of several that hold the one that allows least is told: who cancelled and rests, rests; a trial is a trial.
    """
    match subscription.standing(at=at):
        case Standing.COMING:
            return State.DRAFT
        case Standing.ENDED:
            return State.ENDED
        case Standing.ACTIVE:
            pass
    if subscription.paused_at(at):
        return State.PAUSED
    if subscription.ends_at is not None:
        return State.CANCELLED
    if trialing:
        return State.TRIALING
    return State.PAST_DUE if overdue else State.ACTIVE


def refuse_unless_it_may(act: Act, state: State) -> None:
    """Refuses what the table does not allow, and says what it does allow."""
    if act in MAY[state]:
        return
    allowed = ", ".join(one.value for one in Act if one in MAY[state])
    can = f"it can be {allowed}" if allowed else "nothing can be done with it any more"
    raise Clash(f"The subscription is {state.value} ({MEANING[state]}), and cannot be {act.value} now; {can}.")


def table_in_words() -> str:
    """The table as documentation shows it.

    >>> print(table_in_words().splitlines()[0])
    | state | it | may be |
    """
    rows = ["| state | it | may be |", "|---|---|---|"]
    for state in State:
        may = ", ".join(act.value for act in Act if act in MAY[state]) or "nothing"
        rows.append(f"| {state.value} | {MEANING[state]} | {may} |")
    return "\n".join(rows)
