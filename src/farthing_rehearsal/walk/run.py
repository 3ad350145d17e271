"""Many walks are played one after the other, and those that fail are told as shortly as they fail."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from farthing.cli.say import counted
from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.parties import Mode, Seller
from farthing.postgres.database import Database, add_seller
from farthing.settings import load
from farthing.wiring import Wired
from farthing_rehearsal.story.report import prepare_stage
from farthing_rehearsal.story.stage import new_seller_id
from farthing_rehearsal.walk.play import Played, Step, play, steps_of
from farthing_rehearsal.walk.shrink import shortest

Say = Callable[[str], None]


@dataclass
class Walked:
    """How many walks were played, with how many acts done and refused, and the seeds of those that failed."""

    walks: int = 0
    done: int = 0
    refused: int = 0
    failed: list[int] = field(default_factory=list)
    seconds: float = 0.0


def walk_in(home: Path, *, walks: int, first: int, length: int, shrink: bool, say: Say) -> Walked:
    """Play walks on a stage of their own, from the seed `first` on."""
    prepare_stage(home, say=say)
    walked, began = Walked(), time.monotonic()
    with Wired(load(home), small_database=True) as wired:
        for seed in range(first, first + walks):
            steps = steps_of(seed, length=length)
            played = play_alone(wired.database, seed, steps)
            walked.walks += 1
            walked.done += played.done
            walked.refused += played.refused
            if played.failure is not None:
                walked.failed.append(seed)
                for line in failed(wired.database, seed, steps, played, shrink=shrink):
                    say(line)
            elif walked.walks % 25 == 0:
                say(f"{counted(walked.walks, 'walk')}, {walked.done:,} acts done, {walked.refused:,} refused")
    walked.seconds = time.monotonic() - began
    return walked


def play_alone(database: Database, seed: int, steps: Sequence[Step]) -> Played:
    """A walk has a seller of its own, so that walks do not see each other."""
    seller = Seller(
        seller_id=new_seller_id(),
        name="Walk",
        mode=Mode.SANDBOX,
        entity=LegalEntity("main", "Walk", in_zone="UTC", number_prefix="W"),
    )
    add_seller(database, seller)
    return play(database.for_seller(seller.seller_id), seed, steps)


def failed(database: Database, seed: int, steps: Sequence[Step], played: Played, *, shrink: bool) -> list[str]:
    """How a walk failed, by its shortest way there."""
    short, again = list(steps), played
    if shrink:
        sort = _sort_of(played)
        short = shortest(steps, lambda some: _sort_of(play_alone(database, seed, some)) == sort)
        again = play_alone(database, seed, short)
    told = again if again.failure is not None else played
    return [f"Walk {seed} failed: {told.kind}", *(f"  {line}" for line in told.story), told.failure or ""]


def _sort_of(played: Played) -> str:
    """Failures of one sort say the same but for names and numbers."""
    return re.sub(r"“[^”]*”|[0-9a-f]{8}-[0-9a-f-]+|[\d.,]+", "…", played.kind)[:90]


def told(walked: Walked) -> str:
    """The summary."""
    how = "all of them prove" if not walked.failed else f"{counted(len(walked.failed), 'walk')} failed"
    return (
        f"{counted(walked.walks, 'walk')} with {walked.done:,} acts done and {walked.refused:,} refused in "
        f"{walked.seconds:,.0f} s; {how}."
    )
