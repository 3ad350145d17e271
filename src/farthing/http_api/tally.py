"""A tally of events sent: how many were accepted, and what became of each other one, in words."""

from __future__ import annotations

from collections import Counter

from pydantic import Field

from farthing.http_api.shapes import Given, writable
from farthing.usecases.ports import Outcome

MOST_TOLD = 10_000


class EventTold(Given):
    """An event that was not simply accepted, or of which more is to be said."""

    index: int = Field(description="Its place in what was sent, from 0; empty lines are not counted.")
    outcome: Outcome
    reason: str = Field(examples=["No customer has the key “acmee”; create the customer and send it again."])


class EventsTold(Given):
    """What became of what was sent; the counts add up to the number of events."""

    accepted: int
    duplicate: int = Field(description="Kept before with the same content; counted once.")
    conflict: int = Field(description="The source and id are taken by an event that says something else.")
    quarantined: int = Field(description="Kept apart with a reason, until it or its cause is mended; not billed.")
    refused: int = Field(description="Has no identity, or is too large; nothing was kept.")
    events: list[EventTold] = Field(description=f"Those that were not simply accepted, the first {MOST_TOLD} of them.")
    more: int = Field(description="How many more were not simply accepted, beyond those listed.")


class Tally:
    """Adds up what became of events, however many, and remembers the first that need to be told of."""

    def __init__(self) -> None:
        self._counts: Counter[Outcome] = Counter()
        self._events: list[EventTold] = []
        self._told = 0

    def add(self, index: int, outcome: Outcome, reason: str) -> None:
        """Count one event, by its place in what was sent."""
        self._counts[outcome] += 1
        if outcome is Outcome.ACCEPTED and not reason:
            return
        self._told += 1
        if len(self._events) < MOST_TOLD:
            self._events.append(EventTold(index=index, outcome=outcome, reason=writable(reason)))

    def add_accepted(self, many: int) -> None:
        """Count so many that were simply accepted."""
        self._counts[Outcome.ACCEPTED] += many

    @property
    def total(self) -> int:
        """How many were counted."""
        return self._counts.total()

    def in_words(self) -> str:
        """The counts that are not nothing.

        >>> tally = Tally()
        >>> tally.add(0, Outcome.ACCEPTED, "")
        >>> tally.in_words()
        '1 accepted'
        """
        return ", ".join(f"{self._counts[outcome]} {outcome}" for outcome in Outcome if self._counts[outcome])

    def told(self) -> EventsTold:
        """The answer."""
        return EventsTold(
            accepted=self._counts[Outcome.ACCEPTED],
            duplicate=self._counts[Outcome.DUPLICATE],
            conflict=self._counts[Outcome.CONFLICT],
            quarantined=self._counts[Outcome.QUARANTINED],
            refused=self._counts[Outcome.REFUSED],
            events=self._events,
            more=self._told - len(self._events),
        )
