"""The first run: which of its steps are done, by what the books say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from farthing.core.goals import Goal
from farthing.core.parties import Customer
from farthing.core.pricing.plan import Plan


@dataclass(frozen=True, slots=True)
class FirstRun:
    """How far the first run has come.

    `example` is the key of the example that was taken last, if one was; `trial` the customer who was made for it,
    `event_id` and `event_at` the first of theirs. Without a customer of the first run any event at all counts.
    """

    goals: Sequence[Goal]
    finance_channel: str | None
    plans: Sequence[Plan]
    example: str | None
    trial: Customer | None
    has_subscriptions: bool
    has_events: bool
    event_id: str | None
    event_at: datetime | None
    seen_preview: bool
    is_put_away: bool

    @property
    def steps(self) -> tuple[bool, ...]:
        """Goals, finance channel, catalogue, customer, event, preview: which of them are done."""
        return (
            any(goal.signature is not None for goal in self.goals),
            self.finance_channel is not None,
            bool(self.plans),
            self.trial is not None or self.has_subscriptions,
            self.has_events,
            self.seen_preview,
        )

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return all(self.steps)

    @property
    def waits_for_event(self) -> bool:
        """Whether the next event is what everybody looks out for."""
        return self.steps[3] and not self.has_events
