"""Proof: each thing that is seen to be true is said, and the first that is not ends the check."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

Say = Callable[[str], None]


class Disproved(Exception):
    """Something the demo promises did not happen."""


@dataclass
class Checker:
    """Says each thing it has seen to be true; the first that is not ends the check."""

    say: Say
    began: float = field(default_factory=time.monotonic)
    checked: int = 0

    def holds(self, true: object, sentence: str, *, otherwise: object = "") -> None:
        """Note that it is so; raises Disproved when it is not."""
        if not true:
            raise Disproved(f"{sentence}: NOT so. {otherwise}".rstrip())
        self.checked += 1
        self.say(f"  ok  {sentence}")

    @property
    def seconds(self) -> float:
        """Since the check began."""
        return time.monotonic() - self.began
