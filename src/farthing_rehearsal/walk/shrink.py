"""What fails is told as shortly as it fails: acts are left out of a walk as long as it still fails in the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from farthing_rehearsal.walk.play import Step

MOST_TRIES = 150


def shortest(steps: Sequence[Step], fails: Callable[[Sequence[Step]], bool], *, tries: int = MOST_TRIES) -> list[Step]:
    """The walk without all that it fails without; time goes by all the same.

    >>> walk = [Step(act, 1, 0) for act in ("use", "close", "void", "pay")]
    >>> [step.act for step in shortest(walk, lambda some: "void" in [step.act for step in some])]
    ['void']
    """
    kept, size = list(steps), max(len(steps) // 2, 1)
    while True:
        at, shorter = 0, False
        while at < len(kept):
            without = _without(kept, at, size)
            if tries and fails(without):
                kept, shorter = without, True
            else:
                at += size
            tries = max(tries - 1, 0)
        if not tries or (size == 1 and not shorter):
            return kept
        size = max(size // 2, 1)


def _without(steps: Sequence[Step], at: int, size: int) -> list[Step]:
    """What is left waits for as long as what is left out."""
    hours = sum(step.hours for step in steps[at : at + size])
    rest = list(steps[at + size :])
    if rest:
        rest[0] = replace(rest[0], hours=rest[0].hours + hours)
    return [*steps[:at], *rest]
