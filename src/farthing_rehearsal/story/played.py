"""How one story went."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from farthing_rehearsal.story.play import Failure


@dataclass(frozen=True, slots=True)
class Played:
    """How one story went: where it took another way, or why it could not be read; neither when all went as it says."""

    file: Path
    title: str
    lines: int
    seconds: float
    failure: Failure | None = None
    unreadable: str = ""

    @property
    def passed(self) -> bool:
        """Whether all went as it says."""
        return self.failure is None and not self.unreadable
