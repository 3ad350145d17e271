"""Clocks that we hold: one that stands still until it is moved."""

from dataclasses import dataclass
from datetime import datetime


@dataclass
class HeldClock:
    """The time is what it was set to last."""

    at: datetime

    def __call__(self) -> datetime:
        """The time."""
        return self.at

    def move_to(self, at: datetime) -> None:
        """Forward, never back."""
        assert at >= self.at, f"the clock stands at {self.at}, not before {at}"
        self.at = at
